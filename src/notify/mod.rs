//! Telling people of a drill as it happens: webhooks of Slack, Microsoft Teams, or plain JSON.
//!
//! ```toml
//! [[notify]]
//! kind = "slack"
//! url = { env = "SLACK_WEBHOOK" }     # whoever has it can post: it is hidden everywhere
//! on = ["started", "failed", "finished"]
//! ```
//!
//! A webhook never fails a drill, and never delays it: what is told goes out from a task of its
//! own, is tried a few times, and at the run's end is waited for some seconds at most. What could
//! not be told is a note in the reports. A message names tests and figures, never a row.
//!
//! `model` is the form of the settings, `message` says what is told, and `send` sends it.

mod message;
pub(crate) mod model;
mod send;
#[cfg(test)]
mod tests;

pub(crate) use message::{Event, Occasion};
pub(crate) use send::{Hook, Notifier};
