//! Whether a stored file still is what its record says.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use super::{STAGE, Store, fault_of};
use crate::backup::manifest::FileRecord;
use crate::backup::stop::Stop;
use crate::fault::Fault;
use crate::suite::source::hex;

/// Reads a stored file to its end, and compares its size and hash. It needs no private key: the
/// record is of the file as it is stored.
///
/// # Errors
/// *Failed*: it differs, or is missing. *Errored*: it cannot be read.
pub(crate) fn verify_file(
    store: &Store,
    id: &str,
    record: &FileRecord,
    stop: &Stop,
) -> Result<(), Fault> {
    Hashing::open(store, id, record)?.prove(record, stop)
}

/// A stored file, hashed while somebody reads it.
pub(crate) struct Hashing {
    input: Box<dyn Read + Send>,
    place: String,
    hash: Sha256,
    bytes: u64,
}

impl Hashing {
    /// Opens a file of a backup.
    ///
    /// # Errors
    /// It is missing, or cannot be read.
    pub(crate) fn open(store: &Store, id: &str, record: &FileRecord) -> Result<Self, Fault> {
        let input = store.open_file(id, &record.name)?;
        let place = format!("{id}/{}", record.name);
        Ok(Self { input, place, hash: Sha256::new(), bytes: 0 })
    }

    /// Reads what is left, and holds size and hash against the record's.
    ///
    /// # Errors
    /// They differ; it cannot be read; it is to stop.
    pub(crate) fn prove(mut self, record: &FileRecord, stop: &Stop) -> Result<(), Fault> {
        let mut buffer = vec![0; 256 * 1024];
        loop {
            stop.check()?;
            match self.read(&mut buffer) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(fault_of(&error, &self.place)),
            }
        }
        let (found, expected) = (self.bytes, record.bytes);
        if found != expected {
            let sign = if found < expected { "short" } else { "long" };
            let by = found.abs_diff(expected);
            let message =
                format!("{by} bytes too {sign}: {found}, and the manifest says {expected}");
            return Err(damaged(message).object(&self.place));
        }
        let found = hex(&self.hash.finalize());
        if !found.eq_ignore_ascii_case(&record.sha256) {
            let expected = &record.sha256;
            let message = format!(
                "its bytes were changed: SHA-256 is {found}, and the manifest says {expected}"
            );
            return Err(damaged(message).object(&self.place));
        }
        Ok(())
    }
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.hash.update(buffer.get(..read).unwrap_or_default());
        self.bytes += read as u64;
        Ok(read)
    }
}

/// What is not as it was written.
pub(super) fn damaged(message: impl Into<String>) -> Fault {
    let help = "the backup is damaged: take another (`smokedrill backup list`), and look at the \
                disk or whoever may write there";
    Fault::failed(message.into()).stage(STAGE).help(help)
}
