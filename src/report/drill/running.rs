//! `reports/drill/.running`: which drill is under way, locked for as long as its process lives.
//!
//! ```json
//! {"id":"20261124T034125Z-9f31c2aa","environment":"staging","started":"2026-11-24T03:41:25Z",
//!  "actor":"ann","host":"ops-1","stage":"data import"}
//! ```
//!
//! Who is killed says nothing of it. But the lock goes with the process, and the file stays: what
//! is in it and not locked is a drill that did not end, for the next one and for `drill-status`. It
//! stays there, too, where a drill could not write how it ended.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::folder::DRILLS;
use crate::report::units;

/// The file's name in the folder of drills.
const FILE: &str = ".running";

/// A drill that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Begun {
    pub(crate) id: String,
    pub(crate) environment: String,
    pub(crate) started: Timestamp,
    pub(crate) actor: String,
    pub(crate) host: String,
    /// The stage of its restore, while one is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stage: Option<String>,
}

impl Begun {
    /// `the drill of staging that ann@ops-1 began at … (run …)`.
    fn named(&self) -> String {
        let Self { id, environment, started, actor, host, .. } = self;
        format!(
            "the drill of {environment} that {actor}@{host} began at {} (run {id})",
            units::time(*started)
        )
    }

    /// That it did not end as a drill should, in words.
    pub(crate) fn died(&self) -> String {
        let stage = self.stage.as_ref();
        let stage = stage.map(|stage| format!("; its restore was at the stage `{stage}`"));
        format!(
            "{} left no report: it was killed, its machine stopped, or nothing could be written{}",
            self.named(),
            stage.unwrap_or_default()
        )
    }
}

/// What the file says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// No drill has begun that has not ended.
    Nobody,
    /// One is under way.
    Alive(Begun),
    /// One did not end, or could not say how.
    Dead(Begun),
}

impl Seen {
    /// What is under way, in words.
    pub(crate) fn told(&self) -> Option<String> {
        match self {
            Self::Nobody => None,
            Self::Alive(begun) => Some(format!("{} is under way", begun.named())),
            Self::Dead(begun) => Some(begun.died()),
        }
    }
}

/// Looks without changing anything.
pub(crate) fn look(reports: &Path) -> Seen {
    let Ok(mut file) = File::open(reports.join(DRILLS).join(FILE)) else { return Seen::Nobody };
    let locked = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    match (read(&mut file), locked) {
        (None, _) => Seen::Nobody,
        (Some(begun), true) => Seen::Alive(begun),
        (Some(begun), false) => Seen::Dead(begun),
    }
}

/// The mark of this process's drill; it stands until it is cleared.
#[derive(Debug)]
pub(crate) struct Mark(File, Option<Begun>);

impl Mark {
    /// Takes the file, if no living drill has it, with what one before has left in it.
    ///
    /// # Errors
    /// The file cannot be made or locked.
    pub(crate) fn take(reports: &Path) -> io::Result<(Option<Self>, Seen)> {
        let folder = reports.join(DRILLS);
        std::fs::create_dir_all(&folder)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(folder.join(FILE))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let seen = read(&mut file).map_or(Seen::Nobody, Seen::Alive);
                return Ok((None, seen));
            }
            // Where nothing can be locked, nobody is known to be dead.
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let seen = read(&mut file).map_or(Seen::Nobody, Seen::Dead);
        Ok((Some(Self(file, None)), seen))
    }

    /// Says whose it is.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn set(&mut self, begun: Begun) -> io::Result<()> {
        self.1 = Some(begun);
        self.write()
    }

    /// Says which stage its restore is at, before it begins.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn at(&mut self, stage: Option<&str>) -> io::Result<()> {
        if let Some(begun) = &mut self.1 {
            begun.stage = stage.map(str::to_owned);
        }
        self.write()
    }

    fn write(&mut self) -> io::Result<()> {
        let text = serde_json::to_vec(&self.1)?;
        self.0.set_len(0)?;
        self.0.seek(SeekFrom::Start(0))?;
        self.0.write_all(&text)?;
        self.0.sync_all()
    }

    /// The drill has ended.
    ///
    /// # Errors
    /// The file cannot be changed.
    pub(crate) fn clear(self) -> io::Result<()> {
        self.0.set_len(0)
    }
}

/// What stands in it; nothing where it is empty, or half written.
fn read(file: &mut File) -> Option<Begun> {
    let mut text = Vec::new();
    match file.read_to_end(&mut text) {
        Err(error) if error.kind() != ErrorKind::Interrupted => None,
        _ => serde_json::from_slice(&text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun() -> Begun {
        let text = |text: &str| text.to_owned();
        let (id, environment) = (text("r"), text("staging"));
        Begun {
            id,
            environment,
            started: Timestamp::UNIX_EPOCH,
            actor: text("ann"),
            host: text("ops-1"),
            stage: None,
        }
    }

    #[test]
    fn a_living_drill_is_told_from_a_dead_one_and_one_that_ended_from_both() {
        let reports = tempfile::tempdir().unwrap();
        assert_eq!(look(reports.path()), Seen::Nobody);
        let (mark, seen) = Mark::take(reports.path()).unwrap();
        assert_eq!(seen, Seen::Nobody);
        let mut mark = mark.unwrap();
        mark.set(begun()).unwrap();
        assert_eq!(look(reports.path()), Seen::Alive(begun()));
        let (second, seen) = Mark::take(reports.path()).unwrap();
        assert!(second.is_none() && seen == Seen::Alive(begun()));
        mark.at(Some("data import")).unwrap();
        let at = || Begun { stage: Some("data import".to_owned()), ..begun() };
        assert_eq!(look(reports.path()), Seen::Alive(at()));
        // As a kill does.
        drop(mark);
        assert_eq!(look(reports.path()), Seen::Dead(at()));
        let (mark, seen) = Mark::take(reports.path()).unwrap();
        assert_eq!(seen, Seen::Dead(at()));
        assert!(seen.told().unwrap().ends_with("at the stage `data import`"), "{seen:?}");
        assert!(seen.told().unwrap().contains("ann@ops-1 began at 1970-01-01"), "{seen:?}");
        mark.unwrap().clear().unwrap();
        assert_eq!(look(reports.path()), Seen::Nobody);
    }
}
