//! Backups: made from a source that is only read, proved, kept and found again.
//!
//! ```text
//! make ── dump (pg_dump, pg_dumpall) ── stream ── archive ─┐
//!   └──── storage (SQL, HTTP) ─────────────────────────────┴─ store (folder, S3) ─ encryption
//! verify, complete: what proves a backup from its files
//! origin, choose, prune: whose, which, and for how long
//! ```
//!
//! A backup is a folder (or what stands below a prefix in an object store), named by when it was
//! begun:
//!
//! | file | holds |
//! |---|---|
//! | `database.dump.zst` | `pg_dump`'s custom format, of one snapshot |
//! | `roles.sql.zst` | roles and what they are members of, by `pg_dumpall`, without passwords |
//! | `storage-objects.jsonl.zst` | the buckets' objects by the database, in the same snapshot |
//! | `storage-api.jsonl.zst` | the same by the storage API |
//! | `storage-differences.jsonl.zst` | what the two disagree on |
//! | `storage-buckets.json.zst` | the buckets' settings |
//! | `storage-contents.tar.zst`, `.jsonl.zst` | the objects themselves, and their hashes, if asked for |
//! | `dump.log.zst` | what the tools said |
//! | `manifest.json` | what all of it is, with sizes and hashes; written last |
//!
//! With public keys, each but the manifest is encrypted (age) as it is written, and its name ends
//! with `.age`. `texts` reads roles and log again, `settings` is `suites/drill.toml`, `place` opens what it names, `backups` is for
//! the program's commands, and `progress`, `display` and `stop` are for who waits.

pub(crate) mod archive;
pub(crate) mod backups;
pub(crate) mod choose;
pub(crate) mod complete;
pub(crate) mod display;
pub(crate) mod dump;
pub(crate) mod encoding;
pub(crate) mod encryption;
pub(crate) mod id;
pub(crate) mod make;
pub mod manifest;
pub(crate) mod origin;
pub(crate) mod place;
pub(crate) mod progress;
pub(crate) mod prune;
pub(crate) mod settings;
pub(crate) mod stop;
pub(crate) mod storage;
pub(crate) mod store;
pub(crate) mod stream;
pub(crate) mod texts;
pub(crate) mod verify;
mod words;

pub use backups::Backups;
