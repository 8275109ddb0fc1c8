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

use super::expect::Expect;
use super::fields::{ByteLimit, Millis, OneOrMany, Scalar};
use super::page::Page;
use super::parts::{Body, Capture, Cases, Refusal, Retry, Statistic};
use super::query::Query;
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
    /// Queries on the environment's database.
    #[serde(default)]
    #[schemars(extend("minItems" = 1))]
    pub(crate) query: Vec<Query>,
    /// Pages, opened in a real browser.
    #[serde(default)]
    #[schemars(extend("minItems" = 1))]
    pub(crate) page: Vec<Page>,
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
    #[schemars(extend("propertyNames" = { "format": "header-name" }))]
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

impl Check {
    /// Whether its failure fails the run.
    pub(crate) fn is_blocking(&self) -> bool {
        !self.advisory
    }
}
