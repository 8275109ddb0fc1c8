//! What later checks take from an answer.

use regex::Regex;
use serde_json::Value;
use serde_json_path::JsonPath;

use super::observation::Observation;
use super::shape::text;
use super::table::{Table, delimiter_of, without_mark};
use crate::suite::parts::{Capture, Cell};

/// The value that the capture takes from the answer: a node of JSON as it is, anything else as
/// a string. Of a repeated header, the first value that fits counts.
///
/// # Errors
/// Says what is missing, in words that hold nothing of the answer.
pub(crate) fn capture(spec: &Capture, seen: &Observation) -> Result<Value, String> {
    match (&spec.jsonpath, &spec.header, &spec.regex, &spec.csv) {
        (Some(path), None, None, None) => first_node(path, body(seen)?),
        (None, Some(header), pattern, None) => from_header(header, pattern.as_deref(), seen),
        (None, None, Some(pattern), None) => {
            let found = first_match(pattern, body(seen)?)?;
            found.ok_or_else(|| format!("nothing in the body matches `{pattern}`"))
        }
        (None, None, None, Some(cell)) => from_cell(cell, body(seen)?),
        _ => Err("a capture takes exactly one of jsonpath, header, regex and csv".to_owned()),
    }
}

/// The whole body as text. Half of one could give half a value.
fn body(seen: &Observation) -> Result<&str, String> {
    if seen.truncated {
        return Err("the body is larger than the limit".to_owned());
    }
    text(seen).ok_or_else(|| "the body is not text".to_owned())
}

fn first_node(path: &str, body: &str) -> Result<Value, String> {
    let parsed = JsonPath::parse(path).map_err(|e| format!("`{path}` is no JSONPath: {e}"))?;
    let body: Value = serde_json::from_str(without_mark(body))
        .map_err(|e| format!("the body is not JSON: line {}, column {}", e.line(), e.column()))?;
    let first = parsed.query(&body).first().cloned();
    first.ok_or_else(|| format!("`{path}` selects nothing in the body"))
}

fn from_header(name: &str, pattern: Option<&str>, seen: &Observation) -> Result<Value, String> {
    let mut found = false;
    for value in seen.headers.get_all(name) {
        found = true;
        let Ok(value) = std::str::from_utf8(value.as_bytes()) else { continue };
        match pattern {
            None => return Ok(Value::from(value)),
            Some(pattern) => {
                if let Some(found) = first_match(pattern, value)? {
                    return Ok(found);
                }
            }
        }
    }
    Err(match (found, pattern) {
        (false, _) => format!("there is no header `{name}`"),
        (true, Some(pattern)) => format!("nothing in the header `{name}` matches `{pattern}`"),
        (true, None) => format!("the header `{name}` is not text"),
    })
}

/// The first group that took part in the match, or the whole of it where there is no group.
fn first_match(pattern: &str, text: &str) -> Result<Option<Value>, String> {
    let regex = Regex::new(pattern).map_err(|e| format!("not a regular expression: {e}"))?;
    let groups = regex.captures(text);
    let found = groups.and_then(|groups| groups.iter().skip(1).flatten().next().or(groups.get(0)));
    Ok(found.map(|found| Value::from(found.as_str())))
}

fn from_cell(cell: &Cell, body: &str) -> Result<Value, String> {
    let Cell { column, row } = cell;
    // A capture names no delimiter, so the one that the header row shows is taken.
    let table = Table::read(body, delimiter_of(body))
        .map_err(|fault| format!("the body is not CSV: line {}: {}", fault.line, fault.message))?;
    let index = match table.columns(column)[..] {
        [index] => index,
        [] => return Err(format!("the CSV has no column `{column}`")),
        _ => return Err(format!("the CSV has several columns `{column}`")),
    };
    let found = row.checked_sub(1).and_then(|row| table.rows.get(row));
    let found = found.ok_or_else(|| {
        let count = table.rows.len();
        format!("the CSV has no row {row}: {count} rows stand below the header")
    })?;
    let value = found.cells.get(index);
    value.map(Value::from).ok_or_else(|| format!("row {row} has no cell of the column `{column}`"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::capture;
    use crate::check::observation::samples::{any_seen, seen};
    use crate::redact::is_secret_name;

    #[test]
    fn values_are_taken() {
        let headers =
            [("location", "/jobs/17"), ("set-cookie", "a=1"), ("set-cookie", "s=x; Path=/")];
        for (spec, body, value) in [
            (json!({"jsonpath": "$.a[1]"}), "{\"a\":[1,{\"b\":2}]}", Ok(json!({"b": 2}))),
            (json!({"jsonpath": "$..b"}), "\u{feff}{\"a\":[{\"b\":2},{\"b\":3}]}", Ok(json!(2))),
            (json!({"jsonpath": "$.z"}), "{}", Err("`$.z` selects nothing in the body")),
            (json!({"jsonpath": "$.z"}), "{\n,", Err("the body is not JSON: line 2, column 1")),
            (json!({"header": "Location"}), "", Ok(json!("/jobs/17"))),
            (json!({"header": "location", "regex": "[0-9]+"}), "", Ok(json!("17"))),
            (json!({"header": "set-cookie", "regex": "s=([^;]+)"}), "", Ok(json!("x"))),
            (
                json!({"header": "set-cookie", "regex": "t=(.)"}),
                "",
                Err("nothing in the header `set-cookie` matches `t=(.)`"),
            ),
            (json!({"header": "etag"}), "", Err("there is no header `etag`")),
            (json!({"regex": "(?:x|id=(\\d+))"}), "<a id=42>", Ok(json!("42"))),
            (json!({"regex": "id=\\d+"}), "<a id=42>", Ok(json!("id=42"))),
            (
                json!({"regex": "id=(\\d+)"}),
                "secret",
                Err("nothing in the body matches `id=(\\d+)`"),
            ),
            (json!({"csv": {"column": "b"}}), "a;b\n1;2\n3;4\n", Ok(json!("2"))),
            (
                json!({"csv": {"column": "b", "row": 2}}),
                "a,b\n1,2\n3,\"4,\n5\"\n",
                Ok(json!("4,\n5")),
            ),
            (
                json!({"csv": {"column": "b", "row": 3}}),
                "a,b\n1,2\n",
                Err("the CSV has no row 3: 1 rows stand below the header"),
            ),
            (json!({"csv": {"column": "c"}}), "a,b\n1,2\n", Err("the CSV has no column `c`")),
            (json!({"csv": {"column": "a"}}), "a,a\n1,2\n", Err("the CSV has several columns `a`")),
            (
                json!({"csv": {"column": "b"}}),
                "a,b\n1\n",
                Err("row 1 has no cell of the column `b`"),
            ),
            (
                json!({"regex": "a", "jsonpath": "$"}),
                "a",
                Err("a capture takes exactly one of jsonpath, header, regex and csv"),
            ),
        ] {
            let parsed = serde_json::from_value(spec.clone()).expect("a capture");
            let taken = capture(&parsed, &seen(200, &headers, body.as_bytes()));
            assert_eq!(taken, value.map_err(str::to_owned), "{spec}");
        }
    }

    #[test]
    fn half_a_body_gives_nothing() {
        let mut seen = seen(200, &[("x", "y")], b"token=ab");
        seen.truncated = true;
        let spec = |spec: Value| serde_json::from_value(spec).expect("a capture");
        assert!(capture(&spec(json!({"regex": "token=.*"})), &seen).is_err());
        assert!(capture(&spec(json!({"header": "x"})), &seen).is_ok());
    }

    #[test]
    fn secrets_are_known_by_name() {
        for (name, secret) in [
            ("access_token", true),
            ("sessionId", true),
            ("api_key", true),
            ("key", true),
            ("job", false),
            ("keyboard", false),
            ("total", false),
        ] {
            assert_eq!(is_secret_name(name), secret, "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_is_too_strange(seen in any_seen(), row in 0..4_usize) {
            for spec in [
                json!({"jsonpath": "$..*"}),
                json!({"header": "x-any", "regex": "(a)|b"}),
                json!({"regex": "(.)$"}),
                json!({"csv": {"column": "email", "row": row}}),
            ] {
                let _ = capture(&serde_json::from_value(spec).expect("a capture"), &seen);
            }
        }
    }
}
