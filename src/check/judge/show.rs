//! How values are written in broken expectations: typed, on one line, and short.

use serde_json::Value;

use crate::journal::Broken;
use crate::redact::Redactor;

/// The most characters of a text that are shown.
const SHORT: usize = 160;
/// The most names that are listed.
const NAMES: usize = 12;
/// The most of one kind of expectation that is reported; the rest is counted.
const FINDINGS: usize = 20;

/// The broken expectations of one kind: the first ones, and how many more there are.
pub(super) struct Findings {
    broken: Vec<Broken>,
    more: usize,
}

impl Findings {
    /// None so far.
    pub(super) fn new() -> Self {
        Self { broken: Vec::new(), more: 0 }
    }

    /// Adds one; `make` is not called where there are enough already.
    pub(super) fn push(&mut self, make: impl FnOnce() -> Broken) {
        if self.broken.len() < FINDINGS {
            self.broken.push(make());
        } else {
            self.more += 1;
        }
    }

    /// All of them, with a last one of this key that says how many are not shown.
    pub(super) fn finish(mut self, expectation: &str) -> Vec<Broken> {
        if self.more > 0 {
            let actual = format!("{} more of these", self.more);
            self.broken.push(broken(expectation, None, "no further trouble", actual));
        }
        self.broken
    }
}

/// A broken expectation.
pub(super) fn broken(
    expectation: impl Into<String>,
    at: Option<String>,
    expected: impl Into<String>,
    actual: impl Into<String>,
) -> Broken {
    Broken { expectation: expectation.into(), at, expected: expected.into(), actual: actual.into() }
}

/// The key of an expectation, as it is written in TOML: `expect.headers.x`,
/// `expect.jsonpath."$.ok"`.
pub(super) fn key(table: &str, name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) {
        format!("{table}.{name}")
    } else {
        format!("{table}.{}", Value::from(name))
    }
}

/// A value of an answer with its type, redacted by the names that lead to it and by its shape:
/// `string "[email]"`, `number 3`, `array of 3`, `object with keys a, b`.
pub(super) fn actual(redactor: &Redactor, pointer: &str, value: &Value) -> String {
    match (value, redactor.value_at(pointer, value)) {
        (Value::Number(_), Value::String(hidden)) => format!("number {hidden}"),
        (_, hidden) => typed(&hidden),
    }
}

/// A value that the suite expects, with its type. What a suite says is shown as it stands.
pub(super) fn expected(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) => {
            format!("{}: {}", typed(value), one_line(&value.to_string()))
        }
        _ => typed(value),
    }
}

/// Text of an answer under this column or header name, redacted, in quotes.
pub(super) fn cell(redactor: &Redactor, name: &str, text: &str) -> String {
    quoted(&redactor.cell(name, text))
}

/// Text in quotes, shortened.
pub(super) fn quoted(text: &str) -> String {
    let count = text.chars().count();
    let more = if count > SHORT { format!(" ({count} characters)") } else { String::new() };
    format!("\"{}\"{more}", one_line(text))
}

/// Text on one line, control characters visible, shortened.
pub(super) fn one_line(text: &str) -> String {
    let short: String = text.chars().take(SHORT).collect();
    let mark = if short.len() < text.len() { "…" } else { "" };
    format!("{}{mark}", visible(&short))
}

/// Names in a row: `a, b and 3 more`.
pub(super) fn names<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let mut names = names.into_iter();
    let first: Vec<String> =
        names.by_ref().take(NAMES).map(|name| one_line(name.as_ref())).collect();
    match names.count() {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// A number of bytes with its unit.
pub(crate) fn bytes(count: usize) -> String {
    bytesize::ByteSize(u64::try_from(count).unwrap_or(u64::MAX)).to_string()
}

/// The text with control characters, and those that reorder or hide what stands around them,
/// written out: `\n`, `\u{1b}`, `\u{202e}`.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{61c}'
            | '\u{feff}' => shown.extend(c.escape_unicode()),
            c if c.is_control() => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    shown
}

fn typed(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(boolean) => format!("boolean {boolean}"),
        Value::Number(number) => format!("number {number}"),
        Value::String(text) => format!("string {}", quoted(text)),
        Value::Array(items) if items.is_empty() => "an empty array".to_owned(),
        Value::Array(items) => format!("array of {}", items.len()),
        Value::Object(entries) if entries.is_empty() => "an empty object".to_owned(),
        Value::Object(entries) => format!("object with keys {}", names(entries.keys())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Findings, actual, broken, expected, key, names, quoted, visible};
    use crate::redact::Redactor;

    #[test]
    fn values_are_typed_and_redacted() {
        let redactor = Redactor::new(&[], vec![]);
        for (pointer, value, shown) in [
            ("/to", json!("jane@example.org"), "string \"[email]\""),
            ("/email", json!("x"), "string \"[personal]\""),
            ("/phone", json!(170), "number [personal]"),
            ("/n", json!(3.5), "number 3.5"),
            ("/n", json!(null), "null"),
            ("/n", json!(true), "boolean true"),
            ("/n", json!([1, 2]), "array of 2"),
            ("/n", json!([]), "an empty array"),
            ("/n", json!({}), "an empty object"),
            ("/n", json!({"a": 1, "b@c.org": 2}), "object with keys a, [email]"),
            ("/n", json!("a\n\u{1b}[31m"), "string \"a\\n\\u{1b}[31m\""),
        ] {
            assert_eq!(actual(&redactor, pointer, &value), shown);
        }
        assert_eq!(expected(&json!([1])), "array of 1: [1]");
    }

    #[test]
    fn long_things_are_shortened() {
        let long = quoted(&"é".repeat(1000));
        assert!(long.ends_with("…\" (1000 characters)") && long.chars().count() < 200, "{long}");
        let many = names((0..20).map(|i| i.to_string()));
        assert!(many.ends_with("11 and 8 more"), "{many}");
        assert_eq!(visible("a\u{202e}b\u{9b}"), "a\\u{202e}b\\u{9b}");
    }

    #[test]
    fn keys_are_written_as_in_toml() {
        assert_eq!(key("expect.headers", "x-id"), "expect.headers.x-id");
        assert_eq!(key("expect.jsonpath", "$.a"), "expect.jsonpath.\"$.a\"");
        assert_eq!(key("expect.csv.types", ""), "expect.csv.types.\"\"");
    }

    #[test]
    fn a_flood_is_counted() {
        let mut findings = Findings::new();
        for i in 0..25 {
            findings.push(|| broken("expect.json", Some(format!("/{i}")), "1", "2"));
        }
        let all = findings.finish("expect.json");
        assert_eq!(all.len(), 21);
        assert_eq!(all[20].actual, "5 more of these");
    }
}
