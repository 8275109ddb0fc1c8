//! What `suites/drill.toml` says of webhooks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::environment::model::Source;

/// Somebody who is told of drills.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NotifySpec {
    /// What answers there.
    pub(crate) kind: Kind,
    /// The webhook. Whoever knows it can post there, so it is hidden in all output.
    pub(crate) url: Source,
    /// What is told; all of it unless said otherwise.
    #[serde(default)]
    pub(crate) on: Option<Vec<On>>,
}

/// What answers at a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// An incoming webhook of Slack.
    Slack,
    /// A workflow of Microsoft Teams that posts to a channel when a webhook request is received.
    Teams,
    /// Anything that takes JSON of the form `smokedrill.notification/1`.
    Json,
}

/// What is told.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum On {
    /// A drill has begun.
    Started,
    /// The first blocking test is red.
    Failed,
    /// It has ended, well or not.
    Finished,
}
