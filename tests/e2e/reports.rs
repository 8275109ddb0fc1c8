//! The reports' folder, and names that are hostile to what reads the reports.

use crate::support::Project;
use crate::support::server::Server;

#[test]
fn a_folder_that_cannot_be_written_is_an_error_in_second_0() {
    let server = Server::start();
    let suite = "[[check]]\nname = \"c\"\nrequest = \"GET /ok\"\nexpect.status = 200\n";
    let project = Project::new(&server.url, suite);
    std::fs::write(project.path().join("reports"), "a file").expect("a file");
    let ran = project.run(&[]);
    assert_eq!(ran.code, 2, "{}", ran.console());
    assert!(ran.stderr.contains("--reports DIR"), "{}", ran.stderr);
    assert_eq!(server.requests("/ok").len(), 0);
    let elsewhere = project.run(&["--reports", "other/place"]);
    assert_eq!(elsewhere.code, 0, "{}", elsewhere.console());
    assert!(project.path().join("other/place/junit.xml").exists());
}

#[test]
fn a_place_where_no_file_can_be_made_is_an_error_in_second_0() {
    let suite = "[[check]]\nname = \"c\"\nrequest = \"GET /ok\"\nexpect.status = 200\n";
    let ran = Project::new("http://127.0.0.1:9", suite).run(&["--reports", "/dev/null/reports"]);
    assert_eq!(ran.code, 2, "{}", ran.console());
    assert!(ran.stderr.contains("/dev/null/reports"), "{}", ran.stderr);
}

#[test]
fn hostile_names_reach_every_report_and_break_none() {
    let server = Server::start();
    let names = [
        "]]><failure/>",
        "<script>alert(1)</script>",
        "a & b | c",
        "`rm -rf /`",
        "$(touch x)",
        "'; DROP--",
        "@everyone #1",
        "**bold** [l](http://x.test)",
        ":error:x",
        "\u{202e}gnp",
        "日本語 ü",
    ];
    let mut suite = String::new();
    for name in names {
        suite += &format!(
            "[[check]]\nname = {name:?}\nrequest = \"GET /status/404\"\nexpect.status = 200\n"
        );
    }
    let suite = suite.replace("\\u{202e}", "\\u202e");
    let ran = Project::new(&server.url, &suite).run(&[]);
    assert_eq!(ran.code, 1, "{}", ran.console());
    assert_eq!(ran.junit().failures, names.len());
    let text = ran.report("junit.xml");
    let document = roxmltree::Document::parse(&text).expect("well-formed XML");
    let mut found: Vec<_> = document
        .descendants()
        .filter(|&node| node.has_tag_name("testcase"))
        .map(|node| node.attribute("name").unwrap_or_default().to_owned())
        .collect();
    found.retain(|name| names.contains(&name.as_str()));
    assert!(
        found.len() >= names.len() - 1,
        "all but invisible characters stay as they are: {found:?}"
    );
    let name = |line: &str| line.contains("<script>") && !line.contains('`');
    assert!(!ran.report("summary.md").lines().any(name), "{}", ran.report("summary.md"));
}

#[test]
fn what_changed_since_the_run_before_is_told() {
    let server = Server::start();
    let check = |name: &str, path: &str| {
        format!("[[check]]\nname = \"{name}\"\nrequest = \"GET {path}\"\nexpect.status = 200\n")
    };
    let project = Project::new(
        &server.url,
        &(check("breaks", "/ok") + &check("mends", "/status/404") + &check("goes", "/ok")),
    );
    assert_eq!(project.run(&[]).code, 1);
    project.write(
        "s.toml",
        &(check("breaks", "/status/404") + &check("mends", "/ok") + &check("comes", "/ok")),
    );
    let ran = project.run(&[]);
    let summary = ran.report("summary.md");
    for text in [
        "newly failing",
        "s::breaks",
        "fixed",
        "s::mends",
        "disappeared",
        "s::goes",
        "new",
        "s::comes",
    ] {
        assert!(summary.contains(text), "{text}: {summary}");
    }
    // A run of one check says nothing of the others.
    let ran = project.run(&["comes"]);
    assert!(!ran.report("summary.md").contains("disappeared"), "{}", ran.report("summary.md"));
}
