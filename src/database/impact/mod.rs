//! What a source feels of a backup: watched on a session of its own, and too much of it is a
//! reason to stop.
//!
//! At each interval it runs a probe, such as a query that the application makes often, and looks
//! at `pg_stat_activity` and `pg_locks`. A threshold must be passed several times in a row, since
//! one slow answer is nobody's fault. Ages of snapshots are those that the role may see: of other
//! roles only as a member of `pg_monitor`. Behind a pooler that gives its sessions a name of its
//! own, `pg_dump`'s are not known as ours.

mod quiesced;
mod record;
mod sample;

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

pub(crate) use quiesced::quiesced;
pub(crate) use record::Seen;

use record::Record;
use sample::Sample;

use super::session::Session;
use super::url::{ConnectionUrl, cut};
use crate::backup::stop::Stop;
use crate::fault::Fault;

/// How often the probe is measured before the dump.
const BASELINE: usize = 5;

/// When a source suffers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Thresholds {
    /// How often to look.
    pub(crate) interval: Duration,
    /// The SQL whose latency is measured; it must be quick, and only reads.
    pub(crate) probe: String,
    /// The longest that it may take.
    pub(crate) latency: Duration,
    /// The most sessions that may wait for locks at once, ours not counted.
    pub(crate) waiting_locks: u64,
    /// The greatest age of the oldest snapshot, whosever it is.
    pub(crate) oldest_snapshot: Duration,
    /// How many looks in a row must be over a threshold.
    pub(crate) patience: u32,
}

/// A watch over a source, until it is finished or dropped.
#[derive(Debug)]
pub(crate) struct Watch {
    /// Closed, it ends the watch.
    asks: mpsc::Sender<Ask>,
    task: Task,
}

/// When a look is asked for; who asks is told once it was taken.
type Ask = (When, oneshot::Sender<()>);

/// When a look is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// The dump begins.
    Begins,
    /// It has ended.
    Ended,
}

/// Ends with the value that holds it.
#[derive(Debug)]
struct Task(JoinHandle<Record>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Watch {
    /// Measures the probe while nothing runs yet, and begins to look.
    ///
    /// # Errors
    /// The source cannot be connected to, or the probe fails.
    pub(crate) async fn start(
        url: &ConnectionUrl,
        application: &str,
        thresholds: Thresholds,
        stop: Stop,
        runtime: &Handle,
    ) -> Result<Self, Fault> {
        let mut watcher =
            Watcher { url: url.clone(), application: cut(application), thresholds, session: None };
        let session = watcher.open().await.map_err(|fault| fault.stage("impact"))?;
        let mut baseline = Vec::new();
        for _ in 0..BASELINE {
            let took = sample::probe(&session, &watcher.thresholds).await;
            let help = "see the probe in suites/drill.toml, and whether the role may run it";
            baseline.push(took.map_err(|fault| fault.stage("impact").object("probe").help(help))?);
        }
        watcher.session = Some(session);
        let (asks, asked) = mpsc::channel(1);
        let task = runtime.spawn(watcher.watch(Record::new(&baseline), stop, asked));
        Ok(Self { asks, task: Task(task) })
    }

    /// Looks at once, since the dump begins or has just ended: the figures are of what was seen
    /// between the two, both looks among it, however short the dump.
    ///
    /// # Errors
    /// Nobody looks any more.
    pub(crate) async fn look(&self, when: When) -> Result<(), Fault> {
        let (answer, answered) = oneshot::channel();
        let asked = self.asks.send((when, answer)).await.is_ok();
        match asked && answered.await.is_ok() {
            true => Ok(()),
            false => Err(unwatched()),
        }
    }

    /// Stops to look, and says what was seen.
    ///
    /// # Errors
    /// Nobody looked any more.
    pub(crate) async fn finish(self) -> Result<Seen, Fault> {
        let Self { asks, mut task } = self;
        drop(asks);
        (&mut task.0).await.map(|record| record.seen()).map_err(|_| unwatched())
    }
}

/// Who looks.
struct Watcher {
    url: ConnectionUrl,
    application: String,
    thresholds: Thresholds,
    session: Option<Session>,
}

impl Watcher {
    async fn watch(
        mut self,
        mut record: Record,
        stop: Stop,
        mut asked: mpsc::Receiver<Ask>,
    ) -> Record {
        let mut interval = tokio::time::interval(self.thresholds.interval.max(SHORTEST));
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let ask = tokio::select! {
                ask = asked.recv() => match ask {
                    None => break,
                    some => some,
                },
                _ = interval.tick() => None,
            };
            match self.look().await {
                Ok(sample) => {
                    if matches!(ask, Some((When::Begins, _))) {
                        record.begin();
                    }
                    if let Some(fault) = record.add(&sample, &self.thresholds) {
                        stop.set(fault);
                    }
                    if let Some((_, answer)) = ask {
                        let _ = answer.send(());
                    }
                }
                Err(fault) => {
                    let message = format!("what the source feels cannot be seen: {}", fault.line());
                    let help = "a dump is not made unwatched: see whether the source is well";
                    stop.set(Fault::errored(message).stage("impact").help(help));
                    break;
                }
            }
        }
        if let Some(session) = self.session {
            session.close().await;
        }
        record
    }

    /// Looks, and once more by a new session if the first has failed.
    async fn look(&mut self) -> Result<Sample, Fault> {
        match self.once().await {
            Ok(sample) => Ok(sample),
            Err(_) => {
                self.session = None;
                self.once().await
            }
        }
    }

    async fn once(&mut self) -> Result<Sample, Fault> {
        let session = match self.session.take() {
            Some(session) => session,
            None => self.open().await?,
        };
        let session = self.session.insert(session);
        sample::sample(session, &self.application, &self.thresholds).await
    }

    async fn open(&self) -> Result<Session, Fault> {
        let session = Session::open(&self.url, &self.application).await?;
        sample::prepare(&session, &self.thresholds).await?;
        Ok(session)
    }
}

fn unwatched() -> Fault {
    let help = "a dump is not made unwatched: see whether the source is well";
    Fault::errored("the watch over the source has ended").stage("impact").help(help)
}

/// A look costs the source a little too.
const SHORTEST: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests;
