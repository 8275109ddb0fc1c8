//! A drill on record: that it begins, how it ended, and that one before did not.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::state::State;
use crate::actor;
use crate::audit::{Audit, Operation, Record, Standing};
use crate::harness::{Opened, Recorder};
use crate::journal::{Journal, Outcome, Verdict};
use crate::redact::Redactor;
use crate::report::drill::running::{Begun, Mark, Seen};
use crate::report::drill::{folder, runs};
use crate::report::{text, verdict};

/// How many red tests a line names.
const MOST: usize = 10;

/// Keeps a drill on record.
pub(super) struct DrillRecord {
    state: Arc<State>,
    /// The line by which it began, and where its reports go.
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    line: Option<String>,
    reports: PathBuf,
}

impl DrillRecord {
    pub(super) fn new(state: &Arc<State>) -> Self {
        Self { state: Arc::clone(state), open: Mutex::default() }
    }

    fn audit(&self) -> Result<Audit, String> {
        let path = self.state.root.join(&self.state.settings.audit);
        Audit::open(&path).map_err(|fault| fault.to_string())
    }

    fn open(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts one that did not end on record, where it could not itself.
    fn bury(&self, dead: &Begun, by: &str, reports: &Path) -> Result<(), String> {
        let detail = format!("{}; noted by run {by}", dead.died());
        let record = record(&dead.environment, &dead.id, Standing::Errored, detail);
        self.audit()?.append(&record).map_err(|fault| fault.to_string())?;
        runs::append(reports, &runs::unfinished(dead))
    }
}

impl Recorder for DrillRecord {
    fn begin(&self, journal: &Journal, reports: &Path) -> Opened {
        let run = &journal.run;
        let begun = Begun {
            id: run.id.clone(),
            environment: run.environment.clone(),
            started: run.started,
            actor: actor::actor(),
            host: actor::host(),
            stage: None,
        };
        let (mut opened, mut open) = (Opened::default(), self.open());
        open.reports = reports.to_owned();
        match Mark::take(reports) {
            Ok((mark, seen)) => {
                opened.notes.extend(seen.told());
                if let Seen::Dead(dead) = seen {
                    if let Err(lost) = self.bury(&dead, &run.id, reports) {
                        opened.notes.push(format!("that it did not end is not on record: {lost}"));
                    }
                    opened.dead = Some(dead);
                }
                let marked = mark.map(|mut mark| mark.set(begun).map(|()| mark)).transpose();
                match marked {
                    Ok(mark) => *self.state.mark() = mark,
                    Err(error) => opened.notes.push(unmarked(&error)),
                }
            }
            Err(error) => opened.notes.push(unmarked(&error)),
        }
        let detail = match run.arguments.is_empty() {
            true => String::new(),
            false => format!("with {}", run.arguments.join(" ")),
        };
        let begins = record(&run.environment, &run.id, Standing::Started, detail);
        let line =
            self.audit().and_then(|audit| audit.append(&begins).map_err(|fault| fault.to_string()));
        match line {
            Ok(line) => open.line = Some(line),
            // What reads production or writes to staging is on record by itself, or is refused.
            Err(lost) => opened.notes.push(format!("that it begins is not on record: {lost}")),
        }
        opened
    }

    fn end(&self, journal: &Journal, redactor: &Redactor, reported: bool) -> Result<(), String> {
        let mut open = self.open();
        let ended = match open.line.take() {
            None => Ok(()),
            Some(line) => {
                let run = &journal.run;
                let detail = redactor.secrets(&told(journal));
                let mut ends = record(&run.environment, &run.id, standing(run.verdict), detail);
                let ended = self.audit().and_then(|audit| {
                    // Where the log is not that one any more, the journal is written once more, to
                    // say so.
                    if audit.has(&line) {
                        ends.manifest = folder::kept(&open.reports, &run.id);
                    }
                    audit.conclude(&line, &ends).map_err(|fault| fault.to_string())
                });
                ended.map_err(|lost| format!("how the drill ended is not on record: {lost}"))
            }
        };
        // Where nobody will read how it ended, the mark stays, and the next one tells.
        match self.state.mark().take() {
            Some(mark) if reported && ended.is_ok() => mark.clear().map_err(|e| unmarked(&e)),
            _ => ended,
        }
    }
}

fn unmarked(error: &std::io::Error) -> String {
    format!("whether this drill was killed will not be told: its mark cannot be written ({error})")
}

fn record(environment: &str, id: &str, result: Standing, detail: String) -> Record {
    Record {
        operation: Operation::DrillRun,
        source: environment.to_owned(),
        object: Some(id.to_owned()),
        result,
        detail,
        manifest: None,
    }
}

/// How it ended, with what is red.
fn told(journal: &Journal) -> String {
    let red = journal.entries.iter().filter(|entry| entry.blocking);
    let red: Vec<String> = red
        .filter(|entry| matches!(entry.outcome, Some(Outcome::Failed | Outcome::Errored)))
        .map(|entry| entry.id.clone())
        .collect();
    let red = match red.is_empty() {
        true => String::new(),
        false => format!(": {}", text::list(&red, MOST)),
    };
    format!("{}{red}", verdict::tally(journal))
}

fn standing(verdict: Verdict) -> Standing {
    match verdict {
        Verdict::Passed => Standing::Passed,
        Verdict::Failed => Standing::Failed,
        Verdict::Errored | Verdict::Unfinished => Standing::Errored,
        Verdict::Interrupted => Standing::Interrupted,
    }
}
