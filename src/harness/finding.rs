//! What one trial found out, kept for those that need it.

use std::any::Any;

use serde::{Deserialize, Serialize};

use crate::check::refusal::Traces;
use crate::journal::{Entry, Outcome};
use crate::suite::template::Scope;

/// What one trial found out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Finding {
    pub(crate) entry: Entry,
    /// What later checks take from the answer.
    pub(crate) captures: Scope,
    /// The names of the captures to hide.
    pub(crate) secrets: Vec<String>,
    /// The real answer's traces, to be looked for in refusals.
    pub(crate) traces: Option<Traces>,
    /// The one cause for which this, and whatever needs it, did not run.
    pub(crate) root: Option<Root>,
}

/// The one cause for which a check, and whatever needs it, did not run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Root {
    /// What is told of it.
    pub(crate) told: String,
    /// Whether it fails the run by itself: only then may what it blocks be skipped.
    pub(crate) red: bool,
}

impl Finding {
    /// A finding that is nothing but its entry.
    pub(crate) fn bare(entry: Entry) -> Self {
        Self { entry, captures: Scope::new(), secrets: Vec::new(), traces: None, root: None }
    }

    /// It could not be judged.
    pub(crate) fn errored(mut entry: Entry, reason: impl Into<String>) -> Self {
        entry.outcome = Some(Outcome::Errored);
        entry.reason = Some(reason.into());
        Self::bare(entry)
    }

    /// It could not be judged, for a fault of this program or of a check written in Rust.
    pub(crate) fn panicked(entry: Entry, panic: &(dyn Any + Send)) -> Self {
        Self::errored(entry, format!("panicked: {}", payload(panic)))
    }
}

/// What a panic said.
pub(crate) fn payload(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("no message").to_owned()
}
