//! The drill's report: what an auditor reads a year later.
//!
//! ```text
//! Journal (with its evidence) + settings' objectives + history + sections --> build --> DrillReport
//! DrillReport --> markdown   reports/drill/<run id>/report.md    the runbook's template, and the evidence
//!             --> json       reports/drill/<run id>/report.json  the value itself
//!             --> html       reports/drill/<run id>/report.html  one self-contained page
//!             --> runs       reports/history.jsonl               one line a run
//! ```
//!
//! `model` is the value, `section` what other parts add to it. `build` makes it, purely:
//! `objectives` measures, `stages` divides, `compare` holds it against the drills before, and
//! `recommend` says what is to be done. `folder` writes it, and never over another.

pub(crate) mod model;
pub(crate) mod section;
