//! The record of a run: what was planned, what happened, and when.
//!
//! An entry is opened before its activity starts, so that an interrupted run leaves a trace.
//! All reports are views of this record, and nothing else. `journal.json` is the record
//! itself; its `format` names the version, which changes when a reader would have to.
//!
//! ```json
//! {
//!   "format": "smokedrill.journal/1",
//!   "run": { "id": "…", "environment": "staging", "verdict": "failed", "exit_code": 1 },
//!   "entries": [ { "id": "smoke::health", "outcome": "passed", "latency": { … } } ]
//! }
//! ```

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::evidence::{
    BackupEvidence, CatalogueEvidence, Evidence, FailureEvidence, Intervals, RestoreEvidence,
    Revision, Step, Targets, Way,
};
pub use crate::measure::{Limit, Measure, Side, Unit};

/// The version of the journal's form.
pub const FORMAT: &str = "smokedrill.journal/1";

/// The record of one run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Journal {
    /// The version of this form: [`FORMAT`].
    pub format: String,
    /// The run as a whole.
    pub run: Run,
    /// One entry for each trial of the selection, in the plan's order, and for needed checks.
    pub entries: Vec<Entry>,
    /// The names of the plan's trials that the selection left out.
    pub filtered_out: Vec<String>,
}

/// The run as a whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Run {
    /// Unique, and ordered by time.
    pub id: String,
    /// Which harness ran: `smoke` or `drill`.
    pub kind: String,
    /// The environment's name.
    pub environment: String,
    /// Where requests went, without user or password.
    pub base_url: Option<String>,
    /// When the run began.
    pub started: Timestamp,
    /// When it ended; without this it did not.
    pub finished: Option<Timestamp>,
    /// How the run ended.
    pub verdict: Verdict,
    /// The process's exit code, where it ended by itself.
    pub exit_code: Option<u8>,
    /// The version of smokedrill.
    pub version: String,
    /// The arguments, secrets removed.
    pub arguments: Vec<String>,
    /// SHA-256 of each suite and environments file that was read, by path.
    pub inputs: BTreeMap<String, String>,
    /// What a reader should know: unverified TLS, a report that could not be written.
    pub notes: Vec<String>,
    /// What a drill found out of its surroundings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Box<Evidence>>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It has not ended, or was killed.
    Unfinished,
    /// Every blocking trial passed.
    Passed,
    /// An expectation of a blocking trial was not met.
    Failed,
    /// Nothing failed, but something could not be judged.
    Errored,
    /// It was told to stop.
    Interrupted,
}

/// One trial: what was done, what came back, and how it was judged.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    /// The trial's full name, such as `smoke::health`.
    pub id: String,
    /// The suite's name.
    pub suite: String,
    /// The name within the suite.
    pub name: String,
    /// Where the check is written.
    pub location: Option<Location>,
    /// What kind of trial it is.
    pub kind: EntryKind,
    /// Whether its failure fails the run.
    pub blocking: bool,
    /// When it began; without this it was not started.
    pub started: Option<Timestamp>,
    /// How long it took in all, retries and samples included, in milliseconds.
    pub duration_ms: Option<f64>,
    /// How it ended; without this it did not.
    pub outcome: Option<Outcome>,
    /// Why, in one line: the skip's reason, the first broken expectation, the error.
    pub reason: Option<String>,
    /// The request line as sent: method and rendered URL.
    pub request: Option<String>,
    /// The status that came back.
    pub status: Option<u16>,
    /// The latency that was held against the budget.
    pub latency: Option<Latency>,
    /// The figures that it took, with their thresholds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measured: Vec<Measure>,
    /// Why earlier tries did not count, one line a try.
    pub retries: Vec<String>,
    /// Every expectation that was not met.
    pub broken: Vec<Broken>,
    /// A short piece of the body, redacted.
    pub excerpt: Option<String>,
    /// A command that repeats the request, secrets left out.
    pub curl: Option<String>,
    /// What the check is for.
    pub description: Option<String>,
    /// Files that belong to it, such as a page's picture, relative to the reports' folder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<String>,
}

/// A place in a file of the suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The file's path as given.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// What kind of trial an entry records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// A check of a suite file.
    Check,
    /// The refusal of a check's request without its credential, or with a false one.
    Refusal,
    /// A query of a suite file.
    Query,
    /// A page of a suite file, opened in a browser.
    Page,
    /// A check written in Rust.
    Custom,
    /// Something that other trials need: the environment.
    Fixture,
}

/// How a trial ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Every expectation was met.
    Passed,
    /// The application is wrong: an expectation was not met.
    Failed,
    /// It could not be judged: no connection, no answer, a wrong configuration.
    Errored,
    /// It was not run, for a reason that is given.
    Skipped,
}

/// A latency with what it was held against.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Latency {
    /// `max`, `median` or `p95`.
    pub statistic: String,
    /// The statistic's value, in milliseconds.
    pub value_ms: f64,
    /// The budget, in milliseconds.
    pub budget_ms: Option<f64>,
    /// Every sample, in milliseconds, in the order measured.
    pub samples_ms: Vec<f64>,
}

/// One expectation that was not met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// The expectation's key, such as `expect.status`.
    pub expectation: String,
    /// The place within the answer: a JSON Pointer, a CSV column and line, a header's name.
    pub at: Option<String>,
    /// What was expected, with its type.
    pub expected: String,
    /// What was found, with its type, redacted.
    pub actual: String,
}

/// How many trials ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Passed.
    pub passed: usize,
    /// Failed, and blocking.
    pub failed: usize,
    /// Errored, and blocking.
    pub errored: usize,
    /// Skipped, whatever the reason.
    pub skipped: usize,
    /// Failed or errored, but only advisory.
    pub advisory: usize,
    /// Passed or not, after one retry or more.
    pub retried: usize,
}

impl Entry {
    /// Whether it failed or errored without failing the run.
    pub fn is_advisory_trouble(&self) -> bool {
        !self.blocking && matches!(self.outcome, Some(Outcome::Failed | Outcome::Errored))
    }
}

impl Journal {
    /// Counts the outcomes; an entry without an outcome is not counted.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for entry in &self.entries {
            counts.retried += usize::from(!entry.retries.is_empty());
            match entry.outcome {
                _ if entry.is_advisory_trouble() => counts.advisory += 1,
                Some(Outcome::Passed) => counts.passed += 1,
                Some(Outcome::Failed) => counts.failed += 1,
                Some(Outcome::Errored) => counts.errored += 1,
                Some(Outcome::Skipped) => counts.skipped += 1,
                None => {}
            }
        }
        counts
    }
}
