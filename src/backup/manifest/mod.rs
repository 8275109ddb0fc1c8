//! The manifest: what a backup is, and what proves it. `manifest.json` beside its files.
//!
//! It is written last, so a folder without it is no backup. Its own hash stands beside it, in
//! `manifest.json.sha256`, and in the audit log's line of the backup, where who alters both files
//! would have to alter the chain too. It names tables, never rows; and
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
//!
//! A backup of storage alone has no `database`, `log`, `impact` and `untouched`; its form is
//! `smokedrill.backup/2`, and the URL of the project stands in `source.storage`.

mod content;
mod evidence;
mod source;
mod storage;
mod whole;

pub use content::{
    Catalogue, Column, Database, Exclusion, Extension, FileRecord, Object, Table, TypeKind,
};
pub use evidence::{Impact, Log, Untouched};
pub use source::{Snapshot, SourceIdentity, Tool};
pub use storage::{Agreement, Bucket, Cause, Contents, Listing, Storage};
pub use whole::{Anchor, FORMAT, FORMAT_STORAGE_ALONE, Manifest};
pub(crate) use whole::{MANIFEST, SEAL};
