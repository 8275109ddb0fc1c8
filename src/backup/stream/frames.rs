//! Writes zstd frames, one after the other.

use std::io::{self, Write};

use zstd::stream::raw::{CParameter, Encoder, InBuffer, Operation as _, OutBuffer};

/// How many compressed bytes are written at once.
const BUFFER: usize = 256 * 1024;

/// A row of frames. One compressor serves them all, so a small frame costs little.
pub(super) struct Frames<W> {
    output: W,
    encoder: Encoder<'static>,
    buffer: Vec<u8>,
    /// What left the buffer.
    written: u64,
}

impl<W: Write> Frames<W> {
    /// A row that begins with a frame.
    pub(super) fn new(output: W, level: i32) -> io::Result<Self> {
        let mut encoder = Encoder::new(level)?;
        encoder.set_parameter(CParameter::ChecksumFlag(true))?;
        Ok(Self { output, encoder, buffer: Vec::with_capacity(BUFFER), written: 0 })
    }

    /// Adds bytes to the frame.
    pub(super) fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut input = InBuffer::around(bytes);
        while input.pos() < bytes.len() {
            let at = self.buffer.len();
            self.encoder.run(&mut input, &mut OutBuffer::around_pos(&mut self.buffer, at))?;
            self.write_if_full()?;
        }
        Ok(())
    }

    /// Hands on all that the frame has so far.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        loop {
            let at = self.buffer.len();
            let left = self.encoder.flush(&mut OutBuffer::around_pos(&mut self.buffer, at))?;
            self.write()?;
            if left == 0 {
                return self.output.flush();
            }
        }
    }

    /// Ends the frame and begins another. Tells where that one begins.
    pub(super) fn next(&mut self) -> io::Result<u64> {
        self.end()?;
        self.encoder.reinit()?;
        Ok(self.written + self.buffer.len() as u64)
    }

    /// Ends the last frame, and gives back what was written to.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.end()?;
        self.write()?;
        self.output.flush()?;
        Ok(self.output)
    }

    fn end(&mut self) -> io::Result<()> {
        loop {
            let at = self.buffer.len();
            let out = &mut OutBuffer::around_pos(&mut self.buffer, at);
            let left = self.encoder.finish(out, true)?;
            self.write_if_full()?;
            if left == 0 {
                return Ok(());
            }
        }
    }

    fn write_if_full(&mut self) -> io::Result<()> {
        if self.buffer.len() == self.buffer.capacity() { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> io::Result<()> {
        self.output.write_all(&self.buffer)?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}
