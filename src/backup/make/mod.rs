//! Making a backup, stage by stage.
//!
//! ```text
//! locks -> tidy -> schema before -> snapshot -> dump | storage manifests | watch -> roles
//!       -> schema after -> log -> manifest -> published
//! ```
//!
//! Of a source that has no database, `alone` makes one of storage alone.
//!
//! `order` is what a backup is made of, `stages` makes it, with `dumps` for what `pg_dump` and
//! `pg_dumpall` give, `listings` for the storage manifests, and `files` for what is written.
//!
//! Four sessions to the source at most: one that holds the lock and compares before and after,
//! one that holds the snapshot and lists storage in it, `pg_dump`'s, and the one that watches
//! what the source feels. `pg_dumpall` follows `pg_dump`.
//!
//! A stage that fails leaves nothing: the draft goes when it is dropped, and what a kill leaves
//! is tidied up by the next backup.

mod alone;
mod contents;
mod dumps;
mod excluded;
mod files;
mod grace;
mod listings;
mod order;
mod stages;

pub(crate) use alone::make_alone;
#[cfg(test)]
pub(crate) use dumps::exclude;
pub(crate) use excluded::{Left, left_out};
pub(crate) use order::{Order, Server, Unmade};
pub(crate) use stages::make;
