//! What a hosted Supabase project is made of: the roles, the platform's schemas, the keys.
//!
//! The superuser is `supabase_admin`; the project's owner, `postgres`, is none. Everything is in
//! the database `postgres`, as it is there.

mod keys;

use std::path::Path;

pub(crate) use keys::{Key, Keys, Refusal};

use crate::api::Api;
use crate::cluster::{Cluster, Kind};
use crate::database::{self, Script};
use crate::fault::Fault;
use crate::status;
use crate::storage::{Storage, StorageFault};

/// The name of the database.
pub(crate) const DATABASE: &str = "postgres";

/// Whom the application knows by its configuration.
const TESTER: &str = "tester@brook.test";

/// Supabase offers versions 15 and 17. The write-ahead log is the logical one that its replication
/// needs; memory is that of its smallest machine, and checkpoints do not disturb a measurement.
const KIND: Kind = Kind {
    superuser: "supabase_admin",
    oldest: 15,
    settings: &[
        "wal_level=logical",
        "shared_buffers=128MB",
        "work_mem=16MB",
        "maintenance_work_mem=64MB",
        "max_wal_size=4GB",
        "checkpoint_timeout=30min",
    ],
};

/// A project on a cluster of its own.
#[derive(Debug)]
pub(crate) struct Project {
    cluster: Cluster,
    keys: Keys,
}

impl Project {
    /// A project that nobody has put anything into.
    pub(crate) fn start() -> Result<Project, String> {
        let cluster = Cluster::start(KIND)?;
        let keys = Keys::create()?;
        let project = Project { cluster, keys };
        let script = |name, sql| vec![project.script(name, sql)];
        project.load(vec![
            script("roles", include_str!("roles.sql")),
            script("extensions", include_str!("extensions.sql")),
            script("auth", include_str!("auth.sql")),
            script("storage", include_str!("storage.sql")),
            script("platform", include_str!("platform.sql")),
        ])?;
        Ok(project)
    }

    /// A standby of the project's server.
    pub(crate) fn standby(&self) -> Result<Cluster, String> {
        self.cluster.standby()
    }

    /// SQL for the project's database, with its secrets filled in.
    pub(crate) fn script(&self, name: &'static str, sql: &str) -> Script {
        let sql = sql
            .replace("@PASSWORD@", self.cluster.password())
            .replace("@SERVICE_ROLE_KEY@", self.keys.of(Key::ServiceRole))
            .replace("@JWT_SECRET@", self.keys.secret());
        Script { name, database: DATABASE, sql: sql.into() }
    }

    pub(crate) fn load(&self, steps: Vec<Vec<Script>>) -> Result<(), String> {
        database::load(&self.cluster, steps)
    }

    pub(crate) fn superuser_url(&self, database: &str) -> String {
        self.cluster.url(self.cluster.superuser(), database)
    }

    pub(crate) fn url(&self, role: &str) -> String {
        self.cluster.url(role, DATABASE)
    }

    pub(crate) fn storage(&self, fault: Option<StorageFault>) -> Result<Storage, String> {
        Storage::start(&self.cluster, DATABASE, &self.keys, fault)
    }

    pub(crate) fn api(&self, staff_token: &str, fault: Option<Fault>) -> Result<Api, String> {
        let account = Some((TESTER, self.cluster.password().to_owned()));
        Api::start(&self.cluster, DATABASE, status::SUPABASE, staff_token, account, fault)
    }

    /// E-mail address and password of the account that the application brings along. Nobody of
    /// production can sign in after a masked restore.
    pub(crate) fn login(&self) -> (&'static str, &str) {
        (TESTER, self.cluster.password())
    }

    pub(crate) fn bin_dir(&self) -> &Path {
        self.cluster.bin_dir()
    }

    pub(crate) fn data_dir(&self) -> &Path {
        self.cluster.data_dir()
    }
}
