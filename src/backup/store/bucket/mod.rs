//! A bucket of an S3-compatible object store.
//!
//! ```text
//! <prefix>/20261124T034125Z-9f31c2aa/manifest.json    written last: without it there is no backup
//! <prefix>/20261124T034125Z-9f31c2aa/database.dump.zst
//! <prefix>/drafts/<id>.json     who makes that backup; renewed each minute
//! <prefix>/locks/<source>.json  who backs up that source; renewed each minute
//! <prefix>/removed/<id>.json    a backup on its way out
//! ```
//!
//! Everything else below the prefix is somebody else's and left alone.
//!
//! The store must honour conditions on writes (`If-None-Match`, `If-Match`: AWS since 2024, MinIO,
//! Cloudflare R2), which is what makes two machines agree; [`Bucket::probe`] tries that.
//!
//! A process that is killed leaves parts of unfinished uploads, which no listing shows and which
//! cost money. Only the store can find them: give the bucket a lifecycle rule
//! (`AbortIncompleteMultipartUpload`, after a day).
//!
//! Least rights of the keys: `s3:ListBucket` on the bucket; `s3:GetObject`, `s3:PutObject`,
//! `s3:DeleteObject` and `s3:AbortMultipartUpload` on what is below the prefix.

mod answer;
mod claim;
mod client;
mod draft;
mod lock;
mod read;
mod tidy;
mod upload;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use object_store::aws::AmazonS3;
use object_store::path::Path;
use object_store::{
    Error, ObjectMeta, ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions, UpdateVersion,
};
use tokio::runtime::Handle;

use super::trouble::STAGE;
use super::{Room, S3Location};
use crate::fault::Fault;

pub(super) use client::Pace;
pub(super) use draft::BucketDraft;
pub(super) use lock::BucketLock;
pub(super) use upload::Upload;

/// What cleaning up may take when something is dropped.
const FAREWELL: Duration = Duration::from_secs(20);

/// A bucket, and what is below one prefix of it.
#[derive(Clone)]
pub(super) struct Bucket(Arc<Inner>);

struct Inner {
    s3: AmazonS3,
    shown: String,
    prefix: String,
    runtime: Handle,
    pace: Pace,
}

impl Bucket {
    pub(super) fn open(location: &S3Location, runtime: &Handle) -> Result<Self, Fault> {
        Self::open_at(location, runtime, Pace::default())
    }

    pub(super) fn open_at(
        location: &S3Location,
        runtime: &Handle,
        pace: Pace,
    ) -> Result<Self, Fault> {
        location.check()?;
        let s3 = client::build(location, &pace)?;
        let (shown, prefix) = (location.shown(), location.prefix.clone());
        Ok(Self(Arc::new(Inner { s3, shown, prefix, runtime: runtime.clone(), pace })))
    }

    pub(super) fn shown(&self) -> String {
        self.0.shown.clone()
    }

    /// Writes, reads and removes; and writes where nothing may be yet, and where another version
    /// must be: either must be refused, or two backups at once would not be told apart.
    pub(super) fn probe(&self) -> Result<Room, Fault> {
        self.wait(async {
            let path = self.path(&format!("probe/{:016x}", fastrand::u64(..)));
            let text = b"smokedrill was here\n".repeat(200);
            let put = |mode: PutMode| {
                let (path, text) = (&path, text.clone());
                async move { self.0.s3.put_opts(path, text.into(), PutOptions::from(mode)).await }
            };
            let tried = async {
                put(PutMode::Overwrite).await?;
                let read = self.0.s3.get(&path).await?.bytes().await?;
                let second = put(PutMode::Create).await;
                // Nobody's: a write that wants it must be refused too.
                let e_tag = Some(format!("\"{:032x}\"", fastrand::u128(..)));
                let third = put(PutMode::Update(UpdateVersion { e_tag, version: None })).await;
                self.0.s3.list(Some(&self.path("probe"))).try_next().await?;
                Ok::<_, Error>((read, [second, third]))
            };
            let result = tried.await;
            let removed = self.0.s3.delete(&path).await;
            let (read, conditional) = result.map_err(|error| self.fault(&error, &path))?;
            removed.map_err(|error| self.fault(&error, &path))?;
            if read.as_ref() != text.as_slice() {
                let fault = Fault::errored("what was written is not what is read back");
                return Err(fault.stage(STAGE).object(self.place(&path)));
            }
            match conditional {
                [Err(Error::AlreadyExists { .. }), Err(Error::Precondition { .. })] => {
                    Ok(Room { free: None })
                }
                _ => Err(self.lawless()),
            }
        })
    }

    /// The store ignores conditions, or refuses them all.
    fn lawless(&self) -> Fault {
        Fault::errored(
            "the store does not honour conditions on writes (`If-None-Match`, `If-Match`)",
        )
        .stage(STAGE)
        .object(&self.0.shown)
        .help(
            "two backups at once could not be told apart there: use a store that has them \
                 (AWS S3, MinIO, Cloudflare R2 and others), or a folder",
        )
    }

    /// Waits for what the runtime does.
    ///
    /// Never from within a task: tokio panics there.
    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.0.runtime.block_on(work)
    }

    /// Does what must be done when something is dropped, wherever that happens: waits a while for
    /// it, but not within a task.
    fn at_last(&self, work: impl Future<Output = ()> + Send + 'static) {
        let (done, wait) = std::sync::mpsc::channel::<()>();
        self.0.runtime.spawn(async move {
            work.await;
            drop(done);
        });
        if Handle::try_current().is_err() {
            let _ = wait.recv_timeout(FAREWELL);
        }
    }

    /// A key below the prefix. All that is put in is of plain signs: names, numbers, prefixes
    /// that were checked.
    fn path(&self, below: &str) -> Path {
        let prefix = &self.0.prefix;
        if prefix.is_empty() { Path::from(below) } else { Path::from(format!("{prefix}/{below}")) }
    }

    /// The prefix itself; nothing where all of the bucket is ours.
    fn root(&self) -> Option<Path> {
        let prefix = &self.0.prefix;
        (!prefix.is_empty()).then(|| Path::from(prefix.as_str()))
    }

    /// A key for people to read, below the place.
    fn place(&self, path: &Path) -> String {
        let path = path.as_ref();
        let below = path.strip_prefix(self.0.prefix.as_str()).unwrap_or(path);
        format!("{}/{}", self.0.shown, below.trim_start_matches('/'))
    }

    fn fault(&self, error: &Error, path: &Path) -> Fault {
        answer::fault(error, &self.place(path))
    }

    /// Everything below a key, with its size.
    async fn all(&self, path: &Path) -> Result<Vec<ObjectMeta>, Fault> {
        let found = self.0.s3.list(Some(path)).try_collect().await;
        found.map_err(|error| self.fault(&error, path))
    }

    /// What the store's clock says, in milliseconds: the time that it gives to a fresh object.
    async fn clock(&self) -> Result<i64, Fault> {
        let path = self.path(&format!("probe/{:016x}", fastrand::u64(..)));
        let fault = |error: Error| self.fault(&error, &path);
        self.0.s3.put(&path, "clock".into()).await.map_err(fault)?;
        let found = self.0.s3.head(&path).await;
        let removed = self.0.s3.delete(&path).await;
        let time = found.map_err(fault)?.last_modified.timestamp_millis();
        removed.map_err(fault)?;
        Ok(time)
    }

    /// Removes one object, and is content if it is gone.
    async fn delete(&self, path: &Path) -> Result<(), Fault> {
        match self.0.s3.delete(path).await {
            Ok(()) => Ok(()),
            Err(error) if answer::is_missing(&error) => Ok(()),
            Err(error) => Err(self.fault(&error, path)),
        }
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({})", self.0.shown)
    }
}

#[cfg(test)]
mod tests;
