//! Reports: views of the [journal](crate::journal), one file a format.
//!
//! ```text
//! Journal --> failure   one trial's trouble, as text      (in the console and all the others)
//!         --> console   the last lines on the terminal
//!         --> summary   reports/summary.md                (also GitHub's step summary)
//!         --> junit     reports/junit.xml                 (CI dashboards)
//!         --> github    annotations on file and line
//!         --> history   reports/history/<kind>-<environment>.json
//!         --> drill     reports/drill/<run id>/           (what an auditor reads)
//! Journal + History --> Changes   what is different since the previous run
//! ```
//!
//! Rendering is pure: a journal goes in, a text comes out. Only [`Reports`], [`history`] and
//! [`github::append_step_summary`] touch files. `journal.json` is the journal itself.
//!
//! Three rules hold for all of them:
//!
//! - Counts come from [`Journal::counts`](crate::journal::Journal::counts), so that no two
//!   reports of a run disagree.
//! - The journal's texts come from suites and servers. They are free of secrets by the time they
//!   are here, but not of malice: `text` makes control characters visible, and each format
//!   quotes what is left in one place of its own.
//! - A run that was killed or interrupted never reads as a good one. The reports are written
//!   once at the start, saying that the run did not finish, and replaced at its end.

pub(crate) mod artefacts;
mod changes;
pub(crate) mod console;
pub(crate) mod drill;
pub(crate) mod failure;
pub(crate) mod folder;
pub(crate) mod github;
pub(crate) mod history;
pub(crate) mod junit;
pub(crate) mod markdown;
pub(crate) mod summary;
#[cfg(test)]
mod tests;
pub(crate) mod text;
pub(crate) mod units;
pub(crate) mod verdict;

pub(crate) use changes::{Changes, Slower, StillFailing};
pub(crate) use folder::Reports;
