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
//! | `empty`, `script`, `attempt` | dropping, making anew, and what may be refused |
//! | `end` | committed or undone |
//! | `buckets` | the settings of buckets, by the storage's API |
//!
//! One transaction is one connection, so rows go in one table after the other; and what was there
//! before takes its room on the disk until the end.

mod attempt;
pub(crate) mod buckets;
pub(crate) mod check;
mod empty;
mod end;
pub(crate) mod fit;
pub(crate) mod left;
mod look;
mod platform;
mod script;
mod select;

use futures_util::future::join_all;

use self::check::Prepared;
pub(crate) use self::end::told;
use self::left::Left;
use self::script::{Piece, Script};
use super::course::Course;
use super::load::Sums;
use super::plain::lock;
use super::sections::Part;
use super::stages::{Order, wait_on};
use crate::backup::archive::{Entry, Toc};
use crate::database::{ConnectionUrl, Permit, Process, Session, Writer};
use crate::fault::Fault;

/// How many pieces are on their way at once: what is far away would be waited for at each.
const ON_THEIR_WAY: usize = 64;

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
    /// The server's process for it.
    process: Process,
    left: Left,
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
        let number = "select pg_catalog.pg_current_xact_id()::text";
        let row = writer.client().query_one(number, &[]).await;
        let number = row.map_err(|error| writer.said(&error))?.get(0);
        let process = Process::of(&writer).await?;
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
        course: &mut Course<'_>,
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
                self.platform(prepared).await?;
                let tried = || toc.entries.iter().filter(|entry| is_tried(entry));
                let hears = |entry: &&Entry| entry.desc == "EVENT TRIGGER";
                self.try_all(tried().filter(|entry| !hears(entry))).await?;
                self.writer.run(CHANGE).await?;
                // The project's own, which may log what they hear of, or refuse it, hear of nothing.
                self.try_all(tried().filter(hears)).await?;
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
}
