//! Everything that is wrong before a request is sent: exit code 2, place, remedy, and no green report.

use crate::support::{Project, Ran};

const GOOD: &str = "[[check]]\nname = \"c\"\nrequest = \"GET /ok\"\nexpect.status = 200\n";

fn refused(suite: &str, says: &[&str]) -> Ran {
    let ran = Project::new("http://127.0.0.1:9", suite).run(&[]);
    assert_eq!(ran.code, 2, "{suite}\n{}", ran.console());
    for text in says {
        assert!(ran.stderr.contains(text), "{suite}\ndoes not say {text:?}:\n{}", ran.stderr);
    }
    assert!(ran.stdout.is_empty(), "{}", ran.stdout);
    // The run before this one may have been green, and its reports must not be taken for ours.
    assert_eq!(ran.junit().errors, 1, "{}", ran.report("junit.xml"));
    assert!(!ran.report("summary.md").contains("PASS"), "{}", ran.report("summary.md"));
    ran
}

#[test]
fn mistakes_in_a_suite_name_the_place_and_the_remedy() {
    let check = |lines: &str| format!("[[check]]\nname = \"c\"\nrequest = \"GET /ok\"\n{lines}\n");
    let ok = "expect.status = 200";
    for (suite, says) in [
        (check(""), &["expects nothing", "suites/s.toml:1:1"][..]),
        (check("expect = {}"), &["nothing stands in it"]),
        ("description = \"x\"\n".to_owned(), &["no check"]),
        ("check = []\n".to_owned(), &["the list is empty"]),
        (
            check("expct.status = 200"),
            &["unknown key `expct`", "did you mean `expect`", "s.toml:4:1"],
        ),
        (check("expect.sttus = 200"), &["did you mean `status`", "s.toml:4:8"]),
        (check(&format!("{ok}\nbudget = 250")), &["expected string"]),
        (check(&format!("{ok}\nbudget = \"250\"")), &["unit", "250ms"]),
        (check("expect.status = 99"), &["s.toml:4"]),
        (check("expect.status = \"ok\""), &["2xx"]),
        (check(&format!("{ok}\nneeds = [\"d\"]")), &["no check `d`"]),
        (check(&format!("{ok}\nneeds = [\"c\"]")), &["circle"]),
        (check(&format!("{ok}\nstatistic = \"p95\"\nsamples = 19")), &["p95 of 19"]),
        (check(&format!("{ok}\nenvironments = [\"locl\"]")), &["did you mean `local`"]),
        (
            check(&format!("{ok}\ncredential = \"staff\"")),
            &["no credential `staff`", "environments.toml"],
        ),
        (
            check(&format!("{ok}\nheaders.x = \"{{{{ tken }}}}\"\nvariables.token = \"t\"")),
            &["`tken` is not known", "did you mean `token`"],
        ),
        (check(&format!("{ok}\nheaders.x = \"{{{{ 1 + }}}}\"")), &["placeholder"]),
        (check(&format!("{ok}\ncapture.a = {{}}")), &["exactly one source"]),
        (check(&format!("{ok}\nbody.file = \"nope.bin\"")), &["there is no file"]),
        (check(&format!("{ok}\ncases = []")), &["no case"]),
        (check(&format!("{ok}\ncases = \"nope.csv\"")), &["nope.csv"]),
        (check("expect.json_schema = \"nope.json\""), &["nope.json"]),
        (check("expect.json_schema = { type = \"strin\" }"), &["expect"]),
        (
            check("expect.json_schema = { \"$ref\" = \"https://example.com/schema.json\" }"),
            &["https://example.com"],
        ),
        (check("expect.jsonpath.\"$[\" = 1"), &["JSONPath"]),
        (check("expect.text = { matches = \"(\" }"), &["regular expression"]),
        (check(&format!("{ok}\nbudget = \"3s\"\ntimeout = \"1s\"")), &["longer than the time-out"]),
        (
            check(&format!("{ok}\nretry = {{ times = 2, on = [\"transprt\"] }}")),
            &["did you mean `transport`"],
        ),
        (GOOD.replace("GET /ok", "get /ok"), &["capitals"]),
        (GOOD.replace("GET /ok", "GET ok"), &["does not begin with `/`"]),
        (GOOD.replace("\"c\"", "\"a::b\""), &["may not hold `::`"]),
        (format!("{GOOD}{GOOD}"), &["two checks are named `c`", "line 1"]),
        (format!("{GOOD}when = 2026-01-01\n"), &["in quotes"]),
        (GOOD.replace(" = 200", " ="), &["s.toml:4"]),
    ] {
        refused(&suite, says);
    }
}

#[test]
fn all_problems_of_all_files_are_told_at_once() {
    let project =
        Project::new("http://127.0.0.1:9", "[[check]]\nname = 1\nrequest = \"x\"\nexpct = 1\n");
    project.write("t.toml", "[[check]]\nname = \"t\"\nrequest = \"GET /\"\n");
    let ran = project.run(&[]);
    assert_eq!(ran.code, 2);
    for text in [
        "expected string",
        "expected a method",
        "unknown key `expct`",
        "expects nothing",
        "4 problems found",
    ] {
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
    }
}

#[test]
fn a_json_suite_is_the_equal_form() {
    let server = crate::support::server::Server::start();
    let project = Project::new(&server.url, GOOD);
    project.write(
        "j.json",
        r#"{"check": [{"name": "c", "request": "GET /ok", "expect": {"status": 200}}]}"#,
    );
    assert_eq!(project.run(&[]).outcome("j::c"), "passed");
    project.write(
        "j.json",
        "{\n  \"check\": [{\"name\": \"c\", \"request\": \"GET /ok\",\n    \"expct\": {}}]}",
    );
    let ran = project.run(&[]);
    assert!(ran.stderr.contains("suites/j.json:3:5"), "{}", ran.stderr);
    assert!(ran.stderr.contains("did you mean `expect`"), "{}", ran.stderr);
    for broken in ["{", "[1", "{\"check\": 1, \"check\": 2}", &"[".repeat(100_000)] {
        project.write("j.json", broken);
        assert_eq!(project.run(&[]).code, 2);
    }
}

#[test]
fn a_file_of_50_mb_is_refused_before_it_is_read() {
    let project = Project::new("http://127.0.0.1:9", GOOD);
    let path = project.path().join("suites/big.toml");
    let file = std::fs::File::create(path).expect("a file");
    file.set_len(50 * 1024 * 1024).expect("a sparse file");
    let started = std::time::Instant::now();
    let ran = project.run(&[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("big.toml"), "{}", ran.stderr);
    assert!(ran.stderr.contains("50"), "{}", ran.stderr);
    assert!(started.elapsed().as_secs() < 5);
}

#[test]
fn an_environment_that_does_not_exist_is_an_error_that_names_the_others() {
    let ran = Project::new("http://127.0.0.1:9", GOOD).run(&["--env", "locl"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("did you mean `local`"), "{}", ran.stderr);
}

#[test]
fn a_missing_variable_names_itself_and_the_line_that_asked() {
    let environments = "[environment.local]\nbase_url = { env = \"SMOKEDRILL_TEST_URL\" }\n";
    let project = Project::with(&[("environments.toml", environments), ("s.toml", GOOD)]);
    let ran = project.run(&[]);
    assert_eq!(ran.code, 2);
    for text in ["SMOKEDRILL_TEST_URL", "suites/environments.toml:2:"] {
        assert!(ran.stderr.contains(text), "{}", ran.stderr);
    }
}

#[test]
fn values_come_from_variables_dotenv_files_and_commands() {
    let server = crate::support::server::Server::start();
    let environments = r#"
        [environment.local]
        base_url = { env = "SMOKEDRILL_TEST_URL" }
        [environment.local.variables]
        dotenv = { env = "SMOKEDRILL_TEST_DOTENV" }
        file = { file = "value.txt" }
        command = { command = ["printf", "from-%s", "command"] }
        plain = 7
    "#;
    let suite = r#"
        [[check]]
        name = "c"
        request = "GET /echo?{{ dotenv }}&{{ file }}&{{ command }}&{{ plain }}"
        expect.json.target = "/echo?from-dotenv&from-file&from-command&7"
    "#;
    let project = Project::with(&[
        ("environments.toml", environments),
        ("s.toml", suite),
        ("value.txt", "from-file\n"),
    ]);
    std::fs::write(project.path().join(".env"), "SMOKEDRILL_TEST_DOTENV=from-dotenv\n")
        .expect("a file");
    let run = |url: &str| {
        let output = project.command(&[]).env("SMOKEDRILL_TEST_URL", url).output();
        project.ran(output.expect("the program starts"))
    };
    let ran = run(&server.url);
    assert_eq!(ran.code, 0, "{}", ran.console());
    project.write("environments.toml", &environments.replace("printf", "false"));
    let ran = run(&server.url);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("the command `false` failed"), "{}", ran.stderr);
}

#[test]
fn a_broken_dotenv_is_told_without_what_it_holds() {
    let environments = "[environment.local]\nbase_url = { env = \"SMOKEDRILL_TEST_NOWHERE\" }\n";
    let project = Project::with(&[("environments.toml", environments), ("s.toml", GOOD)]);
    std::fs::write(project.path().join(".env"), "PASSWORD=s3cret value and more\n")
        .expect("a file");
    let ran = project.run(&[]);
    assert_eq!(ran.code, 2, "{}", ran.console());
    assert!(ran.stderr.contains(".env"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("s3cret"), "{}", ran.stderr);
}
