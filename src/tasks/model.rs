//! What `suites/drill.toml` says of tasks.

use schemars::JsonSchema;
use serde::Deserialize;

/// Something that is to be done after each drill.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskSpec {
    /// Its short name, by which it is known from drill to drill.
    #[schemars(
        length(min = 1),
        extend("pattern" = "^[a-z0-9][a-z0-9-]*$", "x-expected" = "a name of a-z, 0-9 and -")
    )]
    pub(crate) name: String,
    /// What is to be done.
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) title: String,
    /// Whose it is at first, such as a role.
    #[serde(default)]
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) owner: Option<String>,
}

/// The runbook's post-drill activities.
const RUNBOOK: [(&str, &str); 8] = [
    ("lessons", "Update runbook with lessons learned"),
    ("time-estimates", "Revise time estimates based on actual performance"),
    ("contacts", "Update contact information if changed"),
    ("failure-modes", "Document any new failure modes discovered"),
    ("automation", "Review automation opportunities"),
    ("performance", "Assess backup/restore performance"),
    ("monitoring", "Update monitoring and alerting based on findings"),
    ("improvements", "Schedule follow-up improvements"),
];

/// Something that is to be done after each drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Activity {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) owner: Option<String>,
}

/// What is to be done: as the settings say, or the runbook.
pub(crate) fn activities(specs: Vec<TaskSpec>) -> Vec<Activity> {
    match specs.is_empty() {
        true => RUNBOOK
            .iter()
            .map(|(name, title)| Activity {
                name: (*name).to_owned(),
                title: (*title).to_owned(),
                owner: None,
            })
            .collect(),
        false => specs
            .into_iter()
            .map(|TaskSpec { name, title, owner }| Activity { name, title, owner })
            .collect(),
    }
}
