//! What a drill's report says, apart from how it looks: `report.json` is this value.
//!
//! Sizes are in bytes, durations in seconds unless their name says `ms`, times in UTC, shares in
//! percent. What is not known is left out, or `null`; never nought.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::section::Section;
use crate::evidence::Evidence;
use crate::journal::{Broken, Measure, Outcome, Verdict};

/// The version of the report's form.
pub const FORMAT: &str = "smokedrill.drill/1";

static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(DrillReport).to_value());

/// The JSON Schema of a drill's `report.json`.
pub fn schema() -> &'static Value {
    &SCHEMA
}

/// The report of one drill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DrillReport {
    /// The version of this form: `smokedrill.drill/1`.
    pub format: String,
    /// How often it was amended since the run, such as by a decision; 0: not at all.
    pub revision: u32,
    /// The run.
    pub run: RunFacts,
    /// What the runbook's template asks for.
    pub summary: Summary,
    /// What was promised, and what was measured.
    pub objectives: Vec<Objective>,
    /// The stages, in their order.
    pub stages: Vec<Stage>,
    /// When what took place, from the start of the first to the end of the last.
    pub timeline: Vec<Span>,
    /// What has a budget, nearest to it (or farthest beyond) first.
    pub latencies: Vec<Against>,
    /// Every test that was selected, in the order of the plan.
    pub tests: Vec<Test>,
    /// What did not run, by reason.
    pub skipped: Vec<Skipped>,
    /// What is different from the last drill.
    pub deviations: Vec<String>,
    /// The drills before, oldest first, and this one as the last.
    pub history: Vec<RunLine>,
    /// What a reader should know beside.
    pub notes: Vec<String>,
    /// The names of tests that the selection left out.
    pub left_out: Vec<String>,
    /// SHA-256 of each file that was read (suites, settings, rules), by path.
    pub inputs: BTreeMap<String, String>,
    /// SHA-256 of each file that the run left, by path from the report's folder.
    pub artefacts: BTreeMap<String, String>,
    /// Who, where, from what, into what: as in the journal's `run.evidence`.
    #[schemars(with = "serde_json::Value")]
    pub evidence: Evidence,
    /// What other parts add: decisions, checklists, pages.
    pub sections: Vec<Section>,
}

/// The run as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunFacts {
    /// Unique, and ordered by time; also the name of the report's folder.
    pub id: String,
    /// The environment that was restored into.
    pub environment: String,
    /// Where its application answers.
    pub base_url: Option<String>,
    /// When it began.
    #[schemars(with = "String")]
    pub started: Timestamp,
    /// When it ended; without this it did not.
    #[schemars(with = "Option<String>")]
    pub finished: Option<Timestamp>,
    /// How it ended: `passed`, `failed`, `errored`, `interrupted` or `unfinished`.
    #[schemars(with = "String")]
    pub verdict: Verdict,
    /// The process's exit code.
    pub exit_code: Option<u8>,
    /// The version of smokedrill.
    pub version: String,
    /// The arguments, secrets removed.
    pub arguments: Vec<String>,
}

/// Whether the drill passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Every stage ran, and every blocking test passed.
    Pass,
    /// Something failed or could not be judged.
    Fail,
    /// Nothing went wrong, but stages or tests were left out: it is no drill.
    Partial,
}

/// What the runbook's template asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Whether the drill passed.
    pub status: Status,
    /// Whether everything was to be done: nothing was left out, a restore and checks were among it.
    pub whole: bool,
    /// Why this was no whole drill, or has not shown a recovery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lacking: Option<String>,
    /// What came of it, in one sentence.
    pub headline: String,
    /// What is to be done about it, in one sentence.
    pub advice: String,
    /// How long all of it took.
    pub total_seconds: Option<f64>,
    /// Blocking tests that failed or could not be judged, and what was wrong with the run itself.
    pub issues: Vec<Issue>,
    /// How long the backup took to be made.
    pub backup_seconds: Option<f64>,
    /// How long the restore took, its proof included.
    pub restore_seconds: Option<f64>,
    /// How many of the suites' checks passed.
    pub smoke_passed: usize,
    /// How many there were.
    pub smoke_total: usize,
    /// How many tests ended how.
    pub counts: BTreeMap<String, usize>,
    /// What is to be done, gravest first.
    pub recommendations: Vec<Recommendation>,
    /// When the next drill is due: the first weekday of the next quarter.
    #[schemars(with = "Option<String>")]
    pub next_drill: Option<Date>,
}

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Issue {
    /// The test; for the run itself `run`.
    pub id: String,
    /// `failed` or `errored`.
    pub what: String,
    /// What the test is to show.
    pub about: Option<String>,
    /// Why, the first line what was found.
    pub why: String,
    /// Since when it fails in each drill, where it did before.
    #[schemars(with = "Option<String>")]
    pub since: Option<Timestamp>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recommendation {
    /// How grave: 1 must be done, 2 should be, 3 could be.
    pub weight: u8,
    /// What.
    pub text: String,
    /// The test, stage or objective that it comes from.
    pub from: String,
}

/// What was promised, and what was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Objective {
    /// `rto`, `rpo` or `plan`.
    pub name: String,
    /// In words.
    pub title: String,
    /// What was measured.
    pub seconds: Option<f64>,
    /// What was promised.
    pub target: f64,
    /// The share of it.
    pub percent: Option<f64>,
    /// Whether it was met; nothing where it was not measured.
    pub met: Option<bool>,
    /// How it was measured, or why not.
    pub how: String,
}

/// A stage of the drill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stage {
    /// The first part of its tests' names; several suites may be one stage.
    pub name: String,
    /// In words.
    pub title: String,
    /// How it ended: the gravest outcome of its tests.
    pub ended: Ended,
    /// How long it took.
    pub seconds: Option<f64>,
    /// The share of the objective that it counts for: the backup's of its own limit, what follows
    /// of the RTO.
    pub percent: Option<f64>,
    /// What it took in the last drill.
    pub last_seconds: Option<f64>,
    /// What it usually took: the middle one of the last five drills.
    pub usual_seconds: Option<f64>,
    /// How many of its tests passed.
    pub passed: usize,
    /// How many there were.
    pub tests: usize,
    /// How many were skipped.
    pub skipped: usize,
    /// Of what it consists.
    #[schemars(with = "Vec<serde_json::Value>")]
    pub steps: Vec<crate::evidence::Step>,
}

/// How a stage or a test ended.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Ended {
    /// Nothing of it ran.
    Skipped,
    /// All that ran passed.
    Passed,
    /// Something failed that fails no run.
    Advisory,
    /// It did not end.
    Unfinished,
    /// Something could not be judged.
    Errored,
    /// Something failed.
    Failed,
}

/// A span of the time line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// The stage.
    pub stage: String,
    /// In words.
    pub title: String,
    /// When it began, in seconds from the start of the run.
    pub from: f64,
    /// How long it took.
    pub seconds: f64,
    /// Whether it counts for the RTO.
    pub counts: bool,
}

/// Something with a budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Against {
    /// The test.
    pub id: String,
    /// `max`, `median` or `p95`.
    pub statistic: String,
    /// What was measured, in milliseconds.
    pub value_ms: f64,
    /// The budget, in milliseconds.
    pub budget_ms: f64,
    /// The share of it.
    pub percent: f64,
}

/// A test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Test {
    /// Its name: `stage::line`.
    pub id: String,
    /// The stage that it belongs to.
    pub stage: String,
    /// What it is for.
    pub description: Option<String>,
    /// How it ended.
    pub ended: Ended,
    /// Whether its failure fails the run.
    pub blocking: bool,
    /// How it ended in the journal's words: `passed`, `failed`, `errored`, `skipped`.
    #[schemars(with = "Option<String>")]
    pub outcome: Option<Outcome>,
    /// When it began.
    #[schemars(with = "Option<String>")]
    pub started: Option<Timestamp>,
    /// How long it took, waiting for what it needs included.
    pub seconds: Option<f64>,
    /// Why it did not pass.
    pub reason: Option<String>,
    /// What it asked for.
    pub request: Option<String>,
    /// The status that came back.
    pub status: Option<u16>,
    /// The figures that it took, with their thresholds.
    #[schemars(with = "Vec<serde_json::Value>")]
    pub measured: Vec<Measure>,
    /// Why earlier tries did not count.
    pub retries: Vec<String>,
    /// Every expectation that was not met.
    #[schemars(with = "Vec<serde_json::Value>")]
    pub broken: Vec<Broken>,
    /// Where it is written.
    pub location: Option<String>,
}

/// What did not run, for one reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Skipped {
    /// The reason.
    pub reason: String,
    /// Whether it is the consequence of something else that went wrong.
    pub consequence: bool,
    /// The tests.
    pub tests: Vec<String>,
}

/// The version of the form of a line of `reports/history.jsonl`.
pub const LINE_FORMAT: &str = "smokedrill.run/1";

/// A drill in one line of `reports/history.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunLine {
    /// The version of this form: `smokedrill.run/1`.
    pub format: String,
    /// The run's id.
    pub id: String,
    /// The environment that was restored into.
    pub environment: String,
    /// When it began.
    #[schemars(with = "String")]
    pub started: Timestamp,
    /// When it ended.
    #[schemars(with = "Option<String>")]
    pub finished: Option<Timestamp>,
    /// Whether it passed.
    pub status: Status,
    /// Whether everything was to be done; a part of a drill is none, be it green or red. Lines from
    /// before this was kept are taken for whole.
    #[serde(default = "yes")]
    pub whole: bool,
    /// Whether what was restored into was started by the run itself, as for a demonstration.
    #[serde(default)]
    pub own: bool,
    /// How it ended.
    #[schemars(with = "String")]
    pub verdict: Verdict,
    /// How long all of it took.
    pub seconds: Option<f64>,
    /// How long each stage took.
    pub stages: BTreeMap<String, f64>,
    /// The recovery time that was measured.
    pub rto: Option<f64>,
    /// The age of the newest data that could be recovered.
    pub rpo: Option<f64>,
    /// The backup's name.
    pub backup: Option<String>,
    /// The size of its uncompressed data.
    pub data_bytes: Option<u64>,
    /// What it takes where it is kept.
    pub stored_bytes: Option<u64>,
    /// How many of the suites' checks passed.
    pub smoke_passed: usize,
    /// How many there were.
    pub smoke_total: usize,
    /// How many tests ended how.
    pub counts: BTreeMap<String, usize>,
    /// The tests that failed or could not be judged.
    pub red: Vec<String>,
    /// The tests that were skipped.
    pub skipped: Vec<String>,
    /// SHA-256 of each file that was read, by path.
    pub inputs: BTreeMap<String, String>,
    /// The versions of what took part, by name.
    pub versions: BTreeMap<String, String>,
}

fn yes() -> bool {
    true
}

impl RunLine {
    /// Whether it counts as a drill: a whole one, brought to its end, that has shown something.
    pub(crate) fn counts(&self) -> bool {
        self.whole
            && self.status != Status::Partial
            && !matches!(self.verdict, Verdict::Interrupted | Verdict::Unfinished)
    }
}
