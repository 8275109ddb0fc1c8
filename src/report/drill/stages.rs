//! The stages of a drill: which tests are of which, how each ended, and how long it took.
//!
//! A test's own time is no measure of its stage: most wait for a fixture that another one makes.
//! So the backup's time is its manifest's, the restore's that of its own stages, the proof's one of
//! these, and the checks' from when the new staging took its place.

use jiff::Timestamp;

use super::model::{Ended, Span, Stage};
use super::objectives::{ended, is_check};
use crate::evidence::{Evidence, Step};
use crate::journal::{Entry, Journal, Outcome};
use crate::report::units;

/// The stage of a restore in which it is proved.
const PROOF: &str = "proof";

/// The figure by which production's application answers.
const ANSWERED: &str = "answered as expected in";

/// The stages in their order, with what they are called.
const STAGES: [(&str, &str); 9] = [
    ("prerequisites", "Prerequisites"),
    ("backup", "Backup"),
    ("production", "Production's health"),
    ("restore", "Restore"),
    ("masking", "Masking proof"),
    ("integrity", "Integrity"),
    ("smoke", "Smoke checks"),
    ("objectives", "Objectives"),
    ("compliance", "Compliance"),
];

/// The stage of a test.
pub(super) fn stage_of(entry: &Entry) -> &'static str {
    let named = STAGES.iter().find(|(name, _)| *name == entry.suite && !is_check(entry));
    match named {
        Some((name, _)) => name,
        // What awaits the application is there before anything else.
        None if entry.suite == "environment" => "prerequisites",
        None => "smoke",
    }
}

/// How a test ended.
pub(super) fn ending(entry: &Entry) -> Ended {
    match entry.outcome {
        _ if entry.is_advisory_trouble() => Ended::Advisory,
        Some(Outcome::Passed) => Ended::Passed,
        Some(Outcome::Failed) => Ended::Failed,
        Some(Outcome::Errored) => Ended::Errored,
        Some(Outcome::Skipped) => Ended::Skipped,
        None => Ended::Unfinished,
    }
}

/// Every stage that has a test in the run.
pub(super) fn stages(journal: &Journal) -> Vec<Stage> {
    let evidence = journal.run.evidence.clone().unwrap_or_default();
    let stages = STAGES.iter().filter_map(|(name, title)| {
        let entries: Vec<&Entry> =
            journal.entries.iter().filter(|entry| stage_of(entry) == *name).collect();
        let gravest = entries.iter().map(|entry| ending(entry)).max()?;
        let (seconds, steps) = taken(name, &entries, journal, &evidence);
        let limit = match *name {
            "backup" => Some(evidence.objectives.backup),
            "restore" | "masking" | "smoke" => Some(evidence.objectives.rto),
            _ => None,
        };
        let count = |which: Ended| entries.iter().filter(|entry| ending(entry) == which).count();
        Some(Stage {
            name: (*name).to_owned(),
            title: (*title).to_owned(),
            ended: gravest,
            seconds,
            percent: seconds.zip(limit).and_then(|(took, limit)| units::percent(took, limit)),
            last_seconds: None,
            usual_seconds: None,
            passed: count(Ended::Passed),
            tests: entries.len(),
            skipped: count(Ended::Skipped),
            steps,
        })
    });
    stages.collect()
}

/// How long a stage took, and of what it consists.
fn taken(
    name: &str,
    entries: &[&Entry],
    journal: &Journal,
    evidence: &Evidence,
) -> (Option<f64>, Vec<Step>) {
    let restore = evidence.restore.as_ref();
    match name {
        "prerequisites" => (wall(entries).map(|(from, to)| seconds(from, to)), Vec::new()),
        "backup" => match evidence.backup.as_ref().filter(|backup| backup.made) {
            Some(backup) => (Some(backup.seconds()), backup.stages.clone()),
            None => (None, Vec::new()),
        },
        "production" => {
            let figures = entries.iter().flat_map(|entry| &entry.measured);
            let mut answered = figures.filter(|figure| figure.name == ANSWERED);
            (answered.next().map(|figure| figure.value), Vec::new())
        }
        "restore" => {
            let Some(restore) = restore else { return (None, Vec::new()) };
            let steps: Vec<Step> =
                restore.stages.iter().filter(|step| step.name != PROOF).cloned().collect();
            let proof = proof(evidence).unwrap_or_default();
            (restore.seconds().map(|all| (all - proof).max(0.0)), steps)
        }
        "masking" => (proof(evidence), Vec::new()),
        "smoke" => (checks(journal, evidence).map(|(from, to)| seconds(from, to)), Vec::new()),
        _ => (None, Vec::new()),
    }
}

/// When what took place.
pub(super) fn timeline(journal: &Journal) -> Vec<Span> {
    let evidence = journal.run.evidence.clone().unwrap_or_default();
    let start = journal.run.started;
    let mut spans = Vec::new();
    let mut add = |stage: &str, title: &str, from: Timestamp, seconds: f64, counts: bool| {
        let from = from.duration_since(start).as_secs_f64().max(0.0);
        let (stage, title) = (stage.to_owned(), title.to_owned());
        spans.push(Span { stage, title, from, seconds: seconds.max(0.0), counts });
    };
    let of = |name: &str| {
        journal.entries.iter().filter(|entry| stage_of(entry) == name).collect::<Vec<_>>()
    };
    if let Some((from, to)) = wall(&of("prerequisites")) {
        add("prerequisites", "Prerequisites", from, seconds(from, to), false);
    }
    if let Some(backup) = evidence.backup.as_ref().filter(|backup| backup.made) {
        let took = seconds(backup.started, backup.finished);
        add("backup", "Backup", backup.started, took, false);
        let proofs = of("backup").into_iter().filter_map(ended).max();
        if let Some(to) = proofs.filter(|to| *to > backup.finished) {
            let took = seconds(backup.finished, to);
            add("backup", "Proof of the backup", backup.finished, took, false);
        }
    }
    if let Some(restore) = &evidence.restore {
        let before: f64 =
            restore.stages.iter().take_while(|s| s.name != PROOF).map(|s| s.seconds).sum();
        let proof = proof(&evidence);
        let whole = restore.seconds().unwrap_or(before);
        let after: f64 =
            restore.stages.iter().skip_while(|s| s.name != PROOF).skip(1).map(|s| s.seconds).sum();
        let filled = whole - proof.unwrap_or_default() - after;
        add("restore", "Restore, masked", restore.started, filled, true);
        let at = |offset: f64| later(restore.started, offset);
        if let Some(proof) = proof {
            add("masking", "Masking proof and integrity", at(filled), proof, true);
            add("restore", "Migrations, taking its place", at(filled + proof), after, true);
        }
    }
    if let Some((from, to)) = checks(journal, &evidence) {
        add("smoke", "Smoke checks", from, seconds(from, to), evidence.restore.is_some());
    }
    spans
}

fn proof(evidence: &Evidence) -> Option<f64> {
    let restore = evidence.restore.as_ref()?;
    restore.stages.iter().find(|step| step.name == PROOF).map(|step| step.seconds)
}

/// From when the checks could run to the end of the last that ran.
fn checks(journal: &Journal, evidence: &Evidence) -> Option<(Timestamp, Timestamp)> {
    let ran = journal.entries.iter().filter(|entry| is_check(entry));
    let ran: Vec<&Entry> =
        ran.filter(|entry| !matches!(entry.outcome, None | Some(Outcome::Skipped))).collect();
    let (first, last) = wall(&ran)?;
    let restored = evidence.restore.as_ref().and_then(|restore| restore.finished);
    let from = restored.map_or(first, |restored| restored.max(first));
    Some((from, last.max(from)))
}

/// From the start of the first to the end of the last.
fn wall(entries: &[&Entry]) -> Option<(Timestamp, Timestamp)> {
    let first = entries.iter().filter_map(|entry| entry.started).min()?;
    let last = entries.iter().filter_map(|entry| ended(entry)).max()?;
    Some((first, last))
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.0)
}

fn later(moment: Timestamp, seconds: f64) -> Timestamp {
    let ahead = jiff::SignedDuration::try_from_secs_f64(seconds).unwrap_or_default();
    moment.checked_add(ahead).unwrap_or(moment)
}
