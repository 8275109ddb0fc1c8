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
    /// The server's version, such as 15.
    pub(crate) server: i32,
    pub(crate) stop: &'a Stop,
}

impl Restoring<'_> {
    /// Makes a part; what the tool said.
    pub(crate) fn make(&self, contents: &Contents, part: Part) -> (Result<(), Fault>, Said) {
        let url = self.url.writing(self.permit);
        let mut command = self.tools.command("pg_restore", &url, self.application);
        // It would end at its own first command, and does not say which errors it is to pass over.
        let is_newer = self.tools.major() >= TIMEOUT_SINCE && self.server < TIMEOUT_SINCE;
        if !is_newer {
            command.arg("--exit-on-error");
        }
        command.args(["--dbname", &named(self.url.database())]);
        command.arg(part.section());
        if part == Part::PostData {
            command.arg(format!("--jobs={}", self.jobs.max(1)));
        }
        command.arg(contents.path());
        let (result, said) = dump::run(command, self.stop, |mut output| {
            let mut ignored = Vec::new();
            output.read_to_end(&mut ignored).map(drop).map_err(Fault::errored)
        });
        let result = match is_newer && self.stop.why().is_none() && is_timeout_alone(&said.lines) {
            true => Ok(()),
            false => result,
        };
        let result =
            result.map_err(|fault| told_by_tool(&said.lines, "pg_restore").unwrap_or(fault));
        (result, Said { lines: without_rows(said.lines, "pg_restore") })
    }
}

/// The first version that has the setting `transaction_timeout`; its `pg_restore` sets it on every
/// server.
const TIMEOUT_SINCE: i32 = 17;

/// Whether all that the tool tells of is that an older server does not know that setting; each of its
/// connections sets it.
fn is_timeout_alone(lines: &[String]) -> bool {
    const UNKNOWN: &str = "ERROR:  unrecognized configuration parameter \"transaction_timeout\"";
    const COUNT: &str = "pg_restore: warning: errors ignored on restore: ";
    let errors: Vec<&String> = lines.iter().filter(|line| line.contains("error: ")).collect();
    let counted: Option<usize> =
        lines.iter().find_map(|line| line.strip_prefix(COUNT)?.trim().parse().ok());
    // That count is its last word before it ends of its own accord.
    counted == Some(errors.len()) && errors.iter().all(|line| line.ends_with(UNKNOWN))
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
    async fn contents(tools: &PgTools, name: &str) -> Contents {
        let text = database(name).await;
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

    #[test]
    fn what_an_older_server_does_not_know_is_passed_over_and_nothing_else() {
        let error =
            |text: &str| format!("pg_restore: error: could not execute query: ERROR:  {text}");
        let unknown = error("unrecognized configuration parameter \"transaction_timeout\"");
        let count = |n: usize| format!("pg_restore: warning: errors ignored on restore: {n}");
        let context = "Command was: SET transaction_timeout = 0;".to_owned();
        let one = [unknown.clone(), context.clone(), count(1)];
        assert!(is_timeout_alone(&one));
        assert!(is_timeout_alone(&[unknown.clone(), context, unknown.clone(), count(2)]));
        for lines in [
            vec![unknown.clone(), error("relation \"t\" does not exist"), count(2)],
            // It ended otherwise.
            vec![unknown.clone()],
            vec![
                unknown.clone(),
                "pg_restore: error: connection to server was lost".to_owned(),
                count(1),
            ],
            // What was said was cut off.
            vec![unknown, count(2)],
            Vec::new(),
        ] {
            assert!(!is_timeout_alone(&lines), "{lines:?}");
        }
    }

    /// The tools of a version that is not installed: they say what it would.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_newer_tool_restores_into_an_older_server() {
        use std::os::unix::fs::PermissionsExt as _;
        let real = PgTools::find(Some(production().bin_dir()), 150_000).unwrap();
        let contents = contents(&real, "contents_newer").await;
        let folder = tempfile::tempdir().unwrap();
        for name in ["pg_dump", "pg_restore", "pg_dumpall", "psql"] {
            let script = format!(
                "#!/bin/sh\ncase \"$*\" in --version) echo '{name} (PostgreSQL) 17.2'; exit;; esac\n\
                 {real}/{name} \"$@\" || exit\ncase \"$*\" in *--exit-on-error*) exit 1;; esac\n\
                 echo 'pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter \
                 \"transaction_timeout\"' >&2\n\
                 echo 'pg_restore: warning: errors ignored on restore: 1' >&2; exit 1\n",
                real = production().bin_dir().display()
            );
            let path = folder.path().join(name);
            std::fs::write(&path, script).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let newer = PgTools::find(Some(folder.path()), 170_000).unwrap();
        let text = database("newer_tool").await;
        let url = ConnectionUrl::parse(&text).unwrap();
        let (permit, stop) = (permit(&url).await, Stop::default());
        let make = |server| {
            let (application, tools, permit, stop) = ("smokedrill test", &newer, &permit, &stop);
            let made = Restoring { tools, url: &url, application, permit, jobs: 1, server, stop };
            made.make(&contents, Part::PreData).0
        };
        make(15).unwrap();
        // The table is there by now, and on a server that knows the setting there is nothing to pass over.
        assert!(make(15).unwrap_err().to_string().contains("already exists"));
        assert!(make(17).is_err());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_tool_writes_to_the_database_that_was_made_and_finds_none_elsewhere() {
        let tools = PgTools::find(Some(production().bin_dir()), 150_000).unwrap();
        let contents = contents(&tools, "contents").await;
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
                let made = Restoring { tools, url, application, permit, jobs: 2, server: 15, stop };
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
