//! Buckets and their settings, set up by the storage's own API: what the service knows of a bucket
//! is what it was told, and not what somebody wrote into its tables.

use crate::backup::manifest::{Bucket, Manifest};
use crate::backup::stop::Stop;
use crate::backup::storage::{Api, Role};
use crate::fault::Fault;

/// What was done to buckets.
#[derive(Debug, Default)]
pub(crate) struct SetUp {
    created: u64,
    updated: u64,
    alike: u64,
    /// Buckets that the manifest does not list.
    others: Vec<String>,
}

impl SetUp {
    /// What people are told.
    pub(crate) fn notes(&self) -> Vec<String> {
        let Self { created, updated, alike, others } = self;
        let mut notes = vec![format!(
            "buckets: {created} created, {updated} updated, {alike} were as they should be"
        )];
        if !others.is_empty() {
            notes.push(format!(
                "buckets that the backup's manifest does not list: {}",
                others.join(", ")
            ));
        }
        notes
    }
}

/// Finds out whether the API answers, and the key may do everything.
///
/// # Errors
/// It does not, or it may not.
pub(crate) async fn reach(api: &Api, stop: &Stop) -> Result<(), Fault> {
    if api.role() != Role::Service {
        let message = "the key of staging's storage API may not set buckets up";
        return Err(Fault::errored(message).help("give a secret or `service_role` key"));
    }
    api.settings(stop).await.map(drop)
}

/// Makes every bucket of the manifest what it says.
///
/// # Errors
/// The API refuses, or a bucket is not what it was made.
pub(crate) async fn set_up(api: &Api, manifest: &Manifest, stop: &Stop) -> Result<SetUp, Fault> {
    let storage = manifest.storage.as_ref();
    let listing = storage.and_then(|storage| storage.database.as_ref().or(storage.api.as_ref()));
    let wanted = listing.map_or(&[][..], |listing| &listing.buckets);
    let there = api.settings(stop).await?;
    let mut done = SetUp::default();
    let known = |bucket: &Bucket| wanted.iter().any(|one| one.id == bucket.id);
    done.others = there.iter().filter(|one| !known(one)).map(|one| one.id.clone()).collect();
    for bucket in wanted {
        match there.iter().find(|one| one.id == bucket.id) {
            Some(one) if alike(one, bucket) => done.alike += 1,
            Some(_) => {
                api.write_bucket(bucket, true, stop).await?;
                done.updated += 1;
            }
            None => {
                api.write_bucket(bucket, false, stop).await?;
                done.created += 1;
            }
        }
    }
    // What it says of them now is what counts.
    let there = api.settings(stop).await?;
    let is_so =
        |bucket: &&Bucket| there.iter().any(|one| one.id == bucket.id && alike(one, bucket));
    match wanted.iter().find(|bucket| !is_so(bucket)) {
        None => Ok(done),
        Some(bucket) => {
            let message = "the bucket is not what it was made: the storage has a limit of its own, \
                           or something else changes it";
            Err(Fault::failed(message).object(&bucket.id))
        }
    }
}

fn alike(one: &Bucket, other: &Bucket) -> bool {
    let settings = |bucket: &Bucket| {
        (bucket.public, bucket.file_size_limit, bucket.allowed_mime_types.clone())
    };
    settings(one) == settings(other)
}
