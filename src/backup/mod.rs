//! Backups: made from a source that is only read, proved, kept and found again.

pub mod manifest;
pub(crate) mod stop;
