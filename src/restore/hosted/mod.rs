//! A hosted Supabase project as target: restored in place, by its owner, who is no superuser.
//!
//! Such a project has one database, which nobody may rename, and schemas that the platform's
//! services make and migrate. So there is no database beside the old one: all is done in **one
//! transaction**, from the first thing that is dropped to the last proof. Until it is committed,
//! the staging of before is what everybody else would see; it waits, since all of it is locked.
//! Whatever goes wrong before, the server undoes it, also when this process is killed.
//!
//! ```text
//! check ─ lock ─ begin ─ empty ─ definitions ─ rows, masked ─ keys ─ proof ─ migrations ─ commit
//!                        └────────────── undone, whatever happens ──────────────┘        └ buckets
//! ```
//!
//! | part | does |
//! |---|---|
//! | `platform` | what is the platform's, by name |
//! | `look`, `check` | what there is, what the role may do, and all that is in the way, at once |
//! | `select`, `left` | which entries of the backup are made, and which are left |
//! | `fit` | rows whose tables lack a column in the target |
//! | `empty`, `script` | dropping, and making anew |
//! | `buckets` | the settings of buckets, by the storage's API |
//!
//! One transaction is one connection, so rows go in one table after the other; and what was there
//! before takes its room on the disk until the end.

pub(crate) mod buckets;
pub(crate) mod check;
mod empty;
pub(crate) mod fit;
pub(crate) mod left;
mod look;
mod platform;
mod script;
mod select;

use std::time::Duration;

use futures_util::future::join_all;

use self::check::Prepared;
use self::left::{Left, key};
use self::script::{Piece, Script};
use super::load::Sums;
use super::plain::lock;
use super::sections::Part;
use super::stages::{Course, Order, wait_on};
use crate::backup::archive::{Entry, Toc};
use crate::database::{ConnectionUrl, Permit, Session, Writer};
use crate::fault::Fault;

/// How many pieces are on their way at once: what is far away would be waited for at each.
const ON_THEIR_WAY: usize = 64;

/// How often, and after how long, the server is asked again what became of a transaction.
const ASKED: u32 = 20;
const AGAIN: Duration = Duration::from_millis(250);

/// What listens to changes of definitions, such as the HTTP and GraphQL services that know them by
/// heart, was off with all other triggers: it hears of this one.
const CHANGE: &str = "set local session_replication_role = origin;
    create table smokedrill.change (); drop table smokedrill.change";

/// A restore under way, within its transaction.
pub(crate) struct InPlace {
    writer: Writer,
    url: ConnectionUrl,
    /// The transaction's number.
    number: String,
    /// The server's process for it, and since when.
    process: (i32, String),
    left: Left,
}

/// What serves after a restore that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serves {
    /// All was undone.
    Before,
    /// All was committed.
    Restored,
    Unknown,
}

impl Serves {
    /// For the page.
    pub(crate) const fn told(self) -> &'static str {
        match self {
            Self::Before => {
                "the staging of before, as it was: the restore was one transaction, and all of it \
                 was undone"
            }
            Self::Restored => {
                "the restored staging, which was proved and committed before what failed; a restore \
                 replaces it as a whole"
            }
            Self::Unknown => {
                "not known: the server does not say whether the restore was committed or undone, \
                 and it is one or the other as a whole; restore again before anybody uses it"
            }
        }
    }
}

impl InPlace {
    /// Takes the lock on restores of this database, and begins.
    ///
    /// # Errors
    /// Another restore is under way.
    pub(crate) async fn begin(
        url: &ConnectionUrl,
        application: &str,
        permit: &Permit,
    ) -> Result<Self, Fault> {
        let writer = Writer::open(url, application, permit).await?;
        lock(&writer, url.database()).await?;
        // Its triggers would do again what is in the backup, or refuse what they cannot know.
        writer.run("begin; set local session_replication_role = replica").await?;
        let numbers = "select pg_catalog.pg_current_xact_id()::text, pid, backend_start::text
            from pg_catalog.pg_stat_activity where pid = pg_catalog.pg_backend_pid()";
        let row = writer.client().query_one(numbers, &[]).await;
        let row = row.map_err(|error| writer.said(&error))?;
        let (number, process) = (row.get(0), (row.get(1), row.get(2)));
        Ok(Self { writer, url: url.clone(), number, process, left: Left::default() })
    }

    /// For whoever loads within the transaction.
    pub(crate) fn writer(&self) -> &Writer {
        &self.writer
    }

    /// For whoever proves within it.
    ///
    /// # Errors
    /// The connection is lost.
    pub(crate) async fn reading(&self) -> Result<Session, Fault> {
        self.writer.reading().await
    }

    /// What was left out, or as it is.
    pub(crate) fn left(&self) -> &Left {
        &self.left
    }

    /// Empties the project, and fills it again; `load` brings the rows.
    ///
    /// # Errors
    /// What the server refuses, by entry.
    pub(crate) fn fill(
        &mut self,
        order: &Order<'_>,
        course: &mut Course,
        (toc, prepared): (&Toc, &Prepared),
        load: impl FnOnce(&Writer) -> Result<Sums, Fault>,
    ) -> Result<Sums, Fault> {
        self.left = prepared.selected.left.clone();
        let is_tried = |entry: &Entry| prepared.selected.tried.contains(&entry.dump_id);
        let mut whole = toc.clone();
        whole.entries.retain(|entry| !is_tried(entry));
        let script = Script::new(&whole)?;
        let part = |part| script.part(part, order.tools, order.stop);
        // What can be prepared is, before there is any lock.
        let (definitions, mut keys) = (part(Part::PreData)?, part(Part::Sequences)?);
        keys.extend(part(Part::PostData)?);
        course.stage("schema recreation", |_| {
            wait_on(order, async {
                let emptied = empty::empty(&self.writer, &prepared.there).await;
                emptied.map_err(|fault| match fault.line() {
                    line if line.contains("55P03") || line.contains("40P01") => {
                        fault.help("stop what else works in staging, and try again")
                    }
                    _ => fault,
                })?;
                self.make(&definitions).await
            })
        })?;
        let sums = course.stage("data import", |_| load(&self.writer))?;
        course.stage("indexes and keys", |_| {
            wait_on(order, async {
                self.make(&keys).await?;
                self.try_all(toc.entries.iter().filter(|entry| is_tried(entry))).await?;
                self.platform(prepared).await?;
                self.writer.run(CHANGE).await?;
                self.writer.run("analyze").await
            })
        })?;
        Ok(sums)
    }

    async fn make(&self, pieces: &[Piece]) -> Result<(), Fault> {
        for some in pieces.chunks(ON_THEIR_WAY) {
            let all = some.iter().map(|piece| self.writer.run(&piece.sql));
            for (piece, done) in some.iter().zip(join_all(all).await) {
                done.map_err(|fault| fault.object(&piece.of))?;
            }
        }
        Ok(())
    }

    /// What the platform may or may not let the role do.
    async fn try_all(&mut self, entries: impl Iterator<Item = &Entry>) -> Result<(), Fault> {
        for entry in entries {
            let mut sql = entry.definition.clone().unwrap_or_default();
            if entry.desc == "POLICY"
                && let Some(drop) = entry.drop()
            {
                sql =
                    format!("{} {sql}", drop.replacen("DROP POLICY ", "DROP POLICY IF EXISTS ", 1));
            }
            match self.attempt(&sql).await? {
                None => drop(self.left.made.insert(key(entry))),
                Some(fault) => self.left.out(entry, &fault.line()),
            }
        }
        Ok(())
    }

    /// What is left to do to the platform's own tables.
    async fn platform(&mut self, prepared: &Prepared) -> Result<(), Fault> {
        for command in &prepared.selected.sequences {
            if let Some(forward) = forward(command) {
                // Not undone with the transaction: so never back, where it would give a number twice.
                self.attempt(&forward).await?;
            }
        }
        let jobs = ("cron".to_owned(), "job".to_owned());
        if prepared.there.tables.get(&jobs).is_some_and(|table| table.filled) {
            // Whoever may not write to the table can still take the jobs out of it.
            let ended = self.attempt("select cron.unschedule(jobid) from cron.job").await?;
            let note = match ended {
                None => "the jobs of before were taken out of cron.job".to_owned(),
                Some(fault) => {
                    format!("the jobs of before are still in cron.job: {}", fault.line())
                }
            };
            self.left.notes.push(note);
        }
        Ok(())
    }

    /// Runs something that may be refused; why, if it was.
    async fn attempt(&self, sql: &str) -> Result<Option<Fault>, Fault> {
        self.writer.run("savepoint attempt").await?;
        match self.writer.run(sql).await {
            Ok(()) => self.writer.run("release savepoint attempt").await.map(|()| None),
            Err(fault) => {
                self.writer.run("rollback to savepoint attempt").await?;
                Ok(Some(fault))
            }
        }
    }

    /// Has everybody see it.
    ///
    /// # Errors
    /// It was undone, or that is not known.
    pub(crate) async fn commit(&self) -> Result<(), Fault> {
        self.writer.run("commit").await
    }

    /// Undoes what is not committed, and finds out what serves. The session ends with it.
    pub(crate) async fn give_up(&self) -> Serves {
        for _ in 0..ASKED {
            match self.became().await.as_deref() {
                Ok("committed") => return Serves::Restored,
                Ok("aborted") => return Serves::Before,
                _ => tokio::time::sleep(AGAIN).await,
            }
        }
        Serves::Unknown
    }

    async fn became(&self) -> Result<String, Fault> {
        let session = Session::open(&self.url, "smokedrill restore").await?;
        // What it is at may take its time: whoever has given up does not wait for it.
        let end = "select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
            where pid = $1 and backend_start::text = $2";
        let (process, since) = &self.process;
        let ended = session.client().execute(end, &[process, since]).await;
        let asked = "select coalesce(pg_catalog.pg_xact_status($1::text::xid8), '')";
        let row = session.client().query_one(asked, &[&self.number]).await;
        let said = ended.and(row).map(|row| row.get(0)).map_err(|error| session.said(&error));
        session.close().await;
        said
    }
}

/// `SELECT pg_catalog.setval('auth.ids', 7, true);`, but never back. Of one that was never called,
/// nothing.
fn forward(command: &str) -> Option<String> {
    let rest = command.trim().strip_prefix("SELECT pg_catalog.setval('")?;
    let (name, rest) = rest.rsplit_once("', ")?;
    let number: i64 = rest.strip_suffix(", true);")?.parse().ok()?;
    let sequence = name.replace("''", "'");
    Some(format!(
        "select pg_catalog.setval('{name}', greatest(last_value, {number}), true) from {sequence}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_of_the_platform_goes_only_forward() {
        assert_eq!(
            forward("SELECT pg_catalog.setval('auth.\"a''b\"', 7, true);\n\n").unwrap(),
            "select pg_catalog.setval('auth.\"a''b\"', greatest(last_value, 7), true) from auth.\"a'b\""
        );
        assert_eq!(forward("SELECT pg_catalog.setval('auth.ids', 1, false);"), None);
    }
}
