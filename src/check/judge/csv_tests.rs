//! Tests of the CSV judge, apart because of their tables.

use serde_json::{Value, json};

use super::Csv;
use crate::redact::Redactor;

fn judge(expect: Value, body: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let csv = Csv::compile(&serde_json::from_value(expect).expect("an expectation"), &mut errors);
    assert!(errors.is_empty(), "{errors:?}");
    let line = |b: crate::journal::Broken| {
        let key = b.expectation.trim_start_matches("expect.").to_owned();
        format!("{key} @{}: {} / {}", b.at.unwrap_or_default(), b.expected, b.actual)
    };
    csv.judge(body, &Redactor::new(&[], vec![])).into_iter().map(line).collect()
}

#[test]
fn headers_are_exact_or_contained() {
    for (expect, body, broken) in [
        (json!({"header": ["a", "b"]}), "a,b\n", &[][..]),
        (json!({"header": ["a", "b"]}), "\u{feff}a,b\r\n1,2\r\n", &[]),
        (
            json!({"header": ["a", "b"]}),
            "b,a\n",
            &["csv.header @line 1: the header a, b / another order: b, a"],
        ),
        (
            json!({"header": ["a", "b"]}),
            "a,c\n",
            &["csv.header @line 1: the header a, b / missing: b; unexpected: c"],
        ),
        (
            json!({"header": ["a", "b"]}),
            "a;b\n",
            &[
                "csv.header @line 1: the header a, b / missing: a, b; unexpected: a;b; is the delimiter \";\"?",
            ],
        ),
        (
            json!({"header": ["a"]}),
            "a,a\n",
            &["csv.header @line 1: the header a / columns more than once: a, a"],
        ),
        (json!({"header": ["a", "b"], "delimiter": ";"}), "a;b\n1;2\n", &[]),
        (json!({"columns": ["b", "a"]}), "a,x,b,x\n1,2,3,4\n", &[]),
        (
            json!({"columns": ["b", "z"]}),
            "a,b\n",
            &["csv.columns @line 1: the columns b, z / missing: z"],
        ),
        (
            json!({"columns": ["a"]}),
            "a,a\n",
            &["csv.columns @line 1: one column \"a\" / 2 columns of that name"],
        ),
    ] {
        assert_eq!(judge(expect.clone(), body), broken, "{expect} {body:?}");
    }
}

#[test]
fn rows_are_counted_and_measured() {
    for (expect, body, broken) in [
        (json!({"min_rows": 1, "max_rows": 2}), "a\n\n1\n\n2\n", &[][..]),
        (
            json!({"min_rows": 1}),
            "a\n",
            &["csv.min_rows @: at least 1 rows / 0 rows below the header"],
        ),
        (
            json!({"max_rows": 0}),
            "a\n1\n",
            &["csv.max_rows @: at most 0 rows / 1 rows below the header"],
        ),
        (
            json!({"min_rows": 1}),
            "a,b\n\"1\n1\",2\n3\n4,5,6\n",
            &[
                "csv @line 4: 2 cells, as in the header / 1 cells",
                "csv @line 5: 2 cells, as in the header / 3 cells",
            ],
        ),
        (
            json!({"byte_order_mark": "required"}),
            "a\n",
            &["csv.byte_order_mark @: a byte-order mark / none"],
        ),
        (
            json!({"byte_order_mark": "forbidden"}),
            "\u{feff}a\n",
            &["csv.byte_order_mark @: no byte-order mark / one at the beginning"],
        ),
        (json!({"byte_order_mark": "allowed"}), "\u{feff}a\n", &[]),
    ] {
        assert_eq!(judge(expect.clone(), body), broken, "{expect} {body:?}");
    }
}

#[test]
fn cells_are_typed_by_column() {
    let body = "id,email,due\n1,a@b.org,2026-01-31\nx,,31.1.2026\n,c,\n";
    for (expect, broken) in [
        (
            json!({"types": {"id": "integer"}}),
            &["csv.types.id @column id, line 3: a whole number / \"x\""][..],
        ),
        (
            json!({"types": {"due": "date"}}),
            &["csv.types.due @column due, line 3: a date such as 2026-01-31 / \"31.1.2026\""],
        ),
        (
            json!({"types": {"email": "uuid"}}),
            &[
                "csv.types.email @column email, line 2: a UUID / \"[personal]\"",
                "csv.types.email @column email, line 4: a UUID / \"[personal]\"",
            ],
        ),
        (
            json!({"types": {"gone": "integer"}}),
            &["csv.types.gone @line 1: a column \"gone\" / no such column"],
        ),
        (
            json!({"columns": ["gone"], "types": {"gone": "integer"}}),
            &["csv.columns @line 1: the columns gone / missing: gone"],
        ),
        (
            json!({"not_empty": ["id", "email"]}),
            &[
                "csv.not_empty @column id, line 4: a value / an empty cell",
                "csv.not_empty @column email, line 3: a value / an empty cell",
            ],
        ),
    ] {
        assert_eq!(judge(expect.clone(), body), broken, "{expect}");
    }
}

#[test]
fn what_is_no_table_is_reported_once() {
    let expect = json!({"header": ["a"], "min_rows": 1, "types": {"a": "integer"}});
    for (body, broken) in [
        ("", "csv @: a CSV body / an empty body"),
        ("<!DOCTYPE html>\n<p>,", "csv @: a CSV body / a page of HTML or XML"),
        ("[{\"a\": 1}]", "csv @: a CSV body / a JSON document"),
        ("a\n\"1\n2\n", "csv @line 2: a CSV body / a quoted cell does not end"),
    ] {
        assert_eq!(judge(expect.clone(), body), [broken], "{body:?}");
    }
}

#[test]
fn a_flood_of_wrong_cells_is_cut() {
    let body = format!("a\n{}", "x\n".repeat(100));
    let found = judge(json!({"types": {"a": "number"}}), &body);
    assert_eq!(found.len(), 21);
    assert!(found[20].ends_with("80 more of these"));
}

#[test]
fn what_cannot_hold_does_not_compile() {
    for (expect, at) in [
        (json!({"delimiter": "::"}), "/csv/delimiter"),
        (json!({"delimiter": "\""}), "/csv/delimiter"),
        (json!({"delimiter": "→"}), "/csv/delimiter"),
        (json!({"min_rows": 2, "max_rows": 1}), "/csv/min_rows"),
    ] {
        let mut errors = Vec::new();
        Csv::compile(&serde_json::from_value(expect).expect("an expectation"), &mut errors);
        assert_eq!(errors[0].0, at);
    }
}
