//! What the tests of this folder prove things of.

use std::collections::BTreeSet;

use super::*;
use crate::backup::store::testing;
use crate::database::testing::session;
use crate::database::{Excluded, catalogue};
use crate::masking::people::{Harvest, Row, Trait};

/// Ada Archer, and whoever is in a manifest of an empty backup.
pub(super) fn known() -> (People, Allowed) {
    let mut harvest = Harvest::new();
    let own = [
        (Trait::Name, "Ada Archer"),
        (Trait::Email, "ada@mail.test"),
        (Trait::Phone, "+15552000001"),
    ];
    let own = own.map(|(what, value)| (what, value.to_owned())).into();
    harvest.secret(b"hunter2-of-production");
    harvest.secret(b"ordinary");
    harvest.row(&Row { keys: vec![("t", b"1".to_vec())], own });
    (harvest.finish().unwrap(), Allowed::default())
}

/// The proofs of a database whose rows were masked by a plan.
pub(super) async fn proved_of(
    text: &str,
    manifest: &Manifest,
    known: fn() -> (People, Allowed),
    plan: MaskPlan,
    sums: Sums,
) -> Vec<Proved> {
    let whole = Whole { plan, sums, ..Whole::default() };
    proved_whole(text, manifest, known, whole).await
}

/// What else there is of a restore.
#[derive(Default)]
pub(super) struct Whole {
    pub(super) plan: MaskPlan,
    pub(super) sums: Sums,
    pub(super) sequences: Vec<Position>,
    pub(super) within: Option<Session>,
}

pub(super) async fn proved_whole(
    text: &str,
    manifest: &Manifest,
    known: fn() -> (People, Allowed),
    whole: Whole,
) -> Vec<Proved> {
    subject_with(text, manifest, known, whole, |subject| prove(subject).unwrap()).await
}

/// What is asked of a database that nobody has a plan for.
pub(super) async fn subject_of<T: Send + 'static>(
    text: &str,
    manifest: &Manifest,
    known: fn() -> (People, Allowed),
    ask: impl FnOnce(&Subject<'_>) -> T + Send + 'static,
) -> T {
    subject_with(text, manifest, known, Whole::default(), ask).await
}

async fn subject_with<T: Send + 'static>(
    text: &str,
    manifest: &Manifest,
    known: fn() -> (People, Allowed),
    whole: Whole,
    ask: impl FnOnce(&Subject<'_>) -> T + Send + 'static,
) -> T {
    let url = ConnectionUrl::parse(text).unwrap();
    let manifest = manifest.clone();
    let handle = Handle::current();
    tokio::task::spawn_blocking(move || {
        let (people, allowed) = known();
        let rewritten = BTreeSet::new();
        let stop = Stop::default();
        ask(&Subject {
            url: &url,
            manifest: &manifest,
            plan: &whole.plan,
            people: &people,
            allowed: &allowed,
            sums: &whole.sums,
            sequences: &whole.sequences,
            rewritten: &rewritten,
            left: &Left::default(),
            within: whole.within.as_ref(),
            workers: 1,
            runtime: &handle,
            stop: &stop,
        })
    })
    .await
    .unwrap()
}

/// The manifest of a backup with nothing but this database's catalogue.
pub(super) async fn manifest(text: &str) -> Manifest {
    let url = ConnectionUrl::parse(text).unwrap();
    let session = session(&url).await;
    let catalogue = catalogue(&session, &Excluded::default()).await.unwrap();
    Manifest { catalogue, ..testing::manifest(testing::ID, Vec::new()) }
}

pub(super) fn red(all: &[Proved]) -> Vec<(String, String)> {
    let red = all.iter().filter_map(|proved| Some((proved, proved.result.as_ref().err()?)));
    red.map(|(proved, fault)| (proved.id.clone(), fault.line())).collect()
}
