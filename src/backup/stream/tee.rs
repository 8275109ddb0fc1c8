//! Bytes that are looked at here, and handed on to another thread once they were.

use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender};

use crate::backup::archive::{Source, read_some};
use crate::backup::progress::Progress;
use crate::backup::stop::Stop;
use crate::fault::Fault;

/// A buffer on its way.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// Room for bytes; those up to `filled` are there.
    pub(super) room: Vec<u8>,
    pub(super) filled: usize,
    /// Where entries' data begin in it.
    pub(super) starts: Vec<usize>,
}

impl Part {
    pub(super) fn new(size: usize) -> Self {
        Self { room: vec![0; size], filled: 0, starts: Vec::new() }
    }
}

/// A source that hands on what was taken from it. As the offset of an entry's data it tells how
/// many began before.
pub(super) struct Tee<'a, R> {
    input: R,
    part: Part,
    at: usize,
    began: u64,
    full: SyncSender<Part>,
    empty: Receiver<Part>,
    progress: &'a Progress,
    stop: &'a Stop,
}

impl<'a, R: Read> Tee<'a, R> {
    pub(super) fn new(
        input: R,
        (full, empty): (SyncSender<Part>, Receiver<Part>),
        progress: &'a Progress,
        stop: &'a Stop,
    ) -> Result<Self, Fault> {
        let part = empty.recv().map_err(|_| alone())?;
        Ok(Self { input, part, at: 0, began: 0, full, empty, progress, stop })
    }

    /// Hands on what is left.
    pub(super) fn finish(self) -> Result<(), Fault> {
        self.full.send(self.part).map_err(|_| alone())
    }

    /// Hands on a full part, for an empty one.
    fn exchange(&mut self) -> Result<(), Fault> {
        let empty = self.empty.recv().map_err(|_| alone())?;
        self.full.send(std::mem::replace(&mut self.part, empty)).map_err(|_| alone())?;
        self.at = 0;
        Ok(())
    }
}

impl<R: Read> Source for Tee<'_, R> {
    fn peek(&mut self) -> Result<&[u8], Fault> {
        if self.at == self.part.filled {
            self.stop.check()?;
            if self.at == self.part.room.len() {
                self.exchange()?;
            }
            let read = read_some(&mut self.input, &mut self.part.room[self.at..])?;
            self.part.filled += read;
            self.progress.add_bytes(read);
        }
        Ok(&self.part.room[self.at..self.part.filled])
    }

    fn take(&mut self, bytes: usize) {
        self.at += bytes;
    }

    fn begin_data(&mut self) -> Result<u64, Fault> {
        self.part.starts.push(self.at);
        self.began += 1;
        Ok(self.began - 1)
    }
}

/// The other thread is gone. Why, it says itself, so nobody sees this.
fn alone() -> Fault {
    Fault::errored("compression ended before its input")
}
