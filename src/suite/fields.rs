//! The small values of the format: durations, sizes, scalars, request lines.
//!
//! Each is text with a meaning. The meaning is checked once, as a named `format` of the JSON
//! Schema (`formats`), so that every misspelt one of a file is reported, not only the first.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

/// A duration with its unit: `"250ms"`, `"2s"`, `"1m 30s"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Millis(pub Duration);

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_duration(&text).map(Self).map_err(D::Error::custom)
    }
}

impl JsonSchema for Millis {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A duration with its unit.",
            "type": "string",
            "format": "human-duration",
            "examples": ["250ms", "2s", "1m 30s"],
        })
    }
}

/// A number of bytes: `1024`, `"64KiB"`, `"10MB"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ByteLimit(pub u64);

impl<'de> Deserialize<'de> for ByteLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Scalar::deserialize(deserializer)? {
            Scalar::Number(number) => number.as_u64().map(Self).ok_or("not a whole number".into()),
            Scalar::Text(text) => text.parse::<bytesize::ByteSize>().map(|size| Self(size.0)),
            Scalar::Boolean(_) => Err("not a size".into()),
        }
        .map_err(D::Error::custom)
    }
}

impl JsonSchema for ByteLimit {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number of bytes, or text with a unit.",
            "type": ["integer", "string"],
            "format": "byte-size",
            "minimum": 0,
            "examples": [1024, "64KiB", "10MB"],
        })
    }
}

impl fmt::Display for ByteLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", bytesize::ByteSize(self.0))
    }
}

/// A string, a number or a boolean.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Scalar {
    /// `true` or `false`.
    Boolean(bool),
    /// Any number.
    Number(serde_json::Number),
    /// Text.
    Text(String),
}

impl Scalar {
    /// As JSON.
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Boolean(boolean) => Value::Bool(*boolean),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.clone()),
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(boolean) => write!(f, "{boolean}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A value, or a list of them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum OneOrMany<T> {
    /// One.
    One(T),
    /// Several.
    Many(#[schemars(length(min = 1))] Vec<T>),
}

impl<T> OneOrMany<T> {
    /// All of them.
    pub(crate) fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// Splits `GET /path` into its method and target.
///
/// # Errors
/// Says what a request line looks like.
pub(crate) fn request_line(line: &str) -> Result<(http::Method, &str), String> {
    const FORM: &str = "a method and a path, such as `GET /api/health`";
    let (method, target) = line.split_once(' ').ok_or_else(|| format!("expected {FORM}"))?;
    let known = method.bytes().all(|byte| byte.is_ascii_uppercase());
    let method = http::Method::from_bytes(method.as_bytes())
        .ok()
        .filter(|_| known && !method.is_empty())
        .ok_or_else(|| format!("`{method}` is not a method in capitals; expected {FORM}"))?;
    let target = target.trim();
    let absolute = target.starts_with("http://") || target.starts_with("https://");
    if !absolute && !target.starts_with('/') && !target.starts_with("{{") {
        return Err(format!("the path `{target}` does not begin with `/`; expected {FORM}"));
    }
    if target.chars().any(char::is_control) {
        return Err("the path holds a control character".to_owned());
    }
    Ok((method, target))
}

/// The longest duration: more is a slip, and clocks cannot count it.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3_600);

/// A format's check: the text, and what is wrong with it.
pub(crate) type FormatCheck = fn(&str) -> Result<(), String>;

/// The named formats of the schema, with the check that says what is wrong.
pub(crate) fn formats() -> [(&'static str, FormatCheck); 8] {
    [
        ("human-duration", |text| {
            let hint = "write a number with its unit, such as \"250ms\", \"2s\" or \"1m 30s\"";
            match humantime::parse_duration(text) {
                Ok(duration) if duration > LONGEST => Err("longer than a year".to_owned()),
                Ok(_) => Ok(()),
                Err(e) => Err(format!("{e}; {hint}")),
            }
        }),
        ("byte-size", |text| {
            let parsed = text.parse::<bytesize::ByteSize>();
            parsed
                .map(drop)
                .map_err(|_| "expected a size such as 1024, \"64KiB\" or \"10MB\"".into())
        }),
        ("jsonpath", |text| {
            let parsed = serde_json_path::JsonPath::parse(text);
            parsed.map(drop).map_err(|e| format!("not a JSONPath (RFC 9535): {e}"))
        }),
        ("regular-expression", |text| {
            if text.is_empty() {
                return Err("an empty pattern matches everything".to_owned());
            }
            regex::Regex::new(text).map(drop).map_err(|e| format!("not a regular expression: {e}"))
        }),
        ("request-line", |text| request_line(text).map(drop)),
        ("header-name", |text| {
            let parsed = http::HeaderName::from_bytes(text.as_bytes());
            parsed.map(drop).map_err(|_| "not a header name".to_owned())
        }),
        ("one-line", |text| match text.chars().any(char::is_control) || text.trim() != text {
            true => Err("a name is one line, without control characters or outer blanks".into()),
            false => Ok(()),
        }),
        ("url", |text| match url::Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(()),
            Ok(_) => Err("expected a URL with http or https".into()),
            Err(e) => Err(format!("not a URL: {e}")),
        }),
    ]
}
