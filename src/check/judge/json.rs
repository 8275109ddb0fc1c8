//! JSON that the body contains.

use serde_json::{Number, Value};

use super::pointer;
use super::show::{Findings, actual, broken, expected, names};
use crate::journal::Broken;
use crate::redact::Redactor;

/// Every place at which `body` does not contain `subset`: objects may have more keys, arrays
/// are equal in length and contained element by element, numbers are equal by value.
pub(super) fn judge(subset: &Value, body: &Value, redactor: &Redactor) -> Vec<Broken> {
    let mut findings = Findings::new();
    compare(subset, body, "", redactor, &mut findings);
    findings.finish("expect.json")
}

/// Whether two values are equal, with numbers equal by value: 1 is 1.0.
pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => equal_numbers(a, b),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let same = |(key, a)| b.get(key).is_some_and(|b| equal(a, b));
            a.len() == b.len() && a.iter().all(same)
        }
        _ => a == b,
    }
}

/// The place of a broken expectation; none for the document as a whole.
pub(super) fn place(pointer: &str) -> Option<String> {
    (!pointer.is_empty()).then(|| pointer.to_owned())
}

fn equal_numbers(a: &Number, b: &Number) -> bool {
    // Whole numbers beyond 2^53 would be rounded in the comparison as floats.
    let whole = |n: &Number| n.as_i64().map(i128::from).or_else(|| n.as_u64().map(i128::from));
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a.as_f64() == b.as_f64(),
    }
}

fn compare(wanted: &Value, body: &Value, at: &str, redactor: &Redactor, findings: &mut Findings) {
    let mut differs = |at: &str, expected: String, actual: String| {
        findings.push(|| broken("expect.json", place(at), expected, actual));
    };
    match (wanted, body) {
        (Value::Object(wanted), Value::Object(entries)) => {
            for (key, wanted) in wanted {
                let at = pointer(at, key);
                match entries.get(key) {
                    Some(value) => compare(wanted, value, &at, redactor, findings),
                    None => findings.push(|| {
                        let keys = names(entries.keys().map(|key| redactor.personal(key)));
                        let actual = if entries.is_empty() {
                            "nothing: the object is empty".to_owned()
                        } else {
                            format!("nothing: the object has the keys {keys}")
                        };
                        broken("expect.json", place(&at), expected(wanted), actual)
                    }),
                }
            }
        }
        // With elements missing or added, a comparison one by one would report noise.
        (Value::Array(wanted), Value::Array(items)) if wanted.len() != items.len() => {
            differs(at, format!("array of {}", wanted.len()), actual(redactor, at, body));
        }
        (Value::Array(wanted), Value::Array(items)) => {
            for (i, (wanted, item)) in wanted.iter().zip(items).enumerate() {
                compare(wanted, item, &pointer(at, &i.to_string()), redactor, findings);
            }
        }
        _ if equal(wanted, body) => {}
        _ => differs(at, expected(wanted), actual(redactor, at, body)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{equal, judge};
    use crate::redact::Redactor;

    #[test]
    fn every_mismatch_has_its_place() {
        for (subset, body, broken) in [
            (json!({"ok": true}), json!({"ok": true, "more": 1}), &[][..]),
            (json!({"n": 1}), json!({"n": 1.0}), &[]),
            (json!(null), json!(null), &[]),
            (json!({"ok": true}), json!({"ok": "true"}), &["/ok: boolean true / string \"true\""]),
            (
                json!({"a": 1, "b": 2}),
                json!({"a": 2}),
                &["/a: number 1 / number 2", "/b: number 2 / nothing: the object has the keys a"],
            ),
            (json!({"a": 1}), json!({}), &["/a: number 1 / nothing: the object is empty"]),
            (
                json!({"a/b": {"c~": 1}}),
                json!({"a/b": {"c~": 2}}),
                &["/a~1b/c~0: number 1 / number 2"],
            ),
            (json!([1, {"a": 1}]), json!([1, {"a": 1, "b": 2}]), &[]),
            (json!([1, {"a": 1}]), json!([1, {"a": 2}]), &["/1/a: number 1 / number 2"]),
            (json!([1]), json!([1, 2]), &[": array of 1 / array of 2"]),
            (json!({"a": {}}), json!({"a": null}), &["/a: an empty object: {} / null"]),
            (
                json!({"email": "x"}),
                json!({"email": "y"}),
                &["/email: string \"x\" / string \"[personal]\""],
            ),
            (
                json!(9_007_199_254_740_993_u64),
                json!(9_007_199_254_740_992_u64),
                &[": number 9007199254740993 / number 9007199254740992"],
            ),
        ] {
            let found = judge(&subset, &body, &Redactor::new(&[], vec![]));
            let line = |b: &crate::journal::Broken| {
                format!("{}: {} / {}", b.at.as_deref().unwrap_or_default(), b.expected, b.actual)
            };
            assert_eq!(found.iter().map(line).collect::<Vec<_>>(), broken);
        }
    }

    #[test]
    fn a_flood_of_mismatches_is_cut() {
        let subset: Value = (0..100).collect();
        let body: Value = (1..101).collect();
        let found = judge(&subset, &body, &Redactor::new(&[], vec![]));
        assert_eq!(found.len(), 21);
        assert_eq!(found[20].actual, "80 more of these");
    }

    #[test]
    fn equality_is_exact_but_for_the_form_of_numbers() {
        assert!(equal(&json!({"a": [1, 2.0]}), &json!({"a": [1.0, 2]})));
        assert!(!equal(&json!({"a": 1}), &json!({"a": 1, "b": 2})));
        assert!(!equal(&json!([1]), &json!([1, 2])));
        assert!(!equal(&json!("1"), &json!(1)));
    }
}
