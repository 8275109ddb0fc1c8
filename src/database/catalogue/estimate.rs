//! How much there is to read, as the server guesses it: for free space and for the time left.

use super::super::Excluded;
use super::super::session::Session;
use super::PRELUDE;
use crate::fault::Fault;

/// What a source weighs. No row is read for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Estimate {
    /// The database with indexes and all, in bytes on the server's disk.
    pub(crate) database_bytes: u64,
    /// The tables whose rows are dumped, largest first.
    pub(crate) tables: Vec<TableSize>,
    /// All large objects, in bytes on the server's disk.
    pub(crate) large_objects: u64,
}

/// What a table weighs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableSize {
    /// Its schema.
    pub(crate) schema: String,
    /// Its name.
    pub(crate) name: String,
    /// How many rows it had when it was last analysed; nothing if it never was.
    pub(crate) rows: Option<u64>,
    /// Its rows on the server's disk in bytes, out-of-line values with them and indexes not.
    pub(crate) bytes: u64,
}

impl Estimate {
    /// All that is dumped, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.large_objects + self.tables.iter().map(|table| table.bytes).sum::<u64>()
    }
}

/// Tables that somebody holds for themselves, or is about to. To look at their size waits for the
/// lock; what they had when they were last analysed does not.
const LOCKED: &str = "select l.relation from pg_locks l
    where l.mode = 'AccessExclusiveLock' and l.relation is not null and l.database =
        (select d.oid from pg_database d where d.datname = current_database())";

/// Asks for the sizes.
///
/// # Errors
/// The connection is lost, or a lock is waited for too long.
pub(crate) async fn estimate(session: &Session, excluded: &Excluded) -> Result<Estimate, Fault> {
    let said = |error: tokio_postgres::Error| session.said(&error).stage("estimate");
    let size = "select pg_catalog.pg_database_size(pg_catalog.current_database()),
        pg_catalog.pg_table_size('pg_catalog.pg_largeobject')";
    let row = session.client().query_one(size, &[]).await.map_err(said)?;
    let sql = format!(
        "{PRELUDE}object as (select nspname::text, relname::text, reltuples::float8,
            coalesce(case when oid in ({LOCKED})
                then relpages::int8 * current_setting('block_size')::int8
                else pg_table_size(oid) end, 0)
            from relation where relkind = 'r')
         select * from object order by 4 desc, 1, 2"
    );
    let rows = session.client().query(&sql, &[&excluded.schemas, &excluded.tables]).await;
    let table = |row: &tokio_postgres::Row| {
        let rows: f64 = row.get(2);
        TableSize {
            schema: row.get(0),
            name: row.get(1),
            rows: (rows >= 0.0).then_some(rows as u64),
            bytes: bytes(row.get(3)),
        }
    };
    let tables = rows.map_err(said)?.iter().map(table).collect();
    Ok(Estimate { database_bytes: bytes(row.get(0)), tables, large_objects: bytes(row.get(1)) })
}

fn bytes(size: i64) -> u64 {
    u64::try_from(size).unwrap_or_default()
}
