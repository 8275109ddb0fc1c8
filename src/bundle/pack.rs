//! Putting the evidence of a drill together.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tar::{Builder, Header};

use super::{SIGNATURE, STAGE, SUMS};
use crate::audit::{Audit, Operation, Record, Standing};
use crate::backup::backups::settings;
use crate::fault::Fault;
use crate::journal::Journal;
use crate::project::root;
use crate::review::{Book, Signer, drill_folder};
use crate::suite::source::hex;

/// No single file of a report is larger; the backup itself stays where it is.
const MOST: u64 = 256 * 1024 * 1024;

/// Puts the evidence of a drill (the newest, unless one is named) into a new file in a folder,
/// signs it, and says what is in it.
///
/// # Errors
/// *Errored*: there is no drill, a file of it cannot be read, or the bundle is there already.
/// *Failed*: what was said of the drill was altered. *Usage*: the key is none.
pub fn pack_evidence(
    suites: &Path,
    reports: &Path,
    drill: Option<&str>,
    key: &Path,
    to: &Path,
) -> Result<String, Fault> {
    let settings = settings(suites)?;
    let folder = drill_folder(reports, drill)?;
    // Nothing is signed that does not hold.
    let log = root(suites).join(&settings.audit);
    let book = Book::open(&folder, &settings.review, &log)?;
    let signer = Signer::load(key, None)?;
    let id = book.journal.run.id.clone();
    let environment = book.journal.run.environment.clone();
    let mut files = BTreeMap::new();
    gather(&folder, "", &mut files)?;
    // The bundle's own hashes are of more than the report: there is one file of the name.
    files.remove(SUMS);
    failed(reports, &book.journal, &mut files)?;
    for (path, name) in [(log.clone(), "audit.jsonl"), (beside(&log), "audit.jsonl.head")] {
        if path.is_file() {
            files.insert(name.to_owned(), path);
        }
    }
    fs::create_dir_all(to).map_err(|error| fault(to, &error))?;
    let name = format!("evidence-{id}");
    let place = to.join(format!("{name}.tar.zst"));
    let bytes = archive(&name, &files)?;
    let about = format!("evidence of drill {id}");
    let signature = signer.sign(&bytes, &about)?;
    let audit = Audit::open(&log)?;
    write_new(&place, &bytes)?;
    write_new(&to.join(format!("{name}.tar.zst.{SIGNATURE}")), signature.as_bytes())?;
    let sha256 = hex(&Sha256::digest(&bytes));
    audit.append(&Record {
        operation: Operation::EvidencePack,
        source: environment,
        object: Some(id),
        result: Standing::Passed,
        detail: format!("{} files, SHA-256 {sha256}", files.len()),
        manifest: None,
    })?;
    let mut text = format!("{}: {} files, SHA-256 {sha256}\n", place.display(), files.len());
    for name in files.keys() {
        text += &format!("  {name}\n");
    }
    Ok(text)
}

/// What a restore of the drill that failed has left, where it is still there: nothing that was changed
/// since is signed.
fn failed(
    reports: &Path,
    journal: &Journal,
    files: &mut BTreeMap<String, PathBuf>,
) -> Result<(), Fault> {
    let restore = journal.run.evidence.as_ref().and_then(|evidence| evidence.restore.as_ref());
    let Some(failure) = restore.and_then(|restore| restore.failure.as_ref()) else { return Ok(()) };
    let Some(name) = Path::new(&failure.bundle).file_name() else { return Ok(()) };
    let folder = reports.join(name);
    if !folder.is_dir() {
        return Ok(());
    }
    let name = name.to_string_lossy();
    gather(&folder, &format!("{name}/"), files)?;
    let changed = |what: &str| {
        Fault::failed(format!("{what} is not as the drill has left it"))
            .stage(STAGE)
            .object(folder.display())
            .help("find out who changed it, and put it back from its copy; or move the folder away")
    };
    let read = |file: &Path| fs::read(file).map_err(|_| changed(&file.display().to_string()));
    let sums = read(&folder.join(SUMS))?;
    if hex(&Sha256::digest(&sums)) != failure.sha256 {
        return Err(changed(SUMS));
    }
    for line in String::from_utf8_lossy(&sums).lines() {
        let (sum, file) = line.split_once("  ").unwrap_or_default();
        if hex(&Sha256::digest(read(&folder.join(file))?)) != sum {
            return Err(changed(file));
        }
    }
    Ok(())
}

/// The files of a folder and of those in it, by their names in the bundle. Links are left out.
fn gather(folder: &Path, below: &str, files: &mut BTreeMap<String, PathBuf>) -> Result<(), Fault> {
    let read = |error: io::Error| fault(folder, &error);
    for entry in fs::read_dir(folder).map_err(read)? {
        let entry = entry.map_err(read)?;
        let kind = entry.file_type().map_err(read)?;
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if kind.is_dir() {
            gather(&entry.path(), &format!("{name}/"), files)?;
        } else if kind.is_file() {
            files.insert(name, entry.path());
        }
    }
    Ok(())
}

/// The archive: each file, and the file of their hashes at the end.
fn archive(name: &str, files: &BTreeMap<String, PathBuf>) -> Result<Vec<u8>, Fault> {
    let mut sums = String::new();
    let packed = zstd::stream::write::Encoder::new(Vec::new(), 9);
    let packed = packed.map_err(|error| fault(Path::new(name), &error))?;
    let mut archive = Builder::new(packed);
    for (file, path) in files {
        let size = fs::metadata(path).map_err(|error| fault(path, &error))?.len();
        if size > MOST {
            let message = format!("it has {size} bytes, and no report is as large");
            return Err(Fault::errored(message).stage(STAGE).object(path.display()));
        }
        let bytes = fs::read(path).map_err(|error| fault(path, &error))?;
        sums += &format!("{}  {file}\n", hex(&Sha256::digest(&bytes)));
        append(&mut archive, &format!("{name}/{file}"), &bytes).map_err(|e| fault(path, &e))?;
    }
    let done = append(&mut archive, &format!("{name}/{SUMS}"), sums.as_bytes())
        .and_then(|()| archive.into_inner())
        .and_then(zstd::stream::write::Encoder::finish);
    done.map_err(|error| fault(Path::new(name), &error))
}

fn append(archive: &mut Builder<impl io::Write>, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_size(bytes.len() as u64);
    // The same files make the same bundle, whoever packs them and when.
    header.set_mode(0o600);
    archive.append_data(&mut header, name, bytes)
}

/// A file that was not there: evidence replaces none.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let mut options = fs::OpenOptions::new();
    let opened: io::Result<File> = options.write(true).create_new(true).mode(0o600).open(path);
    let written = opened.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Fault::errored("it is there already, and is not replaced")
            .stage(STAGE)
            .object(path.display())
            .help("name another folder with --to DIR"),
        _ => fault(path, &error),
    })
}

/// What the log's last line must be, kept beside it.
fn beside(log: &Path) -> PathBuf {
    crate::audit::head_of(log)
}

fn fault(path: &Path, error: &io::Error) -> Fault {
    Fault::errored(format!("cannot be read or written: {error}"))
        .stage(STAGE)
        .object(path.display())
        .help("see why, and try again: nothing of the drill was changed")
}
