//! A local folder.
//!
//! ```text
//! backups/
//!   20261124T034125Z-9f31c2aa/        a backup: manifest.json and its files
//!   .draft-20261124T040000Z-01ab23cd/ one in the making; .lock in it is held by its maker
//!   .removed-20260101T000000Z-…/      one on its way out
//!   .locks/                           source-production, location
//! ```
//!
//! Everything else in it, and every symbolic link, is somebody else's and left alone.

mod draft;
mod files;
mod lock;
mod read;
mod tidy;

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Room;
use super::trouble::{self, STAGE};
use crate::fault::Fault;

pub(super) use draft::{DraftFile, FolderDraft};
pub(super) use lock::FolderLock;
pub(super) use read::{MOST, too_large};

/// How the names of drafts begin, and of what is removed, and of what was a probe.
const DRAFT: &str = ".draft-";
const REMOVED: &str = ".removed-";
const PROBE: &str = ".probe-";

/// A local folder.
#[derive(Debug, Clone)]
pub(super) struct Folder(Arc<PathBuf>);

impl Folder {
    /// Looks at a folder, and does not make it yet: who only lists backups leaves no trace.
    pub(super) fn open(path: &Path) -> Result<Self, Fault> {
        let folder = Self(Arc::new(path.to_owned()));
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Ok(folder),
            Ok(_) => Err(Fault::errored("it is not a folder")
                .stage(STAGE)
                .object(path.display())
                .help("correct the location in the settings")),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(folder),
            Err(error) => Err(folder.fault(&error, "opened")),
        }
    }

    pub(super) fn shown(&self) -> String {
        self.0.display().to_string()
    }

    /// Writes and reads under the lock, so that whoever tidies under it finds only dead probes.
    pub(super) fn probe(&self) -> Result<Room, Fault> {
        let _guard = self.guard()?;
        let path = self.0.join(format!("{PROBE}{:08x}", fastrand::u32(..)));
        let shown = path.display().to_string();
        let text = b"smokedrill was here\n".repeat(200);
        let tried = || {
            let mut file = files::create(&path)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::read(&path)
        };
        let result = tried();
        let removed = fs::remove_file(&path);
        let read = result.map_err(|error| trouble::io(&error, &shown, "written"))?;
        removed.map_err(|error| trouble::io(&error, &shown, "removed"))?;
        if read != text {
            let message = "what was written is not what is read back";
            let help = "do not keep backups there before the disk was looked at";
            return Err(Fault::errored(message).stage(STAGE).object(shown).help(help));
        }
        let room = rustix::fs::statvfs(self.0.as_path()).ok();
        Ok(Room { free: room.map(|room| room.f_bavail.saturating_mul(room.f_frsize)) })
    }

    /// Makes the folder if it is missing, private to this user; but none above it: where those are
    /// missing, a disk is not mounted more often than not, and what is made would be on another.
    fn make(&self) -> Result<(), Fault> {
        match files::make(&self.0) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => match self.0.parent() {
                Some(parent) if !parent.exists() => Err(self.nowhere(parent)),
                _ => Err(self.fault(&error, "made")),
            },
            made => made.map_err(|error| self.fault(&error, "made")),
        }
    }

    fn nowhere(&self, parent: &Path) -> Fault {
        let message = format!("there is no folder {} to make it in", parent.display());
        let help = format!(
            "is a disk or a share not mounted? if it is to be a new folder: `mkdir -p {}`",
            self.shown()
        );
        Fault::errored(message).stage(STAGE).object(self.shown()).help(help)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn fault(&self, error: &std::io::Error, action: &str) -> Fault {
        trouble::io(error, &self.shown(), action)
    }
}

#[cfg(test)]
pub(super) mod tests;
