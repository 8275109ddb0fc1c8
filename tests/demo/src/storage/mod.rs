//! A stand-in for the Storage API, over the same tables as the real one.
//!
//! It answers as the real server does behind the gateway of a hosted project, for what a backup and
//! a restore ask: base path `/storage/v1`, keys of both formats, errors as HTTP 400 with the true
//! status as a text inside, and rights by the row security of the database, so that too little
//! privilege looks like emptiness.
//!
//! | endpoint | answer |
//! |---|---|
//! | `GET /status`, `/health`, `/version` | no key needed; `/status` has no body |
//! | `GET /bucket?limit&offset&sortColumn&sortOrder&search` | a list of buckets |
//! | `POST /bucket` | `{"name","public","file_size_limit","allowed_mime_types"}` → `{"name"}` |
//! | `GET`, `PUT`, `DELETE /bucket/{id}` | one bucket; `{"message"}`; `{"message"}` |
//! | `POST /object/list/{bucket}` | one level: folders, then objects, at most 1,500 a page |
//! | `POST /object/list-v2/{bucket}` | flat, or one level with `with_delimiter`; at most 1,000 a page |
//! | `GET /object/info/{bucket}/{key}` | one object with its version and user metadata |
//! | `GET /object/{bucket}/{key}` | its content, also in ranges; also below `/object/authenticated` |
//! | `POST /object/{bucket}/{key}` | an upload, of the body as it is → `{"Key","Id"}`; what is there gives way with `x-upsert: true` |
//! | `DELETE /object/{bucket}/{key}` | `{"message"}` |
//!
//! The content of what was there before is not stored: it is the line `object {id}` repeated to the
//! object's size, which is what the MD5 in the object's metadata was taken of. What is uploaded is
//! kept in memory.

mod answer;
mod buckets;
mod gateway;
mod levels;
mod objects;
mod pages;
mod writing;

use std::fmt;

use crate::cluster::Cluster;
use crate::database::{self, Database};
use crate::server::Server;
use crate::supabase::{Key, Keys};

/// One thing that is wrong with a storage API.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum StorageFault {
    /// Every request is answered 401 by the gateway, as with a key that was revoked.
    Unauthorized,
    /// Every request is answered 429.
    TooManyRequests,
    /// Every request is answered 500.
    ServerError,
    /// Every listing is answered 200, with an HTML page.
    Garbage,
    /// Every listing breaks off in the middle of its body.
    HalfPage,
    /// Every listing of objects gives its first page again, for ever: offset and cursor are ignored.
    RepeatingPage,
    /// The second version of the listing is switched off: 400 `FeatureNotEnabled`.
    ListV2Disabled,
    /// The bytes of the first object of the bucket `maintenance` are lost: it is listed, and its
    /// content answers 500.
    LostBytes,
    /// An upload needs no key.
    OpenUploads,
    /// A download needs no key.
    OpenDownloads,
    /// One byte of what was uploaded comes back as another.
    ChangedBytes,
    /// Removing an object is answered as ever, and removes nothing.
    KeepsObjects,
}

impl StorageFault {
    /// Every fault that who only reads as `service_role` can meet.
    pub const ALL: [StorageFault; 8] = [
        StorageFault::Unauthorized,
        StorageFault::TooManyRequests,
        StorageFault::ServerError,
        StorageFault::Garbage,
        StorageFault::HalfPage,
        StorageFault::RepeatingPage,
        StorageFault::ListV2Disabled,
        StorageFault::LostBytes,
    ];

    /// Every fault that who writes an object, or has no key, meets beside.
    pub const OF_WRITING: [StorageFault; 4] = [
        StorageFault::OpenUploads,
        StorageFault::OpenDownloads,
        StorageFault::ChangedBytes,
        StorageFault::KeepsObjects,
    ];
}

/// A running storage API on a loopback port of its own. Dropping it stops it.
pub struct Storage {
    server: Server,
    keys: Keys,
}

impl Storage {
    /// The project's URL, `http://127.0.0.1:PORT`: the API is below `/storage/v1`.
    #[must_use]
    pub fn project_url(&self) -> &str {
        self.server.base_url()
    }

    /// The legacy key that may do everything. It goes into `apikey` and `Authorization: Bearer`.
    #[must_use]
    pub fn service_role_key(&self) -> &str {
        self.keys.of(Key::ServiceRole)
    }

    /// The legacy key that may do nothing but look at what is public.
    #[must_use]
    pub fn anon_key(&self) -> &str {
        self.keys.of(Key::Anon)
    }

    /// The newer key that may do everything, `sb_secret_…`. It goes into `apikey` alone.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        self.keys.of(Key::Secret)
    }

    /// The newer key that may do nothing but look at what is public, `sb_publishable_…`.
    #[must_use]
    pub fn publishable_key(&self) -> &str {
        self.keys.of(Key::Publishable)
    }

    pub(crate) fn start(
        cluster: &Cluster,
        database: &str,
        keys: &Keys,
        fault: Option<StorageFault>,
    ) -> Result<Storage, String> {
        let session = |role: &str| {
            let mut config = database::config(cluster, database);
            config.user("authenticator");
            // The server that owns these tables may delete from them.
            config.options(format!("-c role={role} -c storage.allow_delete_query=true"));
            Database::new(config)
        };
        let app = gateway::App {
            anon: session("anon"),
            authenticated: session("authenticated"),
            service_role: session("service_role"),
            keys: keys.clone(),
            contents: writing::Contents::default(),
            fault,
        };
        let server = Server::start("storage API", |_| gateway::router(app))?;
        Ok(Storage { server, keys: keys.clone() })
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Storage").field("project_url", &self.project_url()).finish_non_exhaustive()
    }
}
