//! Proving a backup from its files alone: at any later time, with no source at hand.
//!
//! Each file is read to its end, its size and hash compared with the manifest's; on the way, the
//! archive is expanded and read entry by entry, since `pg_restore --list` is content with an
//! archive that was cut in half, and `pg_restore` with a data file that was emptied.

use std::io::{self, Read};

use super::archive::Held;
use super::encryption::Identities;
use super::manifest::{FileRecord, Manifest};
use super::progress::Progress;
use super::stop::Stop;
use super::store::{Hashing, Store, fault_of, verify_file};
use super::stream;
use crate::fault::Fault;

/// What reading a backup showed.
pub(crate) struct Reading {
    /// Each file that is not as its record says, by name, with what differs.
    pub(crate) damaged: Vec<(String, Fault)>,
    /// How many bytes were read.
    pub(crate) bytes: u64,
    /// How many files.
    pub(crate) files: u64,
    /// What the archive holds; nothing where it is encrypted and no private key is there.
    pub(crate) archive: Option<Result<Held, Fault>>,
}

/// Reads a backup to its end.
///
/// # Errors
/// It was told to stop. What is wrong with the backup is in the [`Reading`].
pub(crate) fn read(
    store: &Store,
    manifest: &Manifest,
    identities: Option<&Identities>,
    progress: &Progress,
    stop: &Stop,
) -> Result<Reading, Fault> {
    // A key opens nothing that was never sealed.
    let identities = identities.filter(|_| !manifest.recipients.is_empty());
    let mut reading = Reading { damaged: Vec::new(), bytes: 0, files: 0, archive: None };
    for record in &manifest.files {
        let is_archive = manifest.database.as_ref().is_some_and(|held| held.file == record.name);
        let readable = manifest.recipients.is_empty() || identities.is_some();
        let result = match (readable, is_archive) {
            (false, _) => verify_file(store, &manifest.id, record, stop),
            (true, false) => small_file(store, manifest, record, identities, stop),
            (true, true) => {
                let (held, result) =
                    archive_file(store, manifest, record, identities, progress, stop);
                reading.archive = Some(held);
                result
            }
        };
        stop.check()?;
        reading.files += 1;
        reading.bytes += record.bytes;
        reading.damaged.extend(result.err().map(|fault| (record.name.clone(), fault)));
    }
    Ok(reading)
}

/// Reads another file, as it is stored and as it was before.
fn small_file(
    store: &Store,
    manifest: &Manifest,
    record: &FileRecord,
    identities: Option<&Identities>,
    stop: &Stop,
) -> Result<(), Fault> {
    let mut input = Hashing::open(store, &manifest.id, record)?;
    let expanded = match identities {
        None => expanded(&mut input, stop),
        Some(identities) => identities.decrypt(&mut input).and_then(|plain| expanded(plain, stop)),
    };
    // That it differs from what was written says more than that it cannot be expanded.
    input.prove(record, stop)?;
    let bytes = expanded.map_err(|fault| fault.object(&record.name))?;
    match bytes == record.uncompressed {
        true => Ok(()),
        false => {
            let expected = record.uncompressed;
            let message = format!("it expands to {bytes} bytes, and the manifest says {expected}");
            Err(Fault::failed(message).object(&record.name).help("use another backup"))
        }
    }
}

/// How many bytes it expands to.
fn expanded(input: impl Read, stop: &Stop) -> Result<u64, Fault> {
    let mut input = stream::expand(input)?;
    let mut buffer = vec![0; 256 * 1024];
    let mut bytes = 0;
    loop {
        stop.check()?;
        match input.read(&mut buffer) {
            Ok(0) => return Ok(bytes),
            Ok(read) => bytes += read as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(fault_of(&error, "")),
        }
    }
}

/// Reads the archive's file, and what is in it.
fn archive_file(
    store: &Store,
    manifest: &Manifest,
    record: &FileRecord,
    identities: Option<&Identities>,
    progress: &Progress,
    stop: &Stop,
) -> (Result<Held, Fault>, Result<(), Fault>) {
    let mut input = match Hashing::open(store, &manifest.id, record) {
        Ok(input) => input,
        Err(fault) => return (Err(fault.clone()), Err(fault)),
    };
    let held = held(&mut input, identities, progress, stop).and_then(|held| agree(held, manifest));
    let held = held.map_err(|fault| fault.object(&record.name));
    let result = input.prove(record, stop);
    (held, result)
}

fn held(
    input: &mut (dyn Read + Send),
    identities: Option<&Identities>,
    progress: &Progress,
    stop: &Stop,
) -> Result<Held, Fault> {
    match identities {
        None => stream::verify(input, progress, stop),
        Some(identities) => stream::verify(identities.decrypt(input)?, progress, stop),
    }
}

/// Whether an archive holds what its manifest says.
fn agree(held: Held, manifest: &Manifest) -> Result<Held, Fault> {
    let help = "the backup is damaged, or its manifest is another's: use another backup";
    let database = manifest.archive()?;
    for recorded in &database.tables {
        let object = format!("{}.{}", recorded.schema, recorded.name);
        let found = held.tables.iter().find(|table| table.entry == recorded.entry);
        let Some(found) = found else {
            return Err(Fault::failed("its data are not in the archive").object(object).help(help));
        };
        if found.offset != recorded.offset {
            let message = "its data do not begin where the manifest says";
            return Err(Fault::failed(message).object(object).help(help));
        }
        if (found.rows, found.bytes) != (recorded.rows, recorded.bytes) {
            let message = format!(
                "the archive has {} rows of {} bytes, and the manifest says {} rows of {} bytes",
                found.rows, found.bytes, recorded.rows, recorded.bytes
            );
            return Err(Fault::failed(message).object(object).help(help));
        }
    }
    let found = (held.tables.len(), held.large_objects, held.large_object_bytes);
    let recorded = (database.tables.len(), database.large_objects, database.large_object_bytes);
    if found != recorded {
        let message = format!(
            "the archive has {} tables and {} large objects of {} bytes, and the manifest says \
             {} and {} of {}",
            found.0, found.1, found.2, recorded.0, recorded.1, recorded.2
        );
        return Err(Fault::failed(message).help(help));
    }
    Ok(held)
}
