//! Backups: made from a source that is only read, proved, kept and found again.

mod archive;
pub mod manifest;
mod progress;
mod stop;
mod stream;
