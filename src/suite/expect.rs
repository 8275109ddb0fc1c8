//! Expectations: what must be true of an answer.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::fields::OneOrMany;
use super::fields::{ByteLimit, Scalar};

/// What must be true of the answer. Every expectation that does not hold is reported.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    /// The status: `200`, `[401, 403]`, or a class such as `"2xx"`.
    #[serde(default)]
    pub(crate) status: Option<StatusSet>,
    /// Response headers, by name.
    #[serde(default)]
    #[schemars(extend("propertyNames" = { "format": "header-name" }))]
    pub(crate) headers: BTreeMap<String, TextMatch>,
    /// The media type, such as `application/json`; parameters count where they are given.
    #[serde(default)]
    #[schemars(extend("pattern" = "^[^/ ]+/[^/ ]+"))]
    pub(crate) content_type: Option<String>,
    /// JSON that the body contains: objects may have more keys, arrays are equal in length.
    #[serde(default, deserialize_with = "given")]
    pub(crate) json: Option<Value>,
    /// A JSON Schema that the body fulfils: a file beside the suite, or the schema itself.
    #[serde(default)]
    pub(crate) json_schema: Option<SchemaSource>,
    /// Conditions on what a JSONPath (RFC 9535) selects; each selected node must meet them.
    #[serde(default)]
    #[schemars(extend("propertyNames" = { "format": "jsonpath" }))]
    pub(crate) jsonpath: BTreeMap<String, Condition>,
    /// JSONPaths that each select at least one node, and nothing but finite numbers.
    #[serde(default)]
    #[schemars(extend("items" = { "type": "string", "format": "jsonpath" }))]
    #[schemars(length(min = 1))]
    pub(crate) numbers: Vec<String>,
    /// The body as CSV.
    #[serde(default)]
    pub(crate) csv: Option<CsvExpect>,
    /// The body as text.
    #[serde(default)]
    pub(crate) text: Option<TextMatch>,
    /// Where a redirect leads: `/login`, or a whole URL.
    #[serde(default)]
    pub(crate) redirect: Option<TextMatch>,
    /// The size of the decoded body.
    #[serde(default)]
    pub(crate) size: Option<SizeExpect>,
    /// How many days the server's TLS certificate is still valid, at least.
    #[serde(default)]
    pub(crate) certificate_days: Option<u32>,
}

impl Expect {
    /// Whether nothing is expected, so that anything would pass.
    pub(crate) fn is_empty(&self) -> bool {
        self.status.is_none()
            && self.headers.is_empty()
            && self.content_type.is_none()
            && self.json.is_none()
            && self.json_schema.is_none()
            && self.jsonpath.is_empty()
            && self.numbers.is_empty()
            && self.csv.is_none()
            && self.text.is_none()
            && self.redirect.is_none()
            && self.size.is_none()
            && self.certificate_days.is_none()
    }
}

/// A value that was given, and may be null: without this, `equals: null` would be no condition.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// The statuses that are right.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct StatusSet(pub OneOrMany<StatusItem>);

/// One status, or a class of them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(extend("x-expected" = "a status from 100 to 599, a class such as \"2xx\", or a list of these"))]
pub(crate) enum StatusItem {
    /// This one.
    Code(#[schemars(range(min = 100, max = 599))] u16),
    /// A class, such as `2xx`.
    Class(#[schemars(extend("pattern" = "^[1-5]xx$"))] String),
}

impl StatusSet {
    /// The usual refusals: 401 and 403.
    pub(crate) fn refused() -> Self {
        Self(OneOrMany::Many(vec![StatusItem::Code(401), StatusItem::Code(403)]))
    }

    /// Whether the status is one of these.
    pub(crate) fn contains(&self, status: u16) -> bool {
        self.0.as_slice().iter().any(|item| match item {
            StatusItem::Code(code) => *code == status,
            StatusItem::Class(class) => {
                let digit = class.chars().next().and_then(|digit| digit.to_digit(10));
                digit == Some((status / 100).into())
            }
        })
    }

    /// Whether that very status is written out, not only its class.
    pub(crate) fn names(&self, status: u16) -> bool {
        let mut items = self.0.as_slice().iter();
        items.any(|item| matches!(item, StatusItem::Code(code) if *code == status))
    }
}

impl std::fmt::Display for StatusSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, item) in self.0.as_slice().iter().enumerate() {
            if i > 0 {
                f.write_str(" or ")?;
            }
            match item {
                StatusItem::Code(code) => write!(f, "{code}")?,
                StatusItem::Class(class) => f.write_str(class)?,
            }
        }
        Ok(())
    }
}

/// A JSON Schema, by file or in place.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum SchemaSource {
    /// A `.json` file beside the suite; `$ref`s are looked up beside that file.
    File(String),
    /// The schema itself.
    Inline(serde_json::Map<String, Value>),
}

/// Conditions on text: a plain string must be equal.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum TextMatch {
    /// Equal to this.
    Equal(Scalar),
    /// All of these.
    Rules(TextRules),
}

/// Conditions on text, all of which must hold.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub(crate) struct TextRules {
    /// Equal to this.
    #[serde(default)]
    pub(crate) equals: Option<Scalar>,
    /// Contains this, or each of these.
    #[serde(default)]
    #[schemars(extend("minLength" = 1, "minItems" = 1, "items" = { "type": "string", "minLength": 1 }))]
    pub(crate) contains: Option<OneOrMany<String>>,
    /// Contains none of these.
    #[serde(default)]
    #[schemars(extend("minLength" = 1, "minItems" = 1, "items" = { "type": "string", "minLength": 1 }))]
    pub(crate) not_contains: Option<OneOrMany<String>>,
    /// A regular expression finds something.
    #[serde(default)]
    #[schemars(extend("format" = "regular-expression"))]
    pub(crate) matches: Option<String>,
    /// A regular expression finds nothing.
    #[serde(default)]
    #[schemars(extend("format" = "regular-expression"))]
    pub(crate) not_matches: Option<String>,
    /// Whether there is such a thing at all.
    #[serde(default)]
    pub(crate) exists: Option<bool>,
}

/// Conditions on JSON nodes: a plain value must be equal.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Condition {
    /// Equal to this string, number or boolean.
    Equal(Scalar),
    /// All of these.
    Rules(Box<NodeRules>),
}

/// Conditions on JSON nodes, all of which must hold for every selected node.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub(crate) struct NodeRules {
    /// Equal to this value.
    #[serde(default, deserialize_with = "given")]
    pub(crate) equals: Option<Value>,
    /// Different from this value.
    #[serde(default, deserialize_with = "given")]
    pub(crate) not_equals: Option<Value>,
    /// One of these values.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) one_of: Option<Vec<Value>>,
    /// A number greater than this.
    #[serde(default)]
    pub(crate) greater_than: Option<f64>,
    /// A number of at least this.
    #[serde(default)]
    pub(crate) at_least: Option<f64>,
    /// A number less than this.
    #[serde(default)]
    pub(crate) less_than: Option<f64>,
    /// A number of at most this.
    #[serde(default)]
    pub(crate) at_most: Option<f64>,
    /// A string that contains this.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) contains: Option<String>,
    /// A string in which a regular expression finds something.
    #[serde(default)]
    #[schemars(extend("format" = "regular-expression"))]
    pub(crate) matches: Option<String>,
    /// Of this type.
    #[serde(default)]
    pub(crate) r#type: Option<JsonType>,
    /// How many nodes are selected.
    #[serde(default)]
    pub(crate) count: Option<usize>,
    /// How many nodes are selected at least.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) count_at_least: Option<usize>,
    /// How many nodes are selected at most.
    #[serde(default)]
    pub(crate) count_at_most: Option<usize>,
    /// Whether any node is selected at all.
    #[serde(default)]
    pub(crate) exists: Option<bool>,
}

/// The types of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum JsonType {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

/// What must be true of a CSV body, read as RFC 4180 says.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub(crate) struct CsvExpect {
    /// The header row, exactly and in this order.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) header: Option<Vec<String>>,
    /// Columns that are there, in any order and among others.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) columns: Option<Vec<String>>,
    /// The delimiter; a comma unless said otherwise.
    #[serde(default)]
    #[schemars(extend("pattern" = "^[ -~\t]$"))]
    pub(crate) delimiter: Option<String>,
    /// Whether a byte-order mark stands first; allowed unless said otherwise.
    #[serde(default)]
    pub(crate) byte_order_mark: Option<Presence>,
    /// The least number of rows below the header.
    #[serde(default)]
    pub(crate) min_rows: Option<usize>,
    /// The greatest number of rows below the header.
    #[serde(default)]
    pub(crate) max_rows: Option<usize>,
    /// Types of columns; an empty cell has no type and passes.
    #[serde(default)]
    pub(crate) types: BTreeMap<String, ColumnType>,
    /// Columns without an empty cell.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) not_empty: Vec<String>,
}

/// Whether something must, may or must not be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Presence {
    /// It must be there.
    Required,
    /// It may be there.
    Allowed,
    /// It must not be there.
    Forbidden,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ColumnType {
    /// A whole number.
    Integer,
    /// A finite number.
    Number,
    /// `true` or `false`, `t` or `f`, in any case.
    Boolean,
    /// A date of ISO 8601: `2026-01-31`.
    Date,
    /// A date with a time of ISO 8601, with or without an offset.
    Datetime,
    /// A UUID in its usual form.
    Uuid,
}

/// The size of a body.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub(crate) struct SizeExpect {
    /// At least this much.
    #[serde(default)]
    pub(crate) min: Option<ByteLimit>,
    /// At most this much.
    #[serde(default)]
    pub(crate) max: Option<ByteLimit>,
}
