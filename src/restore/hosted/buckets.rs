//! Buckets and their settings, set up by the storage's own API: what the service knows of a bucket
//! is what it was told, and not what somebody wrote into its tables.

use crate::backup::manifest::{Bucket, Manifest};
use crate::backup::stop::Stop;
use crate::backup::storage::{Api, Role};
use crate::database::{ConnectionUrl, Permit, Writer};
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

/// How a bucket is called that is there for a moment.
const PROBE: &str = "smokedrill-probe-";

/// Finds out whether the key may do everything, and whether the API is that of this database: what
/// is written into the one is seen by the other. A name proves nothing, and what is in a staging
/// that was restored is what is in production.
///
/// # Errors
/// It may not, it does not answer, or it is another project's.
pub(crate) async fn reach(
    api: &Api,
    url: &ConnectionUrl,
    permit: &Permit,
    stop: &Stop,
) -> Result<(), Fault> {
    if api.role() != Role::Service {
        let message = "the key of staging's storage API may not set buckets up";
        return Err(Fault::errored(message).help("give a secret or `service_role` key"));
    }
    let writer = Writer::open(url, "smokedrill restore", permit).await?;
    // Its triggers refuse to have a bucket deleted by SQL.
    let alone =
        |sql: &str| format!("begin; set local session_replication_role = replica; {sql}; commit");
    let id = format!("{PROBE}{:016x}", fastrand::u64(..));
    // One that was killed meanwhile has left its own.
    let made = format!(
        "delete from storage.buckets where id like '{PROBE}%'; insert into storage.buckets (id, name) values ('{id}', '{id}')"
    );
    writer.run(&alone(&made)).await?;
    let seen = api.settings(stop).await;
    writer.run(&alone(&format!("delete from storage.buckets where id = '{id}'"))).await?;
    match seen?.iter().any(|bucket| bucket.id == id) {
        true => Ok(()),
        false => {
            let message = "the storage's API is not that of this database: a bucket that was \
                           made in the one is not in the other";
            let help =
                "name the same project in `database` and `storage`, see suites/environments.toml";
            Err(Fault::usage(message).help(help))
        }
    }
}

/// Makes every bucket of the manifest what it says.
///
/// # Errors
/// The API refuses, or a bucket is not what it was made.
pub(crate) async fn set_up(api: &Api, manifest: &Manifest, stop: &Stop) -> Result<SetUp, Fault> {
    let storage = manifest.storage.as_ref();
    let listing = storage.and_then(|storage| storage.database.as_ref().or(storage.api.as_ref()));
    make(api, listing.map_or(&[][..], |listing| &listing.buckets), stop).await
}

async fn make(api: &Api, wanted: &[Bucket], stop: &Stop) -> Result<SetUp, Fault> {
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

#[cfg(test)]
mod tests {
    use smokedrill_demo::Staging;

    use super::*;
    use crate::backup::storage::Network;

    #[tokio::test(flavor = "multi_thread")]
    async fn buckets_are_made_and_changed_until_they_are_what_they_should_be() {
        let staging = Staging::start().unwrap();
        let storage = staging.storage().unwrap();
        let api = |key: &str| Api::new(storage.project_url(), key, &Network::default()).unwrap();
        let (api, anon) = (api(storage.service_role_key()), api(storage.anon_key()));
        let stop = Stop::default();
        let bucket = |id: &str, public, limit, types: Option<&[&str]>| Bucket {
            id: id.to_owned(),
            public,
            file_size_limit: limit,
            allowed_mime_types: types.map(|all| all.iter().map(|t| (*t).to_owned()).collect()),
            objects: 7,
            bytes: 0,
            unsized_objects: 0,
        };
        let told =
            async |wanted: &[Bucket]| make(&api, wanted, &stop).await.unwrap().notes().join("; ");
        let first =
            [bucket("a (1)", false, Some(5), Some(&["image/*"])), bucket("b", true, None, None)];
        let notes = "buckets: 2 created, 0 updated, 0 were as they should be";
        assert_eq!(told(&first).await, notes);
        let then = [bucket("a (1)", true, None, None)];
        let notes = "buckets: 0 created, 1 updated, 0 were as they should be; \
                     buckets that the backup's manifest does not list: b";
        assert_eq!(told(&then).await, notes);
        assert_eq!(told(&[then[0].clone(), first[1].clone()]).await.matches("2 were").count(), 1);
        // One that was made meanwhile, or whose making was answered to nobody.
        api.write_bucket(&first[0], false, &stop).await.unwrap();
        let now = api.settings(&stop).await.unwrap();
        assert!(now.iter().any(|one| alike(one, &first[0])), "{now:?}");
        let url = ConnectionUrl::parse(&staging.superuser_url()).unwrap();
        let permit = crate::database::testing::permit(&url).await;
        // One that an earlier restore has left, when it was killed.
        let writer = Writer::open(&url, "smokedrill test", &permit).await.unwrap();
        let left = "insert into storage.buckets (id, name) values ('smokedrill-probe-1', 'smokedrill-probe-1')";
        writer.run(left).await.unwrap();
        reach(&api, &url, &permit, &stop).await.unwrap();
        assert_eq!(api.settings(&stop).await.unwrap().len(), 2);
        // Whoever is told to stop leaves none.
        let stopped = Stop::default();
        stopped.set(crate::fault::Fault::interrupted());
        reach(&api, &url, &permit, &stopped).await.unwrap_err();
        let refused = reach(&anon, &url, &permit, &stop).await.unwrap_err().to_string();
        assert!(refused.contains("may not set buckets up"), "{refused}");
        assert_eq!(api.settings(&stop).await.unwrap().len(), 2);
    }
}
