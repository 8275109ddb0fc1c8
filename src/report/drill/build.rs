//! From the record to the report: everything that it says, and nothing of how it looks.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::model::{
    Against, DrillReport, Ended, FORMAT, Issue, RunFacts, RunLine, Skipped, Status, Summary, Test,
};
use super::objectives::{is_check, objectives};
use super::stages::{ending, stage_of, stages, timeline};
use super::whole::{shown, whole};
use super::{Inputs, compare, recommend, recovery, runs};
use crate::journal::{Entry, Journal, Outcome, Verdict};
use crate::report::{failure, units, verdict};
use crate::schedule::next_drill;

/// How many drills before are told.
const DRILLS: usize = 11;

/// The report of a run. `before` is what is known of the runs before, oldest first.
pub(crate) fn build(inputs: &Inputs<'_>, before: &[RunLine], now: Timestamp) -> DrillReport {
    let journal = inputs.journal;
    let run = &journal.run;
    let before = compare::comparable(before, journal);
    let objectives = objectives(journal, now);
    let mut stages = stages(journal);
    compare::durations(&mut stages, &before);
    let (status, lacking) = status(journal);
    let issues = issues(journal, &before);
    let day = run.started.to_zoned(inputs.zone.clone()).date();
    let checks = || journal.entries.iter().filter(|entry| is_check(entry));
    let evidence = run.evidence.clone().unwrap_or_default();
    let summary = Summary {
        status,
        whole: whole(journal).is_ok(),
        lacking,
        headline: String::new(),
        advice: String::new(),
        total_seconds: verdict::elapsed_ms(journal).map(|ms| ms / 1000.0),
        issues,
        backup_seconds: made(&evidence),
        restore_seconds: evidence
            .restore
            .as_ref()
            .and_then(crate::evidence::RestoreEvidence::seconds),
        smoke_passed: checks().filter(|entry| entry.outcome == Some(Outcome::Passed)).count(),
        smoke_total: checks().count(),
        counts: counts(journal),
        recommendations: Vec::new(),
        next_drill: next_drill(day),
    };
    let mut report = DrillReport {
        format: FORMAT.to_owned(),
        revision: 0,
        run: RunFacts {
            id: run.id.clone(),
            environment: run.environment.clone(),
            base_url: run.base_url.clone(),
            started: run.started,
            finished: run.finished,
            verdict: run.verdict,
            exit_code: run.exit_code,
            version: run.version.clone(),
            arguments: run.arguments.clone(),
        },
        summary,
        objectives,
        stages,
        timeline: timeline(journal),
        latencies: latencies(journal),
        tests: journal.entries.iter().map(test).collect(),
        skipped: skipped(journal),
        deviations: Vec::new(),
        history: Vec::new(),
        notes: run.notes.clone(),
        left_out: journal.filtered_out.clone(),
        inputs: run.inputs.clone(),
        artefacts: BTreeMap::new(),
        evidence: *evidence,
        sections: inputs.sections.clone(),
    };
    let line = runs::line(&report);
    report.deviations = compare::deviations(&line, &report, before.last().copied());
    let told = before.len().saturating_sub(DRILLS);
    report.history = before.iter().skip(told).map(|line| (*line).clone()).collect();
    report.history.push(line);
    report.summary.recommendations = recommend::recommend(&report);
    (report.summary.headline, report.summary.advice) = recommend::verdict(&report);
    report.recover();
    report
}

impl DrillReport {
    /// Puts a section in, or in the place of the one of the same id.
    pub(crate) fn put(&mut self, section: super::section::Section) {
        match self.sections.iter_mut().find(|other| other.id == section.id) {
            Some(other) => *other = section,
            None => self.sections.push(section),
        }
    }

    /// Says what to do after a failure, as far as is known by now.
    pub(super) fn recover(&mut self) {
        if let Some(section) = recovery::section(self) {
            self.put(section);
        }
    }

    /// An objective by its name.
    pub(crate) fn objective(&self, name: &str) -> Option<&super::model::Objective> {
        self.objectives.iter().find(|objective| objective.name == name)
    }
}

/// How it ended: what was not shown did not pass. And where it was no whole drill, why.
fn status(journal: &Journal) -> (Status, Option<String>) {
    match (journal.run.verdict, whole(journal).and_then(|()| shown(journal))) {
        (Verdict::Passed, Ok(())) => (Status::Pass, None),
        (Verdict::Passed, Err(why)) => (Status::Partial, Some(why)),
        _ => (Status::Fail, whole(journal).err()),
    }
}

fn made(evidence: &crate::evidence::Evidence) -> Option<f64> {
    let backup = evidence.backup.as_ref().filter(|backup| backup.made)?;
    Some(backup.seconds())
}

fn issues(journal: &Journal, before: &[&RunLine]) -> Vec<Issue> {
    let red = journal.entries.iter().filter(|entry| {
        entry.blocking && matches!(entry.outcome, Some(Outcome::Failed | Outcome::Errored))
    });
    let mut issues: Vec<Issue> = red
        .map(|entry| Issue {
            id: entry.id.clone(),
            what: if entry.outcome == Some(Outcome::Failed) { "failed" } else { "errored" }
                .to_owned(),
            about: entry.description.clone(),
            why: why(entry),
            since: compare::red_since(before, &entry.id),
        })
        .collect();
    if let Some(trouble) = verdict::run_trouble(journal) {
        let (id, what) = ("run".to_owned(), "errored".to_owned());
        issues.push(Issue { id, what, about: None, why: trouble.to_owned(), since: None });
    }
    issues
}

/// Why a test did not pass, with every broken expectation.
fn why(entry: &Entry) -> String {
    if entry.broken.is_empty() {
        return entry.reason.clone().unwrap_or_else(|| failure::why(entry));
    }
    let broken = entry.broken.iter().map(|broken| {
        let at = broken.at.as_deref().map(|at| format!(" at {at}")).unwrap_or_default();
        format!("{}{at}: expected {}, found {}", broken.expectation, broken.expected, broken.actual)
    });
    broken.collect::<Vec<_>>().join("\n")
}

fn counts(journal: &Journal) -> BTreeMap<String, usize> {
    let counts = journal.counts();
    let named = [
        ("passed", counts.passed),
        ("failed", counts.failed),
        ("errored", counts.errored),
        ("skipped", counts.skipped),
        ("advisory", counts.advisory),
        ("retried", counts.retried),
    ];
    named.map(|(name, count)| (name.to_owned(), count)).into()
}

fn latencies(journal: &Journal) -> Vec<Against> {
    let found = verdict::by_budget(journal).into_iter().filter_map(|(entry, percent)| {
        let latency = entry.latency.as_ref()?;
        Some(Against {
            id: entry.id.clone(),
            statistic: latency.statistic.clone(),
            value_ms: latency.value_ms,
            budget_ms: latency.budget_ms?,
            percent,
        })
    });
    found.collect()
}

fn test(entry: &Entry) -> Test {
    Test {
        id: entry.id.clone(),
        stage: stage_of(entry).to_owned(),
        description: entry.description.clone(),
        ended: ending(entry),
        blocking: entry.blocking,
        outcome: entry.outcome,
        started: entry.started,
        seconds: entry.duration_ms.map(|ms| ms / 1000.0),
        reason: entry.reason.clone(),
        request: entry.request.clone(),
        status: entry.status,
        measured: entry.measured.clone(),
        retries: entry.retries.clone(),
        broken: entry.broken.clone(),
        location: failure::location(entry),
    }
}

fn skipped(journal: &Journal) -> Vec<Skipped> {
    let mut groups: Vec<Skipped> = Vec::new();
    for entry in journal.entries.iter().filter(|entry| ending(entry) == Ended::Skipped) {
        let reason = verdict::reason(entry);
        match groups.iter_mut().find(|group| group.reason == reason) {
            Some(group) => group.tests.push(entry.id.clone()),
            None => groups.push(Skipped {
                consequence: reason.starts_with("needs `"),
                reason,
                tests: vec![entry.id.clone()],
            }),
        }
    }
    groups
}

/// A share in words, given in percent.
pub(super) fn share(percent: Option<f64>) -> String {
    match percent {
        None => "–".to_owned(),
        Some(percent) if percent > 0.0 && percent < 0.1 => "< 0.1 %".to_owned(),
        Some(percent) if percent < 10.0 => format!("{percent:.1} %"),
        Some(percent) if percent < 1000.0 => format!("{percent:.0} %"),
        Some(percent) => format!("{:.0} times", percent / 100.0),
    }
}

/// A duration that was promised: `4 h` and not `4 h 00 min`.
pub(super) fn promised(seconds: f64) -> String {
    let whole = |unit: f64| seconds >= unit && seconds % unit == 0.0;
    match (whole(3_600.0), whole(60.0)) {
        (true, _) => format!("{} h", seconds / 3_600.0),
        (false, true) => format!("{} min", seconds / 60.0),
        (false, false) => units::budget(seconds * 1000.0),
    }
}

/// A sentence in pieces: whether each is code, between ticks, or not.
pub(super) fn pieces(text: &str) -> Vec<(String, bool)> {
    let ticks = text.matches('`').count();
    if ticks == 0 || ticks % 2 == 1 {
        return vec![(text.to_owned(), false)];
    }
    let pieces = text.split('`').enumerate().map(|(at, piece)| (piece.to_owned(), at % 2 == 1));
    pieces.filter(|(piece, _)| !piece.is_empty()).collect()
}

/// A duration in words.
pub(super) fn long(seconds: f64) -> String {
    units::duration(seconds * 1000.0)
}
