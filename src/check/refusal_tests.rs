//! Tests of the search for traces.

use proptest::prelude::*;
use serde_json::Value;

use super::{Traces, tells};
use crate::check::observation::samples::{any_seen, seen};
use crate::suite::expect::StatusSet;

fn judge(real: &str, status: u16, refused: &str) -> Vec<String> {
    let traces = Traces::of(&seen(200, &[], real.as_bytes()));
    let found = traces.judge(&seen(status, &[], refused.as_bytes()), &StatusSet::refused());
    let line = |b: crate::journal::Broken| {
        format!("{} @{}: {}", b.expectation, b.at.unwrap_or_default(), b.actual)
    };
    found.into_iter().map(line).collect()
}

#[test]
fn traces_are_found() {
    let json = r#"{"customers":[{"email":"jane@example.org","note":"caf\u00e9 \"noir\"","id":48151623,"n":7}],"ok":true}"#;
    let csv = "id,email\n1,jane@example.org\n2,\"Long, quoted cell\"\n";
    let page = "<html><head><title>Field Service</title></head>\n<p>Jane Doe, Berlin</p>";
    for (real, status, refused, broken) in [
        (json, 401, r#"{"error":"unauthorized","path":"/items"}"#, &[][..]),
        (json, 403, "", &[]),
        (json, 200, "{}", &["refusal.status @: 200 OK"]),
        (json, 404, "{}", &["refusal.status @: 404 Not Found"]),
        (json, 500, "{}", &["refusal.status @: 500 Internal Server Error"]),
        (
            json,
            401,
            "no access for jane@example.org",
            &[
                "refusal.body @/customers/0/email: 1 piece of it, which stand there at /customers/0/email",
            ],
        ),
        (json, 401, "ajane@example.org jane@example.orgs 481516234", &[]),
        (
            json,
            401,
            r#"["caf\u00e9 \u0022noir\u0022"]"#,
            &[
                "refusal.body @/customers/0/note: 1 piece of it, which stand there at /customers/0/note",
            ],
        ),
        (
            json,
            200,
            json,
            &[
                "refusal.status @: 200 OK",
                "refusal.body @/customers/0/email: 3 pieces of it, which stand there at /customers/0/email, /customers/0/id, /customers/0/note",
            ],
        ),
        (csv, 401, "id,email\n1,nobody", &[]),
        (
            csv,
            401,
            "<td>Long, quoted cell</td>",
            &[
                "refusal.body @column email, line 3: 1 piece of it, which stand there at column email, line 3",
            ],
        ),
        (page, 401, "<html><head><title>Field Service</title></head>\n<p>Sign in</p>", &[]),
        (
            page,
            401,
            "Jane Doe, Berlin",
            &["refusal.body @line 2: 1 piece of it, which stand there at line 2"],
        ),
    ] {
        assert_eq!(judge(real, status, refused), broken, "{refused}");
    }
}

#[test]
fn the_same_binary_body_is_a_trace() {
    let real = seen(200, &[], b"\x89PNG\xff\x00");
    let traces = Traces::of(&real);
    let refused = seen(401, &[], b"\x89PNG\xff\x00");
    assert_eq!(traces.judge(&refused, &StatusSet::refused()).len(), 1);
    assert!(traces.judge(&seen(401, &[], b"\xff"), &StatusSet::refused()).is_empty());
}

#[test]
fn only_what_tells_something_counts() {
    for piece in ["jane@x", "ab12", "12345", "-1234.5", "eightlet", "Übergröße"] {
        assert!(tells(piece), "{piece}");
    }
    for piece in [
        "",
        "ok",
        "true",
        "1234",
        "1.5e3",
        "a1",
        "2026-11-23",
        "2026-11-23T06:08:36.123Z",
        "2026-11-23 06:08:36+00",
        "pending",
    ] {
        assert!(!tells(piece), "{piece}");
    }
}

#[test]
fn personal_keys_on_the_way_are_hidden() {
    let found = judge(r#"{"jane@example.org":{"plan":"platinum-7"}}"#, 401, "platinum-7");
    assert_eq!(
        found,
        ["refusal.body @/[email]/plan: 1 piece of it, which stand there at /[email]/plan"]
    );
}

#[test]
fn large_answers_are_capped() {
    let real: Value = (0..30_000).map(|i| Value::from(format!("piece-{i:06}"))).collect();
    let traces = Traces::of(&seen(200, &[], real.to_string().as_bytes()));
    assert_eq!(traces.places.len(), super::PIECES);
    let refused = seen(401, &[], b"[\"piece-000001\", \"piece-029999\"]");
    assert_eq!(traces.judge(&refused, &StatusSet::refused()).len(), 1);
}

proptest! {
    #[test]
    fn no_answer_is_too_strange(real in any_seen(), refused in any_seen()) {
        let traces = Traces::of(&real);
        traces.judge(&refused, &StatusSet::refused());
    }

    #[test]
    fn an_open_door_is_seen(text in "[a-z]{8,20}") {
        let body = serde_json::json!({ "x": text }).to_string();
        prop_assert_eq!(judge(&body, 401, &body).len(), 1);
    }
}
