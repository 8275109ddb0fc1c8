//! The drill's trials, in the order in which they are listed.

use std::sync::Arc;
use std::time::Duration;

use super::prerequisites;
use super::proofs::{self, Proof};
use super::state::State;
use crate::harness::{Custom, Fixture};
use crate::journal::EntryKind;

/// The trial that tells of the backup itself.
pub(super) const MADE: &str = "backup::made";

/// The trials that tell of its files, and of the archive in one of them.
pub(super) const HASHES: &str = "backup::hashes";
pub(super) const ARCHIVE: &str = "backup::archive";

/// The proofs that look into the archive.
const INTO_ARCHIVE: [&str; 3] = ["archive", "objects", "tables"];

/// How long a proof may take at most: a terabyte is read in less.
const TIMEOUT: Duration = Duration::from_secs(12 * 3_600);

/// Every trial.
pub(super) fn all(state: &Arc<State>) -> Vec<Custom> {
    let mut trials: Vec<Custom> = prerequisites::ALL
        .iter()
        .map(|named| {
            let state = Arc::clone(state);
            let body =
                Arc::new(move |context: &_| prerequisites::tell(&state, context, named.name));
            Custom { body, ..custom("prerequisites", named.name, named.about) }
        })
        .collect();
    let about = "The backup is there: made in this run, or the one that was asked for.";
    let made = {
        let state = Arc::clone(state);
        Arc::new(move |context: &_| state.tell_made(context))
    };
    trials.push(Custom {
        kind: EntryKind::Fixture,
        fixture: Some(fixture(state)),
        body: made,
        ..custom("backup", "made", about)
    });
    trials.extend(proofs::ALL.iter().map(|named| {
        let proved = Arc::clone(state);
        let body = Arc::new(move |context: &_| {
            let backup =
                proved.backup(context).map_err(|blocked| proofs::failure(&blocked.fault))?;
            (named.run)(&Proof { backup: &backup, settings: &proved.settings, context })
        });
        let fixture = match INTO_ARCHIVE.contains(&named.name) {
            true => sound(state),
            false => fixture(state),
        };
        Custom { fixture: Some(fixture), body, ..custom("backup", named.name, named.about) }
    }));
    trials
}

fn fixture(state: &Arc<State>) -> Fixture {
    let state = Arc::clone(state);
    Arc::new(move |context| state.backup(context).map(drop))
}

fn sound(state: &Arc<State>) -> Fixture {
    let state = Arc::clone(state);
    Arc::new(move |context| state.backup(context)?.sound(context))
}

fn custom(suite: &str, name: &str, about: &str) -> Custom {
    Custom {
        suite: suite.to_owned(),
        name: name.to_owned(),
        description: Some(about.to_owned()),
        kind: EntryKind::Custom,
        timeout: TIMEOUT,
        fixture: None,
        body: Arc::new(|_| Ok(())),
    }
}
