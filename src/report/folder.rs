//! The folder of the reports: proved writable before the run, written by rename.
//!
//! ```text
//! reports/journal.json   reports/junit.xml   reports/summary.md   reports/history/…
//! ```

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::journal::Journal;

use super::{Changes, junit, summary};

/// The folder that a run's reports go to.
#[derive(Debug, Clone)]
pub(crate) struct Reports {
    folder: PathBuf,
}

impl Reports {
    /// Makes the folder, and proves that it can be written to.
    ///
    /// To be called before anything runs: a run whose reports have nowhere to go has proved
    /// nothing, and that should be known in second 0.
    pub(crate) fn open(dir: &Path) -> Result<Reports, String> {
        match prove_writable(dir) {
            Ok(()) => Ok(Reports { folder: dir.to_owned() }),
            Err(error) => Err(format!(
                "cannot write reports to {}: {error}; {} or choose another folder with \
                 --reports DIR",
                dir.display(),
                remedy(&error)
            )),
        }
    }

    /// Where the reports are.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes `journal.json`, `junit.xml` and `summary.md`.
    ///
    /// Each file is replaced whole or not at all, and each is tried even if another could not
    /// be written.
    pub(crate) fn write(&self, journal: &Journal, changes: &Changes) -> Result<(), String> {
        let written = [
            ("journal.json", json(journal)),
            ("junit.xml", junit::render(journal)),
            ("summary.md", Ok(summary::render(journal, changes))),
        ]
        .map(|(name, content)| {
            let path = self.folder.join(name);
            content
                .and_then(|content| {
                    replace(&path, content.as_bytes()).map_err(|error| error.to_string())
                })
                .map_err(|error| format!("cannot write {}: {error}", path.display()))
        });
        let problems: Vec<String> = written.into_iter().filter_map(Result::err).collect();
        if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
    }
}

/// A value as the JSON of our files: indented, with a final line break.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<String, String> {
    let text = serde_json::to_string_pretty(value).map_err(|error| error.to_string())?;
    Ok(text + "\n")
}

/// Puts a file in place by rename, so that a reader sees the old one or the new one, whole.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = temporary(folder)?;
    file.write_all(content)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn prove_writable(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let mut file = temporary(dir)?;
    // An empty file can still be made on a full disk; one of a report's size cannot.
    file.write_all(&[0; 64 * 1024])?;
    file.close()
}

/// A new file that vanishes unless it is renamed. Its mode is what the umask leaves of 0666, as
/// for any other file; a temporary file would otherwise be readable by its owner alone.
fn temporary(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".smokedrill-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space there,",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "make it writable for this user,"
        }
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            "a file is in the place of a folder: move it,"
        }
        _ => "see to that,",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Tried = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn opening_makes_the_folder_and_leaves_nothing_in_it() -> Tried {
        let place = tempfile::tempdir()?;
        let dir = place.path().join("a/b");
        let reports = Reports::open(&dir)?;
        assert_eq!(reports.folder(), dir);
        assert_eq!(fs::read_dir(&dir)?.count(), 0);
        Ok(())
    }

    #[test]
    fn a_file_in_the_way_is_named_with_the_remedy() -> Tried {
        let place = tempfile::tempdir()?;
        let dir = place.path().join("reports");
        fs::write(&dir, "")?;
        let error = Reports::open(&dir).err().ok_or("opened")?;
        assert!(error.contains(&dir.display().to_string()), "{error}");
        assert!(error.contains("--reports DIR"), "{error}");
        assert!(error.contains("move it"), "{error}");
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn files_are_replaced_whole_and_readable_by_others() -> Tried {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir()?;
        let path = place.path().join("x");
        replace(&path, b"long content")?;
        replace(&path, b"short")?;
        assert_eq!(fs::read(&path)?, b"short");
        let plain = place.path().join("plain");
        fs::write(&plain, "")?;
        let mode = |path: &Path| fs::metadata(path).map(|data| data.permissions().mode());
        assert_eq!(mode(&path)?, mode(&plain)?);
        assert_eq!(fs::read_dir(place.path())?.count(), 2);
        Ok(())
    }
}
