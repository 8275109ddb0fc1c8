//! The drill's report: what an auditor reads a year later.
//!
//! ```text
//! Journal (with its evidence) + history + sections --> build --> DrillReport
//! DrillReport --> markdown   reports/drill/<run id>/report.md    the runbook's template, and the evidence
//!             --> json       reports/drill/<run id>/report.json  the value itself
//!             --> html       reports/drill/<run id>/report.html  one self-contained page
//!             --> runs       reports/history.jsonl               one line a run
//! ```
//!
//! `model` is the value, `section` what other parts add to it. `build` makes it, purely:
//! `objectives` measures, `stages` divides, `whole` says whether it was one at all, `compare` holds it against the drills before, and
//! `recommend` says what is to be done, `recovery` what after a failure. `evidence` tells it as sections, which both renderers know.
//! `folder` writes it, and never over another; `running` marks the one that is under way; `retention` says how long it stays; `trend` shows the
//! drills on the terminal.

mod build;
mod compare;
mod evidence;
pub(crate) mod folder;
mod html;
mod markdown;
pub mod model;
pub(crate) mod objectives;
mod recommend;
mod recovery;
pub(crate) mod retention;
pub(crate) mod running;
pub(crate) mod runs;
pub mod section;
mod stages;
#[cfg(test)]
mod tests;
pub(crate) mod trend;
pub(crate) mod whole;

use jiff::tz::TimeZone;

use crate::journal::Journal;
use section::Section;

/// What a report is made of, beside the drills before.
pub(crate) struct Inputs<'a> {
    /// The record of the run.
    pub(crate) journal: &'a Journal,
    /// By whose days drills are due.
    pub(crate) zone: TimeZone,
    /// What other parts of the house add.
    pub(crate) sections: Vec<Section>,
    /// The pictures in them: names of files, and what is in them (PNG).
    pub(crate) pictures: Vec<(String, Vec<u8>)>,
}
