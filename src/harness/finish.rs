//! The end of a run: fixtures dropped, verdict found, reports written, exit code told.

use std::collections::HashSet;
use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::PoisonError;

use jiff::Timestamp;
use tokio::runtime::{Handle, Runtime};

use super::shared::Shared;
use super::state::{INTERRUPTED, Run};
use super::{compliance, exit, pieces};
use crate::journal::{Entry, EntryKind, Journal, Outcome, Verdict};
use crate::notify::{Event, Notifier, Occasion};
use crate::report::console::tell;
use crate::report::drill::model::DrillReport;
use crate::report::history::History;
use crate::report::{Changes, Reports, console, drill, failure, github, summary};

/// What a run's end needs, and its trials do not.
pub(crate) struct Ledger {
    reports: Reports,
    runtime: Runtime,
    max_skipped: Option<usize>,
}

impl Ledger {
    /// Proves the reports' folder writable, and leaves reports there which say that the run
    /// did not finish: should it be killed, nobody takes the last run's for this one's.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub(crate) fn prove(
        folder: &Path,
        journal: &Journal,
        shared: Option<&Shared>,
    ) -> Result<Reports, String> {
        let reports = Reports::open(folder)?;
        match shared {
            None => reports.write(journal, &Changes::default())?,
            Some(shared) => {
                let _lock = shared.exclusive("reports")?;
                let mut all = joined(folder, journal.clone());
                // That one process was told to stop stays on record, whoever begins after it.
                if all.run.verdict != Verdict::Interrupted {
                    all.run.verdict = Verdict::Unfinished;
                }
                reports.write(&all, &Changes::default())?;
            }
        }
        Ok(reports)
    }

    /// What the end needs of a run that is to begin.
    pub(crate) fn new(reports: Reports, runtime: Runtime, max_skipped: Option<usize>) -> Self {
        Self { reports, runtime, max_skipped }
    }

    /// Where network requests run.
    pub(crate) fn runtime(&self) -> Handle {
        self.runtime.handle().clone()
    }
}

/// Leaves reports which say that nothing was run, and why: those of the run before would be
/// taken for this one's. That there is no place for them is said by the message already.
pub(crate) fn did_not_run(folder: &Path, kind: &str, environment: &str, message: &str) {
    if std::env::var_os("NEXTEST_RUN_ID").is_some() {
        return;
    }
    let Ok(reports) = Reports::open(folder) else { return };
    let errors = message.lines().filter_map(|line| line.strip_prefix("error: "));
    let mut journal = pieces::blank(kind, environment);
    journal.run.notes = errors.take(20).map(str::to_owned).collect();
    journal.run.finished = Some(Timestamp::now());
    journal.run.verdict = Verdict::Errored;
    journal.run.exit_code = Some(exit::USAGE);
    let changes = Changes::default();
    let written = reports.write(&journal, &changes);
    if let Err(message) = written.and(annotate(&journal, &changes)) {
        tell(&format!("error: {message}\n"));
    }
}

/// Ends a run; the exit code.
pub(crate) fn finish(run: &Run, ledger: Ledger) -> u8 {
    if let Some(Ok(browser)) = run.browser.get() {
        ledger.runtime.block_on(browser.close());
    }
    if let Some(Ok(live)) = run.live.get() {
        // A guard that panics as it goes must not take the reports along.
        let gone = std::panic::catch_unwind(AssertUnwindSafe(|| {
            drop(live.guard.lock().map(|mut guard| guard.take()));
        }));
        if gone.is_err() {
            run.journal().run.notes.push("stopping the environment panicked".to_owned());
        }
    }
    let mut journal = run.journal().clone();
    journal.run.finished = Some(Timestamp::now());
    for entry in journal.entries.iter_mut().filter(|entry| entry.outcome.is_none()) {
        if run.interrupt.code().is_some() {
            super::plan::skip(entry, INTERRUPTED);
        }
    }
    let alone = run.shared.is_none();
    let (mut code, verdict) = judge(&mut journal, run.interrupt.code(), ledger.max_skipped, alone);
    journal.run.verdict = verdict;
    journal.run.exit_code = Some(code);
    let (mut last, mut changes) = (None, Changes::default());
    let written = match &run.shared {
        Some(shared) => merge(run, shared, journal, &ledger),
        None => {
            let mut history =
                History::load(ledger.reports.folder(), &journal.run.kind, &journal.run.environment);
            let earlier = history.clone();
            let written = publish(run, &mut journal, &mut history, &ledger, None);
            changes = earlier.changes(&journal);
            last = Some(journal);
            written
        }
    };
    if let Some(told) = last.as_ref().and_then(|last| last.run.exit_code) {
        code = told;
    } else if written.is_err() && code == exit::PASSED {
        code = exit::ERRORED;
    }
    farewell(run, &ledger, last, &changes, written.err());
    // Sockets that still hang are let go, and not waited for.
    ledger.runtime.shutdown_background();
    code
}

/// Tells whoever wants to know that nothing was run, since no report of it can be written.
pub(crate) fn not_begun(notifier: &Notifier, journal: &Journal, lost: &str) {
    let mut journal = journal.clone();
    journal.entries.clear();
    journal.run.verdict = Verdict::Errored;
    journal.run.finished = Some(Timestamp::now());
    let mut event = Event::of(Occasion::Finished, &journal);
    event.text.push_str(&format!("; {lost}"));
    notifier.tell(&event);
    for line in notifier.farewell() {
        tell(&format!("note: {line}\n"));
    }
}

/// Tells whoever wants to know how it ended; who could not be told is a note, for whoever looks.
fn farewell(
    run: &Run,
    ledger: &Ledger,
    journal: Option<Journal>,
    changes: &Changes,
    lost: Option<String>,
) {
    let (Some(notifier), Some(mut journal)) = (&run.notifier, journal) else { return };
    let mut event = Event::of(Occasion::Finished, &journal);
    if let Some(lost) = lost {
        // Nobody finds it in the reports.
        event.text.push_str(&format!("; {}", run.redactor.secrets(&lost)));
    }
    notifier.tell(&event);
    let untold = notifier.farewell();
    if untold.is_empty() {
        return;
    }
    for line in &untold {
        tell(&format!("note: {line}\n"));
    }
    // The reports are there; a note that cannot be added to them was told above. The journal beside a
    // drill's report stays as it is: its hash is on record.
    if run.ending.is_some() {
        let noted = |report: &mut DrillReport| report.notes.extend(untold.iter().cloned());
        let _ = drill::folder::amend(ledger.reports.folder(), &journal.run.id, noted);
    }
    journal.run.notes.extend(untold);
    let _ = ledger.reports.write(&journal, changes);
}

/// The verdict over all entries, and the exit code that goes with it.
///
/// Where a run has many processes, each knows its own trial only, and nothing is said of skips.
fn judge(
    journal: &mut Journal,
    stopped: Option<u8>,
    max_skipped: Option<usize>,
    alone: bool,
) -> (u8, Verdict) {
    if let Some(code) = stopped {
        return (code, Verdict::Interrupted);
    }
    let counts = journal.counts();
    let verdict = if counts.failed > 0 {
        Verdict::Failed
    } else if counts.errored > 0 || journal.entries.iter().any(|entry| entry.outcome.is_none()) {
        Verdict::Errored
    } else if let Some(most) = max_skipped.filter(|most| alone && counts.skipped > *most) {
        let note = format!("{} skipped, and {most} allowed at most", counts.skipped);
        journal.run.notes.push(note);
        Verdict::Failed
    } else if alone && nothing_shown(journal) {
        journal.run.notes.push("no check ran, so nothing was shown to work".to_owned());
        Verdict::Errored
    } else {
        Verdict::Passed
    };
    (exit::code(verdict), verdict)
}

/// Whether checks were to run and none did: that the environment is up shows nothing of them.
fn nothing_shown(journal: &Journal) -> bool {
    let mut checks = journal.entries.iter().filter(|entry| entry.kind != EntryKind::Fixture);
    let asked = journal.entries.is_empty() || checks.clone().next().is_some();
    asked && checks.all(|entry| entry.outcome == Some(Outcome::Skipped))
}

/// Compares with the runs before, writes every report, and then says how it went.
///
/// # Errors
/// A report could not be written: what was found out stands on the terminal, and that it stands
/// nowhere else must not be green.
fn publish(
    run: &Run,
    journal: &mut Journal,
    history: &mut History,
    ledger: &Ledger,
    before: Option<&History>,
) -> Result<(), String> {
    let folder = ledger.reports.folder();
    let earlier = before.unwrap_or(history).clone();
    let write = |journal: &Journal, draft: bool| write(run, journal, ledger, &earlier, draft);
    // The search has its line in an exercise's reports, which are searched themselves: so they are
    // written, searched, and written with what was found.
    if run.ending.is_some() {
        // What cannot be written then cannot be below either, where it is told.
        let _ = write(journal, true);
        compliance::search(run, journal, folder);
    }
    let mut written = write(journal, false);
    if compliance::search(run, journal, folder) {
        written = write(journal, false);
    }
    // Before it is on record how the run ended: what cannot be kept must not be green there either.
    history.update(journal);
    let saved = history.save();
    let changes = earlier.changes(journal);
    for lost in written.as_ref().err().into_iter().chain(saved.as_ref().err()) {
        went_wrong(journal, lost);
    }
    // Each process of a shared run would say all of it again.
    let annotated = if run.shared.is_none() { annotate(journal, &changes) } else { Ok(()) };
    if let Err(lost) = &annotated {
        went_wrong(journal, lost);
    }
    let kept = saved.and(annotated);
    if kept.is_err() {
        let again = write(journal, false);
        written = written.and(again);
    }
    let ended = run
        .recorder
        .as_ref()
        .map_or(Ok(()), |recorder| recorder.end(journal, &run.redactor, written.is_ok()));
    if let Err(lost) = &ended {
        went_wrong(journal, lost);
        let again = write(journal, false);
        written = written.and(again);
        // What was said of it there is not so.
        if run.shared.is_none() {
            let _ = annotate(journal, &changes);
        }
    }
    let (shown, written) = match written {
        Ok(shown) => (shown, Ok(())),
        Err(message) => (None, Err(message)),
    };
    let written = written.and(kept);
    if let Err(message) = &written {
        went_wrong(journal, message);
    }
    let whole = written.is_ok().then_some(folder);
    tell(&unselected(run, journal));
    tell(&console::summary(journal, &changes, whole));
    if let Some(line) = compliance::told(journal) {
        tell(&line);
    }
    if let Some(shown) = shown.filter(|_| run.shared.is_none()) {
        tell(&format!("  drill     {shown}\n"));
    }
    written
}

/// Writes every report; what an exercise has to show. What is only searched is a draft.
///
/// # Errors
/// One cannot be written; the others were tried all the same.
fn write(
    run: &Run,
    journal: &Journal,
    ledger: &Ledger,
    before: &History,
    draft: bool,
) -> Result<Option<String>, String> {
    ledger.reports.write(journal, &before.changes(journal))?;
    // An exercise's own report holds the others as they are.
    match &run.ending {
        Some(ending) => ending(journal, &run.redactor, ledger.reports.folder(), draft),
        None => Ok(None),
    }
}

/// Something is wrong with the run itself, which must not be green then.
fn went_wrong(journal: &mut Journal, message: &str) {
    if !journal.run.notes.iter().any(|note| note == message) {
        journal.run.notes.push(message.to_owned());
    }
    if journal.run.verdict == Verdict::Passed {
        journal.run.verdict = Verdict::Errored;
        journal.run.exit_code = Some(exit::ERRORED);
    }
}

/// Adds this process's part to the reports of a run that has many processes.
fn merge(run: &Run, shared: &Shared, mine: Journal, ledger: &Ledger) -> Result<(), String> {
    let _lock = shared.exclusive("reports")?;
    let folder = ledger.reports.folder();
    let (kind, environment) = (mine.run.kind.clone(), mine.run.environment.clone());
    let mut history = History::load(folder, &kind, &environment);
    let before: History = shared.once("history", || history.clone())?;
    let mut journal = joined(folder, mine);
    let interrupted = journal.run.verdict == Verdict::Interrupted;
    let (code, verdict) = judge(&mut journal, run.interrupt.code(), ledger.max_skipped, false);
    // One process that was told to stop is enough: its trial is not known to be well.
    journal.run.verdict = if interrupted { Verdict::Interrupted } else { verdict };
    journal.run.exit_code = Some(code);
    publish(run, &mut journal, &mut history, ledger, Some(&before))?;
    match journal.run.exit_code {
        // What was found last is no trial of this process, which must not be green then.
        Some(later) if later != code => Err("the reports are red: see there".to_owned()),
        _ => Ok(()),
    }
}

/// What went wrong in checks and fixtures that were needed but not selected: libtest, which
/// tells of the others, knows nothing of them.
fn unselected(run: &Run, journal: &Journal) -> String {
    let red = |entry: &&Entry| matches!(entry.outcome, Some(Outcome::Failed | Outcome::Errored));
    let added = run.added.lock().unwrap_or_else(PoisonError::into_inner);
    let entries = journal.entries.iter().filter(|entry| red(entry) && added.contains(&entry.id));
    entries.map(|entry| format!("{}\n", failure::text(entry))).collect()
}

/// The journal of a run that has many processes, with what this one knows put in.
fn joined(folder: &Path, mine: Journal) -> Journal {
    let others = fs::read(folder.join("journal.json")).ok();
    let others = others.and_then(|text| serde_json::from_slice::<Journal>(&text).ok());
    let Some(mut all) = others.filter(|others| others.run.id == mine.run.id) else { return mine };
    for entry in mine.entries {
        match all.entries.iter_mut().find(|other| other.id == entry.id) {
            Some(other) => *other = entry,
            None => all.entries.push(entry),
        }
    }
    let known: HashSet<&str> = all.entries.iter().map(|entry| entry.id.as_str()).collect();
    let left = all.filtered_out.iter().filter(|id| !known.contains(id.as_str())).cloned();
    all.filtered_out = left.collect();
    all.run.finished = mine.run.finished;
    if let Some(mine) = mine.run.evidence {
        all.run.evidence.get_or_insert_default().join(*mine);
    }
    all.run.notes.extend(
        mine.run.notes.into_iter().filter(|note| !all.run.notes.contains(note)).collect::<Vec<_>>(),
    );
    all
}

/// The step summary and annotations, where the run is one of GitHub Actions.
fn annotate(journal: &Journal, changes: &Changes) -> Result<(), String> {
    if std::env::var("GITHUB_ACTIONS").as_deref() != Ok("true") {
        return Ok(());
    }
    // Standard output belongs to libtest's formats; the runner reads both.
    tell(&github::annotations(journal));
    match std::env::var_os("GITHUB_STEP_SUMMARY") {
        Some(path) => {
            github::append_step_summary(Path::new(&path), &summary::render(journal, changes))
        }
        None => Ok(()),
    }
}
