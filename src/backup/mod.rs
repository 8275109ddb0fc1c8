//! Backups: made from a source that is only read, proved, kept and found again.

mod dump;
pub(crate) mod encryption;
mod id;
pub mod manifest;
pub(crate) mod stop;
pub(crate) mod store;
