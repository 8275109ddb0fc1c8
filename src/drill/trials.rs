//! The drill's trials, in the order in which they are listed.

use std::sync::Arc;
use std::time::Duration;

use super::objectives;
use super::prerequisites;
use super::production;
use super::proofs::{self, Proof};
use super::restored::Restored;
use super::restoring;
use super::state::State;
use crate::harness::{Context, Custom, Failure, Fixture, RESTORE, Turn};
use crate::journal::EntryKind;
use crate::proof;

/// The trial that tells of the backup itself.
pub(super) const MADE: &str = "backup::made";

/// The trial that tells of the restore itself, and the one that ends it.
pub(super) const RESTORED: &str = "restore::made";
pub(crate) const SWAPPED: &str = "restore::swapped";

/// The trials that tell of the project's migrations, and of what they have left.
pub(super) const MIGRATIONS: &str = "restore::migrations";
pub(super) const AFTER: &str = "restore::proved-after-migrations";

/// The tag of what a backup is made by.
pub(super) const BACKUP: &str = "backup";

/// The suite and the tag of what was promised.
const OBJECTIVES: &str = "objectives";

/// The trials that tell of its files, and of the archive in one of them.
pub(super) const HASHES: &str = "backup::hashes";
pub(super) const ARCHIVE: &str = "backup::archive";

/// The proofs that look into the archive.
const INTO_ARCHIVE: [&str; 3] = ["archive", "objects", "tables"];

/// How long a proof may take at most: a terabyte is read in less.
const TIMEOUT: Duration = Duration::from_secs(12 * 3_600);

/// The trials of a backup.
pub(super) fn backup(state: &Arc<State>) -> Vec<Custom> {
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
            named.judge(&Proof { backup: &backup, settings: &proved.settings, context })
        });
        let fixture = match INTO_ARCHIVE.contains(&named.name) {
            true => sound(state),
            false => fixture(state),
        };
        Custom { fixture: Some(fixture), body, ..custom("backup", named.name, named.about) }
    }));
    let about = "The application over the source answers, after it was backed up.";
    let asked = Arc::clone(state);
    let body = Arc::new(move |context: &_| production::answers(&asked, context));
    trials.push(Custom { body, ..custom("production", "answers", about) });
    trials
}

/// What was promised, held against what was measured: the last that has its turn.
pub(super) fn objectives(state: &Arc<State>) -> Vec<Custom> {
    let trials = objectives::ALL.iter().map(|named| {
        let asked = Arc::clone(state);
        Custom {
            tags: [OBJECTIVES.to_owned()].into(),
            blocking: named.name != objectives::PLAN || state.settings.plan_blocks,
            turn: Turn::Last,
            fixture: (named.name == objectives::RPO).then(|| fixture(state)),
            body: Arc::new(move |context: &_| (named.run)(&asked, context)),
            ..custom(OBJECTIVES, named.name, named.about)
        }
    });
    trials.collect()
}

/// The trials of a restore: that it was made, each proof, and that it took the old one's place.
/// Where the environment is the source there are none: it is only ever read.
pub(super) fn restore(state: &Arc<State>) -> Vec<Custom> {
    let with =
        |id: &str, about: &str, tell: fn(&Restored, &Context, &str) -> Result<(), Failure>| {
            let (suite, name) = id.split_once("::").unwrap_or((id, ""));
            let (fixture_state, body_state) = (Arc::clone(state), Arc::clone(state));
            let id = id.to_owned();
            Custom {
                fixture: Some(Arc::new(move |context| {
                    restoring::restored(&fixture_state, context).map(drop)
                })),
                body: Arc::new(move |context| {
                    let restored = restoring::restored(&body_state, context);
                    let restored = restored.map_err(|blocked| proofs::failure(&blocked.fault))?;
                    tell(&restored, context, &id)
                }),
                tags: [RESTORE.to_owned()].into(),
                ..custom(suite, name, about)
            }
        };
    let made = "Production's data are in a staging of their own, masked on the way.";
    let mut trials =
        vec![Custom { kind: EntryKind::Fixture, ..with(RESTORED, made, Restored::tell_made) }];
    trials.extend(proof::ALL.iter().map(|(id, about)| with(id, about, Restored::tell_proof)));
    let migrations = "Migrations of the project that production has not seen are applied.";
    trials.push(with(MIGRATIONS, migrations, Restored::tell_migrations));
    let after = "What migrations have written is proved: nobody of production, keys that hold.";
    trials.push(with(AFTER, after, Restored::tell_after));
    let swapped = "All of it proved, the new staging has taken the old one's place.";
    trials.push(with(SWAPPED, swapped, Restored::tell_swapped));
    trials
}

/// What stands before the smoke checks of a drill: the restored staging, in its place.
pub(super) fn before_checks(state: &Arc<State>) -> Fixture {
    let state = Arc::clone(state);
    Arc::new(move |context| restoring::restored(&state, context)?.in_place())
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
        tags: [BACKUP.to_owned()].into(),
        blocking: true,
        turn: Turn::First,
        fixture: None,
        body: Arc::new(|_| Ok(())),
    }
}
