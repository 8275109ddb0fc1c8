//! One trial: from its plan to its entry in the journal, and to libtest's words.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use libtest_mimic::{Completion, Failed};

use super::finding::Finding;
use super::plan::{Job, Planned, skip};
use super::rust_check;
use super::state::{INTERRUPTED, Run};
use crate::check::attempt::since;
use crate::journal::{Entry, Outcome};
use crate::notify::Occasion;
use crate::report::{failure, text};

impl Run {
    /// Runs one trial, and tells libtest what came of it.
    pub(crate) fn trial(self: &Arc<Self>, planned: &Planned) -> Result<Completion, Failed> {
        let Some(mut entry) = self.open(&planned.id) else {
            return Err(Failed::from(format!("{} is not planned", planned.id)));
        };
        let started = Instant::now();
        let begun = entry.started;
        if let Some(reason) = self.stopped() {
            skip(&mut entry, reason);
        } else {
            let _place = self.shared.as_ref().and_then(|shared| shared.place(self.parallel));
            // libtest catches a panic too, but outside of this: the record would be lost.
            let caught = std::panic::catch_unwind(AssertUnwindSafe(|| match planned.job {
                Job::Check(..) | Job::Refusal(..) | Job::Query(..) | Job::Page(..) => {
                    let blocked = rust_check::before(self, &entry);
                    blocked.unwrap_or_else(|| self.asked(planned, entry.clone()))
                }
                Job::Environment => self.environment_trial(entry.clone()),
                Job::Custom(index) => rust_check::run(self, entry.clone(), index),
            }));
            entry = caught.unwrap_or_else(|panic| Finding::panicked(entry, &*panic).entry);
        }
        entry.started = begun;
        entry.duration_ms = Some(since(started));
        self.redactor.entry(&mut entry);
        self.close(entry.clone());
        let red = matches!(entry.outcome, Some(Outcome::Failed | Outcome::Errored));
        if red && entry.blocking && !self.told_red.swap(true, Ordering::Relaxed) {
            self.notify(Occasion::Failed);
        }
        conclude(&entry)
    }

    /// A check's request, or its refusal.
    fn asked(&self, planned: &Planned, entry: Entry) -> Entry {
        match planned.job {
            Job::Refusal(s, c, face) => self.refusal(entry, (s, c), face),
            Job::Query(s, q) => self.query(entry, (s, q)),
            Job::Page(s, p) => self.page(entry, (s, p)),
            _ => self.check(&planned.id).entry.clone(),
        }
    }

    fn environment_trial(&self, mut entry: Entry) -> Entry {
        match self.live() {
            Ok(_) => entry.outcome = Some(Outcome::Passed),
            Err(_) if self.interrupt.code().is_some() => skip(&mut entry, INTERRUPTED),
            Err(cause) => {
                entry.outcome = Some(cause.outcome());
                entry.reason = Some(cause.message.clone());
            }
        }
        entry
    }
}

/// The entry's outcome in libtest's words.
fn conclude(entry: &Entry) -> Result<Completion, Failed> {
    let reason = || text::one_line(entry.reason.as_deref().unwrap_or_default());
    match entry.outcome {
        Some(Outcome::Passed) => Ok(Completion::Completed),
        Some(Outcome::Skipped) => Ok(Completion::ignored_with(reason())),
        _ if entry.is_advisory_trouble() => {
            Ok(Completion::ignored_with(format!("advisory: {}", reason())))
        }
        _ => Err(Failed::from(failure::text(entry))),
    }
}
