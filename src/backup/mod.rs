//! Backups: made from a source that is only read, proved, kept and found again.

pub(crate) mod archive;
pub(crate) mod backups;
pub(crate) mod choose;
pub(crate) mod complete;
pub(crate) mod display;
pub(crate) mod dump;
pub(crate) mod encryption;
pub(crate) mod id;
pub(crate) mod make;
pub mod manifest;
pub(crate) mod place;
pub(crate) mod progress;
pub(crate) mod prune;
pub(crate) mod settings;
pub(crate) mod stop;
pub(crate) mod storage;
pub(crate) mod store;
pub(crate) mod stream;
pub(crate) mod verify;

pub use backups::Backups;
