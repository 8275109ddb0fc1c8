//! The drill's report held against files, against the runbook's template, against malice, and in a
//! real browser.
//!
//! `../golden/<case>.journal.json` is the record of a drill; beside it lies its report in all three
//! forms. After an intended change, `UPDATE_GOLDEN=1 cargo test --lib report::drill` writes them
//! anew.

mod browser;
mod folder;
mod golden;
mod history;
mod hostile;
mod page;
mod template;
mod whole;

use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::model::{DrillReport, RunLine};
use super::{Inputs, build};
use crate::journal::Journal;

/// A drill that passed, though its plan cannot meet the RPO; one that found a leak; one in which
/// only the backup was proved, on a machine that knows no other.
const CASES: [&str; 3] = ["passed", "failed", "partial"];

fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "src/report/drill/golden", name].iter().collect()
}

fn journal(case: &str) -> Journal {
    let text = fs::read(path(&format!("{case}.journal.json"))).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// The drills before; a machine that made only a backup knows none.
pub(super) fn before(case: &str) -> Vec<RunLine> {
    if case == "partial" {
        return Vec::new();
    }
    let text = fs::read_to_string(path("history.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of(journal: &Journal, before: &[RunLine]) -> DrillReport {
    let inputs =
        Inputs { journal, zone: TimeZone::UTC, sections: Vec::new(), pictures: Vec::new() };
    build::build(&inputs, before, Timestamp::UNIX_EPOCH)
}

fn report(case: &str) -> DrillReport {
    of(&journal(case), &before(case))
}
