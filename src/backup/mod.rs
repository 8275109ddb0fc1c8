//! Backups: made from a source that is only read, proved, kept and found again.

pub(crate) mod id;
pub mod manifest;
mod stop;
