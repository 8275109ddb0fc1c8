//! Queries: checks of the database, as data.
//!
//! ```toml
//! [[query]]
//! name = "no-job-without-customer"
//! sql = "select count(*) from jobs j left join customers c on c.id = j.customer_id where c.id is null"
//! expect.value = 0
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{Millis, Scalar};

/// One query with its expectations and its latency budget. It runs in a session that only reads.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    /// The query's name, unique in its suite.
    #[schemars(length(min = 1, max = 200), extend("format" = "one-line"))]
    pub(crate) name: String,
    /// What the query is for; shown when it fails.
    #[serde(default)]
    pub(crate) description: Option<String>,
    /// One SQL statement that only reads.
    #[schemars(length(min = 1))]
    pub(crate) sql: String,
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
    /// The only environments in which the query runs.
    #[serde(default)]
    pub(crate) environments: Vec<String>,
    /// How long the answer may take to pass.
    #[serde(default)]
    pub(crate) budget: Option<Millis>,
    /// How long the answer is awaited at all; 10 seconds unless said otherwise.
    #[serde(default)]
    pub(crate) timeout: Option<Millis>,
    /// What must be true of the answer.
    #[schemars(extend("minProperties" = 1))]
    pub(crate) expect: QueryExpect,
}

/// What must be true of a query's answer.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueryExpect {
    /// The number of rows.
    #[serde(default)]
    pub(crate) rows: Option<u64>,
    /// The least number of rows.
    #[serde(default)]
    pub(crate) min_rows: Option<u64>,
    /// The greatest number of rows.
    #[serde(default)]
    pub(crate) max_rows: Option<u64>,
    /// The first column of the first row.
    #[serde(default)]
    pub(crate) value: Option<Scalar>,
    /// The names of the columns, in their order.
    #[serde(default)]
    pub(crate) columns: Option<Vec<String>>,
}
