//! From a store back to what went in.

use std::collections::VecDeque;
use std::io::{self, Read};

use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation as _, OutBuffer};

use crate::backup::archive::{Held, Reader, Source, read_some};
use crate::backup::progress::Progress;
use crate::backup::stop::Stop;
use crate::fault::Fault;

/// How many bytes are read, and how many are unpacked, at once.
const BUFFER: usize = 256 * 1024;

/// Frames that want more memory than 8 MB (2 to this power) are none of ours.
const WINDOW: u32 = 23;

/// Reads what [`compress`](super::compress()) or [`Packed`](super::Packed) wrote, as it was before.
/// Its errors hold a [`Fault`].
///
/// # Errors
/// There is no memory for it.
pub(crate) fn expand<R: Read>(input: R) -> Result<Expand<R>, Fault> {
    Expand::new(input)
}

/// Reads a compressed archive to its end, and counts what it holds. The tables' offsets are those
/// of their frames, so that the whole can be held against what was found when it was made.
///
/// # Errors
/// What a [`Reader`] finds; the compressed stream is damaged or cut
/// off, or an entry's data do not begin with a frame.
pub(crate) fn verify<R: Read>(input: R, progress: &Progress, stop: &Stop) -> Result<Held, Fault> {
    read(input, progress, stop)?.finish()
}

/// Reads the table of contents of a compressed archive; its data come next.
///
/// # Errors
/// As [`verify`].
pub(crate) fn read<'a, R: Read>(
    input: R,
    progress: &'a Progress,
    stop: &'a Stop,
) -> Result<Reader<'a, Expanded<'a, R>>, Fault> {
    Reader::begin(Expanded { stream: Expand::new(input)?, progress, stop }, progress)
}

/// Unpacks a row of zstd frames to its end.
pub(crate) struct Expand<R> {
    input: R,
    decoder: Decoder<'static>,
    packed: Vec<u8>,
    packed_at: usize,
    packed_filled: usize,
    /// Packed bytes that left the buffer.
    packed_before: u64,
    plain: Vec<u8>,
    plain_at: usize,
    /// Plain bytes that left the buffer.
    plain_before: u64,
    /// Whether the last frame is over.
    between: bool,
    /// The frames that begin in the buffer: where, and where in the packed stream.
    frames: VecDeque<(u64, u64)>,
}

impl<R: Read> Expand<R> {
    fn new(input: R) -> Result<Self, Fault> {
        let decoder = Decoder::new().and_then(|mut decoder| {
            decoder.set_parameter(DParameter::WindowLogMax(WINDOW))?;
            Ok(decoder)
        });
        Ok(Self {
            input,
            decoder: decoder
                .map_err(|error| Fault::errored(format!("no decompressor: {error}")))?,
            packed: vec![0; BUFFER],
            packed_at: 0,
            packed_filled: 0,
            packed_before: 0,
            plain: Vec::with_capacity(BUFFER),
            plain_at: 0,
            plain_before: 0,
            between: true,
            frames: VecDeque::new(),
        })
    }

    /// What comes next; nothing at the end.
    fn peek(&mut self) -> Result<&[u8], Fault> {
        if self.plain_at == self.plain.len() {
            self.plain_before += self.plain.len() as u64;
            self.plain.clear();
            self.plain_at = 0;
            self.frames.retain(|(plain, _)| *plain >= self.plain_before);
            while self.plain.is_empty() && self.unpack()? {}
        }
        Ok(&self.plain[self.plain_at..])
    }

    /// Unpacks some more, if only so much that it says nothing yet. Tells whether there is more.
    fn unpack(&mut self) -> Result<bool, Fault> {
        if self.packed_at == self.packed_filled {
            self.packed_before += self.packed_filled as u64;
            (self.packed_at, self.packed_filled) = (0, 0);
            self.packed_filled = read_some(&mut self.input, &mut self.packed)?;
        }
        let ended = self.packed_filled == 0;
        if self.between {
            if ended {
                return Ok(false);
            }
            self.begin_frame()?;
        }
        let mut input = InBuffer::around(&self.packed[self.packed_at..self.packed_filled]);
        let left = self.decoder.run(&mut input, &mut OutBuffer::around(&mut self.plain));
        let left = left.map_err(|error| damaged(format_args!("{error}"), self.packed_at()))?;
        self.packed_at += input.pos();
        self.between = left == 0;
        if ended && self.plain.is_empty() && !self.between {
            return Err(damaged("it is cut off", self.packed_at()));
        }
        Ok(true)
    }

    fn begin_frame(&mut self) -> Result<(), Fault> {
        let packed_at = self.packed_at();
        self.decoder.reinit().map_err(|error| damaged(error, packed_at))?;
        let plain_at = self.plain_before + self.plain.len() as u64;
        // Of frames with nothing in them the last one counts.
        if self.frames.back().is_some_and(|(plain, _)| *plain == plain_at) {
            self.frames.pop_back();
        }
        self.frames.push_back((plain_at, packed_at));
        Ok(())
    }

    fn packed_at(&self) -> u64 {
        self.packed_before + self.packed_at as u64
    }

    /// Where the frame that begins here begins in the packed stream, if one does.
    fn frame(&self) -> Option<u64> {
        let at = self.plain_before + self.plain_at as u64;
        self.frames.iter().find(|(plain, _)| *plain == at).map(|(_, packed)| *packed)
    }
}

impl<R: Read> Read for Expand<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.peek().map_err(io::Error::other)?;
        let some = bytes.len().min(buffer.len());
        buffer[..some].copy_from_slice(&bytes[..some]);
        self.plain_at += some;
        Ok(some)
    }
}

/// A source that also minds progress and the word to stop.
pub(crate) struct Expanded<'a, R> {
    stream: Expand<R>,
    progress: &'a Progress,
    stop: &'a Stop,
}

impl<R: Read> Source for Expanded<'_, R> {
    fn peek(&mut self) -> Result<&[u8], Fault> {
        if self.stream.plain_at == self.stream.plain.len() {
            self.stop.check()?;
            let new = self.stream.peek()?.len();
            self.progress.add_bytes(new);
        }
        self.stream.peek()
    }

    fn take(&mut self, bytes: usize) {
        self.stream.plain_at += bytes;
    }

    fn begin_data(&mut self) -> Result<u64, Fault> {
        let at = self.stream.packed_at();
        self.stream.frame().ok_or_else(|| damaged("data begin where no frame does", at))
    }
}

fn damaged(what: impl std::fmt::Display, at: u64) -> Fault {
    Fault::failed(format!("the compressed stream is damaged: {what}, before byte {at}"))
        .help("it cannot be restored as it is: use another backup")
}
