//! A Supabase project with a business in it, of the size one asks for.
//!
//! The rows are the same at every start; only the times move, with the hour of the start. People
//! are made first (`people.sql`), and every table takes a person's name, address and numbers from
//! there: in columns, arrays, JSON, free text, names of files, comments and function bodies alike.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::cluster::Cluster;
use crate::storage::{Storage, StorageFault};
use crate::supabase::{DATABASE, Project};

/// Customers at scale 1. With all that belongs to one it makes just above 100 MB of COPY text.
const CUSTOMERS: u32 = 3700;

/// Customers at scale 0.
const FEW: u32 = 60;

/// A running production. Dropping it removes it, cluster and all.
#[derive(Debug)]
pub struct Production {
    project: Project,
}

impl Production {
    /// A Supabase-like database on a throw-away cluster of its own. Scale 1 is just above 100 MB of
    /// raw COPY data, scale 5 five times that; scale 0 is tiny, for tests: a few thousand rows.
    ///
    /// # Errors
    ///
    /// If PostgreSQL 15 or newer is missing or does not start. The text is for the person at the
    /// terminal.
    pub fn start(scale: u32) -> Result<Production, String> {
        let project = Project::start()?;
        let customers = if scale == 0 { FEW } else { CUSTOMERS * scale };
        let hour = hour();
        let script = |name, sql: &str| {
            let sql = sql
                .replace("@BASE@", &format!("to_timestamp({hour})"))
                .replace("@CUSTOMERS@", &customers.to_string())
                .replace("@TECHNICIANS@", &(8 + 4 * scale).to_string());
            project.script(name, &sql)
        };
        project.load(vec![
            vec![script("tables", include_str!("tables.sql"))],
            vec![script("people", include_str!("people.sql"))],
            vec![
                script("jobs", include_str!("seed_jobs.sql")),
                script("messages", include_str!("seed_messages.sql")),
                script("accounts", include_str!("seed_auth.sql")),
                script("log of accounts", include_str!("seed_auth_log.sql")),
                script("objects", include_str!("seed_storage.sql")),
                script("customers", include_str!("seed_customers.sql")),
            ],
            vec![script("keys", include_str!("keys.sql"))],
            vec![script("behaviour", include_str!("behaviour.sql"))],
            vec![script("platform's rows", include_str!("platform_rows.sql"))],
            // A tenth of the usual sample is enough for tables as regular as these.
            vec![script("statistics", "set default_statistics_target = 10; analyze")],
        ])?;
        Ok(Production { project })
    }

    /// The database as its superuser, `supabase_admin`, whom a hosted project's owner is not given.
    #[must_use]
    pub fn superuser_url(&self) -> String {
        self.project.superuser_url(DATABASE)
    }

    /// The database as `postgres`, the project's owner: no superuser, and bypassing row security.
    #[must_use]
    pub fn owner_url(&self) -> String {
        self.project.url("postgres")
    }

    /// The database as `supabase_read_only_user`, who reads everything and bypasses row security.
    #[must_use]
    pub fn read_only_url(&self) -> String {
        self.project.url("supabase_read_only_user")
    }

    /// The database as `report_reader`, who reads everything but does not bypass row security, so
    /// that a dump by this role fails.
    #[must_use]
    pub fn plain_reader_url(&self) -> String {
        self.project.url("report_reader")
    }

    /// A standby that follows it, as one backs up to spare production.
    ///
    /// # Errors
    ///
    /// If it cannot be copied or started.
    pub fn standby(&self) -> Result<Standby, String> {
        Ok(Standby { cluster: self.project.standby()? })
    }

    /// Where `pg_dump` and the other programs of this server's version are.
    #[must_use]
    pub fn bin_dir(&self) -> &Path {
        self.project.bin_dir()
    }

    /// Where the server keeps its files. It belongs to the account that the server runs as.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        self.project.data_dir()
    }

    /// The storage API over this database. It lives until it is dropped.
    ///
    /// # Errors
    ///
    /// If there is no thread or no loopback port to be had.
    pub fn storage(&self) -> Result<Storage, String> {
        self.project.storage(None)
    }

    /// The storage API over this database, with one thing wrong.
    ///
    /// # Errors
    ///
    /// If there is no thread or no loopback port to be had.
    pub fn broken_storage(&self, fault: StorageFault) -> Result<Storage, String> {
        self.project.storage(Some(fault))
    }
}

/// The last full hour, in seconds of Unix time.
fn hour() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    now / 3600 * 3600
}

/// A running standby. Dropping it removes it, and nothing of production.
#[derive(Debug)]
pub struct Standby {
    cluster: Cluster,
}

impl Standby {
    /// The database as its superuser, who may pause what it replays.
    #[must_use]
    pub fn superuser_url(&self) -> String {
        self.cluster.url(self.cluster.superuser(), DATABASE)
    }

    /// The same as [`Production::read_only_url`].
    #[must_use]
    pub fn read_only_url(&self) -> String {
        self.cluster.url("supabase_read_only_user", DATABASE)
    }
}
