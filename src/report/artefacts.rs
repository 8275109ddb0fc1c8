//! What a run has left in its folder of reports, searched for every secret that the run knew.
//!
//! All that is written goes through a [`Redactor`] on its way. This looks at what came out, so that
//! a way around it does not stay unseen: in each file that was written since the run began, for each
//! secret in every form that it may have taken. Secrets that are ordinary words or mere numbers are
//! hidden, and not searched for: they stand in every second text.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use crate::redact::{Needles, Redactor};

/// Bytes that are searched at once, and by how much two such pieces overlap: no form of a secret is
/// longer.
const PIECE: usize = 4 * 1024 * 1024;
const OVER: usize = 64 * 1024;

/// A file system may keep times by the second or two.
const COARSE: Duration = Duration::from_secs(2);

/// No folder of reports is deeper.
const DEEPEST: usize = 8;

/// What a search has shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Searched {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    /// The files with a secret in them, as seen from the folder.
    pub(crate) leaks: Vec<String>,
}

/// Searches what was written since the run began.
///
/// # Errors
/// Something there cannot be read.
pub(crate) fn search(
    folder: &Path,
    since: Timestamp,
    redactor: &Redactor,
) -> Result<Searched, String> {
    let since = SystemTime::from(since).checked_sub(COARSE).unwrap_or(SystemTime::UNIX_EPOCH);
    let mut paths = Vec::new();
    let mut searched = Searched::default();
    let told = |path: &Path, error: io::Error| {
        format!("{} cannot be searched for secrets: {error}", path.display())
    };
    written(folder, since, 0, &mut paths).map_err(|error| told(folder, error))?;
    paths.sort();
    let needles = redactor.telling();
    for path in paths {
        let (bytes, leaks) = holds(&path, &needles).map_err(|error| told(&path, error))?;
        searched.files += 1;
        searched.bytes += bytes;
        if leaks {
            let name = path.strip_prefix(folder).unwrap_or(&path);
            searched.leaks.push(name.display().to_string());
        }
    }
    Ok(searched)
}

/// The files below a folder that were written since then; no link is followed.
fn written(
    folder: &Path,
    since: SystemTime,
    depth: usize,
    paths: &mut Vec<PathBuf>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // Another process's file may be gone by now.
        let Ok(found) = entry.metadata() else { continue };
        if found.is_dir() && depth < DEEPEST {
            match written(&entry.path(), since, depth + 1, paths) {
                Err(error) if !is_anothers(&error) => return Err(error),
                _ => {}
            }
        } else if found.is_file() && found.modified().is_ok_and(|time| time >= since) {
            paths.push(entry.path());
        }
    }
    Ok(())
}

/// Whether what cannot be read is another process's: gone by now, or another user's.
fn is_anothers(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied)
}

/// How many bytes a file has, and whether a secret is among them.
fn holds(path: &Path, needles: &Needles) -> io::Result<(u64, bool)> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_anothers(&error) => return Ok((0, false)),
        Err(error) => return Err(error),
    };
    let (mut held, mut bytes, mut leaks) = (Vec::new(), 0, false);
    loop {
        let room = PIECE as u64;
        let read = file.by_ref().take(room).read_to_end(&mut held)?;
        bytes += read as u64;
        // Of a picture, too, the letters are looked at.
        leaks |= !needles.covered(&String::from_utf8_lossy(&held)).is_empty();
        if read == 0 {
            return Ok((bytes, leaks));
        }
        held.drain(..held.len().saturating_sub(OVER));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::forms;

    const SECRET: &str = "s3cr3t/+p&ss\"w'rd";

    fn redactor() -> Redactor {
        let redactor = Redactor::new(&[], Vec::new());
        assert!(redactor.learn(SECRET) && redactor.learn("staging") && redactor.learn("12345678"));
        redactor
    }

    #[test]
    fn a_secret_is_found_in_each_form_and_named_by_its_file_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("drill/x")).unwrap();
        let place = folder.path().join("drill/x/report.json");
        let since = Timestamp::now();
        for form in forms(SECRET) {
            fs::write(&place, format!("{{\"a\": \"{form}\"}}")).unwrap();
            let found = search(folder.path(), since, &redactor()).unwrap();
            assert_eq!(found.leaks, ["drill/x/report.json"], "{form}");
        }
        fs::write(&place, "staging has 12345678 rows, s3cr3t ones").unwrap();
        let found = search(folder.path(), since, &redactor()).unwrap();
        assert_eq!((found.files, found.leaks), (1, vec![]));
    }

    #[test]
    fn between_two_pieces_and_in_a_picture_it_is_found_too() {
        let folder = tempfile::tempdir().unwrap();
        let since = Timestamp::now();
        for shift in [1, 5, 12] {
            let mut bytes = vec![0xff; PIECE - shift];
            bytes.extend_from_slice(SECRET.as_bytes());
            bytes.resize(PIECE + 100, 0xff);
            fs::write(folder.path().join("page.png"), bytes).unwrap();
            assert_eq!(search(folder.path(), since, &redactor()).unwrap().leaks, ["page.png"]);
        }
    }

    #[test]
    fn what_was_there_before_is_not_of_this_run() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("old.txt"), SECRET).unwrap();
        let later = Timestamp::now() + jiff::SignedDuration::from_secs(60);
        assert_eq!(search(folder.path(), later, &redactor()).unwrap(), Searched::default());
        let gone = folder.path().join("gone");
        assert!(search(&gone, later, &redactor()).unwrap_err().contains("cannot be searched"));
    }
}
