//! Finding and reading backups, and taking them away.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::path::PathBuf;

use super::{Folder, REMOVED, files};
use crate::backup::id::is_id;
use crate::backup::manifest::{MANIFEST, SEAL};
use crate::backup::store::{Sizes, Whole, Written, complete, parsed, trouble};
use crate::fault::{Fault, FaultKind};

/// No manifest is as large (a million tables have one of about this size); what is, is not read
/// into memory, and none is published.
pub(in super::super) const MOST: u64 = 512 * 1024 * 1024;

impl Folder {
    /// The names of all backups.
    pub(in super::super) fn ids(&self) -> Result<Vec<String>, Fault> {
        let read = || -> io::Result<Vec<String>> {
            let mut ids = Vec::new();
            for entry in fs::read_dir(self.0.as_path())? {
                let entry = entry?;
                let Ok(id) = entry.file_name().into_string() else { continue };
                // One that cannot be looked into is told of as such, and hides no other.
                if is_id(&id) && self.is_backup(&id).unwrap_or(true) {
                    ids.push(id);
                }
            }
            Ok(ids)
        };
        match read() {
            // Nothing was kept yet.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            other => other.map_err(|error| self.fault(&error, "read")),
        }
    }

    pub(in super::super) fn manifest(&self, id: &str) -> Result<Written, Fault> {
        let read = |name: &str| {
            let mut text = Vec::new();
            let (file, place) = self.file(id, name)?;
            let size = file.take(MOST + 1).read_to_end(&mut text);
            let size = size.map_err(|error| trouble::io(&error, &place, "read"))?;
            match size as u64 > MOST {
                true => Err(too_large(&place)),
                false => Ok(text),
            }
        };
        let text = read(MANIFEST)?;
        let seal = match read(SEAL) {
            Ok(seal) => Some(seal),
            Err(fault) if fault.kind() == FaultKind::Failed => None,
            Err(fault) => return Err(fault),
        };
        Ok(Written { text, seal })
    }

    /// A backup's manifest, if its files are all there.
    pub(in super::super) fn whole(&self, id: &str) -> Result<Whole, Fault> {
        complete(parsed(id, &self.manifest(id)?)?, &self.sizes(id)?)
    }

    /// What is stored of a backup.
    pub(in super::super) fn sizes(&self, id: &str) -> Result<Sizes, Fault> {
        let read = || -> io::Result<Sizes> {
            let mut sizes = Vec::new();
            for entry in fs::read_dir(self.path(id))? {
                let entry = entry?;
                let found = entry.metadata()?;
                if found.is_file() {
                    sizes.push((entry.file_name().to_string_lossy().into_owned(), found.len()));
                }
            }
            Ok(sizes)
        };
        read().map_err(|error| trouble::io(&error, &self.path(id).display().to_string(), "read"))
    }

    pub(in super::super) fn open_file(
        &self,
        id: &str,
        name: &str,
    ) -> Result<Box<dyn Read + Send>, Fault> {
        let (file, place) = self.file(id, name)?;
        Ok(Box::new(Reader { file, place }))
    }

    /// Keeps a backup from being removed, for as long as it lasts.
    pub(in super::super) fn hold(&self, id: &str) -> Result<File, Fault> {
        let (file, _) = self.file(id, MANIFEST)?;
        // A filesystem without locks has none to respect.
        let _ = file.lock_shared();
        // It may have been removed while this waited.
        match self.is_backup(id) {
            Ok(true) => Ok(file),
            _ => Err(trouble::no_backup(id, &self.shown())),
        }
    }

    pub(in super::super) fn is_held(&self, id: &str) -> bool {
        matches!(self.alone(id), Err(TryLockError::WouldBlock))
    }

    /// A lock against all who read a backup, where there are locks; none who begin now get it.
    fn alone(&self, id: &str) -> Result<Option<File>, TryLockError> {
        let opened = files::lockable_if_there(&self.path(id).join(MANIFEST));
        match opened.map_err(TryLockError::Error).and_then(|file| file.try_lock().map(|()| file)) {
            Ok(file) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
            // What cannot be opened, nobody reads; and a filesystem without locks has no holders.
            Err(TryLockError::Error(error))
                if matches!(
                    error.kind(),
                    ErrorKind::PermissionDenied | ErrorKind::Unsupported | ErrorKind::NotFound
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    pub(in super::super) fn remove(&self, id: &str) -> Result<(), Fault> {
        let path = self.path(id);
        let removed = self.path(&format!("{REMOVED}{id}"));
        let fault = |error: io::Error| trouble::io(&error, &path.display().to_string(), "removed");
        if !self.is_backup(id).map_err(fault)? {
            return Err(trouble::no_backup(id, &self.shown()));
        }
        // Held until it has another name: whoever waits for it then finds none.
        let _alone = match self.alone(id) {
            Ok(lock) => lock,
            Err(TryLockError::WouldBlock) => {
                let help = "wait for the restore or the verification to end, and try again";
                let fault = Fault::errored("it is being read by another process");
                return Err(fault.stage(trouble::STAGE).object(id).help(help));
            }
            Err(TryLockError::Error(error)) => return Err(fault(error)),
        };
        let remove = || {
            // What an earlier removal left would be in the way.
            files::remove(&removed)?;
            fs::rename(&path, &removed)?;
            files::sync(&self.0)?;
            files::remove(&removed)
        };
        remove().map_err(fault)
    }

    /// Whether it is one, or was before it lost its manifest: a folder gets such a name when
    /// that is in it. An empty one never was.
    fn is_backup(&self, id: &str) -> io::Result<bool> {
        let path = self.path(id);
        Ok(files::is_folder(&path)? && fs::read_dir(&path)?.next().is_some())
    }

    /// Leaves an empty file in a backup, unless it is there.
    pub(in super::super) fn leave(&self, id: &str, name: &str) -> Result<(), Fault> {
        let path = self.path(id).join(name);
        match files::create(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            made => made
                .and_then(|file| file.sync_all())
                .map_err(|error| trouble::io(&error, &path.display().to_string(), "written")),
        }
    }

    /// Takes such a file away, and is content if it is gone.
    pub(in super::super) fn take_away(&self, id: &str, name: &str) -> Result<(), Fault> {
        let path = self.path(id).join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => {
                removed.map_err(|error| trouble::io(&error, &path.display().to_string(), "removed"))
            }
        }
    }

    /// A file of a backup, and its path for people to read.
    fn file(&self, id: &str, name: &str) -> Result<(File, String), Fault> {
        let path: PathBuf = self.path(id).join(name);
        let place = path.display().to_string();
        let fault = |error: io::Error| trouble::io(&error, &place, "read");
        if !self.is_backup(id).map_err(fault)? {
            return Err(trouble::no_backup(id, &self.shown()));
        }
        match files::open(&path) {
            Ok(file) => Ok((file, place)),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(trouble::missing(id, name)),
            Err(error) => Err(fault(error)),
        }
    }
}

/// A manifest that cannot be one.
pub(in super::super) fn too_large(place: &str) -> Fault {
    Fault::failed(format!("larger than {} MiB, so no manifest", MOST / 1024 / 1024))
        .stage(trouble::STAGE)
        .object(place)
        .help("the backup is damaged: take another (`smokedrill backup list`)")
}

/// Names the file in each of its errors.
struct Reader {
    file: File,
    place: String,
}

impl Read for Reader {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.file.read(bytes).map_err(|error| trouble::carried(&error, &self.place, "read"))
    }
}
