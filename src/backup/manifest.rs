//! The manifest: what a backup is, and what proves it. `manifest.json` beside its files.
//!
//! It is written last, so a folder without it is no backup. It names tables, never rows; and
//! buckets, never the objects in them: a key such as `jane-doe-invoice.pdf` is personal data, so
//! the keys stand in a file that is encrypted where files are.
//!
//! ```json
//! {
//!   "format": "smokedrill.backup/1",
//!   "id": "20261124T034125Z-9f31c2aa",
//!   "source": { "environment": "production", "system_identifier": "7312…", "project": "abcd…" },
//!   "files": [ { "name": "database.dump.zst", "bytes": 553012345, "sha256": "…" } ],
//!   "database": { "tables": [ { "schema": "public", "name": "jobs", "rows": 41230, … } ] }
//! }
//! ```

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// The version of the manifest's form.
pub const FORMAT: &str = "smokedrill.backup/1";

/// The name of the manifest's file.
pub(crate) const MANIFEST: &str = "manifest.json";

/// What a backup is. Sizes are in bytes, durations in seconds, times in UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this form: [`FORMAT`].
    pub format: String,
    /// The backup's name: when it began, and eight random digits.
    pub id: String,
    /// The version of smokedrill.
    pub version: String,
    /// Who made it: the user, as the system names them.
    pub actor: String,
    /// The machine that made it.
    pub host: String,
    /// When the work began.
    pub started: Timestamp,
    /// When all was written but this manifest.
    pub finished: Timestamp,
    /// What was backed up.
    pub source: SourceIdentity,
    /// The one moment that database and storage manifest show.
    pub snapshot: Snapshot,
    /// The programs that took part, with their versions.
    pub tools: Vec<Tool>,
    /// How long each stage took, in seconds.
    pub durations: BTreeMap<String, f64>,
    /// Every file of the backup but this one.
    pub files: Vec<FileRecord>,
    /// The public keys (age) that the files are encrypted to; none: they are not.
    pub recipients: Vec<String>,
    /// What the archive holds.
    pub database: Database,
    /// What the source had, object by object.
    pub catalogue: Catalogue,
    /// What was left out, and why.
    pub excluded: Vec<Exclusion>,
    /// The storage buckets; nothing where the source has none.
    pub storage: Option<Storage>,
    /// What the tools said.
    pub log: Log,
    /// What the source felt of it.
    pub impact: Impact,
    /// What proves that the source was not changed.
    pub untouched: Untouched,
    /// The last line of the audit log when the backup began, if there was one: an anchor.
    pub audit: Option<String>,
}

/// What was backed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceIdentity {
    /// The environment's name.
    pub environment: String,
    /// The host that the connection names.
    pub host: String,
    /// The address that it led to, as the server sees itself; nothing over a Unix socket.
    pub address: Option<String>,
    /// The port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The role.
    pub user: String,
    /// The cluster's own number, from `pg_control_system()`, where the role may read it.
    pub system_identifier: Option<String>,
    /// Such as `15.18`.
    pub server_version: String,
    /// The Supabase project's reference, where it is one.
    pub project: Option<String>,
    /// Whether the server was a standby.
    pub standby: bool,
}

/// The one moment that a backup shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When it was taken, by the server's clock: nothing after it is in the backup.
    pub time: Timestamp,
    /// When it was taken, by the clock of this machine.
    pub local_time: Timestamp,
    /// The position in the write-ahead log, where the role may read it.
    pub lsn: Option<String>,
}

/// A program that took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Such as `pg_dump`.
    pub name: String,
    /// What it says of its version.
    pub version: String,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its name within the backup.
    pub name: String,
    /// Its size as it is stored.
    pub bytes: u64,
    /// SHA-256 of it as it is stored, in hexadecimal.
    pub sha256: String,
    /// Its size before compression and encryption.
    pub uncompressed: u64,
}

/// What the archive of the database holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// The file's name.
    pub file: String,
    /// The version of the archive's form, such as `1.14`.
    pub archive: String,
    /// The uncompressed archive's size.
    pub bytes: u64,
    /// How many entries its table of contents has.
    pub entries: u64,
    /// Every table with data, in the archive's order.
    pub tables: Vec<Table>,
    /// How many large objects there are.
    pub large_objects: u64,
    /// Their bytes.
    pub large_object_bytes: u64,
}

/// A table's data in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The entry's number in the archive (`pg_restore --list` shows it first).
    pub entry: i64,
    /// How many rows.
    pub rows: u64,
    /// The size of their COPY text.
    pub bytes: u64,
    /// Where the entry's own compressed frame begins, in the compressed stream: a reader may
    /// begin there.
    pub offset: u64,
}

/// What the source had at the snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// Every object, ordered by kind, schema and name.
    pub objects: Vec<Object>,
    /// The extensions.
    pub extensions: Vec<Extension>,
    /// The roles' names.
    pub roles: Vec<String>,
}

/// An object of the source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Object {
    /// `table`, `view`, `function`, `trigger` and so on, in the words of a `pg_dump` archive,
    /// in small letters.
    pub kind: String,
    /// The schema, for what has one.
    pub schema: Option<String>,
    /// The name as an archive tags it: `jobs`, `add(integer, integer)`, `jobs jobs_pkey`.
    pub name: String,
    /// A hash of its definition.
    pub definition: String,
}

/// An extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its schema.
    pub schema: String,
}

/// Something that was left out on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// The schema.
    pub schema: String,
    /// The table; nothing for all of the schema.
    pub table: Option<String>,
    /// Whether the rows alone were left out.
    pub data_only: bool,
    /// Why, as `suites/drill.toml` says.
    pub reason: String,
}

impl Exclusion {
    /// Whether it leaves out the rows of this table.
    pub fn covers(&self, schema: &str, table: &str) -> bool {
        self.schema == schema && self.table.as_deref().is_none_or(|name| name == table)
    }
}

/// The storage buckets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Storage {
    /// The buckets by the database, in the snapshot; nothing where only the HTTP API was asked.
    pub database: Option<Listing>,
    /// The buckets by the HTTP API; nothing where it was not asked.
    pub api: Option<Listing>,
    /// What the two ways disagree on; nothing where there is only one.
    pub agreement: Option<Agreement>,
    /// The copied contents, where they were asked for.
    pub contents: Option<Contents>,
    /// What a reader should know of the listings.
    pub notes: Vec<String>,
    /// What went wrong with them.
    pub troubles: Vec<Fault>,
}

/// Buckets as one way shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The file with one JSON line for each object.
    pub file: String,
    /// The buckets, by name.
    pub buckets: Vec<Bucket>,
    /// Whether an empty listing means that there is nothing: by the database always; by the API
    /// only with a key whose role is known to see everything.
    pub conclusive: bool,
}

/// A bucket, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Its name.
    pub id: String,
    /// Whether anybody may read it.
    pub public: bool,
    /// The most bytes that an object may have.
    pub file_size_limit: Option<i64>,
    /// The types that are allowed; nothing for all.
    pub allowed_mime_types: Option<Vec<String>>,
    /// How many objects.
    pub objects: u64,
    /// Their sizes together.
    pub bytes: u64,
    /// Objects whose metadata names no size.
    pub unsized_objects: u64,
}

/// Where the two ways to list objects agree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// The file with one JSON line for each difference, where there is one.
    pub file: Option<String>,
    /// In both, and alike.
    pub same: u64,
    /// In both, and different in size or hash.
    pub different: u64,
    /// In the database alone.
    pub only_database: u64,
    /// By the API alone, and older than the snapshot.
    pub only_api: u64,
    /// By the API alone, and newer than the snapshot: drift, no disagreement.
    pub newer: u64,
    /// Settings of buckets that differ, such as `invoices: public`.
    pub settings: Vec<String>,
}

/// The objects' contents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The archive (tar) of them, each under its bucket and its object's id.
    pub file: String,
    /// The file with one JSON line for each object: key, entry, size, SHA-256.
    pub hashes: String,
    /// How many were copied.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Objects in the manifest that could not be read.
    pub missing: u64,
}

/// What the tools said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// The file with all of it.
    pub file: String,
    /// Lines that warn.
    pub warnings: Vec<String>,
    /// Lines that tell of an error.
    pub errors: Vec<String>,
}

/// What the source felt while it was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Impact {
    /// How often it was looked at.
    pub samples: u64,
    /// The probe's median latency before the dump, in milliseconds.
    pub baseline_ms: f64,
    /// Its median during the dump, in milliseconds.
    pub median_ms: f64,
    /// Its greatest during the dump, in milliseconds.
    pub max_ms: f64,
    /// The most locks that were waited for at once.
    pub waiting_locks: u64,
    /// The most sessions that waited for one of ours.
    pub blocked_by_us: u64,
    /// The age of the oldest snapshot on the server, in seconds.
    pub oldest_snapshot: f64,
    /// The most connections that the backup held at once.
    pub connections: u64,
}

/// What proves that the source was not changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Untouched {
    /// A hash over the definitions of all objects, before.
    pub schema_before: String,
    /// The same after.
    pub schema_after: String,
    /// Rows that anybody inserted, updated or deleted meanwhile, by table: the application at
    /// work, where there are any.
    pub writes: BTreeMap<String, u64>,
    /// Sessions of ours that had been given a transaction number, which only writing does.
    pub our_write_transactions: u64,
    /// Whether every session of ours was read-only by setting.
    pub read_only: bool,
}

/// The little that tells a version.
#[derive(Deserialize)]
struct Version {
    format: String,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// It is no manifest, or one of a version that this program does not know.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Fault> {
        let fault = |error: serde_json::Error| {
            let help = "the backup is damaged: take another (`smokedrill backup list`)";
            Fault::failed(format!("not a manifest: {error}")).object(MANIFEST).help(help)
        };
        let version: Version = serde_json::from_slice(text).map_err(fault)?;
        if version.format != FORMAT {
            let message = format!(
                "it is of the form `{}`, and this program (version {}) reads `{FORMAT}`",
                version.format,
                env!("CARGO_PKG_VERSION")
            );
            let help = "use the program that made it, or a newer one; the README says how to \
                        restore it by standard tools alone";
            return Err(Fault::errored(message).object(MANIFEST).help(help));
        }
        serde_json::from_slice(text).map_err(fault)
    }

    /// The manifest as its file holds it.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).unwrap_or_default();
        text.push(b'\n');
        text
    }

    /// The record of a file.
    pub(crate) fn file(&self, name: &str) -> Option<&FileRecord> {
        self.files.iter().find(|file| file.name == name)
    }

    /// All rows of all tables.
    pub fn rows(&self) -> u64 {
        self.database.tables.iter().map(|table| table.rows).sum()
    }

    /// The raw bytes of all rows and large objects.
    pub fn data_bytes(&self) -> u64 {
        let tables: u64 = self.database.tables.iter().map(|table| table.bytes).sum();
        tables + self.database.large_object_bytes
    }
}
