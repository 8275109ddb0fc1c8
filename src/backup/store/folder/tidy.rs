//! Taking away what the dead have left.

use std::fs::{self, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;

use super::draft::LOCK;
use super::lock::read_holder;
use super::{DRAFT, Folder, PROBE, REMOVED, files};
use crate::backup::id::is_id;
use crate::fault::Fault;

impl Folder {
    pub(in super::super) fn tidy(&self) -> Result<Vec<String>, Fault> {
        if !self.0.exists() {
            return Ok(Vec::new());
        }
        let guard = self.guard()?;
        let fault = |error: io::Error| self.fault(&error, "tidied");
        let mut found = Vec::new();
        for entry in fs::read_dir(self.0.as_path()).map_err(fault)? {
            let entry = entry.map_err(fault)?;
            let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type()) else {
                continue;
            };
            if let Some(id) = name.strip_prefix(DRAFT).filter(|id| kind.is_dir() && is_id(id)) {
                if let Some(maker) = dead(&entry.path()).map_err(fault)? {
                    let removed = self.path(&format!("{REMOVED}{id}"));
                    files::remove(&removed).map_err(fault)?;
                    fs::rename(entry.path(), &removed).map_err(fault)?;
                    found.push((removed, format!("an unfinished backup, {id}, of {maker}")));
                }
            } else if let Some(id) = name.strip_prefix(REMOVED).filter(|id| is_id(id)) {
                if kind.is_dir() {
                    found.push((entry.path(), format!("what was left of {id}, removed before")));
                }
            } else if name.starts_with(PROBE) && kind.is_file() {
                // Probes are made under the lock that is held here.
                fs::remove_file(entry.path()).map_err(fault)?;
            }
        }
        // What takes long is done without it.
        drop(guard);
        let mut lines = Vec::new();
        for (path, line) in found {
            files::remove(&path).map_err(fault)?;
            lines.push(line);
        }
        lines.sort_unstable();
        Ok(lines)
    }
}

/// Who made a draft, if they are gone.
fn dead(draft: &Path) -> io::Result<Option<String>> {
    let path = draft.join(LOCK);
    let unknown = || Some("an unknown maker".to_owned());
    let lock = match files::lockable_if_there(&path) {
        Ok(lock) => lock,
        // Killed before it was made, or after it was taken away to publish.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(unknown()),
        Err(error) => return Err(error),
    };
    match lock.try_lock() {
        Ok(()) => Ok(read_holder(&path).map(|holder| holder.to_string()).or_else(unknown)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
