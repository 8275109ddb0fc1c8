//! Every endpoint as documented, and every fault as documented: one answer differs, no other does.

mod sms;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use serde_json::{Value, json};
use smokedrill_demo::{Demo, Fault};
use support::{Answer, request};

/// One request. The token is the real one or a false one.
struct Probe {
    method: &'static str,
    path: &'static str,
    token: Option<bool>,
    body: &'static str,
}

const fn probe(
    method: &'static str,
    path: &'static str,
    token: Option<bool>,
    body: &'static str,
) -> Probe {
    Probe { method, path, token, body }
}

const SIGN: &str = r#"{"bucket":"uploads","name":"a b.pdf","content_type":"application/pdf"}"#;
const LOGIN: &str = r#"{"email":"staff@brook.test","password":"demo-password-1"}"#;

const HEALTH: usize = 0;
const READY: usize = 1;
const SAMPLES: usize = 2;
const REMINDERS: usize = 3;
const SIGN_BARE: usize = 4;
const SIGN_GET_BARE: usize = 5;
const SIGN_FALSE: usize = 6;
const SIGN_GET_FALSE: usize = 7;
const CUSTOMERS_BARE: usize = 10;

const PROBES: [Probe; 17] = [
    probe("GET", "/api/health", None, ""),
    probe("GET", "/api/ready", None, ""),
    probe("GET", "/api/ops/samples", None, ""),
    probe("GET", "/api/reports/upcoming-reminders", None, ""),
    probe("POST", "/api/uploads/sign", None, SIGN),
    probe("GET", "/api/uploads/sign", None, ""),
    probe("POST", "/api/uploads/sign", Some(false), SIGN),
    probe("GET", "/api/uploads/sign", Some(false), ""),
    probe("POST", "/api/uploads/sign", Some(true), SIGN),
    probe("GET", "/api/uploads/sign", Some(true), ""),
    probe("GET", "/api/customers?limit=5", None, ""),
    probe("GET", "/api/customers?limit=5", Some(false), ""),
    probe("GET", "/api/customers?limit=5", Some(true), ""),
    probe("POST", "/api/auth/token", None, LOGIN),
    probe("GET", "/", None, ""),
    probe("GET", "/app", None, ""),
    probe("GET", "/api/nothing", None, ""),
];

fn bearer(token: Option<&str>) -> Option<(&'static str, String)> {
    token.map(|token| ("Authorization", format!("Bearer {token}")))
}

fn answers(demo: &Demo, base_url: &str) -> Vec<Answer> {
    let ask = |probe: &Probe| {
        let token = probe.token.map(|real| if real { demo.staff_token() } else { "not-the-token" });
        let headers = bearer(token);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = request(base_url, probe.method, probe.path, &headers, probe.body);
        answer.unwrap_or_else(|error| panic!("{} {}: {error}", probe.method, probe.path))
    };
    PROBES.iter().map(ask).collect()
}

#[test]
fn a_healthy_api_answers_as_documented() {
    let demo = Demo::start().unwrap();
    let all = answers(&demo, demo.base_url());
    let statuses: Vec<u16> = all.iter().map(|answer| answer.status).collect();
    let expected =
        [200, 200, 200, 200, 401, 401, 403, 403, 200, 200, 401, 403, 200, 200, 302, 200, 404];
    assert_eq!(statuses, expected);

    assert_eq!(all[HEALTH].json(), json!({ "ok": true }));
    let ready = all[READY].json();
    assert_eq!(ready["ok"], true);
    for check in ["database", "migrations", "storage"] {
        assert_eq!(ready["checks"][check]["ok"], true, "{ready}");
        assert!(ready["checks"][check]["latency_ms"].is_number(), "{ready}");
    }
    let samples = all[SAMPLES].json();
    let metrics = samples.as_object().unwrap();
    assert!(metrics.len() >= 7 && metrics.values().all(Value::is_number), "{samples}");
    for at_work in ["samples", "job_latency_p95_ms", "error_rate", "jobs_open", "reminders_due"] {
        assert!(samples[at_work].as_f64().unwrap() > 0.0, "{samples}");
    }
    assert_eq!(all[REMINDERS].header("content-type"), Some("text/csv; charset=utf-8"));
    let mut lines = all[REMINDERS].body.lines();
    assert_eq!(lines.next(), Some("reminder_id,job_id,customer,channel,due_at,status"));
    assert!(lines.clone().count() > 100 && lines.all(|line| line.split(',').count() == 6));

    for refused in [SIGN_BARE, SIGN_GET_BARE, CUSTOMERS_BARE] {
        assert_eq!(all[refused].json(), json!({ "error": "unauthorized" }));
        assert_eq!(all[refused].header("www-authenticate"), Some("Bearer"));
    }
    for refused in [SIGN_FALSE, SIGN_GET_FALSE, 11] {
        assert_eq!(all[refused].json(), json!({ "error": "forbidden" }));
    }
    let signed = all[8].json();
    assert!(
        signed["url"].as_str().unwrap().contains("/storage/uploads/a%20b.pdf?signature="),
        "{signed}"
    );
    assert_eq!(signed["expires_in"], 3600);
    assert_eq!(all[12].json().as_array().unwrap().len(), 5);
    assert_eq!(all[13].json()["access_token"], demo.staff_token());
    assert_eq!(all[14].header("location"), Some("/app"));
    assert!(all[15].header("content-type").unwrap().starts_with("text/html"));
    assert_eq!(all[16].json(), json!({ "error": "not_found" }));
}

#[test]
fn what_is_asked_wrongly_is_refused_with_a_reason() {
    let demo = Demo::start().unwrap();
    let staff = Some(demo.staff_token());
    let ask = |method, path, token, body| {
        let headers = bearer(token);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        request(demo.base_url(), method, path, &headers, body).unwrap().status
    };
    assert_eq!(
        ask("POST", "/api/auth/token", None, r#"{"email":"staff@brook.test","password":"x"}"#),
        401
    );
    assert_eq!(ask("POST", "/api/auth/token", None, "not JSON"), 400);
    assert_eq!(ask("POST", "/api/uploads/sign", staff, r#"{"bucket":"unheard-of"}"#), 400);
    assert_eq!(ask("POST", "/api/uploads/sign", staff, "{"), 400);
    assert_eq!(ask("GET", "/api/customers?limit=-1", staff, ""), 400);
    assert_eq!(ask("DELETE", "/api/health", None, ""), 405);
}

#[test]
fn a_fault_breaks_one_endpoint_in_one_way() {
    let demo = Demo::start().unwrap();
    for fault in Fault::ALL {
        // Asked anew each time: the clock moves reminders from "upcoming" to "due".
        let healthy = answers(&demo, demo.base_url());
        let api = demo.broken(fault).unwrap();
        let broken = answers(&demo, api.base_url());
        let changed: Vec<usize> = (0..PROBES.len())
            .filter(|&n| {
                comparable(&healthy[n], demo.base_url()) != comparable(&broken[n], api.base_url())
            })
            .collect();
        let slow: Vec<usize> =
            (0..PROBES.len()).filter(|&n| broken[n].elapsed > Duration::from_secs(2)).collect();
        assert_eq!(slow, if fault == Fault::Slow { vec![SAMPLES] } else { vec![] }, "{fault:?}");
        assert_eq!(changed, expected_change(fault), "{fault:?}");
        for n in changed {
            check_change(fault, &healthy[n], &broken[n]);
        }
    }
}

fn expected_change(fault: Fault) -> Vec<usize> {
    match fault {
        Fault::WrongStatus | Fault::NotOk => vec![HEALTH],
        Fault::DatabaseDown | Fault::PendingMigration => vec![READY],
        Fault::StringForNumber | Fault::BrokenJson => vec![SAMPLES],
        Fault::Slow => vec![],
        Fault::MissingCsvColumn
        | Fault::EmptyReport
        | Fault::WrongContentType
        | Fault::ServerError => {
            vec![REMINDERS]
        }
        Fault::OpenSign => vec![SIGN_BARE, SIGN_GET_BARE],
        Fault::AnyToken => vec![SIGN_FALSE, SIGN_GET_FALSE],
        Fault::LeakingRefusal => vec![CUSTOMERS_BARE],
    }
}

fn check_change(fault: Fault, healthy: &Answer, broken: &Answer) {
    let same_status = healthy.status == broken.status;
    let same_body = healthy.body == broken.body;
    let same_type = healthy.header("content-type") == broken.header("content-type");
    let is_right = match fault {
        Fault::WrongStatus => broken.status == 202 && same_body && same_type,
        Fault::NotOk => same_status && broken.json() == json!({ "ok": false }),
        Fault::DatabaseDown => not_ready(broken, "database"),
        Fault::PendingMigration => not_ready(broken, "migrations"),
        Fault::StringForNumber => {
            let mut restored = broken.json();
            let text = restored["job_latency_p95_ms"].as_str().unwrap().to_owned();
            restored["job_latency_p95_ms"] = text.parse().unwrap();
            same_status && restored["samples"].is_number() && text.parse::<f64>().is_ok()
        }
        Fault::BrokenJson => {
            same_status && same_type && serde_json::from_str::<Value>(&broken.body).is_err()
        }
        Fault::MissingCsvColumn => {
            let header = broken.body.lines().next();
            let rows = broken.body.lines().count() == healthy.body.lines().count();
            same_status
                && same_type
                && rows
                && header == Some("reminder_id,job_id,customer,due_at,status")
        }
        Fault::EmptyReport => same_status && same_type && broken.body.lines().count() == 1,
        Fault::WrongContentType => same_status && same_body && !same_type,
        Fault::ServerError => broken.status == 500,
        Fault::OpenSign | Fault::AnyToken => {
            broken.status == 200 && broken.json()["url"].is_string()
        }
        Fault::LeakingRefusal => same_status && broken.json()["customers"][0]["email"].is_string(),
        // Nothing changes but the time, which was looked at before.
        Fault::Slow => false,
    };
    assert!(is_right, "{fault:?}: {broken:?}");
}

fn not_ready(answer: &Answer, failing: &str) -> bool {
    let body = answer.json();
    let fails = |check: &str| body["checks"][check]["ok"] == json!(check != failing);
    answer.status == 503
        && body["ok"] == false
        && ["database", "migrations", "storage"].iter().all(|c| fails(c))
}

/// The answer without what differs between two right answers: latencies, times, ports.
fn comparable(answer: &Answer, base_url: &str) -> (u16, Vec<(String, String)>, String) {
    let mut headers = answer.headers.clone();
    headers.retain(|(name, _)| name != "date" && name != "content-length");
    let mut body = answer.body.replace(base_url, "BASE");
    if let Ok(mut value) = serde_json::from_str::<Value>(&body) {
        if let Some(Value::Object(checks)) = value.get_mut("checks") {
            checks.values_mut().for_each(|check| check["latency_ms"] = json!(0));
        }
        body = value.to_string();
    }
    (answer.status, headers, body)
}
