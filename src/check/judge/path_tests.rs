//! Tests of the conditions on nodes, apart because of their tables.

use serde_json::{Value, json};

use super::super::show::Findings;
use super::{Numbers, Path};
use crate::journal::Broken;
use crate::redact::Redactor;

fn lines(broken: Vec<Broken>) -> Vec<String> {
    let line = |b: Broken| {
        format!("{} {}: {} / {}", b.expectation, b.at.unwrap_or_default(), b.expected, b.actual)
    };
    broken.into_iter().map(line).collect()
}

fn judge(path: &str, condition: Value, body: &Value) -> Vec<String> {
    let condition = serde_json::from_value(condition).expect("a condition");
    let mut errors = Vec::new();
    let path = Path::compile(path, &condition, &mut errors);
    assert!(errors.is_empty(), "{errors:?}");
    let mut findings = Findings::new();
    path.expect("a path").judge(body, &Redactor::new(&[], vec![]), &mut findings);
    let found = lines(findings.finish("expect.jsonpath"));
    found.iter().map(|line| line.trim_start_matches("expect.jsonpath.").to_owned()).collect()
}

#[test]
fn every_condition_is_judged_at_every_node() {
    let body = json!({
        "ok": true, "n": [1, 2.0, 3.5], "s": "hello", "email": "x@y.org", "none": null,
        "checks": [{ "ok": true }, { "ok": false }]
    });
    for (path, condition, broken) in [
        ("$.ok", json!(true), &[][..]),
        ("$.n[1]", json!(2), &[]),
        (
            "$.checks[*].ok",
            json!(true),
            &["\"$.checks[*].ok\" /checks/1/ok: boolean true / boolean false"],
        ),
        ("$.gone", json!("x"), &["\"$.gone\" : string \"x\" / nothing is selected"]),
        (
            "$.gone",
            json!({"type": "string"}),
            &["\"$.gone\" : at least one node / nothing is selected"],
        ),
        (
            "$.gone",
            json!({"exists": true}),
            &["\"$.gone\".exists : at least one node / nothing is selected"],
        ),
        ("$.gone", json!({"exists": false}), &[]),
        (
            "$.n",
            json!({"exists": false}),
            &["\"$.n\".exists /n: that nothing is selected / 1 node is selected"],
        ),
        ("$.none", json!({"exists": true}), &[]),
        ("$.gone[*]", json!({"count": 0}), &[]),
        ("$.gone[*]", json!({"count_at_most": 2, "type": "string"}), &[]),
        (
            "$.n[*]",
            json!({"count": 2}),
            &["\"$.n[*]\".count : exactly 2 nodes / 3 nodes are selected"],
        ),
        (
            "$.n[*]",
            json!({"count_at_least": 4}),
            &["\"$.n[*]\".count_at_least : at least 4 nodes / 3 nodes are selected"],
        ),
        (
            "$.n[*]",
            json!({"count_at_most": 2}),
            &["\"$.n[*]\".count_at_most : at most 2 nodes / 3 nodes are selected"],
        ),
        (
            "$.n[*]",
            json!({"at_least": 1, "less_than": 3}),
            &["\"$.n[*]\".less_than /n/2: a number less than 3 / number 3.5"],
        ),
        (
            "$.n[*]",
            json!({"greater_than": 1, "at_most": 3.5}),
            &["\"$.n[*]\".greater_than /n/0: a number greater than 1 / number 1"],
        ),
        (
            "$.s",
            json!({"at_most": 3}),
            &["\"$.s\".at_most /s: a number of at most 3 / string \"hello\""],
        ),
        ("$.n[*]", json!({"type": "integer"}), &["\"$.n[*]\".type /n/2: an integer / number 3.5"]),
        ("$.s", json!({"contains": "ell", "matches": "^h"}), &[]),
        (
            "$.email",
            json!({"contains": "z", "matches": "^z"}),
            &[
                "\"$.email\".contains /email: a string that contains \"z\" / string \"[personal]\"",
                "\"$.email\".matches /email: a string that matches \"^z\" / string \"[personal]\"",
            ],
        ),
        ("$.s", json!({"one_of": ["hello", 1]}), &[]),
        (
            "$.s",
            json!({"one_of": ["a", 1]}),
            &["\"$.s\".one_of /s: one of: string \"a\", number 1 / string \"hello\""],
        ),
        (
            "$.s",
            json!({"not_equals": "hello"}),
            &["\"$.s\".not_equals /s: anything but string \"hello\" / string \"hello\""],
        ),
        ("$.n", json!({"equals": [1, 2, 3.5]}), &[]),
    ] {
        assert_eq!(judge(path, condition.clone(), &body), broken, "{path} {condition}");
    }
}

#[test]
fn numbers_are_numbers() {
    let body = json!({"m": {"a": 1, "b": "2", "phone": null}});
    for (path, broken) in [
        ("$.m.a", &[][..]),
        (
            "$.m.*",
            &[
                "expect.numbers /m/b: a number for \"$.m.*\" / string \"2\"",
                "expect.numbers /m/phone: a number for \"$.m.*\" / null",
            ],
        ),
        ("$.gone.*", &["expect.numbers : a number for \"$.gone.*\" / nothing is selected"]),
    ] {
        let mut findings = Findings::new();
        let numbers = Numbers::compile(path, 0, &mut Vec::new()).expect("a path");
        numbers.judge(&body, &Redactor::new(&[], vec![]), &mut findings);
        assert_eq!(lines(findings.finish("expect.numbers")), broken);
    }
}

#[test]
fn what_cannot_hold_does_not_compile() {
    for (path, condition, at) in [
        ("$[", json!(1), "/jsonpath/$["),
        ("$.a/b", json!(1), "/jsonpath/$.a~1b"),
        ("$.a", json!({"matches": "("}), "/jsonpath/$.a/matches"),
        ("$.a", json!({"exists": false, "type": "string"}), "/jsonpath/$.a/exists"),
    ] {
        let mut errors = Vec::new();
        Path::compile(path, &serde_json::from_value(condition).expect("a condition"), &mut errors);
        assert_eq!(errors.first().map(|(at, _)| at.as_str()), Some(at), "{errors:?}");
    }
}
