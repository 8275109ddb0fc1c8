//! A stand-in for an S3-compatible object store: one bucket, in memory, by path-style addresses.
//!
//! It takes what a client needs to keep files there, and refuses what S3 refuses: signatures are
//! checked in full, conditions on writes are honoured, a multipart upload with a small part in the
//! middle or with a false ETag does not complete.
//!
//! | request | answer |
//! |---|---|
//! | `PUT /{bucket}/{key}` | 200 with `ETag`; `If-None-Match: *` and `If-Match` are honoured: 412 |
//! | `GET`, `HEAD /{bucket}/{key}` | 200, or 206 for one range; `If-Match`: 412 |
//! | `DELETE /{bucket}/{key}` | 204, also where there is nothing |
//! | `POST /{bucket}?delete` | up to 1,000 keys at once |
//! | `GET /{bucket}?list-type=2` | `prefix`, `delimiter`, `max-keys`, `start-after`, `continuation-token`; at most 1,000 a page |
//! | `POST /{bucket}/{key}?uploads` | begins an upload in parts |
//! | `PUT /{bucket}/{key}?partNumber&uploadId` | one part |
//! | `POST /{bucket}/{key}?uploadId` | completes it; every part but the last must have 5 MiB |
//! | `DELETE /{bucket}/{key}?uploadId` | calls it off |
//!
//! Errors are XML with a code, as S3 has them: `NoSuchKey`, `NoSuchBucket`, `AccessDenied` and so
//! on. There are no versions, no checksum headers, no encryption, no tags, no copies.

mod answer;
mod gateway;
mod keep;
mod listing;
mod objects;
mod signature;
mod time;
mod uploads;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::scratch;
use crate::server::Server;
use gateway::App;
use keep::Keep;

/// The bucket's name.
const BUCKET: &str = "smokedrill-backups";

/// One thing that is wrong with an object store.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ObjectStoreFault {
    /// Every request is answered 403 `AccessDenied`, as with a key that has lost its rights.
    Forbidden,
    /// Every request is answered 500 `InternalError`.
    ServerError,
    /// Every request is answered 503 `SlowDown`.
    SlowDown,
    /// No request is ever answered.
    Hang,
    /// Every request is answered 404 `NoSuchBucket`.
    NoSuchBucket,
    /// Every request is answered 200, with an HTML page.
    Garbage,
    /// Writing is answered 507 `XMinioStorageFull`; the rest is well.
    Full,
    /// `If-None-Match` and `If-Match` have no effect on writes, as with older stores.
    NoConditions,
    /// `If-Match` alone has none, as with stores that know half of it.
    NoIfMatch,
    /// Every other write is done, and answered 500: the client cannot know that it was done.
    LostAnswers,
    /// The body of every other `GET` breaks off in the middle.
    HalfBody,
}

impl ObjectStoreFault {
    /// Every fault.
    pub const ALL: [ObjectStoreFault; 11] = [
        ObjectStoreFault::Forbidden,
        ObjectStoreFault::ServerError,
        ObjectStoreFault::SlowDown,
        ObjectStoreFault::Hang,
        ObjectStoreFault::NoSuchBucket,
        ObjectStoreFault::Garbage,
        ObjectStoreFault::Full,
        ObjectStoreFault::NoConditions,
        ObjectStoreFault::NoIfMatch,
        ObjectStoreFault::LostAnswers,
        ObjectStoreFault::HalfBody,
    ];
}

/// A running object store on a loopback port of its own. Dropping it stops it, and its objects are
/// gone.
///
/// ```no_run
/// # fn main() -> Result<(), String> {
/// let store = smokedrill_demo::ObjectStore::start()?;
/// store.put("backups/photo.jpg", b"...");
/// assert_eq!(store.keys(), ["backups/photo.jpg"]);
/// println!("{}/{} for {}", store.url(), store.bucket(), store.access_key());
/// # Ok(())
/// # }
/// ```
pub struct ObjectStore {
    server: Server,
    app: Arc<App>,
}

impl ObjectStore {
    /// Starts an empty one.
    ///
    /// # Errors
    ///
    /// If there is no thread, no randomness or no loopback port to be had.
    pub fn start() -> Result<ObjectStore, String> {
        let access_key = format!("AKIADEMO{}", &scratch::random_hex()?[..12].to_uppercase());
        let app = Arc::new(App::new(access_key, scratch::random_hex()?));
        let server = Server::start("object store", |_| gateway::router(Arc::clone(&app)))?;
        Ok(ObjectStore { server, app })
    }

    /// The endpoint: `http://127.0.0.1:PORT`. The bucket is below it.
    #[must_use]
    pub fn url(&self) -> &str {
        self.server.base_url()
    }

    /// The one bucket's name.
    #[must_use]
    pub fn bucket(&self) -> &'static str {
        BUCKET
    }

    /// The id of the one key that is let in, in any region.
    #[must_use]
    pub fn access_key(&self) -> &str {
        self.app.access_key()
    }

    /// The key itself.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        self.app.secret_key()
    }

    /// Has one thing wrong from now on, or nothing.
    pub fn set_fault(&self, fault: Option<ObjectStoreFault>) {
        self.app.set_fault(fault);
    }

    /// Winds the store's clock on: what is written from now on is later by so much. What is there
    /// keeps its time.
    pub fn advance(&self, by: Duration) {
        self.keep(|keep| keep.advance(by));
    }

    /// The keys of all objects, in order.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.keep(|keep| keep.objects.keys().cloned().collect())
    }

    /// An object's content.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.keep(|keep| keep.objects.get(key).map(|object| object.bytes.to_vec()))
    }

    /// Puts an object, past the API.
    pub fn put(&self, key: &str, bytes: &[u8]) {
        self.keep(|keep| keep.put(key, bytes.to_vec().into()));
    }

    /// Removes an object, past the API; whether there was one.
    pub fn remove(&self, key: &str) -> bool {
        self.keep(|keep| keep.objects.remove(key).is_some())
    }

    /// How many uploads in parts were begun, and neither completed nor called off.
    #[must_use]
    pub fn unfinished_uploads(&self) -> usize {
        self.keep(|keep| keep.uploads.len())
    }

    /// How many parts were taken, ever.
    #[must_use]
    pub fn parts_taken(&self) -> usize {
        self.keep(|keep| keep.parts_taken)
    }

    fn keep<T>(&self, look: impl FnOnce(&mut Keep) -> T) -> T {
        look(&mut self.app.keep())
    }
}

impl fmt::Debug for ObjectStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectStore").field("url", &self.url()).finish_non_exhaustive()
    }
}
