//! Checks written in Rust, on a thread of their own: one that hangs cannot hold up the run.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::custom::{Blocked, Context, Failure, Turn};
use super::finding::payload;
use super::fixture::{Cause, Live};
use super::plan::{ENVIRONMENT, Job, skip};
use super::state::{INTERRUPTED, Run};
use crate::fault::FaultKind;
use crate::journal::{Entry, Outcome};

/// Runs a check written in Rust.
pub(crate) fn run(run: &Arc<Run>, mut entry: Entry, index: usize) -> Entry {
    let custom = run.plan.customs[index].clone();
    let live = match run.live() {
        Ok(live) => live,
        Err(cause) => {
            run.blame_environment(&cause);
            skip(&mut entry, format!("needs `{ENVIRONMENT}`"));
            return entry;
        }
    };
    let context = context(run, live);
    let measured = Arc::clone(&context.measured);
    if custom.turn == Turn::Last && !others_ended(run) {
        skip(&mut entry, INTERRUPTED);
        return entry;
    }
    // On this thread: what a fixture has begun is waited for, also when the run is told to stop.
    if let Some(fixture) = &custom.fixture
        && let Err(blocked) = fixture(&context)
    {
        return without(run, entry, &blocked);
    }
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let body = custom.body;
    let handle = run.runtime.clone();
    std::thread::spawn(move || {
        let _inside = handle.enter();
        let caught = std::panic::catch_unwind(AssertUnwindSafe(|| body(&context)));
        let _ = sender.send(match caught {
            Ok(result) => result,
            // `assert!` is how Rust says that something is wrong.
            Err(panic) => Err(Failure::Failed(format!("panicked: {}", payload(&*panic)))),
        });
    });
    let outcome = run.runtime.block_on(async {
        tokio::select! {
            result = receiver => result.unwrap_or_else(|_| Err(Failure::errored("it was lost"))),
            () = tokio::time::sleep(custom.timeout) => Err(Failure::errored(format!(
                "no result within {}", humantime::format_duration(custom.timeout)
            ))),
            () = run.interrupt.happened() => Err(Failure::skipped(INTERRUPTED)),
        }
    });
    let (outcome, reason) = match outcome {
        Ok(()) => (Outcome::Passed, None),
        Err(Failure::Failed(reason)) => (Outcome::Failed, Some(reason)),
        Err(Failure::Errored(reason)) => (Outcome::Errored, Some(reason)),
        Err(Failure::Skipped(reason)) => (Outcome::Skipped, Some(reason)),
    };
    entry.outcome = Some(outcome);
    entry.reason = reason;
    let mut measured = measured.lock().unwrap_or_else(PoisonError::into_inner);
    entry.measured = std::mem::take(&mut *measured);
    drop(measured);
    entry
}

fn context(run: &Arc<Run>, live: &Live) -> Context {
    Context {
        environment: run.target.name.clone(),
        base_url: live.target.base_url.as_ref().map(ToString::to_string).unwrap_or_default(),
        variables: live.target.variables.clone().into_iter().collect(),
        source: live.source.clone(),
        staging: live.staging.clone(),
        run: Arc::clone(run),
        measured: Arc::new(Mutex::default()),
    }
}

/// Waits until everything has ended that has its turn before the last; false if the run is told to
/// stop. A process of its own for each trial has nothing to wait for.
fn others_ended(run: &Run) -> bool {
    let last = |id: &str| {
        let planned = run.plan.trials.iter().find(|planned| planned.id == id);
        matches!(planned.map(|planned| planned.job), Some(Job::Custom(index))
            if run.plan.customs[index].turn == Turn::Last)
    };
    let waits_for = |entry: &Entry| entry.outcome.is_none() && !last(&entry.id);
    while run.shared.is_none() && run.journal().entries.iter().any(waits_for) {
        if run.interrupt.code().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

/// Makes what stands before a check of an exercise; the check's entry, if it cannot run.
pub(crate) fn before(run: &Arc<Run>, entry: &Entry) -> Option<Entry> {
    let fixture = run.before_checks.as_ref()?;
    // Where there is no environment, the check says so itself.
    let live = run.live().ok()?;
    if let Err(blocked) = fixture(&context(run, live)) {
        return Some(without(run, entry.clone(), &blocked));
    }
    let cause = run.answers_again(live).err()?;
    run.blame_environment(&cause);
    let mut entry = entry.clone();
    skip(&mut entry, format!("needs `{ENVIRONMENT}`"));
    Some(entry)
}

/// A check that did not run for want of its fixture; or the fixture's own, which says why.
fn without(run: &Run, mut entry: Entry, blocked: &Blocked) -> Entry {
    let failed = match blocked.fault.kind() {
        FaultKind::Interrupted => {
            skip(&mut entry, INTERRUPTED);
            return entry;
        }
        kind => kind == FaultKind::Failed,
    };
    let cause = Cause { message: blocked.fault.to_string(), failed };
    if blocked.id == entry.id {
        entry.outcome = Some(cause.outcome());
        entry.reason = Some(cause.message);
    } else {
        run.blame(&blocked.id, &cause);
        skip(&mut entry, format!("needs `{}`", blocked.id));
    }
    entry
}
