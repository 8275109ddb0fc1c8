//! The last line of an exercise: no secret is in anything that it wrote.
//!
//! What is searched are the reports, and they are written when the last trial has ended. So this is
//! no trial, of which libtest would know, but an entry of the record alone. It counts as any other:
//! in verdict and exit code, in `junit.xml`, in the exercise's own report. Where a run is no
//! exercise, it stands there only when it is red.

use std::path::Path;

use jiff::Timestamp;

use super::plan::blank;
use super::state::Run;
use crate::journal::{Entry, EntryKind, Journal, Measure, Outcome, Verdict};
use crate::report::artefacts;

/// Its name.
const SUITE: &str = "compliance";
const NAME: &str = "no-secret-in-artefacts";

const ABOUT: &str = "No file that the run wrote holds a secret of it, in any form. (Mere words and \
                     numbers are not searched for.)";

/// Searches what was written so far, and puts what came of it into the record. Tells whether the
/// record has changed.
pub(super) fn search(run: &Run, journal: &mut Journal, folder: &Path) -> bool {
    let found = judge(run, journal, folder);
    let red = found.outcome != Some(Outcome::Passed);
    let before = journal.entries.iter().position(|entry| entry.id == found.id);
    let known = before.and_then(|at| journal.entries.get(at));
    if known.is_some_and(|known| same(known, &found)) || (!red && run.ending.is_none()) {
        return false;
    }
    // No trial tells of it, so the run's end does.
    run.added.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(found.id.clone());
    let (outcome, run) = (found.outcome, &mut journal.run);
    run.verdict = match (outcome, run.verdict) {
        (Some(Outcome::Failed), Verdict::Passed | Verdict::Errored | Verdict::Unfinished) => {
            Verdict::Failed
        }
        (Some(Outcome::Errored), Verdict::Passed) => Verdict::Errored,
        (_, verdict) => verdict,
    };
    if red && run.verdict != Verdict::Interrupted {
        run.exit_code = Some(super::exit::code(run.verdict));
    }
    match before.and_then(|at| journal.entries.get_mut(at)) {
        Some(entry) => *entry = found,
        None => journal.entries.push(found),
    }
    true
}

/// What was searched, for the terminal, where libtest tells of every line but this one; nothing where
/// it is red, which is told as every red is.
pub(super) fn told(journal: &Journal) -> Option<String> {
    let passed = |entry: &&Entry| entry.suite == SUITE && entry.outcome == Some(Outcome::Passed);
    let entry = journal.entries.iter().find(passed)?;
    let figures: Vec<String> = entry.measured.iter().map(ToString::to_string).collect();
    Some(format!("  secrets   {}: {}\n", entry.id, figures.join(", ")))
}

/// Whether both say the same. The sizes of files that say so themselves differ each time.
fn same(known: &Entry, found: &Entry) -> bool {
    let count = |entry: &Entry| entry.measured.first().map(|measure| measure.value);
    known.outcome == found.outcome && known.reason == found.reason && count(known) == count(found)
}

/// What a search shows, as an entry.
fn judge(run: &Run, journal: &Journal, folder: &Path) -> Entry {
    let id = format!("{SUITE}::{NAME}");
    let (suite, name) = (SUITE.to_owned(), NAME.to_owned());
    let began = Timestamp::now();
    let mut entry = blank(id, suite, name, None, EntryKind::Custom, true);
    entry.description = Some(ABOUT.to_owned());
    entry.started = Some(began);
    match artefacts::search(folder, journal.run.started, &run.redactor) {
        Ok(found) => {
            entry.measured = vec![
                Measure::count("files searched", found.files),
                Measure::bytes("searched", found.bytes),
                Measure::count("files with a secret", found.leaks.len() as u64).at_most(0.0),
            ];
            entry.outcome = Some(Outcome::Passed);
            if !found.leaks.is_empty() {
                entry.outcome = Some(Outcome::Failed);
                entry.reason = Some(format!(
                    "a secret of this run is in {} (below {}): delete them, give nobody these \
                     reports, and replace the secret",
                    found.leaks.join(", "),
                    folder.display()
                ));
            }
        }
        Err(message) => {
            entry.outcome = Some(Outcome::Errored);
            entry.reason = Some(message);
        }
    }
    entry.duration_ms = Some(Timestamp::now().duration_since(began).as_secs_f64() * 1e3);
    entry
}
