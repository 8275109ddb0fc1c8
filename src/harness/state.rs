//! One run in progress: what its trials share.

use std::collections::{BTreeMap, HashMap, HashSet};

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use once_cell::sync::OnceCell;
use tokio::runtime::Handle;

use super::finding::Finding;
use super::fixture::{Cause, Live};
use super::interrupt::Interrupt;
use super::plan::{ENVIRONMENT, Plan, blank};
use super::shared::Shared;
use crate::environment::credential::Credential;
use crate::environment::model::ReadySpec;
use crate::environment::target::Target;
use crate::journal::{Entry, EntryKind, Journal, Outcome};
use crate::notify::{Event, Notifier, Occasion};
use crate::page::{Browser, Missing};
use crate::redact::Redactor;

/// The reason of what did not run, or not to its end, since the run was told to stop.
pub(crate) const INTERRUPTED: &str = "the run was interrupted";

/// A run in progress.
pub(crate) struct Run {
    pub(crate) plan: Plan,
    pub(crate) target: Target,
    pub(crate) ready: Option<ReadySpec>,
    pub(crate) starter: Option<super::custom::Starter>,
    pub(crate) credentials: BTreeMap<(usize, String), Credential>,
    /// The browser that pages are opened in, started when the first one needs it.
    pub(crate) browser: OnceCell<Result<Browser, Missing>>,
    /// The database that queries are asked of, where the environment's file names one.
    pub(crate) database_url: Option<String>,
    pub(crate) redactor: Arc<Redactor>,
    pub(crate) runtime: Handle,
    pub(crate) interrupt: Interrupt,
    pub(crate) shared: Option<Shared>,
    pub(crate) parallel: usize,
    pub(crate) fail_fast: bool,
    /// The first blocking failure under `--fail-fast`.
    pub(crate) tripped: AtomicBool,
    pub(crate) live: OnceCell<Result<Live, Arc<Cause>>>,
    /// What stands before the checks of an exercise, and how the application is waited for then.
    pub(crate) before_checks: Option<super::custom::Fixture>,
    pub(crate) ready_after: Option<ReadySpec>,
    /// What is written at the end of an exercise, beside the other reports.
    pub(crate) ending: Option<super::loaded::Ending>,
    /// What keeps an exercise on record.
    pub(crate) recorder: Option<Box<dyn super::loaded::Recorder>>,
    /// Who is told of the run.
    pub(crate) notifier: Option<Notifier>,
    /// Whether they were told that it goes wrong.
    pub(crate) told_red: AtomicBool,
    pub(crate) answered: OnceCell<Result<(), Arc<Cause>>>,
    /// The findings of checks by full name, each made once.
    pub(crate) findings: HashMap<String, OnceCell<Arc<Finding>>>,
    pub(crate) run_id: String,
    /// The folder of reports.
    pub(crate) reports: PathBuf,
    pub(crate) journal: Mutex<Journal>,
    /// The names of entries that no trial stands for: needed, and not selected.
    pub(crate) added: Mutex<HashSet<String>>,
    /// Where each trial's entry stands in the journal.
    pub(crate) entries: HashMap<String, usize>,
}

impl Run {
    /// Tells whoever wants to know.
    pub(crate) fn notify(&self, occasion: Occasion) {
        if let Some(notifier) = &self.notifier {
            notifier.tell(&Event::of(occasion, &self.journal()));
        }
    }

    /// Puts on record that it begins, and tells whoever wants to know: of one before, too, that did
    /// not end.
    pub(crate) fn begin(&self) {
        if let Some(recorder) = &self.recorder {
            let opened = recorder.begin(&self.journal(), &self.reports);
            let notes = opened.notes.iter().map(|note| self.redactor.secrets(note));
            self.journal().run.notes.extend(notes.collect::<Vec<_>>());
            if let (Some(notifier), Some(dead)) = (&self.notifier, &opened.dead) {
                notifier.tell(&Event::unfinished(dead));
            }
        }
        self.notify(Occasion::Started);
    }

    /// The journal, even after a panic elsewhere: a record is worth more than an invariant.
    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a trial's entry, before anything of it starts.
    pub(crate) fn open(&self, id: &str) -> Option<Entry> {
        let at = *self.entries.get(id)?;
        let mut journal = self.journal();
        let entry = journal.entries.get_mut(at)?;
        entry.started = Some(Timestamp::now());
        Some(entry.clone())
    }

    /// Closes a trial's entry with what came of it.
    pub(crate) fn close(&self, entry: Entry) {
        let failed = matches!(entry.outcome, Some(Outcome::Failed | Outcome::Errored));
        if failed && entry.blocking && self.fail_fast {
            self.tripped.store(true, Ordering::SeqCst);
        }
        let mut journal = self.journal();
        if let Some(at) = self.entries.get(&entry.id)
            && let Some(slot) = journal.entries.get_mut(*at)
        {
            *slot = entry;
        }
    }

    /// Adds what was not selected, but was needed and went wrong: no fault without a red.
    pub(crate) fn add(&self, entry: Entry) {
        let mut added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        added.insert(entry.id.clone());
        let mut journal = self.journal();
        match journal.entries.iter_mut().find(|other| other.id == entry.id) {
            // Ignored by itself, and run since another check needed it.
            Some(other) if other.started.is_none() => *other = entry,
            Some(_) => {}
            None => {
                journal.filtered_out.retain(|id| *id != entry.id);
                journal.entries.push(entry);
            }
        }
    }

    /// Whether a trial of that name is to run, and so will say by itself how it ended.
    pub(crate) fn has_trial(&self, id: &str) -> bool {
        let journal = self.journal();
        let entry = self.entries.get(id).and_then(|at| journal.entries.get(*at));
        entry.is_some_and(|entry| entry.outcome.is_none() || entry.started.is_some())
    }

    /// Records that there is no environment, where no selected trial is there to say so.
    pub(crate) fn blame_environment(&self, cause: &Cause) {
        self.blame(ENVIRONMENT, cause);
    }

    /// Records that a fixture is not there, where no selected trial is there to say so.
    pub(crate) fn blame(&self, id: &str, cause: &Cause) {
        if self.has_trial(id) {
            return;
        }
        let (suite, name) = id.split_once("::").unwrap_or((id, ""));
        let (suite, name) = (suite.to_owned(), name.to_owned());
        let mut entry = blank(id.into(), suite, name, None, EntryKind::Fixture, true);
        entry.outcome = Some(cause.outcome());
        entry.reason = Some(self.redactor.secrets(&cause.message));
        self.add(entry);
    }

    /// Why nothing more is to be started, if so.
    pub(crate) fn stopped(&self) -> Option<&'static str> {
        if self.interrupt.code().is_some() {
            Some(INTERRUPTED)
        } else if self.tripped.load(Ordering::SeqCst) {
            Some("--fail-fast: an earlier check failed")
        } else {
            None
        }
    }
}
