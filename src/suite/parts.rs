//! The parts of a check: its body, captures, cases, retries, statistic.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::expect::StatusSet;
use super::fields::{Millis, OneOrMany, Scalar};

/// A request's body: exactly one of these.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum Body {
    /// JSON, with its content type.
    Json(Value),
    /// An HTML form, URL-encoded.
    Form(BTreeMap<String, OneOrMany<Scalar>>),
    /// Parts, as browsers upload files.
    Multipart(Vec<Part>),
    /// Text, sent as it stands; name its type in `headers.content-type`.
    Text(String),
    /// The content of a file beside the suite.
    File(String),
}

/// One part of a multipart body.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    /// The field's name.
    pub(crate) name: String,
    /// The part's text; or name a `file`.
    #[serde(default)]
    pub(crate) value: Option<Scalar>,
    /// A file beside the suite whose content is sent.
    #[serde(default)]
    pub(crate) file: Option<String>,
    /// The file's name as the server sees it.
    #[serde(default)]
    pub(crate) filename: Option<String>,
    /// The part's content type.
    #[serde(default)]
    pub(crate) content_type: Option<String>,
}

/// How it is proved that the request is refused without its credential.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refusal {
    /// What counts as refused: 401 or 403 unless said otherwise.
    #[serde(default)]
    pub(crate) status: Option<StatusSet>,
    /// Why the refusal is not tested for this check.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) skip: Option<String>,
}

/// Where a captured value comes from: exactly one of `jsonpath`, `header`, `regex` and `csv`;
/// a `regex` beside `header` picks from the header.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Capture {
    /// The first node that this JSONPath (RFC 9535) selects.
    #[serde(default)]
    #[schemars(extend("format" = "jsonpath"))]
    pub(crate) jsonpath: Option<String>,
    /// A response header.
    #[serde(default)]
    #[schemars(extend("format" = "header-name"))]
    pub(crate) header: Option<String>,
    /// The first group, or the whole match, of a regular expression on the body or header.
    #[serde(default)]
    #[schemars(extend("format" = "regular-expression"))]
    pub(crate) regex: Option<String>,
    /// A cell of a CSV body.
    #[serde(default)]
    pub(crate) csv: Option<Cell>,
    /// Whether the value is hidden in all output; by default where its name sounds like a
    /// secret (token, key, password, session, cookie, ...).
    #[serde(default)]
    pub(crate) secret: Option<bool>,
}

/// A cell of a CSV body.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cell {
    /// The column's name in the header row.
    pub(crate) column: String,
    /// The row below the header, counted from 1.
    #[serde(default = "first_row")]
    #[schemars(range(min = 1))]
    pub(crate) row: usize,
}

fn first_row() -> usize {
    1
}

/// The rows of a data-driven check.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "expanded before the check is typed")]
pub(crate) enum Cases {
    /// The path of a CSV file whose header row names the variables.
    File(String),
    /// The rows themselves.
    Rows(Vec<BTreeMap<String, Value>>),
}

/// When and how often a check is tried again.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retry {
    /// How many times, after the first.
    #[schemars(range(max = 20))]
    pub(crate) times: u32,
    /// On what: transport errors unless said otherwise.
    #[serde(default = "on_transport")]
    #[schemars(length(min = 1))]
    pub(crate) on: Vec<RetryOn>,
    /// The wait before the next try.
    #[serde(default)]
    pub(crate) interval: Option<Millis>,
}

fn on_transport() -> Vec<RetryOn> {
    vec![RetryOn::Transport]
}

/// A trouble that may pass by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RetryOn {
    /// The connection failed, broke or timed out.
    Transport,
    /// The server was overloaded or restarting: 429, 502, 503, 504.
    Unavailable,
    /// Any expectation was not met.
    Failure,
}

/// Which figure of several samples is held against the budget.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Statistic {
    /// The slowest.
    #[default]
    Max,
    /// The middle one; the mean of the two middle ones of an even number.
    Median,
    /// The 95th percentile by nearest rank, of 20 samples or more.
    P95,
}

impl Statistic {
    /// Its name in suites and reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Max => "max",
            Self::Median => "median",
            Self::P95 => "p95",
        }
    }
}
