//! The stages, in their order.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::files::Files;
use super::grace::{GRACE, Grace};
use super::listings::{self, Manifests};
use super::order::{Order, Server, Unmade};
use super::{Left, left_out};
use super::{contents, dumps};
use crate::actor;
use crate::backup::archive::Held;
use crate::backup::dump::Said;
use crate::backup::encoding::Encoding;
use crate::backup::manifest::{
    Catalogue, Database, Exclusion, FORMAT, FileRecord, Log, Manifest, SourceIdentity, Untouched,
};
use crate::backup::settings::Excluded;
use crate::backup::store::Holder;
use crate::database::{self, Session, Snapshot, SourceLock, Watch, When};
use crate::fault::Fault;

/// The log's file, before a suffix for encryption.
const LOG: &str = "dump.log.zst";

/// How long the server may take to let go of what was stopped.
const QUIET: Duration = Duration::from_secs(6);

/// Makes a backup and publishes it; its manifest, with the hash of that.
///
/// # Errors
/// Why there is none. Nothing of it is left then, neither here nor at work on the source.
pub(crate) fn make(order: &Order<'_>, server: &Server<'_>) -> Result<(Manifest, String), Unmade> {
    let mut log = Vec::new();
    let holder = Holder::new(&actor::actor(), &actor::host(), Timestamp::now());
    let application = database::application_name(order.id, &holder.actor, &holder.host);
    let making = Making { order, server, application: &application, holder };
    making.run(&mut log).map_err(|fault| {
        // The word to stop outranks what came of it.
        let fault = order.stop.why().unwrap_or(fault);
        let quiet = order.runtime.block_on(database::quiesced(server.url, &application, QUIET));
        match quiet {
            Ok(quiesced) if quiesced.clean() => {}
            Ok(quiesced) => {
                let left = quiesced.left;
                log.push(format!("smokedrill: warning: {left} sessions are left on the server"));
            }
            Err(unknown) => log.push(format!("smokedrill: warning: {}", unknown.line())),
        }
        let log = log.iter().map(|line| order.redactor.secrets(line)).collect();
        Unmade { fault, log }
    })
}

struct Making<'a> {
    order: &'a Order<'a>,
    server: &'a Server<'a>,
    application: &'a str,
    holder: Holder,
}

/// What was read from the source, all of it as of one moment.
struct Read {
    held: Held,
    archive: FileRecord,
    manifests: Manifests,
    /// Whether the session of the snapshot had written nothing.
    unwritten: bool,
}

impl Making<'_> {
    /// Waits for the source, but no longer than nobody says stop: a question may wait for a lock.
    fn wait<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        self.order.runtime.block_on(self.order.stop.unless(work))?
    }

    fn run(&self, log: &mut Vec<String>) -> Result<(Manifest, String), Fault> {
        let (order, server, ask) = (self.order, self.server, self.order.runtime);
        let mut clock = Clock::new();
        let here = order.store.lock(&server.url.shown(), &self.holder)?;
        for line in order.store.tidy()? {
            (order.tidied)(&line)?;
        }
        let lock = self.wait(async { SourceLock::take(self.session().await?).await })?;
        let asking = lock.session();
        let source = self.wait(database::identity(asking, order.environment, server.url))?;
        let source = SourceIdentity { started: order.started, ..source };
        let counters = self.wait(database::counters(asking))?;
        let limits = order.settings.impact.clone();
        let watch = Watch::start(server.url, self.application, limits, order.stop.clone(), ask);
        let watch = self.wait(watch)?;
        clock.lap("locks");

        let draft = order.store.begin(order.id, &self.holder)?;
        let snapshot = self.wait(async { Snapshot::take(self.session().await?).await })?;
        let moment = snapshot.taken().clone();
        let left_out = left_out(&order.settings.exclude, Left::Whole);
        let mut before = self.wait(catalogue(snapshot.session(), asking, &left_out))?;
        clock.lap("snapshot");

        let files = Files { draft: &draft, recipients: order.recipients, stop: order.stop };
        let read = self.read(&files, snapshot, asking, &watch, log)?;
        clock.lap("database dump");
        // Platforms make some for minutes: what is gone by now cannot be dumped, and need not.
        let there = self.wait(database::roles(asking))?;
        before.roles.retain(|role| there.contains(role));
        let (roles, said) = dumps::roles(order, server, &files, &before.roles, self.application);
        log.extend(said.lines);
        let roles = roles?;
        clock.lap("roles");

        let after = self.wait(catalogue(asking, asking, &left_out))?;
        let read_only =
            self.wait(database::keeper(asking)).is_ok() && self.wait(is_read_only(asking))?;
        let writes = database::written(&counters, &self.wait(database::counters(asking))?);
        let watched = ask.block_on(watch.finish())?;
        clock.lap("comparison");

        let mut manifests = read.manifests;
        contents::copy(order, &files, &mut manifests, Some(asking))?;
        if order.settings.contents {
            clock.lap("storage contents");
        }
        let lines = std::mem::take(log);
        let spoken =
            Said { lines: lines.iter().map(|line| order.redactor.secrets(line)).collect() };
        let logged = files.whole(LOG, (spoken.lines.join("\n") + "\n").as_bytes())?;
        here.check()?;
        if !ask.block_on(lock.held()) {
            let help = "the connection was lost, and another backup may have begun: try again";
            return Err(Fault::errored("the lock on the source is lost").help(help));
        }
        order.stop.check()?;
        clock.lap("log");

        let ours = u64::from(!read.unwritten) + watched.our_write_transactions;
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            id: order.id.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            actor: self.holder.actor.clone(),
            host: self.holder.host.clone(),
            started: self.holder.since,
            finished: Timestamp::now(),
            source,
            snapshot: moment,
            tools: server.tools.versions(),
            durations: clock.laps,
            database: Some(database(&read.held, &read.archive)),
            log: Some(Log {
                file: logged.name.clone(),
                warnings: spoken.warnings(),
                errors: spoken.errors(),
            }),
            files: [read.archive, roles]
                .into_iter()
                .chain(manifests.records)
                .chain([logged])
                .collect(),
            recipients: order.recipients.map(|keys| keys.shown()).unwrap_or_default(),
            untouched: Some(Untouched {
                schema_before: database::fingerprint(&before),
                schema_after: database::fingerprint(&after),
                writes,
                our_write_transactions: ours,
                read_only,
            }),
            catalogue: before,
            excluded: order.settings.exclude.iter().map(exclusion).collect(),
            storage: (!order.settings.buckets.is_empty()).then_some(manifests.storage),
            impact: Some(watched.impact),
            audit: order.anchor.clone(),
        };
        let sha256 = draft.publish(&manifest)?;
        ask.block_on(lock.release());
        Ok((manifest, sha256))
    }

    async fn session(&self) -> Result<Session, Fault> {
        let session = Session::open(self.server.url, self.application).await?;
        database::patient(&session, self.order.settings.lock_timeout).await?;
        Ok(session)
    }

    /// Dumps and lists at once, in one snapshot.
    fn read(
        &self,
        files: &Files<'_>,
        snapshot: Snapshot,
        asking: &Session,
        watch: &Watch,
        log: &mut Vec<String>,
    ) -> Result<Read, Fault> {
        let (order, server, ask) = (self.order, self.server, self.order.runtime);
        let encoding = self.wait(Encoding::of(asking))?;
        let grace = Grace::default();
        let (dumped, said, manifests) = std::thread::scope(|scope| {
            let application = self.application;
            let dumping = scope.spawn(|| {
                let done =
                    dumps::database(order, server, files, snapshot.id(), encoding, application);
                grace.dumped();
                done
            });
            scope.spawn(|| grace.watch(order.stop, GRACE));
            let manifests = self
                .wait(watch.look(When::Begins))
                .and_then(|()| listings::all((order, &grace.stop), files, &snapshot, asking));
            grace.listed();
            let (dumped, said) = dumping.join().unwrap_or_else(|_| {
                (Err(Fault::errored("dumping panicked").stage("database dump")), Said::default())
            });
            (dumped, said, manifests)
        });
        log.extend(said.lines);
        let (held, archive) = dumped?;
        let manifests = manifests?;
        self.wait(watch.look(When::Ended))?;
        let (session, unwritten) = self.wait(snapshot.end())?;
        ask.block_on(session.close());
        Ok(Read { held, archive, manifests, unwritten })
    }
}

/// Every object of the source. A lock that was waited for in vain is explained by `asking`.
async fn catalogue(
    session: &Session,
    asking: &Session,
    left_out: &database::Excluded,
) -> Result<Catalogue, Fault> {
    match database::catalogue(session, left_out).await {
        Err(fault) => Err(database::explained(fault, asking, "catalogue").await),
        catalogue => catalogue,
    }
}

/// Whether a session is still read-only by setting, at the end of its work.
async fn is_read_only(session: &Session) -> Result<bool, Fault> {
    let asked = "select pg_catalog.current_setting('transaction_read_only') = 'on'";
    let row = session.client().query_one(asked, &[]).await;
    Ok(row.map_err(|error| session.said(&error))?.get(0))
}

fn database(held: &Held, archive: &FileRecord) -> Database {
    Database {
        file: archive.name.clone(),
        archive: held.toc.version.clone(),
        bytes: archive.uncompressed,
        entries: held.toc.entries.len() as u64,
        tables: held.tables.clone(),
        large_objects: held.large_objects,
        large_object_bytes: held.large_object_bytes,
    }
}

fn exclusion(excluded: &Excluded) -> Exclusion {
    let Excluded { schema, table, data_only, reason } = excluded.clone();
    Exclusion { schema, table, data_only, reason }
}

/// How long each stage took.
pub(super) struct Clock {
    since: Instant,
    pub(super) laps: BTreeMap<String, f64>,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self { since: Instant::now(), laps: BTreeMap::new() }
    }

    pub(super) fn lap(&mut self, stage: &str) {
        self.laps.insert(stage.to_owned(), self.since.elapsed().as_secs_f64());
        self.since = Instant::now();
    }
}
