//! The data: rows as COPY has them, and large objects.

use memchr::memchr_iter;

use crate::fault::Fault;

use super::cursor::Cursor;
use super::source::Source;

/// What ends a table's rows.
const END: &[u8; 5] = b"\\.\n\n\n";

/// A table's rows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rows {
    pub(super) rows: u64,
    /// Without what ends them.
    pub(super) bytes: u64,
}

/// Large objects.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Objects {
    pub(super) objects: u64,
    pub(super) bytes: u64,
}

/// Reads a table's rows to their end.
pub(super) fn rows<S: Source>(
    cursor: &mut Cursor<S>,
    mut each: impl FnMut(&[u8]) -> Result<(), Fault>,
) -> Result<Rows, Fault> {
    let (mut feeds, mut bytes) = (0, 0);
    // What was read last: a line feed, so that a table without rows is none that lacks one.
    let mut last = [b'\n'; END.len() + 1];
    chunks(cursor, |chunk| {
        feeds += memchr_iter(b'\n', chunk).count() as u64;
        bytes += chunk.len() as u64;
        if let Some(end) = chunk.last_chunk() {
            last = *end;
        } else {
            last.rotate_left(chunk.len());
            let keep = last.len() - chunk.len();
            last[keep..].copy_from_slice(chunk);
        }
        each(chunk)
    })?;
    if bytes < END.len() as u64 || last[0] != b'\n' || !last.ends_with(END) {
        return Err(cursor.damaged("the rows do not end as rows end"));
    }
    Ok(Rows { rows: feeds - 3, bytes: bytes - END.len() as u64 })
}

/// Reads large objects until none is left.
pub(super) fn large_objects<S: Source>(
    cursor: &mut Cursor<S>,
    mut each: impl FnMut(&[u8]) -> Result<(), Fault>,
) -> Result<Objects, Fault> {
    let mut found = Objects::default();
    loop {
        // The number of the object; above two thousand million it is written as a negative one.
        if cursor.int()? == 0 {
            return Ok(found);
        }
        found.objects += 1;
        chunks(cursor, |chunk| {
            found.bytes += chunk.len() as u64;
            each(chunk)
        })?;
    }
}

/// Reads chunks until one of no length. Old versions of `pg_dump` write one for each row, so this
/// is where an archive's time goes.
fn chunks<S: Source>(
    cursor: &mut Cursor<S>,
    mut each: impl FnMut(&[u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    loop {
        let length = cursor.int()?;
        let Ok(mut left) = usize::try_from(length) else {
            return Err(cursor.damaged(format_args!("{length} is no length")));
        };
        if left == 0 {
            return Ok(());
        }
        while left > 0 {
            let bytes = cursor.source.peek()?;
            if bytes.is_empty() {
                return Err(cursor.cut_off());
            }
            let some = bytes.len().min(left);
            each(&bytes[..some])?;
            cursor.source.take(some);
            cursor.at += some as u64;
            left -= some;
        }
    }
}
