//! A backup of storage alone, by its API: for who has the project's URL and a key, and no access to
//! the database.
//!
//! ```text
//! lock -> tidy -> listing -> contents, if asked for -> manifest -> published
//! ```
//!
//! There is no snapshot: what is changed while it is listed may be in it or not. Nor is there a
//! lock in the source: two backups that go to two places do not know of each other.

use jiff::Timestamp;

use super::files::Files;
use super::order::{Order, Unmade};
use super::stages::Clock;
use super::{contents, listings};
use crate::actor;
use crate::backup::manifest::{
    Catalogue, FORMAT_STORAGE_ALONE, Manifest, Snapshot, SourceIdentity,
};
use crate::backup::storage::Api;
use crate::backup::store::Holder;
use crate::fault::Fault;

/// Makes a backup of storage alone and publishes it; its manifest, with the hash of that.
///
/// # Errors
/// Why there is none. Nothing of it is left then.
pub(crate) fn make_alone(order: &Order<'_>) -> Result<(Manifest, String), Unmade> {
    let made = order.api.ok_or_else(|| Fault::errored("there is no storage API to ask"));
    let made = made.and_then(|api| run(order, api));
    // The word to stop outranks what came of it.
    made.map_err(|fault| Unmade::from(order.stop.why().unwrap_or(fault)))
}

fn run(order: &Order<'_>, api: &Api) -> Result<(Manifest, String), Fault> {
    let mut clock = Clock::new();
    let holder = Holder::new(&actor::actor(), &actor::host(), Timestamp::now());
    let lock = order.store.lock(&api.project_url(), &holder)?;
    for line in order.store.tidy()? {
        (order.tidied)(&line)?;
    }
    clock.lap("locks");

    let draft = order.store.begin(order.id, &holder)?;
    let files = Files { draft: &draft, recipients: order.recipients, stop: order.stop };
    // What is changed from here on may be missing.
    let begun = Timestamp::now();
    let mut manifests = listings::alone(order, &files)?;
    clock.lap("storage listing");
    contents::copy(order, &files, &mut manifests, None)?;
    if order.settings.contents {
        clock.lap("storage contents");
    }
    lock.check()?;
    order.stop.check()?;

    let manifest = Manifest {
        format: FORMAT_STORAGE_ALONE.to_owned(),
        id: order.id.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        actor: holder.actor.clone(),
        host: holder.host.clone(),
        started: holder.since,
        finished: Timestamp::now(),
        source: identity(order, api),
        snapshot: Snapshot { time: begun, local_time: begun, lsn: None, replayed: None },
        tools: Vec::new(),
        durations: clock.laps,
        files: manifests.records,
        recipients: order.recipients.map(|keys| keys.shown()).unwrap_or_default(),
        database: None,
        catalogue: Catalogue::default(),
        excluded: Vec::new(),
        storage: Some(manifests.storage),
        log: None,
        impact: None,
        untouched: None,
        audit: order.anchor.clone(),
    };
    let sha256 = draft.publish(&manifest)?;
    Ok((manifest, sha256))
}

/// What was asked: a project's storage, and no database.
fn identity(order: &Order<'_>, api: &Api) -> SourceIdentity {
    let (host, port, project) = api.place();
    SourceIdentity {
        environment: order.environment.to_owned(),
        host,
        address: None,
        port,
        database: String::new(),
        alias: None,
        user: String::new(),
        system_identifier: None,
        server_version: String::new(),
        project,
        standby: false,
        started: order.started,
        storage: Some(api.project_url()),
    }
}
