//! A backup in the making.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::lock::write_holder;
use super::{DRAFT, Folder, files};
use crate::backup::manifest::{MANIFEST, Manifest, SEAL};
use crate::backup::store::Written;
use crate::backup::store::draft::check_files;
use crate::backup::store::holder::Holder;
use crate::backup::store::trouble;
use crate::backup::store::writer::Sink;
use crate::fault::Fault;

/// The file in a draft that its maker holds a lock on.
pub(super) const LOCK: &str = ".lock";

/// The manifest while it is written.
const NEW_MANIFEST: &str = ".manifest.json.new";

/// A compressor writes by the hundred kilobytes, `serde_json` by the word.
const BUFFER: usize = 128 * 1024;

/// A folder that is not yet a backup.
#[derive(Debug)]
pub(in super::super) struct FolderDraft {
    folder: Folder,
    id: String,
    path: PathBuf,
    published: bool,
    /// Held for as long as the draft lives.
    _lock: File,
}

impl Folder {
    pub(in super::super) fn begin(&self, id: &str, holder: &Holder) -> Result<FolderDraft, Fault> {
        // Between these steps the draft has no lock, and would be tidied away.
        let _guard = self.guard()?;
        let path = self.path(&format!("{DRAFT}{id}"));
        let fault = |error: io::Error| trouble::io(&error, &path.display().to_string(), "made");
        if self.path(id).symlink_metadata().is_ok() {
            return Err(fault(io::ErrorKind::AlreadyExists.into()));
        }
        files::make(&path).map_err(fault)?;
        let lock = || {
            let lock = files::create(&path.join(LOCK))?;
            lock.try_lock()?;
            write_holder(&lock, holder)?;
            Ok(lock)
        };
        match lock() {
            Ok(lock) => Ok(FolderDraft {
                folder: self.clone(),
                id: id.to_owned(),
                path,
                published: false,
                _lock: lock,
            }),
            Err(error) => {
                let _ = files::remove(&path);
                Err(fault(error))
            }
        }
    }
}

impl FolderDraft {
    pub(in super::super) fn create(&self, name: &str) -> Result<Sink, Fault> {
        let path = self.path.join(name);
        let file = files::create(&path).map_err(|error| self.fault(&error, name, "made"))?;
        let file = BufWriter::with_capacity(BUFFER, file);
        Ok(Sink::File(DraftFile { file: Some(file), path }))
    }

    pub(in super::super) fn publish(
        mut self,
        manifest: &Manifest,
        written: &Written,
    ) -> Result<(), Fault> {
        let stored = self.stored().map_err(|error| self.fault(&error, "", "read"))?;
        check_files(manifest, &self.id, &stored)?;
        self.write_manifest(written).map_err(|error| self.fault(&error, MANIFEST, "written"))?;
        let place = self.folder.path(&self.id);
        let guard = self.folder.guard()?;
        let publish = || {
            fs::remove_file(self.path.join(LOCK))?;
            files::sync(&self.path)?;
            // Onto an empty folder it would succeed, and onto anything else fail.
            fs::rename(&self.path, &place)
        };
        publish().map_err(|error| self.fault(&error, "", "published"))?;
        self.published = true;
        drop(guard);
        // It is there, whole and on the disk. That its name may not outlive a power cut makes it
        // no failure: it would be a draft again, which nobody takes for a backup.
        let _ = files::sync(&self.folder.0);
        Ok(())
    }

    /// The files with their sizes.
    fn stored(&self) -> io::Result<Vec<(String, u64)>> {
        let mut stored = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name != LOCK {
                stored.push((name, entry.metadata()?.len()));
            }
        }
        Ok(stored)
    }

    fn write_manifest(&self, written: &Written) -> io::Result<()> {
        let fresh = self.path.join(NEW_MANIFEST);
        let seal = written.seal.as_deref().unwrap_or_default();
        for (path, text) in [(&self.path.join(SEAL), seal), (&fresh, &written.text)] {
            let mut file = files::create(path)?;
            file.write_all(text)?;
            file.sync_all()?;
        }
        fs::rename(&fresh, self.path.join(MANIFEST))
    }

    fn fault(&self, error: &io::Error, name: &str, action: &str) -> Fault {
        let place = if name.is_empty() { self.path.clone() } else { self.path.join(name) };
        trouble::io(error, &place.display().to_string(), action)
    }
}

impl Drop for FolderDraft {
    fn drop(&mut self) {
        if !self.published {
            let _ = files::remove(&self.path);
        }
    }
}

/// A file of a draft. Dropped before it is finished, it is removed.
#[derive(Debug)]
pub(in super::super) struct DraftFile {
    file: Option<BufWriter<File>>,
    path: PathBuf,
}

impl DraftFile {
    /// All that was written is on the disk.
    pub(in super::super) fn finish(mut self) -> io::Result<()> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        let written = file.flush().and_then(|()| file.get_ref().sync_all());
        written.inspect_err(|_| remove(&self.path))
    }
}

impl Write for DraftFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.file {
            Some(file) => file.write(bytes),
            None => Err(io::Error::other("the file is finished")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for DraftFile {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            // What it still holds would be written on the way out.
            let _ = file.into_parts();
            remove(&self.path);
        }
    }
}

fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}
