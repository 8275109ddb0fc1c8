//! The last known result of each trial of an environment, kept from run to run.
//!
//! A run with a filter updates only what it ran, so that the next full run is compared with
//! what is known of each trial, whenever it was last judged. It is a memory aid and no evidence:
//! where it is missing or cannot be read, the comparison is left out and nothing else.
//!
//! `reports/history/smoke-staging.json`:
//!
//! ```json
//! {
//!   "format": "smokedrill.history/1",
//!   "kind": "smoke",
//!   "environment": "staging",
//!   "previous": ["0193…", "2026-11-22T06:00:00Z"],
//!   "trials": {
//!     "smoke::health": {
//!       "outcome": "passed", "latency_ms": 12.3, "when": "2026-11-22T06:00:01Z",
//!       "since": "2026-11-01T06:00:00Z", "run": "0193…"
//!     }
//!   }
//! }
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::journal::{Entry, EntryKind, Journal, Outcome};

use super::{Changes, Slower, StillFailing, folder};

const FORMAT: &str = "smokedrill.history/1";

/// A trial is called slower from this factor on …
const SLOWER_FACTOR: f64 = 2.0;
/// … if it also lost this much: twice a millisecond is noise.
const SLOWER_MS: f64 = 50.0;

/// What is known of an environment's trials.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct History {
    path: PathBuf,
    stored: Stored,
    note: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Stored {
    format: String,
    kind: String,
    environment: String,
    previous: Option<(String, Timestamp)>,
    trials: BTreeMap<String, Known>,
}

/// The last judgement of one trial.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Known {
    outcome: Outcome,
    latency_ms: Option<f64>,
    when: Timestamp,
    /// Since when it fails, or does not, without a change between.
    since: Timestamp,
    run: String,
}

impl History {
    /// Reads what is known. What cannot be read is not known, with a note in the changes.
    pub(crate) fn load(reports: &Path, kind: &str, environment: &str) -> History {
        let path = reports.join("history").join(file_name(kind, environment));
        let (stored, note) = match read(&path, kind, environment) {
            Ok(stored) => (stored, None),
            Err(why) => {
                let place = path.display();
                (None, Some(format!("{place} {why}: compared with nothing, and begun anew")))
            }
        };
        let stored = stored.unwrap_or_else(|| Stored {
            format: FORMAT.to_owned(),
            kind: kind.to_owned(),
            environment: environment.to_owned(),
            previous: None,
            trials: BTreeMap::new(),
        });
        History { path, stored, note }
    }

    /// What is different in this run.
    pub(crate) fn changes(&self, journal: &Journal) -> Changes {
        let mut changes = Changes {
            first: self.stored.trials.is_empty(),
            previous: self.stored.previous.clone(),
            notes: self.note.iter().cloned().collect(),
            ..Changes::default()
        };
        if changes.first {
            return changes;
        }
        for (entry, outcome) in judged(journal) {
            let id = entry.id.clone();
            let Some(known) = self.stored.trials.get(&id) else {
                changes.new.push(id);
                continue;
            };
            changes.slower.extend(slower(entry, known));
            match (fails(known.outcome), fails(outcome)) {
                (false, true) => changes.newly_failing.push(id),
                (true, false) => changes.fixed.push(id),
                (true, true) => {
                    changes.still_failing.push(StillFailing { id, since: known.since });
                }
                (false, false) => {}
            }
        }
        changes.disappeared = self.disappeared(journal);
        changes
    }

    /// Takes in what this run judged, and forgets trials that no suite has any more.
    pub(crate) fn update(&mut self, journal: &Journal) {
        for id in self.disappeared(journal) {
            self.stored.trials.remove(&id);
        }
        for (entry, outcome) in judged(journal) {
            let when = entry.started.unwrap_or(journal.run.started);
            let known = self.stored.trials.get(&entry.id);
            let same = known.filter(|known| fails(known.outcome) == fails(outcome));
            let now = Known {
                outcome,
                // A trial without an answer leaves the last latency that is known.
                latency_ms: latency(entry).or(known.and_then(|known| known.latency_ms)),
                when,
                since: same.map_or(journal.run.started, |known| known.since),
                run: journal.run.id.clone(),
            };
            self.stored.trials.insert(entry.id.clone(), now);
        }
        self.stored.previous = Some((journal.run.id.clone(), journal.run.started));
    }

    /// Writes it back, replacing the file whole.
    pub(crate) fn save(&self) -> Result<(), String> {
        let content = folder::json(&self.stored)?;
        let made = self.path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| folder::replace(&self.path, content.as_bytes()))
            .map_err(|error| format!("cannot write {}: {error}", self.path.display()))
    }

    fn disappeared(&self, journal: &Journal) -> Vec<String> {
        let ran = journal.entries.iter().map(|entry| &entry.id);
        let there: BTreeSet<&String> = ran.chain(&journal.filtered_out).collect();
        self.stored.trials.keys().filter(|id| !there.contains(id)).cloned().collect()
    }
}

/// The entries that say something of the application. A skip says nothing; a fixture is there
/// only when a selected trial needs it, and would seem to come and go.
fn judged(journal: &Journal) -> impl Iterator<Item = (&Entry, Outcome)> {
    let entries = journal.entries.iter().filter(|entry| entry.kind != EntryKind::Fixture);
    entries.filter_map(|entry| match entry.outcome {
        None | Some(Outcome::Skipped) => None,
        Some(outcome) => Some((entry, outcome)),
    })
}

fn fails(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Failed | Outcome::Errored)
}

fn latency(entry: &Entry) -> Option<f64> {
    entry.latency.as_ref().map(|latency| latency.value_ms).filter(|ms| ms.is_finite())
}

fn slower(entry: &Entry, known: &Known) -> Option<Slower> {
    let (before_ms, now_ms) = (known.latency_ms?, latency(entry)?);
    let slower = now_ms >= before_ms * SLOWER_FACTOR && now_ms - before_ms >= SLOWER_MS;
    slower.then(|| Slower { id: entry.id.clone(), before_ms, now_ms })
}

fn read(path: &Path, kind: &str, environment: &str) -> Result<Option<Stored>, String> {
    let content = match fs::read(path) {
        Ok(content) => content,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot be read ({error})")),
    };
    let garbage = |error| format!("is not a history ({error})");
    let value: serde_json::Value = serde_json::from_slice(&content).map_err(garbage)?;
    match value.get("format").and_then(|format| format.as_str()) {
        Some(FORMAT) => {}
        Some(format) => return Err(format!("has the form {format:?} and not {FORMAT:?}")),
        None => return Err("does not name its form".to_owned()),
    }
    let stored: Stored = serde_json::from_value(value).map_err(garbage)?;
    if stored.kind != kind || stored.environment != environment {
        let (kind, environment) = (stored.kind, stored.environment);
        return Err(format!("is of {kind:?} against {environment:?}"));
    }
    Ok(Some(stored))
}

/// A file name for any environment's name. A name that had to be changed, or that differs from
/// another only in case, gets a piece of its hash, so that two names never share a file.
fn file_name(kind: &str, environment: &str) -> String {
    let full = format!("{kind}-{environment}");
    let safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if full.chars().all(safe) && full.len() <= 100 {
        return format!("{full}.json");
    }
    let kept: String = full.chars().take(60).map(|c| if safe(c) { c } else { '_' }).collect();
    // The kind's length keeps `a-b` against `c` apart from `a` against `b-c`.
    let hash = Sha256::digest(format!("{}:{full}", kind.len()));
    let hash: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("{kept}-{hash}.json")
}
