//! What is not data: made by `pg_restore` of the rewritten table of contents.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use crate::backup::archive::Toc;
use crate::backup::dump::{self, Said};
use crate::backup::stop::Stop;
use crate::database::{ConnectionUrl, Permit, PgTools};
use crate::fault::Fault;

/// A part of a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Schemas, types, functions, tables.
    PreData,
    /// Positions of sequences: all that is left of the data here.
    Sequences,
    /// Indexes, keys, triggers, policies.
    PostData,
}

impl Part {
    /// As `pg_restore` is told.
    pub(super) fn section(self) -> &'static str {
        match self {
            Self::PreData => "--section=pre-data",
            Self::Sequences => "--section=data",
            Self::PostData => "--section=post-data",
        }
    }
}

/// How a part is made.
pub(crate) struct Restoring<'a> {
    pub(crate) tools: &'a PgTools,
    pub(crate) url: &'a ConnectionUrl,
    pub(crate) application: &'a str,
    pub(crate) permit: &'a Permit,
    /// How many indexes are built at once.
    pub(crate) jobs: usize,
    pub(crate) stop: &'a Stop,
}

impl Restoring<'_> {
    /// Makes a part; what the tool said.
    pub(crate) fn make(&self, contents: &Contents, part: Part) -> (Result<(), Fault>, Said) {
        let url = self.url.writing(self.permit);
        let mut command = self.tools.command("pg_restore", &url, self.application);
        command.args(["--exit-on-error", "--dbname", self.url.database()]);
        command.arg(part.section());
        if part == Part::PostData {
            command.arg(format!("--jobs={}", self.jobs.max(1)));
        }
        command.arg(contents.path());
        let (result, said) = dump::run(command, self.stop, |mut output| {
            let mut ignored = Vec::new();
            output.read_to_end(&mut ignored).map(drop).map_err(Fault::errored)
        });
        (result, said)
    }
}

/// A table of contents as a file for `pg_restore`. Definitions may hold what is nobody's business,
/// so it is no file of a disk where that can be had.
pub(crate) struct Contents {
    #[cfg(target_os = "linux")]
    file: std::fs::File,
    #[cfg(not(target_os = "linux"))]
    file: tempfile::NamedTempFile,
}

impl Contents {
    /// # Errors
    /// There is no room for it.
    pub(crate) fn new(toc: &Toc) -> Result<Self, Fault> {
        let lost = |error: &dyn std::fmt::Display| {
            Fault::errored(format!("no place for the table of contents: {error}"))
        };
        #[cfg(target_os = "linux")]
        let mut file = {
            // Without CLOEXEC: the tool inherits it, and opens it anew by its number.
            let flags = rustix::fs::MemfdFlags::empty();
            let made = rustix::fs::memfd_create("smokedrill", flags);
            std::fs::File::from(made.map_err(|error| lost(&error))?)
        };
        #[cfg(not(target_os = "linux"))]
        let mut file = tempfile::NamedTempFile::new().map_err(|error| lost(&error))?;
        file.write_all(&toc.write()).map_err(|error| lost(&error))?;
        Ok(Self { file })
    }

    #[cfg(target_os = "linux")]
    pub(super) fn path(&self) -> PathBuf {
        use std::os::fd::AsRawFd as _;
        PathBuf::from(format!("/proc/self/fd/{}", self.file.as_raw_fd()))
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn path(&self) -> PathBuf {
        self.file.path().to_owned()
    }
}
