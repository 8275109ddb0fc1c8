//! From `pg_dump` to a store.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::backup::archive::{Held, Reader};
use crate::backup::progress::Progress;
use crate::backup::stop::Stop;
use crate::fault::{Fault, causes};

use super::frames::Frames;
use super::tee::{Part, Tee};

/// Of zstd. Higher ones are smaller by a twentieth and take half as long again.
const LEVEL: i32 = 1;

/// Bytes in a part. Each is handed on whole, so that threads seldom wait for each other.
const PART: usize = 256 * 1024;

/// Parts that are on their way at once.
const PARTS: usize = 8;

/// Reads an uncompressed archive as `pg_dump` writes it, counts what it holds, and writes it
/// compressed. Gives back what was written to, and the archive's size before compression. The
/// tables' offsets are those of their frames in what was written.
///
/// # Errors
/// What a [`Reader`] finds, an output that cannot be written, or the
/// reason to stop. What was written until then is of no use.
pub(crate) fn compress<R: Read + Send, W: Write + Send>(
    input: R,
    output: W,
    progress: &Progress,
    stop: &Stop,
) -> Result<(Held, W, u64), Fault> {
    let (full, filled) = sync_channel(PARTS);
    let (give_back, empty) = sync_channel(PARTS);
    for _ in 0..PARTS {
        let _ = give_back.send(Part::new(PART));
    }
    let (counted, packed) = thread::scope(|scope| {
        let packer = move || pack(&filled, &give_back, output, stop);
        let packer = thread::Builder::new().name("compress".to_owned()).spawn_scoped(scope, packer);
        let packer = match packer {
            Ok(packer) => packer,
            Err(error) => {
                let fault = Fault::errored(format!("no thread to compress with: {error}"));
                return (Err(fault.clone()), Err(fault));
            }
        };
        let counted = count(input, (full, empty), progress, stop);
        let died = |_| Err(Fault::errored("the thread that compresses died"));
        (counted, packer.join().unwrap_or_else(died))
    });
    // Whoever told it to stop also ended pg_dump, so the input is cut off, but not at fault. And
    // a thread that lost the other knows less than that one.
    stop.check()?;
    let (output, offsets) = packed?;
    let mut held = counted?;
    for table in &mut held.tables {
        let number = usize::try_from(table.offset).unwrap_or(usize::MAX);
        table.offset = offsets.get(number).copied().unwrap_or_default();
    }
    let bytes = held.bytes;
    Ok((held, output, bytes))
}

/// Reads and counts, and hands on.
fn count<R: Read>(
    input: R,
    channels: (SyncSender<Part>, Receiver<Part>),
    progress: &Progress,
    stop: &Stop,
) -> Result<Held, Fault> {
    let tee = Tee::new(input, channels, progress, stop)?;
    let mut reader = Reader::begin(tee, progress)?;
    while reader.next(|_, _| Ok(()))? {}
    let (held, tee) = reader.into_parts();
    tee.finish()?;
    Ok(held)
}

/// Compresses and writes. Tells where the frames of the entries' data begin.
fn pack<W: Write>(
    filled: &Receiver<Part>,
    give_back: &SyncSender<Part>,
    output: W,
    stop: &Stop,
) -> Result<(W, Vec<u64>), Fault> {
    let mut frames = Frames::new(output, LEVEL).map_err(|error| unwritten(&error))?;
    let mut offsets = Vec::new();
    for mut part in filled {
        stop.check()?;
        let mut rest = 0;
        for start in part.starts.drain(..) {
            let offset = frames.add(&part.room[rest..start]).and_then(|()| frames.next());
            offsets.push(offset.map_err(|error| unwritten(&error))?);
            rest = start;
        }
        let last = &part.room[rest..part.filled];
        frames.add(last).map_err(|error| unwritten(&error))?;
        part.filled = 0;
        // Nobody takes it when there is nothing left to read.
        let _ = give_back.try_send(part);
    }
    let output = frames.finish().map_err(|error| unwritten(&error))?;
    Ok((output, offsets))
}

/// The fault of an output that cannot be written. A [`Fault`] in the error is handed on as it is.
fn unwritten(error: &io::Error) -> Fault {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Fault>());
    inner.cloned().unwrap_or_else(|| {
        let fault = Fault::errored(format!("the backup could not be written: {}", causes(error)));
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                fault.help("make room where backups are kept, or keep them elsewhere")
            }
            _ => fault,
        }
    })
}
