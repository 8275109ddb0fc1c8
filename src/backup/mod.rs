//! Backups: made from a source that is only read, proved, kept and found again.

mod encryption;
mod id;
pub mod manifest;
mod stop;
mod store;
