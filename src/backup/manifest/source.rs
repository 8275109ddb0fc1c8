//! What was backed up, when, and by which programs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What was backed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceIdentity {
    /// The environment's name.
    pub environment: String,
    /// The host that the connection names.
    pub host: String,
    /// The address that it led to, as the server sees itself; nothing over a Unix socket.
    pub address: Option<String>,
    /// The port.
    pub port: u16,
    /// The database; empty in a backup of storage alone, as are role and server's version.
    pub database: String,
    /// What the connection calls it, where a pooler between has another name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// The role.
    pub user: String,
    /// The cluster's own number, from `pg_control_system()`, where the role may read it.
    pub system_identifier: Option<String>,
    /// Such as `15.18`.
    pub server_version: String,
    /// The Supabase project's reference, where it is one.
    pub project: Option<String>,
    /// Whether the server was a standby.
    pub standby: bool,
    /// Whether the harness had started it for the run: a demonstration, and nobody's production.
    pub started: bool,
    /// The URL of the project, where its storage alone was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<String>,
}

/// The one moment that a backup shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When it was taken, by the server's clock: nothing after it is in the backup. Of storage
    /// alone there is no such moment: it is when listing began, by this machine's clock.
    pub time: Timestamp,
    /// When it was taken, by the clock of this machine.
    pub local_time: Timestamp,
    /// The position in the write-ahead log, where the role may read it.
    pub lsn: Option<String>,
    /// On a standby, up to when what the primary did is in it, by the server's clocks: nothing
    /// where that is not known, and on a primary.
    pub replayed: Option<Timestamp>,
}

/// A program that took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Such as `pg_dump`.
    pub name: String,
    /// What it says of its version.
    pub version: String,
}
