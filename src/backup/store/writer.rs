//! A file on its way into a draft: counted, encrypted where that is wanted, hashed as it is stored.
//!
//! ```text
//! bytes -> counted -> [age] -> SHA-256, counted -> disk or bucket
//! ```

use std::fmt;
use std::io::{self, Write};

use age::stream::StreamWriter;
use sha2::{Digest, Sha256};

use super::bucket::Upload;
use super::folder::DraftFile;
use super::trouble;
use crate::backup::encryption::Recipients;
use crate::backup::manifest::FileRecord;
use crate::fault::Fault;
use crate::suite::source::hex;

/// A file of a draft, to be written from one thread. It counts only if [`finish`](Self::finish)
/// was called: dropped before, it is removed, as far as that works.
///
/// Its errors as a [`Write`] carry a [`Fault`], which [`fault_of`](super::fault_of) takes out of
/// them.
pub(crate) struct FileWriter {
    name: String,
    plain: u64,
    layer: Layer,
}

enum Layer {
    Plain(Hashed),
    Sealed(Box<StreamWriter<Hashed>>),
}

/// Where the bytes go.
pub(super) enum Sink {
    File(DraftFile),
    Upload(Box<Upload>),
}

struct Hashed {
    name: String,
    sink: Sink,
    hash: Sha256,
    bytes: u64,
}

impl FileWriter {
    /// `name` is the stored one, with the suffix if there are recipients.
    pub(super) fn new(
        name: String,
        sink: Sink,
        recipients: Option<&Recipients>,
    ) -> Result<Self, Fault> {
        let hashed = Hashed { name: name.clone(), sink, hash: Sha256::new(), bytes: 0 };
        let layer = match recipients {
            None => Layer::Plain(hashed),
            Some(recipients) => {
                let sealed = recipients.seal(hashed);
                Layer::Sealed(Box::new(
                    sealed.map_err(|error| trouble::io(&error, &name, "encrypted"))?,
                ))
            }
        };
        Ok(Self { name, plain: 0, layer })
    }

    /// The stored name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Ends the file: what was written is on the disk, or in the bucket. In the record,
    /// `uncompressed` is what was written into this; whoever compressed before puts the greater
    /// number there.
    ///
    /// # Errors
    /// The rest cannot be written.
    pub(crate) fn finish(self) -> Result<FileRecord, Fault> {
        let Self { name, plain, layer } = self;
        let hashed = match layer {
            Layer::Plain(hashed) => hashed,
            Layer::Sealed(sealed) => {
                sealed.finish().map_err(|error| trouble::io(&error, &name, "written"))?
            }
        };
        let Hashed { sink, hash, bytes, .. } = hashed;
        match sink {
            Sink::File(file) => file.finish(),
            Sink::Upload(upload) => upload.finish(),
        }
        .map_err(|error| trouble::io(&error, &name, "written"))?;
        let sha256 = hex(&hash.finalize());
        Ok(FileRecord { name, bytes, sha256, uncompressed: plain })
    }
}

impl Write for FileWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.layer {
            Layer::Plain(hashed) => hashed.write(bytes),
            Layer::Sealed(sealed) => sealed.write(bytes),
        }?;
        self.plain += written as u64;
        Ok(written)
    }

    /// Ends nothing: age's last block and an upload's last part wait for [`FileWriter::finish`].
    fn flush(&mut self) -> io::Result<()> {
        match &mut self.layer {
            Layer::Plain(hashed) => hashed.flush(),
            Layer::Sealed(sealed) => sealed.flush(),
        }
    }
}

impl fmt::Debug for FileWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileWriter").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.sink {
            Sink::File(file) => file.write(bytes),
            Sink::Upload(upload) => upload.write(bytes),
        }
        .map_err(|error| trouble::carried(&error, &self.name, "written"))?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.sink {
            Sink::File(file) => file.flush(),
            Sink::Upload(_) => Ok(()),
        }
        .map_err(|error| trouble::carried(&error, &self.name, "written"))
    }
}
