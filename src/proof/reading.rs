//! Every field of staging, read once, over several connections.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Mutex;

use futures_util::TryStreamExt as _;

use super::Subject;
use super::alone::alone;
use super::fields::{Found, Scan, Shape, Table};
use super::outside::{Outside, outside};
use crate::backup::manifest::Column;
use crate::database::{Session, quoted};
use crate::fault::Fault;
use crate::windows::SIZE;

/// As `pg_dump`'s sessions have it, so that equal values are equal texts.
const SETTINGS: &str = "set intervalstyle = 'postgres'; set extra_float_digits = 3;
    set bytea_output = 'hex'; set statement_timeout = 0";

/// What was read.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) tables: BTreeMap<(String, String), Found>,
    /// Why a table could not be read.
    pub(super) unread: Vec<Fault>,
    /// Tables and materialised views beside the plan, and how many may not be read.
    pub(super) beside: u64,
    pub(super) hidden: u64,
}

/// Reads every table, the largest first; those beside the plan last.
pub(super) fn read(subject: &Subject<'_>) -> Result<Reading, Fault> {
    let columns = &subject.manifest.catalogue.columns;
    let mut tables: Vec<Table<'_>> = subject
        .plan
        .tables
        .iter()
        .map(|(key, plan)| {
            let own = columns.iter().filter(|c| (&c.schema, &c.table) == (&key.0, &key.1));
            let own: Vec<&Column> = own.collect();
            let computed = own.iter().filter(|c| c.generated).map(|c| c.name.as_str());
            let computed: Vec<&str> = computed.collect();
            let loaded = plan.columns.iter().map(|column| column.name.as_str());
            let shapes = loaded.chain(computed.iter().copied());
            let shapes = shapes.map(|name| Shape::of(own.iter().find(|c| c.name == name).copied()));
            let shapes = shapes.collect();
            Table { key, plan, computed, shapes, is_view: false }
        })
        .collect();
    let size = |table: &Table<'_>| {
        let mut all = subject.manifest.tables().iter();
        let found = all.find(|t| (&t.schema, &t.name) == (&table.key.0, &table.key.1));
        found.map_or(0, |table| table.bytes)
    };
    tables.sort_by_key(size);
    let beside = subject.runtime.block_on(async {
        let session = subject.session().await?;
        let beside = alone(subject, &session, outside(subject, &session)).await;
        session.close().await;
        Ok::<_, Fault>(beside)
    })?;
    let mut all = Reading::default();
    let beside = beside.unwrap_or_else(|fault| {
        all.unread.push(fault);
        (Vec::new(), 0)
    });
    (all.beside, all.hidden) = (beside.0.len() as u64, beside.1);
    // The last one is taken first.
    tables.splice(..0, beside.0.iter().map(Outside::table));
    let todo = Mutex::new(tables);
    let next = || todo.lock().ok().and_then(|mut tables| tables.pop());
    std::thread::scope(|scope| {
        let workers = if subject.within.is_some() { 1 } else { subject.workers.max(1) };
        let workers: Vec<_> = (0..workers)
            .map(|_| {
                scope.spawn(|| {
                    let session = subject.runtime.block_on(subject.session())?;
                    let mut reading = Reading::default();
                    let set = subject.runtime.block_on(session.client().batch_execute(SETTINGS));
                    set.map_err(|error| session.said(&error))?;
                    while let Some(table) = next() {
                        subject.stop.check()?;
                        let found = one(subject, &session, &table);
                        let found = alone(subject, &session, found);
                        match subject.runtime.block_on(subject.stop.unless(found))? {
                            Ok(found) => _ = reading.tables.insert(table.key.clone(), found),
                            Err(fault) => reading.unread.push(fault),
                        }
                    }
                    Ok::<_, Fault>(reading)
                })
            })
            .collect();
        for worker in workers {
            let read = worker.join();
            let read = read.unwrap_or_else(|_| Err(Fault::errored("a thread that reads died")))?;
            all.tables.extend(read.tables);
            all.unread.extend(read.unread);
        }
        subject.stop.check()?;
        Ok(all)
    })
}

async fn one(subject: &Subject<'_>, session: &Session, table: &Table<'_>) -> Result<Found, Fault> {
    let (schema, name) = table.key;
    let place = format!("{schema}.{name}");
    let columns = table.plan.columns.iter().map(|column| column.name.as_str());
    let list: Vec<String> = columns.chain(table.computed.iter().copied()).map(quoted).collect();
    let (from, list) = (format!("{}.{}", quoted(schema), quoted(name)), list.join(", "));
    // A list of columns takes none that are computed, and a query is slower.
    let sql = match (list.is_empty(), table.computed.is_empty() && !table.is_view) {
        (true, _) => format!("copy {from} to stdout"),
        (false, true) => format!("copy {from} ({list}) to stdout"),
        (false, false) => format!("copy (select {list} from {from}) to stdout"),
    };
    let mut scan = Scan::new(subject, table);
    let said = |error: tokio_postgres::Error| session.said(&error).object(&place);
    let mut rows = pin!(session.client().copy_out(&sql).await.map_err(said)?);
    let mut left: Vec<u8> = Vec::new();
    let (mut count, mut since) = (0_u64, 0);
    while let Some(bytes) = rows.try_next().await.map_err(said)? {
        (count, since) = (count + 1, since + bytes.len());
        if count.is_multiple_of(4096) || since > SIZE {
            since = 0;
            subject.stop.check()?;
        }
        match (left.is_empty(), bytes.last()) {
            // The server sends a row at a time.
            (true, Some(b'\n')) => scan.rows(&bytes),
            _ => {
                left.extend_from_slice(&bytes);
                if left.last() == Some(&b'\n') {
                    scan.rows(&left);
                    left.clear();
                }
            }
        }
    }
    Ok(scan.finish())
}
