//! Tests of the judge as a whole: order, cascades, and hostile answers.

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::Judge;
use crate::check::observation::Observation;
use crate::check::observation::samples::{any_seen, seen};
use crate::journal::Broken;
use crate::redact::Redactor;
use crate::suite::expect::Expect;

fn compile(expect: Value) -> Result<Judge, Vec<(String, String)>> {
    let expect: Expect = serde_json::from_value(expect).expect("expectations");
    Judge::compile(&expect, Path::new("."))
}

fn judge(expect: Value, seen: &Observation, redactor: &Redactor) -> Vec<Broken> {
    let judge = compile(expect).unwrap_or_else(|errors| panic!("{errors:?}"));
    judge.judge(seen, redactor, jiff::Timestamp::UNIX_EPOCH)
}

fn keys(broken: &[Broken]) -> Vec<&str> {
    broken.iter().map(|b| b.expectation.as_str()).collect()
}

/// Something of every kind; a JSON body can meet none of it.
fn everything() -> Value {
    json!({
        "status": 200,
        "headers": {"x-id": {"matches": "^[a-z]+$"}},
        "content_type": "application/json",
        "json": {"ok": true, "email": "x", "a": [1, 2]},
        "json_schema": {"type": "object", "required": ["ok"], "properties": {"a": {"type": "array"}}},
        "jsonpath": {"$.ok": true, "$..b": {"at_least": 1, "count_at_most": 3}},
        "numbers": ["$.metrics.*"],
        "csv": {"header": ["id", "email"], "min_rows": 2, "types": {"id": "integer"}, "not_empty": ["email"]},
        "text": {"contains": "ok", "not_contains": "rror"},
        "redirect": "/login",
        "size": {"min": 1000},
        "certificate_days": 14
    })
}

#[test]
fn everything_broken_is_reported_in_order() {
    let seen = seen(200, &[], b"{\"error\": 1}");
    let found = judge(everything(), &seen, &Redactor::new(&[], vec![]));
    assert_eq!(
        keys(&found),
        [
            "expect.headers.x-id",
            "expect.content_type",
            "expect.json",
            "expect.json",
            "expect.json",
            "expect.json_schema",
            "expect.jsonpath.\"$.ok\"",
            "expect.numbers",
            "expect.csv",
            "expect.text.contains",
            "expect.text.not_contains",
            "expect.redirect",
            "expect.size.min",
            "expect.certificate_days",
        ]
    );
}

#[test]
fn a_body_that_cannot_be_decoded_is_reported_once() {
    let all_json = json!({
        "json": {"ok": true}, "json_schema": {"type": "object"},
        "jsonpath": {"$.ok": true}, "numbers": ["$.n"]
    });
    let redactor = Redactor::new(&[], vec![]);
    for (expect, body, at, actual) in [
        (
            all_json.clone(),
            &b"<h1>Oops</h1>"[..],
            Some("line 1, column 1"),
            "not JSON: expected value (no content type, 13 B)",
        ),
        (
            all_json.clone(),
            b"{\"ok\":\n tru",
            Some("line 2, column 4"),
            "not JSON: EOF while parsing a value (no content type, 11 B)",
        ),
        (all_json.clone(), b"", None, "an empty body (no content type, 0 B)"),
        (
            all_json.clone(),
            b"{\"ok\": \"\xff\"}",
            Some("byte 8"),
            "not UTF-8 (no content type, 11 B)",
        ),
        (
            all_json,
            b"{\"n\": 1e999}",
            Some("line 1, column 11"),
            "not JSON: number out of range (no content type, 12 B)",
        ),
        (
            json!({"csv": {"min_rows": 1}, "text": "x"}),
            b"a\xff",
            Some("byte 1"),
            "not UTF-8 (no content type, 2 B)",
        ),
        (json!({"text": "x"}), b"\xff", Some("byte 0"), "not UTF-8 (no content type, 1 B)"),
    ] {
        let found = judge(expect, &seen(200, &[], body), &redactor);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].at.as_deref(), found[0].actual.as_str()), (at, actual));
    }
    let found = judge(
        json!({"json": {"ok": true}}),
        &seen(200, &[], b"\xef\xbb\xbf{\"ok\":true}"),
        &redactor,
    );
    assert!(found.is_empty(), "a byte-order mark before JSON");
}

#[test]
fn half_a_body_is_broken_and_not_judged() {
    let mut seen = seen(200, &[], b"{\"ok\": tr");
    seen.truncated = true;
    let redactor = Redactor::new(&[], vec![]);
    let expect = json!({"status": 201, "json": {"ok": true}, "size": {"max": 3}, "text": "x"});
    assert_eq!(keys(&judge(expect, &seen, &redactor)), ["expect.status", "body_limit"]);
    assert_eq!(keys(&judge(json!({"status": 200}), &seen, &redactor)), ["body_limit"]);
}

#[test]
fn server_errors_are_never_right_by_accident() {
    let redactor = Redactor::new(&[], vec![]);
    let seen = seen(503, &[], b"{}");
    for (expect, keys_found) in [
        (json!({"json": {}}), &["expect.status"][..]),
        (json!({"status": "5xx"}), &["expect.status"]),
        (json!({"status": 503}), &[]),
    ] {
        assert_eq!(keys(&judge(expect, &seen, &redactor)), keys_found);
    }
}

#[test]
fn nothing_secret_is_reported() {
    let redactor = Redactor::new(&[], vec![]);
    redactor.learn("hunter2-long");
    let mut seen = seen(
        302,
        &[("x-echo", "hunter2-long"), ("content-type", "hunter2-long")],
        b"{\"a\":\"aHVudGVyMi1sb25n\",\"hunter2-long\":1,\"b\":\"jane@example.org\"}",
    );
    seen.redirect = Some("http://api.test/?q=hunter2-long".parse().expect("a URL"));
    let expect = json!({
        "headers": {"x-echo": "hunter2-longer"},
        "content_type": "text/plain",
        "json": {"a": "hunter2-long", "b": 1, "hunter2-long": 2, "c": 1},
        "jsonpath": {"$['hunter2-long']": 2, "$": {"type": "string"}},
        "text": {"contains": "zzz", "not_contains": "hunter2-long"},
        "redirect": "/x"
    });
    let found = judge(expect, &seen, &redactor);
    assert_eq!(found.len(), 11, "{found:#?}");
    let all = format!("{found:?}");
    for leak in ["hunter2-long", "aHVudGVy", "jane@"] {
        assert!(!all.contains(leak), "{leak}: {found:#?}");
    }
}

#[test]
fn every_error_of_an_expectation_is_found() {
    let errors = compile(json!({
        "headers": {"x/y": {"matches": "("}},
        "content_type": "json",
        "json_schema": {"type": 1},
        "jsonpath": {"$[": 1},
        "numbers": ["$.a", "a"],
        "csv": {"delimiter": "ab"},
        "text": {"matches": "["},
        "redirect": {"not_matches": "*"},
        "size": {"min": 2, "max": 1}
    }));
    let mut places: Vec<String> =
        errors.err().unwrap_or_default().into_iter().map(|e| e.0).collect();
    places.sort();
    assert_eq!(
        places,
        [
            "/content_type",
            "/csv/delimiter",
            "/headers/x~1y",
            "/headers/x~1y/matches",
            "/json_schema",
            "/jsonpath/$[",
            "/numbers/1",
            "/redirect/not_matches",
            "/size",
            "/text/matches",
        ]
    );
}

#[test]
fn a_judge_is_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Judge>();
    shared::<Redactor>();
}

proptest! {
    #[test]
    fn no_answer_is_too_strange(seen in any_seen(), secret in any::<String>()) {
        let redactor = Redactor::new(&[], vec![]);
        redactor.learn(&secret);
        let all = compile(everything()).unwrap_or_else(|errors| panic!("{errors:?}"));
        for broken in all.judge(&seen, &redactor, jiff::Timestamp::MAX) {
            prop_assert!(!broken.actual.contains(char::is_control), "{broken:?}");
        }
    }
}
