//! What a suite file says, as plain data.
//!
//! These types are the one definition of the format: the JSON Schema that editors use is
//! generated from them, and the loader accepts exactly what they describe. A check as people
//! write it:
//!
//! ```toml
//! [[check]]
//! name = "health"
//! request = "GET /api/health"
//! expect.status = 200
//! expect.json = { ok = true }
//! ```

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::expect::{Expect, StatusSet};
use super::fields::{ByteLimit, Millis, Scalar};
use crate::environment::CredentialSpec;

/// One suite file: checks that belong together, and what they share.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "smokedrill suite")]
pub(crate) struct SuiteFile {
    /// The path of the JSON Schema for editors, where the file is JSON.
    #[serde(rename = "$schema", default)]
    #[expect(dead_code, reason = "for editors")]
    pub(crate) schema: Option<String>,
    /// The suite's name, the first part of each test's name; the file's name without this.
    #[serde(default)]
    #[schemars(extend("pattern" = "^[A-Za-z0-9][A-Za-z0-9._ -]*$"))]
    pub(crate) name: Option<String>,
    /// What the suite is for.
    #[serde(default)]
    #[expect(dead_code, reason = "for readers of the file")]
    pub(crate) description: Option<String>,
    /// Tags of every check of the suite.
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    /// What holds for each check that does not say otherwise.
    #[serde(default)]
    pub(crate) defaults: Defaults,
    /// Values for `{{ name }}`; an environment's variable of the same name wins.
    #[serde(default)]
    #[expect(
        dead_code,
        reason = "taken before the file is typed, since checks are filled in with them"
    )]
    pub(crate) variables: BTreeMap<String, Value>,
    /// Credentials of this suite, often made of what a sign-in check captured.
    #[serde(default)]
    pub(crate) credentials: BTreeMap<String, CredentialSpec>,
    /// The checks.
    #[serde(default)]
    #[schemars(extend("minItems" = 1))]
    #[expect(dead_code, reason = "typed one by one, each with its place")]
    pub(crate) check: Vec<Check>,
}

/// What holds for each check of a suite that does not say otherwise.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Defaults {
    /// How long an answer may take to pass, such as `"2s"`.
    #[serde(default)]
    pub(crate) budget: Option<Millis>,
    /// How long an answer is awaited at all.
    #[serde(default)]
    pub(crate) timeout: Option<Millis>,
    /// Headers of every request.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Scalar>,
    /// Which passing troubles are tried again.
    #[serde(default)]
    pub(crate) retry: Option<Retry>,
    /// How many redirects are followed; 0, the default, judges the redirect itself.
    #[serde(default)]
    #[schemars(range(max = 50))]
    pub(crate) redirects: Option<u32>,
    /// The most that is read of a body.
    #[serde(default)]
    pub(crate) body_limit: Option<ByteLimit>,
    /// The name of the credential to send.
    #[serde(default)]
    pub(crate) credential: Option<String>,
}

/// One request with its expectations and its latency budget.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Check {
    /// The check's name, unique in its suite.
    #[schemars(length(min = 1, max = 200), extend("format" = "one-line"))]
    pub(crate) name: String,
    /// What the check is for; shown when it fails.
    #[serde(default)]
    pub(crate) description: Option<String>,
    /// Method and path, such as `GET /api/health`; an absolute URL leaves the base URL aside.
    #[schemars(extend("format" = "request-line"))]
    pub(crate) request: String,
    /// The query string, encoded for you.
    #[serde(default)]
    pub(crate) query: BTreeMap<String, OneOrMany<Scalar>>,
    /// Request headers.
    #[serde(default)]
    #[schemars(extend("propertyNames" = { "format": "header-name" }))]
    pub(crate) headers: BTreeMap<String, Scalar>,
    /// The request's body.
    #[serde(default)]
    pub(crate) body: Option<Body>,
    /// The name of the credential to send; `"none"` sends none where the suite has a default.
    #[serde(default)]
    pub(crate) credential: Option<String>,
    /// How the refusal without that credential is tested.
    #[serde(default)]
    pub(crate) refusal: Option<Refusal>,
    /// Values for `{{ name }}` in this check.
    #[serde(default)]
    #[expect(dead_code, reason = "taken before the check is typed")]
    pub(crate) variables: BTreeMap<String, Value>,
    /// Checks that run before this one, as `name` or `suite::name`.
    #[serde(default)]
    pub(crate) needs: Vec<String>,
    /// What later checks take from the answer, by variable.
    #[serde(default)]
    pub(crate) capture: BTreeMap<String, Capture>,
    /// One check for each row: a list of tables, or the path of a CSV file.
    #[serde(default)]
    #[expect(dead_code, reason = "expanded before the check is typed")]
    pub(crate) cases: Option<Cases>,
    /// Tags to select by.
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    /// A failure is reported, but does not fail the run.
    #[serde(default)]
    pub(crate) advisory: bool,
    /// Run only with `--ignored` or `--include-ignored`; the value is the reason.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) ignore: Option<String>,
    /// The only environments in which the check runs.
    #[serde(default)]
    pub(crate) environments: Vec<String>,
    /// How long the answer may take to pass.
    #[serde(default)]
    pub(crate) budget: Option<Millis>,
    /// How long the answer is awaited at all.
    #[serde(default)]
    pub(crate) timeout: Option<Millis>,
    /// How many times the request is sent and measured.
    #[serde(default)]
    #[schemars(range(min = 1, max = 10000))]
    pub(crate) samples: Option<u32>,
    /// Which figure of the samples the budget bounds.
    #[serde(default)]
    pub(crate) statistic: Option<Statistic>,
    /// Requests sent before the samples, not measured.
    #[serde(default)]
    #[schemars(range(max = 1000))]
    pub(crate) warmup: Option<u32>,
    /// Which passing troubles are tried again.
    #[serde(default)]
    pub(crate) retry: Option<Retry>,
    /// How many redirects are followed.
    #[serde(default)]
    #[schemars(range(max = 50))]
    pub(crate) redirects: Option<u32>,
    /// The most that is read of the body.
    #[serde(default)]
    pub(crate) body_limit: Option<ByteLimit>,
    /// What must be true of the answer.
    #[serde(default)]
    #[schemars(extend("minProperties" = 1))]
    pub(crate) expect: Expect,
}

/// A value, or a list of them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum OneOrMany<T> {
    /// One.
    One(T),
    /// Several.
    Many(Vec<T>),
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
