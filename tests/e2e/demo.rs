//! The project's own smoke suite against the demo, whole and with one thing broken.

use std::collections::BTreeSet;
use std::path::Path;

use smokedrill_demo::{Demo, Fault};

use crate::support::{Project, Ran};

fn run(base_url: &str, more: &str, arguments: &[&str]) -> Ran {
    let suites = Path::new(env!("CARGO_MANIFEST_DIR")).join("suites");
    let smoke = std::fs::read_to_string(suites.join("smoke.toml")).expect("the suite");
    let environments = format!("[environment.local]\nbase_url = \"{base_url}\"\n{more}");
    let project = Project::with(&[("environments.toml", &environments), ("smoke.toml", &smoke)]);
    project.write("customers.toml", CUSTOMERS);
    let output = project.command(arguments).output();
    project.ran(output.expect("the program starts"))
}

const CUSTOMERS: &str = r#"
[[check]]
name = "customers"
request = "GET /api/customers"
credential = "staff"
expect.status = 200
[[check]]
name = "sign"
request = "POST /api/uploads/sign"
credential = "staff"
body.json = { bucket = "uploads", name = "x.txt", content_type = "text/plain" }
expect.status = 200
expect.jsonpath."$.url" = { type = "string" }
"#;

/// The checks that faults are held against: those of the runbook and of this file. Whoever adds
/// one to the suite should not have to touch this test.
const KNOWN: [&str; 7] = [
    "smoke::health",
    "smoke::ready",
    "smoke::ops-samples",
    "smoke::upcoming-reminders",
    "smoke::uploads-sign-refused",
    "customers::customers",
    "customers::sign",
];

fn red(ran: &Ran) -> BTreeSet<String> {
    let journal = ran.journal();
    let entries = journal["entries"].as_array().expect("entries");
    let red = entries
        .iter()
        .filter(|entry| entry["outcome"] == "failed" || entry["outcome"] == "errored");
    let ids = red.filter_map(|entry| entry["id"].as_str().map(str::to_owned));
    ids.filter(|id| KNOWN.iter().any(|known| id.starts_with(known))).collect()
}

#[test]
fn each_fault_is_caught_by_exactly_the_check_that_should() {
    let demo = Demo::start().expect("the demo starts");
    let credentials =
        format!("[environment.local.credentials.staff]\nbearer = \"{}\"\n", demo.staff_token());
    let whole = run(demo.base_url(), &credentials, &[]);
    assert_eq!(whole.code, 0, "{}", whole.console());
    for fault in Fault::ALL {
        let expected: &[&str] = match fault {
            Fault::WrongStatus | Fault::NotOk => &["smoke::health"],
            Fault::DatabaseDown | Fault::PendingMigration => &["smoke::ready"],
            Fault::StringForNumber | Fault::BrokenJson | Fault::Slow => &["smoke::ops-samples"],
            Fault::MissingCsvColumn | Fault::WrongContentType | Fault::ServerError => {
                &["smoke::upcoming-reminders"]
            }
            // A report without a row is a report: the runbook asks for its header alone.
            Fault::EmptyReport => &[],
            Fault::OpenSign => {
                &["customers::sign::refused-without-credential", "smoke::uploads-sign-refused"]
            }
            Fault::AnyToken => &["customers::sign::refused-with-false-credential"],
            Fault::LeakingRefusal => &["customers::customers::refused-without-credential"],
        };
        let api = demo.broken(fault).expect("a broken API starts");
        for threads in ["1", "8"] {
            let ran = run(api.base_url(), &credentials, &["--test-threads", threads]);
            let expected: BTreeSet<_> = expected.iter().map(|id| (*id).to_owned()).collect();
            assert_eq!(red(&ran), expected, "{fault:?}: {}", ran.console());
            assert_eq!(ran.code, i32::from(!expected.is_empty()), "{fault:?}: {}", ran.console());
            assert!(ran.junit().failures >= expected.len(), "{fault:?}");
        }
    }
}

#[test]
fn the_slow_answer_is_awaited_and_measured() {
    let demo = Demo::start().expect("the demo starts");
    let api = demo.broken(Fault::Slow).expect("a slow API starts");
    let credentials =
        format!("[environment.local.credentials.staff]\nbearer = \"{}\"\n", demo.staff_token());
    let ran = run(api.base_url(), &credentials, &["--exact", "smoke::ops-samples"]);
    let entry = ran.entry("smoke::ops-samples");
    let measured = entry["latency"]["value_ms"].as_f64().expect("a latency");
    assert!((2_500.0..4_000.0).contains(&measured), "{measured}");
    assert!(ran.console().contains("at most 2 s"), "{}", ran.console());
    assert!(ran.console().contains("2.5"), "{}", ran.console());
}
