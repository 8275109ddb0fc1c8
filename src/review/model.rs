//! What `suites/drill.toml` says of people, as plain data. Every key may be left out.

use schemars::JsonSchema;
use serde::Deserialize;

/// The runbook as a document.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DocumentSpec {
    /// Who may read it; the runbook's `"Internal Use"` unless said otherwise.
    #[serde(default)]
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) classification: Option<String>,
    /// Who keeps it; the runbook's `"DevOps Team"` unless said otherwise.
    #[serde(default)]
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) maintained_by: Option<String>,
    /// How often it is reviewed; the runbook's `"Quarterly"` unless said otherwise.
    #[serde(default)]
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) review_cycle: Option<String>,
}

/// Somebody who takes part in drills.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonSpec {
    /// The name, by which `--as` finds them.
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) name: String,
    /// Their roles, as RACI calls them: `"Platform Admin"`.
    #[schemars(extend("items" = { "type": "string", "minLength": 1, "format": "one-line" }))]
    pub(crate) roles: Vec<String>,
    /// Their public key (minisign: one line that begins with `RW`), which proves what they sign.
    /// `smokedrill review key FILE` makes one.
    #[serde(default)]
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) key: Option<String>,
}

/// Whom to call, for one role.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactSpec {
    /// The role: `"DevOps Lead"`.
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) role: String,
    /// Whom first.
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) primary: String,
    /// Whom then.
    #[serde(default)]
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) secondary: Option<String>,
    /// Whom at last.
    #[serde(default)]
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) escalation: Option<String>,
}

/// Who does what, for one task.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RaciSpec {
    /// The task: `"Go/No-Go Decision"`.
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) task: String,
    /// The roles that do it.
    #[serde(default)]
    pub(crate) responsible: Vec<String>,
    /// The roles that answer for it. They alone decide and sign.
    #[schemars(length(min = 1))]
    pub(crate) accountable: Vec<String>,
    /// The roles that are asked.
    #[serde(default)]
    pub(crate) consulted: Vec<String>,
    /// The roles that are told.
    #[serde(default)]
    pub(crate) informed: Vec<String>,
}

/// An item of the manual checklist.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManualSpec {
    /// Its short name, by which it is answered.
    #[schemars(length(min = 1), extend("pattern" = "^[a-z0-9][a-z0-9-]*$", "x-expected" = "a name of a-z, 0-9 and -"))]
    pub(crate) name: String,
    /// What is to be seen: `"Reports generate without errors"`.
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) item: String,
    /// The test that answers it where it ran: `"smoke::app-page"`.
    #[serde(default)]
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) by: Option<String>,
}
