//! What the tools said, what the source felt, and that it was not changed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the tools said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// The file with all of it.
    pub file: String,
    /// Lines that warn.
    pub warnings: Vec<String>,
    /// Lines that tell of an error.
    pub errors: Vec<String>,
}

/// What the source felt while it was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Impact {
    /// How often it was looked at from the dump's beginning to its end.
    pub samples: u64,
    /// The probe's median latency before the dump, in milliseconds.
    pub baseline_ms: f64,
    /// Its median during the dump, in milliseconds.
    pub median_ms: f64,
    /// Its greatest during the dump, in milliseconds.
    pub max_ms: f64,
    /// The most locks that were waited for at once.
    pub waiting_locks: u64,
    /// The most sessions that waited for one of ours.
    pub blocked_by_us: u64,
    /// The age of the oldest snapshot on the server, in seconds.
    pub oldest_snapshot: f64,
    /// The most connections that the backup held at once.
    pub connections: u64,
}

/// What proves that the source was not changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Untouched {
    /// A hash over the definitions of all objects, before.
    pub schema_before: String,
    /// The same after.
    pub schema_after: String,
    /// Rows that anybody inserted, updated or deleted meanwhile, by table: the application at
    /// work, where there are any.
    pub writes: BTreeMap<String, u64>,
    /// Sessions of ours that had been given a transaction number, which only writing does.
    pub our_write_transactions: u64,
    /// Whether every session of ours was read-only by setting.
    pub read_only: bool,
}
