//! Where an archive's bytes come from.

use std::io::Read;

use crate::fault::{Fault, causes};

/// Bytes in order, lent and not copied.
pub(crate) trait Source {
    /// What comes next, at least a byte of it, or nothing at the end. It stays until it is
    /// [taken](Source::take).
    ///
    /// # Errors
    /// It cannot be read, or it is to stop.
    fn peek(&mut self) -> Result<&[u8], Fault>;

    /// Takes so many bytes of what was lent.
    fn take(&mut self, bytes: usize);

    /// The data of an entry begins here. What is told becomes [`Table::offset`].
    ///
    /// # Errors
    /// It must not begin here.
    ///
    /// [`Table::offset`]: crate::backup::manifest::Table::offset
    fn begin_data(&mut self) -> Result<u64, Fault>;
}

/// Reads what there is, at most a buffer of it; nothing is the end.
pub(crate) fn read_some(input: &mut impl Read, buffer: &mut [u8]) -> Result<usize, Fault> {
    loop {
        match input.read(buffer) {
            Ok(read) => return Ok(read),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(&error)),
        }
    }
}

/// The fault of an input that cannot be read. A [`Fault`] in the error is handed on as it is.
pub(crate) fn unreadable(error: &std::io::Error) -> Fault {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Fault>());
    inner.cloned().unwrap_or_else(|| {
        Fault::errored(format!("the archive could not be read: {}", causes(error)))
    })
}
