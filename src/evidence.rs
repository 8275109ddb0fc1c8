//! What a drill found out of its own surroundings, for the record: who, where, from what, into
//! what, by which means. It stands in the journal, so that reports need nothing else.
//!
//! ```json
//! { "actor": "ann", "host": "ops-1", "objectives": { "rto": 14400.0, "rpo": 3600.0 },
//!   "backup": { "id": "20261124T034125Z-9f31c2aa", "manifest_sha256": "5f1c…", … },
//!   "restore": { "started": "2026-11-24T03:46:00Z", "stages": [ … ], … } }
//! ```
//!
//! Sizes are in bytes, durations in seconds, times in UTC.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::backup::manifest::{FileRecord, Impact, Snapshot, SourceIdentity, Tool};

/// What a drill found out of its own surroundings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Who ran it: the user, as the system names them.
    pub actor: String,
    /// The machine that ran it.
    pub host: String,
    /// The revision of the project's files, where they are under git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// What the run was held against.
    pub objectives: Targets,
    /// The environment that is backed up.
    pub source: String,
    /// The backup that was proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<BackupEvidence>,
    /// What was restored, and into what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore: Option<RestoreEvidence>,
    /// The backups that were there before this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<CatalogueEvidence>,
}

/// A revision of the project's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The commit.
    pub commit: String,
    /// Whether files differ from it.
    pub modified: bool,
}

/// What a run is held against.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Targets {
    /// The recovery time objective.
    pub rto: f64,
    /// The recovery point objective.
    pub rpo: f64,
    /// How long the backup may take.
    pub backup: f64,
}

/// A stage of a backup or a restore.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Which one.
    pub name: String,
    /// How long it took.
    pub seconds: f64,
}

/// The backup that was proved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackupEvidence {
    /// Its name.
    pub id: String,
    /// SHA-256 of its manifest.
    pub manifest_sha256: String,
    /// Where it is.
    pub location: String,
    /// Whether this run has made it.
    pub made: bool,
    /// Who made it, and on which machine.
    pub maker: String,
    /// When its making began.
    pub started: Timestamp,
    /// When all was written.
    pub finished: Timestamp,
    /// The one moment that it shows.
    pub snapshot: Snapshot,
    /// What was backed up, as it said itself.
    pub source: SourceIdentity,
    /// The stages of its making, in the order of their names.
    pub stages: Vec<Step>,
    /// The programs that took part.
    pub tools: Vec<Tool>,
    /// Its files, with their hashes.
    pub files: Vec<FileRecord>,
    /// How many rows are in it.
    pub rows: u64,
    /// The size of its uncompressed data.
    pub data_bytes: u64,
    /// Whether its files are encrypted.
    pub encrypted: bool,
    /// What was left out, and why.
    pub excluded: Vec<String>,
    /// What the source felt of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<Impact>,
}

/// What was restored, and into what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RestoreEvidence {
    /// When it began: the backup was chosen, and nothing of it was read yet.
    pub started: Timestamp,
    /// What an earlier restore took to load what this one went on with, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loaded_before: Option<f64>,
    /// When the new staging had taken its place, or the restore had failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    /// The stages that were begun, in their order.
    pub stages: Vec<Step>,
    /// What was restored into, as it said itself; nothing where it was not reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<SourceIdentity>,
    /// Whether the new staging serves.
    pub serves: bool,
    /// The staging of before, or what failed, where it is kept under another name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<String>,
    /// How many people were masked.
    pub people: u64,
    /// What is known where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Box<FailureEvidence>>,
}

impl RestoreEvidence {
    /// Whether the staging of before serves on, as far as that is known.
    pub(crate) fn before_serves(&self) -> bool {
        let told = self.failure.as_ref().map(|failure| failure.serving.as_str());
        !self.serves && told.is_none_or(|told| told.starts_with("the staging of before"))
    }
}

/// What a restore that failed has left behind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailureEvidence {
    /// The failed staging's database, where it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
    /// What serves now.
    pub serving: String,
    /// The folder with all that is known of it.
    pub bundle: String,
    /// SHA-256 of its `SHA256SUMS`, which names each of its files.
    pub sha256: String,
    /// What can be done, in the order in which it is to be tried.
    pub options: Vec<Way>,
}

/// A way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// What it is, or when it is the one to take.
    pub text: String,
    /// The commands, to be run one after the other.
    pub commands: Vec<String>,
}

impl Way {
    pub(crate) fn new(text: &str, commands: &[&str]) -> Self {
        let commands = commands.iter().map(|command| (*command).to_owned());
        Self { text: text.to_owned(), commands: commands.collect() }
    }

    /// In words, with its commands between ticks, each behind `between`.
    pub(crate) fn told(&self, between: &str) -> String {
        let commands = self.commands.iter().map(|command| format!("{between}`{command}`"));
        format!("{}:{}", self.text, commands.collect::<String>())
    }
}

/// The backups of the source that were there before this run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CatalogueEvidence {
    /// How many there are.
    pub backups: u64,
    /// The newest: its name, and when it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<(String, Timestamp)>,
    /// The time from one backup to the next, the longest and the middle one of the last few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<Intervals>,
}

/// The times from one backup to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    /// How many were looked at.
    pub count: u64,
    /// The middle one.
    pub median: f64,
    /// The longest.
    pub longest: f64,
}

impl Evidence {
    /// Takes in what another process of the same run knows.
    pub(crate) fn join(&mut self, other: Self) {
        fn newer<T>(mine: &mut Option<T>, others: Option<T>) {
            if others.is_some() {
                *mine = others;
            }
        }
        newer(&mut self.revision, other.revision);
        newer(&mut self.backup, other.backup);
        newer(&mut self.restore, other.restore);
        newer(&mut self.catalogue, other.catalogue);
    }
}

impl RestoreEvidence {
    /// How long it took, if it ended.
    pub fn seconds(&self) -> Option<f64> {
        Some(self.finished?.duration_since(self.started).as_secs_f64())
    }
}

impl BackupEvidence {
    /// How long it took to be made, by a clock that nobody sets.
    pub fn seconds(&self) -> f64 {
        self.stages.iter().map(|stage| stage.seconds).sum()
    }

    /// What it takes where it is kept.
    pub fn stored_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// Durations by name, as steps.
pub(crate) fn steps(durations: &BTreeMap<String, f64>) -> Vec<Step> {
    let steps = durations.iter();
    steps.map(|(name, seconds)| Step { name: name.clone(), seconds: *seconds }).collect()
}
