//! Finding and reading backups, and taking them away.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::PathBuf;

use super::{Folder, REMOVED, files};
use crate::backup::id::is_id;
use crate::backup::manifest::MANIFEST;
use crate::backup::store::trouble;
use crate::fault::Fault;

/// No manifest is as large; what is, is not read into memory.
pub(in super::super) const MOST: u64 = 64 * 1024 * 1024;

impl Folder {
    /// The names of all backups.
    pub(in super::super) fn ids(&self) -> Result<Vec<String>, Fault> {
        let read = || -> io::Result<Vec<String>> {
            let mut ids = Vec::new();
            for entry in fs::read_dir(self.0.as_path())? {
                let entry = entry?;
                let Ok(id) = entry.file_name().into_string() else { continue };
                if is_id(&id) && self.is_backup(&id)? {
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

    pub(in super::super) fn manifest(&self, id: &str) -> Result<Vec<u8>, Fault> {
        let mut text = Vec::new();
        let (file, place) = self.file(id, MANIFEST)?;
        let size = file.take(MOST + 1).read_to_end(&mut text);
        let size = size.map_err(|error| trouble::io(&error, &place, "read"))?;
        if size as u64 > MOST {
            return Err(too_large(&place));
        }
        Ok(text)
    }

    pub(in super::super) fn open_file(
        &self,
        id: &str,
        name: &str,
    ) -> Result<Box<dyn Read + Send>, Fault> {
        let (file, place) = self.file(id, name)?;
        Ok(Box::new(Reader { file, place }))
    }

    pub(in super::super) fn remove(&self, id: &str) -> Result<(), Fault> {
        let path = self.path(id);
        let removed = self.path(&format!("{REMOVED}{id}"));
        let fault = |error: io::Error| trouble::io(&error, &path.display().to_string(), "removed");
        if !self.is_backup(id).map_err(fault)? {
            return Err(trouble::no_backup(id, &self.shown()));
        }
        let remove = || {
            // What an earlier removal left would be in the way.
            files::remove(&removed)?;
            fs::rename(&path, &removed)?;
            files::sync(&self.0)?;
            files::remove(&removed)
        };
        remove().map_err(fault)
    }

    fn is_backup(&self, id: &str) -> io::Result<bool> {
        let path = self.path(id);
        if !files::is_folder(&path)? {
            return Ok(false);
        }
        match fs::symlink_metadata(path.join(MANIFEST)) {
            Ok(found) => Ok(found.is_file()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
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
