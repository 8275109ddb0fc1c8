//! What is written into a draft: compressed, encrypted where keys are given, and recorded.

use std::io::{self, Write};

use crate::backup::encryption::Recipients;
use crate::backup::manifest::FileRecord;
use crate::backup::stop::Stop;
use crate::backup::store::{Draft, FileWriter, fault_of};
use crate::backup::stream::Packed;
use crate::fault::Fault;

/// The files of a draft.
pub(super) struct Files<'a> {
    pub(super) draft: &'a Draft,
    pub(super) recipients: Option<&'a Recipients>,
    pub(super) stop: &'a Stop,
}

/// A file that is compressed as it is written.
pub(super) struct File {
    name: String,
    packed: Packed<FileWriter>,
}

impl Files<'_> {
    /// Begins a file whose content comes compressed already, about as large as expected.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn raw(&self, name: &str, expected: u64) -> Result<FileWriter, Fault> {
        self.draft.create(name, self.recipients, expected, self.stop)
    }

    /// Begins a file.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn create(&self, name: &str) -> Result<File, Fault> {
        self.large(name, 0)
    }

    /// Begins a file that may become large, about as large as expected.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn large(&self, name: &str, expected: u64) -> Result<File, Fault> {
        let writer = self.raw(name, expected)?;
        let name = writer.name().to_owned();
        let packed = Packed::new(writer).map_err(|error| fault_of(&error, &name))?;
        Ok(File { name, packed })
    }

    /// Writes a whole file.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn whole(&self, name: &str, content: &[u8]) -> Result<FileRecord, Fault> {
        let mut file = self.create(name)?;
        file.write_all(content).map_err(|error| fault_of(&error, &file.name))?;
        file.finish()
    }
}

impl File {
    /// The stored name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Ends it.
    ///
    /// # Errors
    /// The rest cannot be written.
    pub(super) fn finish(self) -> Result<FileRecord, Fault> {
        let (writer, plain) = self.packed.finish().map_err(|error| fault_of(&error, &self.name))?;
        Ok(FileRecord { uncompressed: plain, ..writer.finish()? })
    }
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.packed.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.packed.flush()
    }
}
