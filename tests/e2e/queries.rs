//! Queries of suites: one table of statements and what must come of each.

use smokedrill_demo::Demo;

use crate::support::Project;

/// A query's lines, the exit code, and what is told.
const TABLE: [(&str, i32, &str); 14] = [
    ("sql = \"select 7\"\nexpect.value = 7", 0, ""),
    ("sql = \"select true, 'x'\"\nexpect.value = true\nexpect.rows = 1", 0, ""),
    ("sql = \"select 1 as a, 2 as b\"\nexpect.columns = [\"a\", \"b\"]", 0, ""),
    ("sql = \"select generate_series(1, 5)\"\nexpect.min_rows = 2\nexpect.max_rows = 5", 0, ""),
    ("sql = \"select 7\"\nexpect.value = 8", 1, "expected  8\n    actual    7"),
    ("sql = \"select 1 where false\"\nexpect.value = 0", 1, "no row"),
    ("sql = \"select generate_series(1, 5)\"\nexpect.rows = 4", 1, "5 rows"),
    ("sql = \"select 1 as a\"\nexpect.columns = [\"b\"]", 1, "expect.columns"),
    ("sql = \"select * from nowhere\"\nexpect.rows = 0", 1, "42P01"),
    ("sql = \"delete from customers\"\nexpect.rows = 0", 1, "read-only"),
    ("sql = \"select pg_sleep(0.2)\"\nexpect.rows = 1\nbudget = \"50ms\"", 1, "budget"),
    ("sql = \"select pg_sleep(9)\"\nexpect.rows = 1\ntimeout = \"200ms\"", 3, "no answer within"),
    ("sql = \"select 1\"\nexpect = {}", 2, "expect"),
    ("sql = \"select 1\"\nexpect.rows = 1\nrow = 1", 2, "unknown key `row`"),
];

fn project(url: &str, lines: &str) -> Project {
    let suite = format!("[[query]]\nname = \"q\"\n{lines}\n");
    let environments =
        format!("[environment.local]\nbase_url = \"http://127.0.0.1:1\"\ndatabase.url = {url:?}\n");
    Project::with(&[("environments.toml", &environments), ("s.toml", &suite)])
}

#[test]
fn each_statement_is_judged_as_it_should() {
    let demo = Demo::start().expect("the demo starts");
    for (lines, code, told) in TABLE {
        let ran = project(&demo.database_url(), lines).run(&[]);
        assert_eq!(ran.code, code, "{lines}\n{}", ran.console());
        assert!(ran.console().contains(told), "{lines}\n{}", ran.console());
        if code == 1 {
            assert!(ran.console().contains("suites/s.toml:1"), "{}", ran.console());
        }
    }
}

#[test]
fn nobody_s_data_and_no_password_are_told() {
    let demo = Demo::start().expect("the demo starts");
    let url = demo.database_url();
    let lines =
        "sql = \"select name, email from customers order by id limit 1\"\nexpect.value = \"x\"";
    let ran = project(&url, lines).run(&[]);
    assert_eq!(ran.code, 1, "{}", ran.console());
    assert!(ran.console().contains("another text, of"), "{}", ran.console());
    let password = url.split(':').nth(2).and_then(|rest| rest.split('@').next()).expect("one");
    assert!(!ran.everything().contains(password), "{}", ran.everything());
    let away = url.replace(
        &format!(":{}/", url.rsplit(':').next().expect("a port").split('/').next().expect("it")),
        ":1/",
    );
    let ran = project(&away, lines).run(&[]);
    assert_eq!(ran.code, 3, "{}", ran.console());
    assert!(!ran.everything().contains(password), "{}", ran.everything());
}

#[test]
fn a_database_that_is_not_known_here_is_a_skip_with_its_reason() {
    let suite = "[[query]]\nname = \"q\"\nsql = \"select 1\"\nexpect.rows = 1\n";
    let environments = "[environment.local]\nbase_url = \"http://127.0.0.1:1\"\n\
                        database.url = { env = \"SMOKEDRILL_NO_SUCH_VARIABLE\" }\n";
    let project = Project::with(&[("environments.toml", environments), ("s.toml", suite)]);
    let ran = project.run(&[]);
    assert!(ran.console().contains("is not known here"), "{}", ran.console());
    // Nothing was shown to work.
    assert_eq!(ran.code, 3, "{}", ran.console());
}
