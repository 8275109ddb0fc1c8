//! What is wrong with a log.

use std::fmt;
use std::path::Path;

use crate::fault::Fault;

/// Something that is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The line in the file, from 1; nothing where it is about the whole.
    pub(crate) line: Option<u64>,
    /// What happened to it.
    pub(crate) what: What,
    /// The same in words.
    pub(crate) message: String,
}

/// What happened to a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// A line does not say what it said.
    Altered,
    /// Lines are gone.
    Removed,
    /// A line was not written here.
    Inserted,
    /// A line stands elsewhere than it was written.
    Reordered,
    /// The head is gone or damaged, or was once: lines may have been removed at that end.
    Unproved,
    /// It cannot be read at all.
    Unreadable,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl Finding {
    /// As a fault of the log at that path.
    pub(crate) fn fault(&self, path: &Path) -> Fault {
        let fault = match self.what {
            What::Unreadable => Fault::errored(self),
            _ => Fault::failed(self),
        };
        fault.stage("audit log").object(path.display())
    }
}
