//! What is not data: made by `pg_restore` of the rewritten table of contents.
//!
//! Its connections are its own, so that it cannot ask each of them whether it is on the server that
//! the permit is for, as a [`Writer`](crate::database::Writer) does. It need not: it connects to a
//! database by a name that this restore alone has given, with its time and a number that nobody could
//! know, and that a session with the permit has made. On any other server, wherever the host's name
//! may lead by then, there is no such database, and nothing is written.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use crate::backup::archive::Toc;
use crate::backup::dump::{self, Said};
use crate::backup::stop::Stop;
use crate::database::{ConnectionUrl, Permit, PgTools, told_by_tool, without_rows};
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
        command.args(["--exit-on-error", "--dbname", &named(self.url.database())]);
        command.arg(part.section());
        if part == Part::PostData {
            command.arg(format!("--jobs={}", self.jobs.max(1)));
        }
        command.arg(contents.path());
        let (result, said) = dump::run(command, self.stop, |mut output| {
            let mut ignored = Vec::new();
            output.read_to_end(&mut ignored).map(drop).map_err(Fault::errored)
        });
        let result =
            result.map_err(|fault| told_by_tool(&said.lines, "pg_restore").unwrap_or(fault));
        (result, Said { lines: without_rows(said.lines, "pg_restore") })
    }
}

/// A database as `--dbname` takes it: a name with `=` in it would be read as a list of settings, with
/// hosts and databases of its own.
fn named(database: &str) -> String {
    format!("dbname='{}'", database.replace('\\', "\\\\").replace('\'', "\\'"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::progress::Progress;
    use crate::backup::stream;
    use crate::database::Writer;
    use crate::database::testing::{database, permit, production, superuser, writer};

    /// The contents of a database with one table.
    async fn contents(tools: &PgTools) -> Contents {
        let text = database("contents").await;
        writer(&text).await.batch_execute("create table public.made ()").await.unwrap();
        let url = ConnectionUrl::parse(&text).unwrap();
        let mut dump = tools.command("pg_dump", &url, "smokedrill test");
        let dump = dump.args(["--format=custom", "--compress=0"]).output().unwrap();
        let packed = zstd::encode_all(&dump.stdout[..], 1).unwrap();
        let (progress, stop) = (Progress::default(), Stop::default());
        let mut toc = stream::read(&packed[..], &progress, &stop).unwrap().toc().clone();
        toc.entries.retain(|entry| entry.desc != "TABLE DATA");
        Contents::new(&toc).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_tool_writes_to_the_database_that_was_made_and_finds_none_elsewhere() {
        let tools = PgTools::find(Some(production().bin_dir()), 150_000).unwrap();
        let contents = contents(&tools).await;
        // A name that could be read as settings, and one with every sign that is quoted.
        for name in ["host=127.0.0.1 dbname=postgres", "it's a \\ \"name\""] {
            let admin = writer(&production().superuser_url()).await;
            let quoted = crate::database::quoted(name);
            let create = format!("create database {quoted} template template0");
            admin.batch_execute(&create).await.unwrap();
            let url = superuser().to(name);
            let permit = permit(&url).await;
            let restoring = |url: &ConnectionUrl| {
                let (application, stop) = ("smokedrill test", &Stop::default());
                let (tools, permit) = (&tools, &permit);
                let made = Restoring { tools, url, application, permit, jobs: 2, stop };
                [Part::PreData, Part::PostData].map(|part| made.make(&contents, part).0)
            };
            for made in restoring(&url) {
                made.unwrap();
            }
            let there = Writer::open(&url, "smokedrill test", &permit).await.unwrap();
            let made = "select to_regclass('public.made') is not null";
            assert!(there.client().query_one(made, &[]).await.unwrap().get::<_, bool>(0), "{name}");
            // The host's name leads to another server.
            let other = smokedrill_demo::Staging::start;
            let other = tokio::task::spawn_blocking(other).await.unwrap().unwrap();
            let elsewhere = ConnectionUrl::parse(&other.superuser_url()).unwrap().to(name);
            for made in restoring(&elsewhere) {
                let told = made.unwrap_err().to_string();
                assert!(told.contains("does not exist"), "{told}");
            }
            tokio::task::spawn_blocking(|| drop(other)).await.unwrap();
        }
    }
}
