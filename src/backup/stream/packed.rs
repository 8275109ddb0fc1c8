//! Small files: roles, lists of objects, logs.

use std::io::{self, Write};

use super::frames::Frames;

/// Smaller than level 1 by a fifth, and still faster than anything that makes these files.
const LEVEL: i32 = 3;

/// Compresses what is written to it into one zstd frame with a checksum.
/// [`expand`](super::expand()) reads it.
pub(crate) struct Packed<W> {
    frame: Frames<W>,
    uncompressed: u64,
}

impl<W: Write> Packed<W> {
    /// Begins the frame.
    ///
    /// # Errors
    /// There is no memory for it.
    pub(crate) fn new(output: W) -> io::Result<Self> {
        Ok(Self { frame: Frames::new(output, LEVEL)?, uncompressed: 0 })
    }

    /// Ends the frame. Gives back what was written to, and how many bytes went in. Without this
    /// what is written is cut off, and no reader takes it for whole.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn finish(self) -> io::Result<(W, u64)> {
        Ok((self.frame.finish()?, self.uncompressed))
    }
}

impl<W: Write> Write for Packed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.frame.add(bytes)?;
        self.uncompressed += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.frame.flush()
    }
}
