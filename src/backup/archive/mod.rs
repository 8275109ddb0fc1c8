//! Archives of `pg_dump`'s custom format, read as they flow.
//!
//! The tools themselves take some damaged archives for good ones: an uncompressed archive carries
//! no checksum, and `pg_restore --list` looks at the table of contents alone. So an archive is
//! read here to its last byte, while it is made and again from where it is kept, and its rows are
//! counted.
//!
//! ```text
//! header    "PGDMP", version, sizes of integers, compression, time, names and versions
//! contents  how many entries; for each its number, kind, name, SQL, owner, dependencies
//! data      01 number (length bytes)… 0              a table's rows, as COPY has them
//!           03 number (oid (length bytes)… 0)… 0     large objects
//! ```
//!
//! An integer is a byte for the sign and four more, the lowest first; a string is its length and
//! its bytes, or a negative length for none. The rows of a table end with `\.` and three line
//! feeds. In a row itself a line feed is written `\n` and a backslash `\\`, so the line feeds
//! before that end are the rows. What PostgreSQL 9.0 to 18 write is read: versions 1.12 to 1.16,
//! uncompressed, which is how we ask for it (`--format=custom --compress=0`). Source:
//! `pg_backup_archiver.c` and `pg_backup_custom.c` in `src/bin/pg_dump` of PostgreSQL.
//!
//! Memory is bound by the table of contents; that, and each string in it, have limits of their
//! own, so that garbage is an error and never a claim on all memory.

mod contents;
mod cursor;
mod data;
mod header;
mod reader;
mod source;
mod write;

pub(crate) use contents::{Entry, Toc};
pub(crate) use reader::{Held, Reader};
pub(crate) use source::{Source, read_some};

#[cfg(test)]
pub(super) mod tests;
