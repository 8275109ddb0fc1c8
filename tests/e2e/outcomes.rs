//! One table: for each suite and server behaviour the outcome, the exit code, the JUnit
//! elements and the text. Every row runs with one thread and with many.

use crate::support::server::{Server, nobody};
use crate::support::{Junit, Project};

/// What a row says of itself.
struct Row {
    name: &'static str,
    /// The suite's checks; `{server}` is the server's URL.
    suite: &'static str,
    code: i32,
    /// Cases, failures, errors, skipped.
    junit: [usize; 4],
    /// What the terminal says.
    says: &'static [&'static str],
}

const PASSED: i32 = 0;
const FAILED: i32 = 1;
const ERRORED: i32 = 3;

fn row(
    name: &'static str,
    suite: &'static str,
    code: i32,
    junit: [usize; 4],
    says: &'static [&'static str],
) -> Row {
    Row { name, suite, code, junit, says }
}

macro_rules! check {
    ($request:literal, $($line:literal),+ $(,)?) => {
        concat!("[[check]]\nname = \"c\"\nrequest = \"GET ", $request, "\"\n", $($line, "\n"),+)
    };
}

fn rows() -> Vec<Row> {
    let one_failed = [1, 1, 0, 0];
    let one_error = [1, 0, 1, 0];
    vec![
        row(
            "all is well",
            check!("/ok", "expect.status = 200", "expect.json = { ok = true }"),
            PASSED,
            [1, 0, 0, 0],
            &["PASS smoke against local: 1 passed"],
        ),
        row(
            "a wrong status",
            check!("/status/404", "expect.status = 200"),
            FAILED,
            one_failed,
            &["suites/s.toml:1", "GET ", "/status/404", "expect.status", "404", "curl -sS"],
        ),
        row(
            "a 5xx that nobody expects",
            check!("/status/500", "expect.text = { contains = \"asked\" }"),
            FAILED,
            one_failed,
            &["500"],
        ),
        row(
            "a 5xx in an expected class",
            check!("/status/503", "expect.status = [\"5xx\"]"),
            FAILED,
            one_failed,
            &["503"],
        ),
        row(
            "a 5xx that is expected by its number",
            check!("/status/503", "expect.status = 503"),
            PASSED,
            [1, 0, 0, 0],
            &["1 passed"],
        ),
        row(
            "every broken expectation is told",
            check!(
                "/ok",
                "expect.status = 201",
                "expect.json = { ok = false, count = \"3\" }",
                "expect.headers.x-request-id = { exists = true }",
                "expect.numbers = [\"$.name\"]"
            ),
            FAILED,
            one_failed,
            &["expect.status", "/ok", "/count", "x-request-id", "/name", "5 expectations not met"],
        ),
        row(
            "a string for a number",
            check!("/people", "expect.numbers = [\"$.count\"]"),
            FAILED,
            one_failed,
            &["expect.numbers", "/count", "string \"3\""],
        ),
        row(
            "too slow, and awaited",
            check!("/slow/400", "expect.status = 200", "budget = \"150ms\""),
            FAILED,
            one_failed,
            &["budget", "at most 150 ms", "4"],
        ),
        row(
            "longer than the time-out",
            check!("/hang", "expect.status = 200", "timeout = \"300ms\""),
            ERRORED,
            one_error,
            &["no answer within the time-out of 300ms"],
        ),
        row(
            "half a body",
            check!("/half", "expect.status = 200"),
            ERRORED,
            one_error,
            &["the answer broke off"],
        ),
        row(
            "a slow drip",
            check!("/drip", "expect.status = 200", "timeout = \"500ms\""),
            ERRORED,
            one_error,
            &["no complete answer within the time-out of 500ms"],
        ),
        row(
            "a body without end",
            check!("/endless", "expect.status = 200", "body_limit = \"1MiB\""),
            FAILED,
            one_failed,
            &["body_limit"],
        ),
        row(
            "redirects without end",
            check!("/loop", "expect.status = 200", "redirects = 5"),
            FAILED,
            one_failed,
            &["more than 5 redirects"],
        ),
        row(
            "a redirect is judged, not followed",
            check!("/to/302?/login", "expect.status = 302", "expect.redirect = \"/login\""),
            PASSED,
            [1, 0, 0, 0],
            &["1 passed"],
        ),
        row(
            "a redirect to the wrong place",
            check!("/to/302?/elsewhere", "expect.redirect = \"/login\""),
            FAILED,
            one_failed,
            &["expect.redirect", "/elsewhere"],
        ),
        row(
            "a redirect that is followed",
            check!("/to/302?/ok", "redirects = 1", "expect.json.ok = true"),
            PASSED,
            [1, 0, 0, 0],
            &["1 passed"],
        ),
        row(
            "the wrong content type",
            check!("/csv", "expect.content_type = \"application/json\""),
            FAILED,
            one_failed,
            &["expect.content_type", "text/csv"],
        ),
        row(
            "invalid JSON is told once",
            check!(
                "/bad-json",
                "expect.json.ok = true",
                "expect.numbers = [\"$.n\"]",
                "expect.jsonpath.\"$.ok\" = true"
            ),
            FAILED,
            one_failed,
            &["1 expectation not met", "JSON"],
        ),
        row(
            "invalid gzip",
            check!("/bad-gzip", "expect.json.ok = true"),
            FAILED,
            one_failed,
            &["the body could not be decoded"],
        ),
        row(
            "invalid UTF-8",
            check!("/bad-utf8", "expect.json.ok = true"),
            FAILED,
            one_failed,
            &["expect.json"],
        ),
        row(
            "CSV with its header",
            check!(
                "/csv",
                "expect.csv = { header = [\"id\", \"due\", \"total\"], min_rows = 2, types = { id = \"integer\", due = \"date\", total = \"number\" } }"
            ),
            PASSED,
            [1, 0, 0, 0],
            &["1 passed"],
        ),
        row(
            "CSV without a column",
            check!("/csv", "expect.csv = { columns = [\"id\", \"channel\"] }"),
            FAILED,
            one_failed,
            &["expect.csv", "channel"],
        ),
        row(
            "CSV with too few rows",
            check!("/csv", "expect.csv = { min_rows = 3 }"),
            FAILED,
            one_failed,
            &["expect.csv", "3", "2"],
        ),
        row(
            "CSV with a byte-order mark and semicolons",
            check!(
                "/csv-bom",
                "expect.csv = { header = [\"id\", \"due\"], delimiter = \";\", byte_order_mark = \"required\" }"
            ),
            PASSED,
            [1, 0, 0, 0],
            &["1 passed"],
        ),
        row(
            "CSV with ragged rows",
            check!("/csv-ragged", "expect.csv = { columns = [\"id\"] }"),
            FAILED,
            one_failed,
            &["expect.csv", "line 3", "line 4"],
        ),
        row(
            "not found on a page of people",
            check!("/people", "expect.json.customer.email = \"x@y.test\""),
            FAILED,
            one_failed,
            &["[personal]", "expect.json at /customer/email"],
        ),
        row(
            "passed after two retries",
            check!(
                "/flaky/close/2",
                "retry = { times = 3, interval = \"10ms\" }",
                "expect.json.ok = true"
            ),
            PASSED,
            [1, 0, 0, 0],
            &["passed after 2 retries"],
        ),
        row(
            "passed after a restart",
            check!(
                "/flaky/503/1",
                "retry = { times = 3, on = [\"unavailable\"], interval = \"10ms\" }",
                "expect.json.ok = true"
            ),
            PASSED,
            [1, 0, 0, 0],
            &["passed after 1 retry", "503"],
        ),
        row(
            "no retry on what the suite does not name",
            check!(
                "/flaky/503/1",
                "retry = { times = 3, interval = \"10ms\" }",
                "expect.json.ok = true"
            ),
            FAILED,
            one_failed,
            &["503"],
        ),
        row(
            "advisory",
            check!("/status/404", "expect.status = 200", "advisory = true"),
            PASSED,
            [1, 0, 0, 1],
            &["advisory", "404"],
        ),
        row(
            "ignored, and nothing else",
            check!("/ok", "expect.status = 200", "ignore = \"only at night\""),
            ERRORED,
            [2, 0, 1, 1],
            &["ignored", "no check ran"],
        ),
        row(
            "for another environment only",
            concat!(
                check!("/ok", "expect.status = 200", "environments = [\"other\"]"),
                "[[check]]\nname = \"d\"\nrequest = \"GET /ok\"\nexpect.status = 200\n"
            ),
            PASSED,
            [2, 0, 0, 1],
            &["only for other; this is local"],
        ),
        row(
            "enough samples",
            check!(
                "/ok",
                "expect.status = 200",
                "samples = 20",
                "statistic = \"p95\"",
                "warmup = 2",
                "budget = \"2s\""
            ),
            PASSED,
            [1, 0, 0, 0],
            &["1 passed"],
        ),
        row(
            "a median over its budget",
            check!(
                "/slow/60",
                "expect.status = 200",
                "samples = 3",
                "statistic = \"median\"",
                "budget = \"20ms\""
            ),
            FAILED,
            one_failed,
            &["median of 3 samples"],
        ),
        row(
            "a needed check captures",
            concat!(
                "[[check]]\nname = \"login\"\nrequest = \"POST /login\"\nexpect.status = 200\ncapture.token = { jsonpath = \"$.token\" }\n",
                check!(
                    "/private",
                    "needs = [\"login\"]",
                    "headers.authorization = \"Bearer {{ token }}\"",
                    "expect.json.total = 12.5"
                )
            ),
            PASSED,
            [2, 0, 0, 0],
            &["2 passed"],
        ),
        row(
            "an advisory failure keeps a blocking check from running",
            concat!(
                "[[check]]\nname = \"a\"\nrequest = \"GET /status/404\"\nadvisory = true\nexpect.status = 200\n",
                check!("/ok", "needs = [\"a\"]", "expect.status = 200"),
            ),
            ERRORED,
            [2, 0, 1, 1],
            &["needs `s::a`, which did not pass, and fails no run itself"],
        ),
        row(
            "one fault, one red",
            concat!(
                "[[check]]\nname = \"login\"\nrequest = \"POST /status/401\"\nexpect.status = 200\n",
                check!("/ok", "needs = [\"login\"]", "expect.status = 200"),
                "[[check]]\nname = \"e\"\nrequest = \"GET /ok\"\nneeds = [\"c\"]\nexpect.status = 200\n"
            ),
            FAILED,
            [3, 1, 0, 2],
            &["needs `s::login`"],
        ),
        row(
            "access is enforced",
            concat!(
                "[credentials.staff]\nbearer = \"tok-5ecret-4711\"\n",
                check!("/private", "credential = \"staff\"", "expect.status = 200")
            ),
            PASSED,
            [3, 0, 0, 0],
            &[
                "s::c::refused-without-credential",
                "s::c::refused-with-false-credential",
                "3 passed",
            ],
        ),
        row(
            "access is open",
            concat!(
                "[credentials.staff]\nbearer = \"tok-5ecret-4711\"\n",
                check!("/open", "credential = \"staff\"", "expect.status = 200")
            ),
            FAILED,
            [3, 2, 0, 0],
            &["401 or 403"],
        ),
        row(
            "a refusal that tells all the same",
            concat!(
                "[credentials.staff]\nbearer = \"tok-5ecret-4711\"\n",
                check!("/leaky", "credential = \"staff\"", "expect.status = 200")
            ),
            FAILED,
            [3, 2, 0, 0],
            &["/invoice"],
        ),
        row(
            "cases",
            check!(
                "/status/{{ status }}",
                "cases = [{ status = 200 }, { status = 404 }]",
                "expect.status = 200"
            ),
            FAILED,
            [2, 1, 0, 0],
            &["s::c[200]", "s::c[404]"],
        ),
        row(
            "no TLS certificate to judge",
            check!("/ok", "expect.certificate_days = 14"),
            FAILED,
            one_failed,
            &["expect.certificate_days"],
        ),
    ]
}

#[test]
fn every_row_holds_with_one_thread_and_with_many() {
    let mut wrong = Vec::new();
    for row in rows() {
        for threads in ["1", "16"] {
            // A server of its own, since some answers depend on what was asked before.
            let server = Server::start();
            let project = Project::new(&server.url, row.suite);
            project.write(
                "environments.toml",
                &format!("[environment.local]\nbase_url = \"{0}\"\n[environment.other]\nbase_url = \"{0}\"\n", server.url),
            );
            let ran = project.run(&["--test-threads", threads]);
            let [tests, failures, errors, skipped] = row.junit;
            let expected = Junit { tests, failures, errors, skipped };
            let mut faults = Vec::new();
            if ran.code != row.code {
                faults.push(format!("exit code {} instead of {}", ran.code, row.code));
            }
            if ran.code != 2 && ran.junit() != expected {
                faults.push(format!("{:?} instead of {expected:?}", ran.junit()));
            }
            let console = ran.console();
            faults.extend(
                row.says
                    .iter()
                    .filter(|text| !console.contains(*text))
                    .map(|text| format!("does not say {text:?}")),
            );
            if !faults.is_empty() {
                wrong.push(format!(
                    "{} ({threads} threads): {}\n{console}",
                    row.name,
                    faults.join("; ")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_refused_connection_says_where_and_what_to_do() {
    let ran = Project::new(&nobody(), check!("/ok", "expect.status = 200")).run(&[]);
    assert_eq!(ran.code, ERRORED);
    assert!(ran.console().contains("nothing listens there"), "{}", ran.console());
    assert_eq!(ran.outcome("s::c"), "errored");
}

#[test]
fn a_host_that_does_not_exist_is_told_from_one_that_is_down() {
    let ran =
        Project::new("http://no-such-host.invalid", check!("/ok", "expect.status = 200")).run(&[]);
    assert_eq!(ran.code, ERRORED);
    assert!(ran.console().contains("the host's name could not be resolved"), "{}", ran.console());
}
