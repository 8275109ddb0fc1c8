//! Locks of the system on files in `.locks/`: they end with their holder, however that ends.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Folder, files};
use crate::backup::store::holder::{Holder, encoded};
use crate::backup::store::trouble::{self, STAGE};
use crate::fault::Fault;

const LOCKS: &str = ".locks";

/// The steps under the location's lock take milliseconds; whoever holds it longer hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// The right to back up one source.
#[derive(Debug)]
pub(in super::super) struct FolderLock {
    file: File,
    path: PathBuf,
}

impl FolderLock {
    /// A lock whose file was removed keeps nobody out: the next one makes another file.
    pub(in super::super) fn check(&self) -> Result<(), Fault> {
        let (ours, there) = (self.file.metadata(), std::fs::symlink_metadata(&self.path));
        let same = ours.and_then(|ours| Ok((ours.dev(), ours.ino(), there?)));
        match same {
            Ok((device, number, there)) if (device, number) == (there.dev(), there.ino()) => Ok(()),
            _ => Err(Fault::errored("somebody removed the lock's file while it was held")
                .stage(STAGE)
                .object(self.path.display())
                .help("look who else cleans that folder up; then make the backup again")),
        }
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // The file stays: to remove it would let two hold a lock of one name. The lock ends when
        // it is closed; this only takes the holder out of it.
        let _ = self.file.set_len(0);
    }
}

impl Folder {
    pub(in super::super) fn lock(
        &self,
        source: &str,
        holder: &Holder,
    ) -> Result<FolderLock, Fault> {
        let path = self.locks()?.join(format!("source-{}", encoded(source)));
        let shown = path.display().to_string();
        let fault = |error: &io::Error| trouble::io(error, &shown, "locked");
        let file = files::lockable(&path).map_err(|error| fault(&error))?;
        match file.try_lock() {
            Ok(()) => {
                write_holder(&file, holder).map_err(|error| fault(&error))?;
                Ok(FolderLock { file, path })
            }
            Err(TryLockError::Error(error)) => Err(fault(&error)),
            Err(TryLockError::WouldBlock) => {
                let place = self.shown();
                let who = match read_holder(&path) {
                    Some(holder) => holder.to_string(),
                    None => "another process".to_owned(),
                };
                let message = trouble::taken(source, &place, &who);
                let help = "wait for its end, or stop that process";
                Err(Fault::errored(message).stage(STAGE).object(source).help(help))
            }
        }
    }

    /// Held for some moments around steps that must not meet: a draft's first, its publication,
    /// and tidying.
    pub(super) fn guard(&self) -> Result<File, Fault> {
        let path = self.locks()?.join("location");
        let shown = path.display().to_string();
        let fault = |error: &io::Error| trouble::io(error, &shown, "locked");
        let file = files::lockable(&path).map_err(|error| fault(&error))?;
        let began = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(fault(&error)),
                Err(TryLockError::WouldBlock) if began.elapsed() > PATIENCE => {
                    let seconds = PATIENCE.as_secs();
                    let message = format!("another process has held it for {seconds} s");
                    let help = "`fuser` on that file names the process: it hangs, so end it";
                    return Err(Fault::errored(message).stage(STAGE).object(shown).help(help));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    fn locks(&self) -> Result<PathBuf, Fault> {
        self.make()?;
        let path = self.path(LOCKS);
        files::make_all(&path)
            .map_err(|error| trouble::io(&error, &path.display().to_string(), "made"))?;
        Ok(path)
    }
}

/// Writes who holds a locked file.
pub(super) fn write_holder(mut file: &File, holder: &Holder) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&serde_json::to_vec(holder)?)
}

/// Who holds a locked file, where it says so.
pub(super) fn read_holder(path: &Path) -> Option<Holder> {
    // Who has just taken the lock has not written yet.
    for _ in 0..10 {
        let mut text = Vec::new();
        let read = files::open(path).and_then(|file| file.take(64 * 1024).read_to_end(&mut text));
        if let (Ok(_), Ok(holder)) = (read, serde_json::from_slice(&text)) {
            return Some(holder);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}
