//! A small field-service business to test against: customers, jobs, reminders, invoices, uploads.
//!
//! [`Demo::start`] makes a throw-away PostgreSQL of the installed binaries, loads a schema and a
//! few thousand rows, and serves an HTTP API over it on a free loopback port. Dropping the value
//! takes all of it away. [`Demo::broken`] serves the same business with one [`Fault`].
//!
//! ```no_run
//! # fn main() -> Result<(), String> {
//! let demo = smokedrill_demo::Demo::start()?;
//! let slow = demo.broken(smokedrill_demo::Fault::Slow)?;
//! println!("{} is well, {} is slow", demo.base_url(), slow.base_url());
//! # Ok(())
//! # }
//! ```
//!
//! # The API
//!
//! | endpoint | answer |
//! |---|---|
//! | `GET /api/health` | 200 `{"ok":true}` |
//! | `GET /api/ready` | 200, or 503 if a check fails: `{"ok":…,"checks":{"database":{"ok":…,"latency_ms":…},"migrations":…,"storage":…}}` |
//! | `GET /api/ops/samples` | 200, an object of numbers |
//! | `GET /api/reports/upcoming-reminders` | 200 `text/csv; charset=utf-8`: `reminder_id,job_id,customer,channel,due_at,status` |
//! | `POST /api/auth/token` | `{"email","password"}` → 200 `{"access_token","token_type","expires_in"}`, else 401 |
//! | `GET /api/customers?limit=N` | bearer token → 200, a list of `{"id","name","email","phone"}` |
//! | `POST` or `GET /api/uploads/sign` | bearer token, `{"bucket","name","content_type"}` (for `GET` in the query) → 200 `{"url","method","content_type","expires_in"}` |
//! | `GET /` | 302 to `/app` |
//! | `GET /app`, `/login`, `/customers` | small HTML pages: the start, signing in, and what is there for who has |
//! | anything else | 404 `{"error":"not_found"}` |
//!
//! A protected endpoint answers 401 `{"error":"unauthorized"}` without a credential and 403
//! `{"error":"forbidden"}` with a false one.
//!
//! # Production and staging
//!
//! [`Production::start`] makes a second kind of cluster: a Supabase project as it is hosted, with
//! its roles, its schemas and the same business in a database that has one of everything a restore
//! can stumble over, at a size of one's choice. [`Staging::start`] makes the project that such a
//! backup is restored into, and [`Staging::api`] the application over it. Each serves its storage API with [`Production::storage`] and
//! [`Staging::storage`], as the small business does with [`Demo::storage`], or with one
//! [`StorageFault`].
//!
//! [`Production::standby`] makes a standby that follows it, and [`Pooler::start`] puts a pooler before either, which drops what a session asks for at its start.
//!
//! # An object store
//!
//! [`ObjectStore::start`] makes a place to keep backups in: a bucket as S3 has it, without a
//! database, with one [`ObjectStoreFault`] at a time.
//!
//! # An SMS provider
//!
//! [`Sms::start`] makes one in test mode, with a test account's credentials and magic numbers, or
//! with one [`SmsFault`].
//!
//! # Which PostgreSQL
//!
//! The newest that is found in `PATH`, by `pg_config`, and where Debian, Fedora, Homebrew, MacPorts
//! and Postgres.app put it; or the one whose programs are in the folder that
//! `SMOKEDRILL_DEMO_POSTGRES_BIN` names. Root becomes the user `postgres` for it.
//!
//! # What is left behind
//!
//! Nothing, also when the test process is killed: see `watchdog.sh`, which runs the server and stops
//! it when the process that started it is gone. If the watchdog is killed too (a container that
//! stops, a power cut), the next [`Demo::start`] removes what it finds: see `stale.rs`.

mod access;
mod account;
mod api;
mod bucket;
mod cluster;
mod database;
mod fault;
mod installation;
mod pooler;
mod production;
mod reports;
mod routes;
mod scratch;
mod server;
mod sms;
mod staging;
mod stale;
mod status;
mod storage;
mod supabase;

pub use api::Api;
pub use bucket::{ObjectStore, ObjectStoreFault};
pub use fault::Fault;
pub use pooler::Pooler;
pub use production::{Production, Standby};
pub use sms::{Sms, SmsFault};
pub use staging::Staging;
pub use storage::{Storage, StorageFault};

use cluster::{Cluster, Kind};
use database::Script;

/// The name of the business's database.
const NAME: &str = "fieldservice";

/// The schema and the seed are good for old versions too.
const KIND: Kind = Kind { superuser: "demo", oldest: 13, settings: &[] };

/// A running business: the database server and a healthy API. Dropping it removes both.
#[derive(Debug)]
pub struct Demo {
    // Fields drop in this order: the API lets go of the database before the server stops.
    api: Api,
    cluster: Cluster,
    keys: supabase::Keys,
    staff_token: String,
}

impl Demo {
    /// Starts a PostgreSQL server of its own, with schema and seed, and the API over it.
    ///
    /// # Errors
    ///
    /// If PostgreSQL is missing, too old or does not start. The text is for the person at the
    /// terminal: it says what is missing and what to install.
    pub fn start() -> Result<Demo, String> {
        let cluster = Cluster::start(KIND)?;
        let schema = include_str!("schema.sql").replace("@PASSWORD@", cluster.password());
        let steps = vec![
            vec![Script::new("database", "postgres", "create database fieldservice")],
            vec![Script { name: "schema", database: NAME, sql: schema.into() }],
            vec![Script::new("seed", NAME, include_str!("seed.sql"))],
        ];
        database::load(&cluster, steps)?;
        let staff_token = format!("demo-{}", scratch::random_hex()?);
        let api = Api::start(&cluster, NAME, status::OWN, &staff_token, None, None)?;
        let keys = supabase::Keys::create()?;
        Ok(Demo { api, cluster, keys, staff_token })
    }

    /// Where the healthy API listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.api.base_url()
    }

    /// The bearer token that protected endpoints accept, of the healthy and of every broken API.
    #[must_use]
    pub fn staff_token(&self) -> &str {
        &self.staff_token
    }

    /// E-mail address and password that `/api/auth/token` accepts.
    #[must_use]
    pub fn staff_login(&self) -> (&'static str, &'static str) {
        ("staff@brook.test", "demo-password-1")
    }

    /// The database as its superuser: `postgres://USER:PASSWORD@127.0.0.1:PORT/DATABASE`.
    #[must_use]
    pub fn database_url(&self) -> String {
        self.cluster.url(self.cluster.superuser(), NAME)
    }

    /// One more API over the same database, with one thing broken. It lives until it is dropped.
    ///
    /// # Errors
    ///
    /// If there is no thread or no loopback port to be had.
    pub fn broken(&self, fault: Fault) -> Result<Api, String> {
        Api::start(&self.cluster, NAME, status::OWN, &self.staff_token, None, Some(fault))
    }

    /// The storage API over the database's buckets. It lives until it is dropped.
    ///
    /// # Errors
    ///
    /// If there is no thread or no loopback port to be had.
    pub fn storage(&self) -> Result<Storage, String> {
        Storage::start(&self.cluster, NAME, &self.keys, None)
    }

    /// The storage API over the database's buckets, with one thing wrong.
    ///
    /// # Errors
    ///
    /// If there is no thread or no loopback port to be had.
    pub fn broken_storage(&self, fault: StorageFault) -> Result<Storage, String> {
        Storage::start(&self.cluster, NAME, &self.keys, Some(fault))
    }
}
