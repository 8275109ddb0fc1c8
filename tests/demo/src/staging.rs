//! The project that a backup is restored into.

use std::path::Path;

use crate::api::Api;
use crate::database::Script;
use crate::fault::Fault;
use crate::storage::{Storage, StorageFault};
use crate::supabase::{DATABASE, Project};

/// The database that has nothing in it at all, not even the platform's schemas.
const EMPTY: &str = "empty";

/// A running staging. Dropping it removes it, cluster and all.
#[derive(Debug)]
pub struct Staging {
    project: Project,
}

impl Staging {
    /// A Supabase project as it is when it has just been made: production's roles, the platform's
    /// schemas, extensions and default privileges, and no table in `public`. `auth` and `storage`
    /// have no rows but those that say which of the platform's migrations they have seen. Beside it
    /// there is a database `empty`, for a restore into plain PostgreSQL.
    ///
    /// # Errors
    ///
    /// If PostgreSQL 15 or newer is missing or does not start. The text is for the person at the
    /// terminal.
    pub fn start() -> Result<Staging, String> {
        let project = Project::start()?;
        let empty = "create database empty owner postgres template template0";
        project.load(vec![vec![Script::new("empty database", DATABASE, empty)]])?;
        Ok(Staging { project })
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

    /// The database without anything in it, as the superuser. It belongs to `postgres`.
    #[must_use]
    pub fn empty_url(&self) -> String {
        self.project.superuser_url(EMPTY)
    }

    /// Where `pg_restore` and the other programs of this server's version are.
    #[must_use]
    pub fn bin_dir(&self) -> &Path {
        self.project.bin_dir()
    }

    /// Where the server keeps its files. It belongs to the account that the server runs as.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        self.project.data_dir()
    }

    /// The application over this database: it answers as it should once production's rows are
    /// there. `staff_token` is the bearer token that it accepts. It lives until it is dropped, and
    /// finds the database again when that was replaced.
    ///
    /// # Errors
    ///
    /// If there is no thread or no loopback port to be had.
    pub fn api(&self, staff_token: &str) -> Result<Api, String> {
        self.project.api(staff_token, None)
    }

    /// E-mail address and password of the application's own account, for tests. It stands in the
    /// application's configuration: in a masked database nobody has a password.
    #[must_use]
    pub fn login(&self) -> (&'static str, &str) {
        self.project.login()
    }

    /// The same, with one thing broken.
    ///
    /// # Errors
    ///
    /// If there is no thread or no loopback port to be had.
    pub fn broken_api(&self, staff_token: &str, fault: Fault) -> Result<Api, String> {
        self.project.api(staff_token, Some(fault))
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
