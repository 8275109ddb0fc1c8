//! Whether a stored file still is what its record says.

use std::io::Read;

use sha2::{Digest, Sha256};

use super::writer::hex;
use super::{STAGE, Store, fault_of};
use crate::backup::manifest::FileRecord;
use crate::fault::Fault;

/// Reads a stored file to its end, and compares its size and hash. It needs no private key: the
/// record is of the file as it is stored.
///
/// # Errors
/// *Failed*: it differs, or is missing. *Errored*: it cannot be read.
pub(crate) fn verify_file(store: &Store, id: &str, record: &FileRecord) -> Result<(), Fault> {
    let place = format!("{id}/{}", record.name);
    let wrong = |message: String| {
        let help = "the backup is damaged: take another (`smokedrill backup list`), and look at \
                    the disk or whoever may write there";
        Err(Fault::failed(message).stage(STAGE).object(&place).help(help))
    };
    let mut file = store.open_file(id, &record.name)?;
    let mut hash = Sha256::new();
    let mut bytes: u64 = 0;
    let mut block = vec![0; 256 * 1024];
    loop {
        let read = match file.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(fault_of(&error, &place)),
        };
        hash.update(&block[..read]);
        bytes += read as u64;
    }
    if bytes != record.bytes {
        let sign = if bytes < record.bytes { "short" } else { "long" };
        let by = bytes.abs_diff(record.bytes);
        let expected = record.bytes;
        return wrong(format!("{by} bytes too {sign}: {bytes}, and the manifest says {expected}"));
    }
    let found = hex(&hash.finalize());
    if !found.eq_ignore_ascii_case(&record.sha256) {
        let expected = &record.sha256;
        return wrong(format!(
            "its bytes were changed: SHA-256 is {found}, and the manifest says {expected}"
        ));
    }
    Ok(())
}
