//! A file on its way into the bucket, in constant memory.
//!
//! One part is filled while two are sent, so three are held at most: 24 MiB. What fits into one
//! part is sent as one object. A file may have 10,000 parts: one that is expected to be larger than
//! some 70 GiB has larger parts, and takes so much more memory (350 MB for a terabyte).

use std::io::{self, Write};

use object_store::path::Path;
use object_store::{Error, MultipartUpload, ObjectStoreExt as _};
use tokio::task::JoinSet;

use super::{Bucket, answer};
use crate::backup::stop::Stop;
use crate::backup::store::trouble::STAGE;
use crate::fault::Fault;

/// The least that a part has. All of a file are of the same size but the last, which some stores
/// insist on.
pub(super) const PART: usize = 8 * 1024 * 1024;

/// The most that S3 takes in a part.
const LARGEST: u64 = 5 * 1024 * 1024 * 1024;

/// What is no larger gets no room for a whole part.
const SMALL: usize = 256 * 1024;

/// How many are sent at once.
const AT_ONCE: usize = 2;

/// The most that S3 takes.
const MOST: u64 = 10_000;

/// A file on its way. Dropped before it is finished, it is called off.
pub(in super::super) struct Upload {
    bucket: Bucket,
    path: Path,
    /// The size of a part.
    size: usize,
    part: Vec<u8>,
    sent: u64,
    running: Option<Running>,
    stop: Stop,
}

/// An upload in parts.
struct Running {
    upload: Box<dyn MultipartUpload>,
    parts: JoinSet<Result<(), Error>>,
    count: u64,
}

impl Upload {
    /// One that may become as large as expected, and of what is not, as large as parts allow. It
    /// waits for the store no longer than nobody says stop.
    pub(super) fn new(bucket: &Bucket, path: Path, expected: u64, stop: Stop) -> Self {
        // A tenth of them is left for what turns out larger.
        let needed = expected.div_ceil(MOST * 9 / 10).min(LARGEST);
        let size = usize::try_from(needed).unwrap_or(PART).max(PART);
        Self { bucket: bucket.clone(), path, size, part: Vec::new(), sent: 0, running: None, stop }
    }

    /// All that was written is in the bucket.
    pub(in super::super) fn finish(mut self) -> io::Result<()> {
        self.end().map_err(io::Error::other)
    }

    fn end(&mut self) -> Result<(), Fault> {
        if self.running.is_none() {
            let (bucket, bytes) = (self.bucket.clone(), std::mem::take(&mut self.part));
            let put = self.wait(bucket.0.s3.put(&self.path, bytes.into()))?;
            return put.map(drop).map_err(|error| self.fault(&error));
        }
        if !self.part.is_empty() {
            self.send()?;
        }
        self.wait_for(0)?;
        let Some(mut running) = self.running.take() else { return Ok(()) };
        let completed = self.wait(running.upload.complete());
        let Ok(completed) = completed else {
            self.running = Some(running);
            return completed.map(drop);
        };
        match completed {
            Ok(_) => Ok(()),
            // The answer to a first try was lost on the way, and the second found it done.
            Err(error) if answer::is_missing(&error) && self.is_there() => Ok(()),
            Err(error) => {
                let fault = self.fault(&error);
                self.running = Some(running);
                Err(fault)
            }
        }
    }

    /// Sends the part that is filled.
    fn send(&mut self) -> Result<(), Fault> {
        let bytes = std::mem::take(&mut self.part);
        self.sent += bytes.len() as u64;
        if self.running.is_none() {
            let begun = self.wait(self.bucket.0.s3.put_multipart(&self.path))?;
            let upload = begun.map_err(|error| self.fault(&error))?;
            self.running = Some(Running { upload, parts: JoinSet::new(), count: 0 });
        }
        self.wait_for(AT_ONCE - 1)?;
        let Some(running) = &mut self.running else { return Ok(()) };
        if running.count == MOST {
            let gib = MOST * self.size as u64 / 1024 / 1024 / 1024;
            let help = "it has grown far beyond what the source said of its size: try again, or \
                        keep the backups in a folder";
            let fault = Fault::errored(format!("larger than {gib} GiB, the most of this upload"));
            return Err(fault.stage(STAGE).object(self.bucket.place(&self.path)).help(help));
        }
        running.count += 1;
        let part = running.upload.put_part(bytes.into());
        running.parts.spawn_on(part, &self.bucket.0.runtime);
        Ok(())
    }

    /// Waits until no more than that many parts are being sent.
    fn wait_for(&mut self, most: usize) -> Result<(), Fault> {
        let Some(running) = &mut self.running else { return Ok(()) };
        while running.parts.len() > most {
            let next = self.stop.unless(running.parts.join_next());
            let sent = match self.bucket.wait(next)? {
                Some(Ok(sent)) => sent,
                Some(Err(error)) => Err(error.into()),
                None => Ok(()),
            };
            sent.map_err(|error| self.bucket.fault(&error, &self.path))?;
        }
        Ok(())
    }

    /// Waits for the store, but no longer than nobody says stop: an answer may take minutes.
    fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, Fault> {
        self.bucket.wait(self.stop.unless(work))
    }

    fn is_there(&self) -> bool {
        let found = self.bucket.wait(self.bucket.0.s3.head(&self.path));
        found.is_ok_and(|found| found.size == self.sent)
    }

    fn fault(&self, error: &Error) -> Fault {
        self.bucket.fault(error, &self.path)
    }
}

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Sent when more comes, not when it is full: so the last part is never empty.
        if self.part.len() == self.size {
            self.send().map_err(io::Error::other)?;
        }
        // All at once, since to grow by doubling would end above; but not for what stays small.
        if self.part.len() + bytes.len() > SMALL && self.part.capacity() < self.size {
            self.part.reserve_exact(self.size - self.part.len());
        }
        let taken = bytes.len().min(self.size - self.part.len());
        self.part.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            self.bucket.at_last(async move {
                running.parts.shutdown().await;
                let _ = running.upload.abort().await;
            });
        }
    }
}
