//! How often rows were written, by table: what shows that the application went on, and what an
//! idle source proves of a backup.

use std::collections::BTreeMap;

use super::session::Session;
use crate::fault::Fault;

/// Rows inserted, updated and deleted since the statistics began, by `schema.name`.
pub(crate) type Counters = BTreeMap<String, u64>;

/// Reads the counters of all user tables.
///
/// They lag: a session hands its counts in when it is idle and the last time was a second ago,
/// else within ten seconds (`PGSTAT_IDLE_INTERVAL` in the server's source); one that is not idle
/// for long, only then. So a write just before may show as one after. Counters are lost in a
/// crash. On a standby they are its own, and stay.
///
/// # Errors
/// The connection is lost.
pub(crate) async fn counters(session: &Session) -> Result<Counters, Fault> {
    let said = |error: tokio_postgres::Error| session.said(&error).stage("write counters");
    // Within a transaction, the first look at them is kept for all others.
    let clear = "select pg_catalog.pg_stat_clear_snapshot()";
    session.client().execute(clear, &[]).await.map_err(said)?;
    let sql = "select schemaname || '.' || relname,
            (n_tup_ins + n_tup_upd + n_tup_del)::int8
        from pg_catalog.pg_stat_all_tables
        where schemaname !~ '^pg_' and schemaname <> 'information_schema'";
    let rows = session.client().query(sql, &[]).await.map_err(said)?;
    let counter = |row: &tokio_postgres::Row| {
        (row.get(0), u64::try_from(row.get::<_, i64>(1)).unwrap_or_default())
    };
    Ok(rows.iter().map(counter).collect())
}

/// What was written between two looks, for the tables where something was. After a reset of the
/// statistics a counter begins again, and then all of it is new.
pub(crate) fn written(before: &Counters, after: &Counters) -> Counters {
    let change = |(table, now): (&String, &u64)| {
        let then = before.get(table).copied().unwrap_or_default();
        let written = now.checked_sub(then).unwrap_or(*now);
        (written > 0).then(|| (table.clone(), written))
    };
    after.iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::database::ConnectionUrl;
    use crate::database::testing::{database, session, writer};

    #[tokio::test]
    async fn writes_are_counted_by_table() {
        let text = database("counted").await;
        let writer = writer(&text).await;
        let setup = "create table public.\"A b\" (i int); create table public.quiet (i int)";
        writer.batch_execute(setup).await.unwrap();
        let session = session(&ConnectionUrl::parse(&text).unwrap()).await;
        let before = counters(&session).await.unwrap();
        let writes = "insert into \"A b\" select generate_series(1, 5); update \"A b\" set i = 0 where i > 3; delete from \"A b\" where i = 1";
        writer.batch_execute(writes).await.unwrap();
        // A session that ends hands its counts in.
        drop(writer);
        let mut found = Counters::new();
        for _ in 0..50 {
            found = written(&before, &counters(&session).await.unwrap());
            if !found.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(found, Counters::from([("public.A b".into(), 8)]));
    }

    #[test]
    fn a_reset_counter_begins_again() {
        let counters = |count| Counters::from([("t".to_owned(), count)]);
        assert_eq!(written(&counters(10), &counters(3)), counters(3));
        assert_eq!(written(&counters(10), &counters(10)), Counters::new());
        assert_eq!(written(&Counters::new(), &counters(2)), counters(2));
    }
}
