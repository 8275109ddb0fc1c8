//! The audit log: who did what to which data, when, and how it ended. Lines of JSON, to which
//! lines are only ever added.
//!
//! ```json
//! {"format":"smokedrill.audit/1","seq":2,"time":"2026-11-24T03:56:25.104Z","actor":"ann",
//!  "host":"ops-1","operation":"backup.create","source":"production",
//!  "object":"20261124T034125Z-9f31c2aa","result":"passed","detail":"3.1 GB in 4m 12s",
//!  "previous":"5f1c…","hash":"a01b…"}
//! ```
//!
//! (Each is one line in the file.) `hash` is the SHA-256 of the line without `,"hash":"…"`, and
//! `previous` is the hash of the line before. Standard tools can check one:
//!
//! ```text
//! sed -n 2p audit.jsonl | sed -E 's/,"hash":"[0-9a-f]{64}"\}$/}/' | tr -d '\n' | sha256sum
//! ```
//!
//! Beside it, `audit.jsonl.head` says how many lines there are and how the last one hashes.
//!
//! # What is found, and what is not
//!
//! The chain finds a line that was altered, removed, inserted or moved. The head finds the last
//! lines removed. Whoever can write both files can write both anew, and no hash of ours shows
//! it: there is no key in it that they have not. For that there are anchors: each backup's
//! manifest holds the hash of the line by which it began, and so does everything that is copied
//! away to where they cannot write. `verify` wants each of them found. What was written after the
//! last anchor, only a log that is kept elsewhere (`chattr +a`, a syslog) protects.
//!
//! # Kills, full disks, many at once
//!
//! A line is added under an exclusive lock, by one write, and is on the disk before `append`
//! returns. A write that was cut off leaves a torn line. It is never mended: the next `append`
//! closes it with a newline, is bound to the last whole line, and says in `torn` how many bytes
//! it found. The head is written after the line, so that it is never ahead of the log.
//!
//! A log that was tampered with is continued, since what happens from then on must be on record
//! too, but never so that it looks whole again: the new line takes number and hash from the head
//! if that is ahead of the log, and says in `head` if that was gone.
//!
//! `line` is the form of a line, `head` the file beside, `log` adds lines, `during` two around a
//! piece of work, `tail` finds the last one, and `verify` judges the whole: its words are in
//! `finding`.

mod during;
mod finding;
mod head;
mod line;
mod log;
#[cfg(test)]
mod log_tests;
mod tail;
mod verify;
#[cfg(test)]
mod verify_tests;

pub(crate) use head::head_of;
pub(crate) use line::{Line, Operation, Record, Standing};
pub(crate) use log::{Audit, file_of};
pub(crate) use verify::{Noted, verify};
