//! An archive as it is, without compression.

use std::io::Read;

use crate::backup::archive::{Held, Reader, Source, read_some};
use crate::backup::progress::Progress;
use crate::backup::stop::Stop;
use crate::fault::Fault;

const BUFFER: usize = 256 * 1024;

/// Reads an uncompressed archive to its end. The tables' offsets are those of the archive as it
/// is read here.
///
/// # Errors
/// It is damaged, cut off, compressed, of an unknown version, or holds data that are no rows; it
/// cannot be read; it is to stop.
pub(crate) fn read(input: impl Read, progress: &Progress, stop: &Stop) -> Result<Held, Fault> {
    Reader::begin(Plain::new(input, progress, stop), progress)?.finish()
}

/// The bytes of a reader as they are. Its offsets are those of the uncompressed archive.
pub(super) struct Plain<'a, R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    before: u64,
    progress: &'a Progress,
    stop: &'a Stop,
}

impl<'a, R: Read> Plain<'a, R> {
    pub(super) fn new(input: R, progress: &'a Progress, stop: &'a Stop) -> Self {
        let buffer = vec![0; BUFFER];
        Self { input, buffer, at: 0, filled: 0, before: 0, progress, stop }
    }
}

impl<R: Read> Source for Plain<'_, R> {
    fn peek(&mut self) -> Result<&[u8], Fault> {
        if self.at == self.filled {
            self.stop.check()?;
            self.before += self.filled as u64;
            (self.at, self.filled) = (0, 0);
            self.filled = read_some(&mut self.input, &mut self.buffer)?;
            self.progress.add_bytes(self.filled);
        }
        Ok(&self.buffer[self.at..self.filled])
    }

    fn take(&mut self, bytes: usize) {
        self.at += bytes;
    }

    fn begin_data(&mut self) -> Result<u64, Fault> {
        Ok(self.before + self.at as u64)
    }
}
