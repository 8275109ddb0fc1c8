//! Dumps and records on their way to and from a store: compressed, counted, and read back.
//!
//! ```text
//! pg_dump | reads and counts -> channel -> compresses (zstd) -> what the store gives to write to
//! ```
//!
//! One thread reads what `pg_dump` says and [counts](super::archive) it as it flows by; another
//! compresses and writes. The buffers between them are lent, filled and given back, so memory
//! does not grow with the database. Why not the compression that `pg_dump` has: gzip is by far
//! the slowest part of a dump, and before PostgreSQL 16 there is no other; and the archive inside
//! would be out of sight.
//!
//! What is written is a row of zstd frames, each with its checksum: one with header and table of
//! contents, and one for the data of each entry. A reader that wants one table begins at its
//! frame; for all other programs the row is one stream (`zstd -dc database.dump.zst |
//! pg_restore`).

mod compress;
mod expand;
mod frames;
mod packed;
mod tee;

pub(crate) use compress::compress;
pub(crate) use expand::{expand, read, verify};
pub(crate) use packed::Packed;

#[cfg(test)]
mod tests;
