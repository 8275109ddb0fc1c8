//! This drill held against those before.

use jiff::Timestamp;

use super::build::long;
use super::model::{DrillReport, RunLine, Stage, Status};
use crate::journal::Journal;
use crate::report::{text, units};

/// How many drills make the usual.
const USUAL: usize = 5;

/// A change is told from this factor on, and from so many seconds.
const FACTOR: f64 = 1.5;
const LEAST: f64 = 1.0;

/// How many names of a list are told.
const NAMES: usize = 5;

/// The drills that this one can be held against, oldest first: of the same environment, whole, and
/// brought to their end.
pub(super) fn comparable<'a>(before: &'a [RunLine], journal: &Journal) -> Vec<&'a RunLine> {
    let run = &journal.run;
    let same = |line: &&RunLine| {
        line.environment == run.environment
            && line.id != run.id
            && line.started < run.started
            && line.counts()
    };
    let mut lines: Vec<&RunLine> = before.iter().filter(same).collect();
    lines.sort_by_key(|line| line.started);
    lines
}

/// What each stage took before.
pub(super) fn durations(stages: &mut [Stage], before: &[&RunLine]) {
    for stage in stages {
        let known = before.iter().rev().filter_map(|line| line.stages.get(&stage.name).copied());
        let mut known: Vec<f64> = known.take(USUAL).collect();
        stage.last_seconds = before.last().and_then(|line| line.stages.get(&stage.name).copied());
        known.sort_by(f64::total_cmp);
        stage.usual_seconds = known.get(known.len() / 2).copied();
    }
}

/// Since when a test is red in every drill, where it was in the last one.
pub(super) fn red_since(before: &[&RunLine], id: &str) -> Option<Timestamp> {
    let red = |line: &&&RunLine| line.red.iter().any(|red| red == id);
    before.iter().rev().take_while(red).last().map(|line| line.started)
}

/// What is different from the last drill.
pub(super) fn deviations(
    now: &RunLine,
    report: &DrillReport,
    last: Option<&RunLine>,
) -> Vec<String> {
    let Some(last) = last else {
        return vec![
            "nothing to compare with: this is the first drill that is known here".to_owned(),
        ];
    };
    let mut told = Vec::new();
    if now.status != last.status {
        told.push(format!("it is {}, and was {}", word(now.status), word(last.status)));
    }
    let ran = |id: &String| report.tests.iter().any(|test| test.id == *id);
    for (label, mine, others) in [
        ("red now, and not then", &now.red, &last.red),
        ("skipped now, and not then", &now.skipped, &last.skipped),
    ] {
        let new: Vec<String> = mine.iter().filter(|id| !others.contains(id)).cloned().collect();
        if !new.is_empty() {
            told.push(format!("{label}: {}", text::list(&new, NAMES)));
        }
    }
    for (label, mine, others) in [
        ("red then, and not now", &now.red, &last.red),
        ("skipped then, and not now", &now.skipped, &last.skipped),
    ] {
        let gone = others.iter().filter(|id| !mine.contains(id) && ran(id));
        let gone: Vec<String> = gone.cloned().collect();
        if !gone.is_empty() {
            told.push(format!("{label}: {}", text::list(&gone, NAMES)));
        }
    }
    for stage in &report.stages {
        let took = now.stages.get(&stage.name).zip(last.stages.get(&stage.name));
        if let Some((took, took_then)) = took.filter(|(took, then)| differ(**took, **then)) {
            let (took, then) = (long(*took), long(*took_then));
            told.push(format!("{} took {took}, and {then} then", stage.title.to_lowercase()));
        }
    }
    if let Some((bytes, then)) = now.data_bytes.zip(last.data_bytes) {
        let share = bytes as f64 / (then as f64).max(1.0);
        if !(0.8..=1.25).contains(&share) {
            let (bytes, then) = (units::size(bytes), units::size(then));
            told.push(format!("the data are {bytes}, and were {then}"));
        }
    }
    for (path, hash) in &now.inputs {
        match last.inputs.get(path) {
            Some(then) if then == hash => {}
            Some(_) => told.push(format!("{path} was changed")),
            None => told.push(format!("{path} was not read then")),
        }
    }
    let gone = last.inputs.keys().filter(|path| !now.inputs.contains_key(*path));
    told.extend(gone.map(|path| format!("{path} was read then, and is not now")));
    for (name, version) in &now.versions {
        if let Some(then) = last.versions.get(name).filter(|then| *then != version) {
            told.push(format!("{name} is {version}, and was {then}"));
        }
    }
    if told.is_empty() {
        told.push("none".to_owned());
    }
    told
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Pass => "PASS",
        Status::Fail => "FAIL",
        Status::Partial => "no whole drill",
    }
}

/// Whether two durations are apart by more than noise.
pub(super) fn differ(now: f64, then: f64) -> bool {
    let (less, more) = if now < then { (now, then) } else { (then, now) };
    more - less >= LEAST && more >= less * FACTOR
}
