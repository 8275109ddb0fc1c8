//! The data: one reader expands the archive and cuts it at the ends of rows, several workers mask
//! the pieces and hand them to the server, each over a connection of its own.
//!
//! ```text
//! archive ── pieces ──┬── worker: mask ── COPY … FROM STDIN
//!                     └── worker: mask ── COPY … FROM STDIN
//! ```
//!
//! What is unmasked is in this process's memory alone. The rows of one large table go over all
//! connections, which `pg_restore` cannot do. Memory is bound by the pieces on their way; a row is
//! masked as a whole, so that for a long one it is some times that row's size.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use futures_util::SinkExt as _;
use tokio::runtime::Handle;
use tokio_postgres::CopyInSink;

use super::archive::{Archive, Piece};
use super::hosted::fit::Fit;
use super::room::{Room, Taken};
use crate::backup::archive::Entry;
use crate::backup::progress::Progress;
use crate::backup::stop::Stop;
use crate::database::{ConnectionUrl, Permit, Writer};
use crate::fault::Fault;
use crate::masking::plan::{MaskPlan, Rows, TablePlan};
use crate::masking::sums::TableSums;
use crate::masking::table::TableMasker;
use crate::masking::text::Known;

/// Bytes of a piece.
const SIZE: usize = 512 * 1024;
/// Pieces that wait for a worker.
const WAITING: usize = 4;

/// What the loaded rows of each table come to, by schema and name.
pub(crate) type Sums = BTreeMap<(String, String), TableSums>;

/// A load.
pub(crate) struct Load<'a> {
    pub(crate) archive: Archive<'a>,
    pub(crate) plan: &'a MaskPlan,
    pub(crate) known: Known<'a>,
    pub(crate) url: &'a ConnectionUrl,
    pub(crate) application: &'a str,
    pub(crate) permit: &'a Permit,
    pub(crate) workers: usize,
    /// How rows fit the tables.
    pub(crate) fit: &'a Fit,
    /// The connection to load over, where there is one for all.
    pub(crate) within: Option<&'a Writer>,
    pub(crate) runtime: &'a Handle,
    pub(crate) progress: &'a Progress,
    pub(crate) stop: &'a Stop,
}

/// A piece on its way to a worker.
struct Job<'a> {
    key: (String, String),
    copy: Box<str>,
    plan: &'a TablePlan,
    rows: Vec<u8>,
    /// The number of the first row.
    first: u64,
    _room: Taken,
}

impl<'a> Load<'a> {
    /// Loads all rows.
    ///
    /// # Errors
    /// The archive is damaged, a value cannot be masked, the server refuses a row, or it is to
    /// stop. What was loaded until then is of no use.
    pub(crate) fn run(&self) -> Result<Sums, Fault> {
        let (mut queues, mut receivers) = (Vec::new(), Vec::new());
        for _ in 0..self.workers.max(1) {
            let (sender, receiver) = sync_channel(WAITING);
            queues.push(sender);
            receivers.push(receiver);
        }
        std::thread::scope(|scope| {
            let workers: Vec<_> = receivers
                .into_iter()
                .map(|receiver| scope.spawn(move || self.work(&receiver)))
                .collect();
            let read = self.read(&queues);
            drop(queues);
            let mut sums = Sums::new();
            let mut failed: Option<Fault> = None;
            for worker in workers {
                let done = worker.join();
                match done.unwrap_or_else(|_| Err(Fault::errored("a thread that loads died"))) {
                    Ok(theirs) => {
                        for (key, more) in theirs {
                            sums.entry(key).or_default().add(&more);
                        }
                    }
                    // What comes of the stop that another gave is no cause.
                    Err(fault) => failed = failed.or(Some(fault)),
                }
            }
            self.stop.check()?;
            match failed {
                Some(fault) => Err(fault),
                None => read.map(|()| sums),
            }
        })
    }

    fn read(&self, queues: &[SyncSender<Job<'a>>]) -> Result<(), Fault> {
        let (mut turn, mut first) = (0, 1);
        let mut pinned = None;
        let room = Room::default();
        let mut take = |piece: Piece<'_>| {
            let Some((key, plan)) = self.plan_of(piece.entry) else { return Ok(()) };
            let count = memchr::memchr_iter(b'\n', piece.rows).count() as u64;
            let taken = room.take(piece.rows.len(), self.stop)?;
            let job = Job {
                key,
                copy: piece.entry.copy.as_deref().unwrap_or_default().into(),
                plan,
                rows: std::mem::take(piece.rows),
                first,
                _room: taken,
            };
            first = if piece.last { 1 } else { first + count };
            let sent = match pinned {
                // The rest of a row goes where its beginning went.
                Some(worker) => send(queues, worker, job).map(|()| worker),
                None => dispatch(queues, &mut turn, job),
            };
            pinned = sent.as_ref().ok().copied().filter(|_| piece.torn);
            sent.map(drop)
        };
        let whole = |entry: &Entry| {
            let plan = self.plan_of(entry);
            plan.is_some_and(|(key, plan)| !plan.is_kept() || self.fit.cuts(&key))
        };
        self.archive.rows(SIZE, (self.progress, self.stop), &whole, &mut take)
    }

    /// What is done with the rows of an entry, if any are loaded.
    fn plan_of(&self, entry: &Entry) -> Option<((String, String), &'a TablePlan)> {
        let key = entry.key();
        let plan = self.plan.tables.get(&key)?;
        (plan.rows == Rows::Load && self.fit.takes(&key)).then_some((key, plan))
    }

    fn work(&self, jobs: &Receiver<Job<'a>>) -> Result<Sums, Fault> {
        let own = match self.within {
            Some(_) => None,
            None => {
                let writer = Writer::open(self.url, self.application, self.permit);
                Some(self.runtime.block_on(writer)?)
            }
        };
        let Some(writer) = self.within.or(own.as_ref()) else { return Err(gone()) };
        let mut sums = Sums::new();
        let mut open: Option<Open<'a>> = None;
        for job in jobs {
            self.stop.check()?;
            if let Some(other) = open.take_if(|open| open.key != job.key) {
                other.close(writer, (self.runtime, self.stop), &mut sums)?;
            }
            let current = match &mut open {
                Some(current) => current,
                None => open.insert(self.begin(writer, &job)?),
            };
            let mut out = Vec::with_capacity(job.rows.len() + job.rows.len() / 8);
            current.masker.part(&job.rows, job.first, &mut out)?;
            let out = self.fit.rows(&job.key, out);
            drop(job);
            current.send(out, writer, (self.runtime, self.stop))?;
        }
        if let Some(last) = open {
            last.close(writer, (self.runtime, self.stop), &mut sums)?;
        }
        Ok(sums)
    }

    fn begin(&self, writer: &Writer, job: &Job<'a>) -> Result<Open<'a>, Fault> {
        let table = format!("{}.{}", job.key.0, job.key.1);
        let copy = self.fit.copy(&job.key, job.plan, &job.copy);
        let begun = self.runtime.block_on(writer.client().copy_in(&copy));
        let sink = begun.map_err(|error| writer.said(&error).object(&table))?;
        let masker = TableMasker::new(&table, job.plan, self.known);
        Ok(Open { key: job.key.clone(), table, sink: Box::pin(sink), masker })
    }
}

/// A COPY that is under way.
struct Open<'a> {
    key: (String, String),
    table: String,
    sink: Pin<Box<CopyInSink<Cursor<Vec<u8>>>>>,
    masker: TableMasker<'a>,
}

impl Open<'_> {
    fn said(&self, writer: &Writer, error: &tokio_postgres::Error) -> Fault {
        writer.said(error).object(&self.table)
    }

    /// Hands masked rows to the server, a long piece in several, so that it is not copied whole.
    fn send(
        &mut self,
        out: Vec<u8>,
        writer: &Writer,
        (runtime, stop): (&Handle, &Stop),
    ) -> Result<(), Fault> {
        let parts: Box<dyn Iterator<Item = Vec<u8>> + '_> = match out.len() > 4 * SIZE {
            true => Box::new(out.chunks(SIZE).map(<[u8]>::to_vec)),
            false => Box::new(std::iter::once(out)),
        };
        for part in parts {
            let sent = runtime.block_on(stop.unless(self.sink.send(Cursor::new(part))))?;
            if let Err(error) = sent {
                // The server's own word comes when the command is ended.
                let ended = runtime.block_on(self.sink.as_mut().finish());
                return Err(self.said(writer, &ended.err().unwrap_or(error)));
            }
        }
        Ok(())
    }

    fn close(
        mut self,
        writer: &Writer,
        (runtime, stop): (&Handle, &Stop),
        sums: &mut Sums,
    ) -> Result<(), Fault> {
        let ended = runtime.block_on(stop.unless(self.sink.as_mut().finish()))?;
        ended.map_err(|error| self.said(writer, &error))?;
        sums.entry(self.key).or_default().add(&self.masker.finish());
        Ok(())
    }
}

/// Gives a job to the first worker that has room, beginning with the one whose turn it is.
fn dispatch<'a>(
    queues: &[SyncSender<Job<'a>>],
    turn: &mut usize,
    mut job: Job<'a>,
) -> Result<usize, Fault> {
    *turn = (*turn + 1) % queues.len();
    for offset in 0..queues.len() {
        let worker = (*turn + offset) % queues.len();
        let Some(queue) = queues.get(worker) else { continue };
        match queue.try_send(job) {
            Ok(()) => return Ok(worker),
            Err(TrySendError::Full(back)) => job = back,
            Err(TrySendError::Disconnected(_)) => return Err(gone()),
        }
    }
    send(queues, *turn, job).map(|()| *turn)
}

fn send<'a>(queues: &[SyncSender<Job<'a>>], worker: usize, job: Job<'a>) -> Result<(), Fault> {
    match queues.get(worker).map(|queue| queue.send(job)) {
        Some(Ok(())) => Ok(()),
        _ => Err(gone()),
    }
}

/// A worker is gone. Why, it says itself, so nobody sees this.
fn gone() -> Fault {
    Fault::errored("a connection to staging was lost")
}
