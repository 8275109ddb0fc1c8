//! libtest's habits: lists, filters, tags, formats; and nothing green by accident.

use crate::support::Project;
use crate::support::server::Server;

const SUITE: &str = r#"
[[check]]
name = "one"
request = "GET /ok"
tags = ["fast"]
expect.status = 200

[[check]]
name = "two"
request = "GET /ok"
tags = ["slow"]
expect.status = 200

[[check]]
name = "night"
request = "GET /ok"
ignore = "only at night"
expect.status = 200
"#;

#[test]
fn a_list_needs_no_server_and_leaves_no_report() {
    let project = Project::new("http://127.0.0.1:9", SUITE);
    let ran = project.run(&["--list"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(ran.stdout, "s::one: test\ns::two: test\ns::night: test\n");
    assert!(!ran.reports.exists());
    let terse = project.run(&["--list", "--format", "terse", "--ignored"]);
    assert_eq!(terse.stdout, "s::night: test\n");
}

#[test]
fn filters_and_tags_select() {
    let server = Server::start();
    let project = Project::new(&server.url, SUITE);
    for (arguments, expected) in [
        (&["one"][..], &["s::one"][..]),
        (&["--exact", "s::two"], &["s::two"]),
        (&["--skip", "two"], &["s::one", "s::night"]),
        (&["--tag", "fast"], &["s::one"]),
        (&["--tag", "fast", "--tag", "slow"], &["s::one", "s::two"]),
        (&["--exclude-tag", "fast"], &["s::two", "s::night"]),
        (&["--ignored"], &["s::night"]),
        (&["--include-ignored"], &["s::one", "s::two", "s::night"]),
    ] {
        let ran = project.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.console());
        let journal = ran.journal();
        let entries = journal["entries"].as_array().expect("entries");
        let names: Vec<_> = entries.iter().filter_map(|entry| entry["id"].as_str()).collect();
        assert_eq!(names, expected, "{arguments:?}");
        let all = entries.len() + journal["filtered_out"].as_array().expect("a list").len();
        assert_eq!(all, 3);
    }
}

#[test]
fn what_selects_nothing_is_an_error_with_the_known_names() {
    let project = Project::new("http://127.0.0.1:9", SUITE);
    for (arguments, says) in [
        (&["s::ones"][..], "did you mean `s::one`"),
        (&["--tag", "fsat"], "did you mean `fast`"),
        (&["--tag", "fast", "two"], "selects nothing"),
        (&["--tag", "fast", "--tag", "fsat"], "did you mean `fast`"),
        (&["--exclude-tag", "fsat"], "did you mean `fast`"),
        (&["--env", ""], "name is empty"),
        (&["--no-such-flag"], "--no-such-flag"),
    ] {
        let ran = project.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.console());
        assert!(ran.stderr.contains(says), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn a_needed_check_runs_once_and_first_even_when_only_its_dependent_is_selected() {
    let server = Server::start();
    let suite = r#"
        [[check]]
        name = "sign in"
        request = "POST /login"
        capture.token = { jsonpath = "$.token" }
        expect.status = 200
        [[check]]
        name = "a"
        request = "GET /private/a"
        needs = ["sign in"]
        headers.authorization = "Bearer {{ token }}"
        expect.status = 200
        [[check]]
        name = "b"
        request = "GET /private/b"
        needs = ["sign in"]
        headers.authorization = "Bearer {{ token }}"
        expect.status = 200
    "#;
    let project = Project::new(&server.url, suite);
    let ran = project.run(&["--exact", "s::b"]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    assert_eq!(server.requests("/login").len(), 1);
    assert_eq!(server.requests("/private/a").len(), 0);
    let again = Server::start();
    let project = Project::new(&again.url, suite);
    assert_eq!(project.run(&["--test-threads", "8"]).code, 0);
    assert_eq!(again.requests("/login").len(), 1);
    // It failed, was not selected, and is red all the same.
    let third = Project::new(&again.url, suite).run(&["--exact", "s::b"]);
    assert_eq!(third.code, 1, "{}", third.console());
    assert_eq!(third.outcome("s::b"), "skipped");
    assert_eq!(third.outcome("s::sign in"), "failed");
}

#[test]
fn formats_keep_standard_output_for_machines() {
    let server = Server::start();
    let project = Project::new(&server.url, SUITE);
    let ran = project.run(&["--format", "json"]);
    for line in ran.stdout.lines() {
        let parsed: Result<serde_json::Value, _> = serde_json::from_str(line);
        assert!(parsed.is_ok(), "{line}");
    }
    let quiet = project.run(&["-q"]);
    let marks = quiet.stdout.lines().find(|line| line.len() == 3).unwrap_or_default();
    let mut marks: Vec<char> = marks.chars().collect();
    marks.sort_unstable();
    assert_eq!(marks, ['.', '.', 'i'], "{}", quiet.stdout);
    assert_eq!(quiet.code, 0);
}

#[test]
fn fail_fast_starts_nothing_more() {
    let server = Server::start();
    let mut suite = String::from(
        "[[check]]\nname = \"bad\"\nrequest = \"GET /status/404\"\nexpect.status = 200\n",
    );
    for index in 0..20 {
        suite += &format!(
            "[[check]]\nname = \"n{index}\"\nrequest = \"GET /ok\"\nexpect.status = 200\n"
        );
    }
    let ran = Project::new(&server.url, &suite).run(&["--fail-fast", "--test-threads", "1"]);
    assert_eq!(ran.code, 1);
    assert_eq!(server.requests("/ok").len(), 0);
    assert_eq!(ran.junit().skipped, 20);
    assert!(ran.console().contains("--fail-fast"), "{}", ran.console());
}

#[test]
fn skips_can_be_capped() {
    let server = Server::start();
    let project = Project::new(&server.url, SUITE);
    assert_eq!(project.run(&["--max-skipped", "1"]).code, 0);
    let ran = project.run(&["--max-skipped", "0"]);
    assert_eq!(ran.code, 1);
    assert!(ran.console().contains("1 skipped, and 0 allowed at most"), "{}", ran.console());
}

#[test]
fn the_environment_caps_how_many_run_at_once() {
    let server = Server::start();
    let mut suite = String::new();
    for index in 0..8 {
        suite += &format!(
            "[[check]]\nname = \"n{index}\"\nrequest = \"GET /slow/100?{index}\"\nexpect.status = 200\n"
        );
    }
    let project = Project::new(&server.url, &suite);
    let time = |parallel: usize| {
        project.write(
            "environments.toml",
            &format!("[environment.local]\nbase_url = \"{}\"\nparallel = {parallel}\n", server.url),
        );
        let started = std::time::Instant::now();
        assert_eq!(project.run(&[]).code, 0);
        started.elapsed().as_millis()
    };
    assert!(time(1) >= 800);
    assert!(time(8) < 700);
}

#[test]
fn an_ignored_check_that_others_need_is_red_when_it_fails() {
    let server = Server::start();
    let suite = r#"
        [[check]]
        name = "seed"
        request = "GET /status/404"
        ignore = "only when needed"
        expect.status = 200
        [[check]]
        name = "c"
        request = "GET /ok"
        needs = ["seed"]
        expect.status = 200
    "#;
    let ran = Project::new(&server.url, suite).run(&[]);
    assert_eq!(ran.code, 1, "{}", ran.console());
    assert_eq!(
        (ran.outcome("s::seed").as_str(), ran.outcome("s::c").as_str()),
        ("failed", "skipped")
    );
}

#[test]
fn what_libtest_mimic_hangs_or_panics_on_is_refused() {
    let project = Project::new("http://127.0.0.1:9", SUITE);
    for arguments in [&["--test-threads", "0"][..], &["--logfile", "no/such/folder/log"]] {
        let ran = project.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.console());
        assert!(ran.stderr.contains(arguments[0]), "{}", ran.stderr);
    }
}

#[test]
fn a_closed_pipe_costs_no_report() {
    let server = Server::start();
    let project = Project::new(&server.url, SUITE);
    let mut command = project.command(&[]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    drop(child.stdout.take());
    let ran = project.ran(child.wait_with_output().expect("it ends"));
    assert_ne!(ran.journal()["run"]["verdict"], "unfinished", "{}", ran.console());
    assert_ne!(ran.code, 101, "{}", ran.console());
}

#[test]
fn what_is_blocked_by_something_that_fails_no_run_is_no_pass() {
    let server = Server::start();
    let check = |name: &str, lines: &str| {
        format!(
            "[[check]]\nname = \"{name}\"\nrequest = \"GET /ok\"\nexpect.status = 200\n{lines}\n"
        )
    };
    let advisory = check("a", "advisory = true").replace("/ok", "/status/404")
        + &check("b", "advisory = true\nneeds = [\"a\"]")
        + &check("c", "needs = [\"b\"]");
    let elsewhere = check("a", "environments = [\"other\"]") + &check("c", "needs = [\"a\"]");
    for suite in [advisory, elsewhere] {
        let project = Project::new(&server.url, &suite);
        project.write(
            "environments.toml",
            &format!("[environment.local]\nbase_url = \"{0}\"\n[environment.other]\nbase_url = \"{0}\"\n", server.url),
        );
        let ran = project.run(&[]);
        assert_eq!((ran.code, ran.outcome("s::c").as_str()), (3, "errored"), "{}", ran.console());
    }
}

#[test]
fn a_chain_of_needs_has_an_end() {
    let mut suite = String::new();
    for index in 0..400 {
        let needs =
            if index == 0 { String::new() } else { format!("needs = [\"n{}\"]\n", index - 1) };
        suite += &format!(
            "[[check]]\nname = \"n{index}\"\nrequest = \"GET /ok\"\n{needs}expect.status = 200\n"
        );
    }
    let ran = Project::new("http://127.0.0.1:9", &suite).run(&[]);
    assert_eq!(ran.code, 2, "{}", ran.console());
    assert!(ran.stderr.contains("a chain of more than 16"), "{}", ran.stderr);
}

#[test]
fn closed_streams_leave_a_finished_report() {
    let server = Server::start();
    let project = Project::new(&server.url, SUITE);
    let mut command = project.command(&[]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    drop((child.stdout.take(), child.stderr.take()));
    let ran = project.ran(child.wait_with_output().expect("it ends"));
    assert_ne!(ran.journal()["run"]["verdict"], "unfinished");
    assert!((0..4).contains(&ran.code), "{}", ran.code);
}
