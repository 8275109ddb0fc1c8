mod damage;
mod faults;
mod real;

use super::{compress, expand};
use crate::backup::archive::Held;
use crate::backup::progress::Progress;
use crate::backup::stop::Stop;

/// Compressed, as a backup is.
fn packed(archive: &[u8]) -> (Held, Vec<u8>) {
    let (held, packed, bytes) =
        compress(archive, Vec::new(), &Progress::default(), &Stop::default()).unwrap();
    assert_eq!(bytes, archive.len() as u64);
    (held, packed)
}

/// Expanded, from this byte on.
fn expanded(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut expand(packed).unwrap(), &mut bytes)?;
    Ok(bytes)
}
