//! Storage: what is in a project's buckets, by two ways, and what the two disagree on.
//!
//! ```text
//! database (SQL, in the dump's snapshot) ─┐
//!                                         ├─ compare -> differences
//! api (HTTP: pages, or folders -> sorter) ┘
//! contents: lines of either -> downloads -> tar, hashes
//! ```
//!
//! Either way writes one JSON line for each object, ordered by bucket and key in the order of
//! their bytes, so that the two are compared by reading them side by side:
//!
//! ```json
//! {"bucket":"invoices","name":"2026/1.pdf","id":"7f3c…","version":"b1…","size":4711,
//!  "mimetype":"application/pdf","etag":"\"9e10…\"","created_at":"2026-11-01T08:00:00.000000Z",
//!  "updated_at":"…","metadata":{…},"user_metadata":null,"owner_id":null}
//! ```
//!
//! The API does not tell everything: `version`, `user_metadata` and `owner_id` are missing from
//! its lines. Nothing here keeps a listing in memory. A key may be somebody's name
//! (`jane-doe-invoice.pdf`), so no error names one, and none is put on a disk but by the caller's
//! own writers: what must be sorted in between is encrypted, to a key that is nowhere but in
//! memory.
//!
//! Too little privilege looks like emptiness over HTTP. A listing says whether it is conclusive,
//! and one that is not proves no bucket empty.

mod answer;
mod api;
mod compare;
mod contents;
mod database;
mod download;
mod folders;
mod key;
mod line;
mod listed;
mod pages;
mod patience;
mod settings;
mod sorter;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use answer::retry_after;
pub(crate) use api::{Api, Network, project_url};
pub(crate) use compare::{Gone, compare, settings};
pub(crate) use contents::{Copied, copy};
pub(crate) use database::{by_database, deletions, is_gone, object_bytes, tables};
pub(crate) use key::Role;
pub(crate) use listed::{Listed, Wanted};
pub(crate) use pages::{by_api, wanted_there};
