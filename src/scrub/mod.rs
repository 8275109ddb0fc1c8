//! Whether Sentry keeps what it should not: made-up personal data and secrets are sent in every
//! part of an event, the events are read back, and each is looked for.
//!
//! ```text
//! passed   request.body      e-mail
//! FAILED   message           e-mail   found at /message
//! not run  breadcrumb.data   e-mail   this part did not come back
//! ```
//!
//! A **canary** is made up for this one run, this one part and this one kind, so that whatever is
//! found tells where it came from. Beside each goes a **witness**, a word that means nothing. Not
//! to find the canary proves something only where the witness is there, or a mark such as
//! `[Filtered]` stands in its place: a part that was dropped or cut off was not tested. One event
//! is sent for each kind, so that none is too long for its place.
//!
//! What is tested is the server's scrubbing: events go to it as they are, and no SDK is asked.
//!
//! `settings` is `[sentry]` of `drill.toml`, `dsn` reads a DSN, `canary` makes values, `part` and
//! `event` plant them, `sentry` sends and reads back, `search` looks, `line` is a line of the
//! result, and `command` all of it.

mod canary;
mod command;
mod dsn;
mod event;
mod line;
mod part;
mod search;
mod sentry;
pub(crate) mod settings;

pub use command::test_scrubbing;
