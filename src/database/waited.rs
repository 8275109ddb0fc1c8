//! Locks that were waited for in vain: which, and who has them. The server's own message names
//! neither.

use std::time::Duration;

use super::session::Session;
use crate::fault::Fault;

/// How the server's message ends when a lock was not granted in time.
const CODE: &str = "(SQLSTATE 55P03)";

/// Has a session wait for locks no longer than this.
///
/// # Errors
/// The connection is lost.
pub(crate) async fn patient(session: &Session, patience: Duration) -> Result<(), Fault> {
    let sql = format!("set lock_timeout = {}", patience.as_millis().max(1));
    session.client().batch_execute(&sql).await.map_err(|error| session.said(&error))
}

/// Names the table and the session that a fault is of, if it is of a lock; asked in another
/// session, since that of the fault may be in a failed transaction.
pub(crate) async fn explained(fault: Fault, session: &Session, stage: &str) -> Fault {
    if !fault.line().ends_with(CODE) {
        return fault;
    }
    let sql = "select n.nspname || '.' || c.relname, l.pid, coalesce(a.application_name, '')
        from pg_catalog.pg_locks l
        join pg_catalog.pg_class c on c.oid = l.relation
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        join pg_catalog.pg_database d on d.oid = l.database
        left join pg_catalog.pg_stat_activity a on a.pid = l.pid
        where l.granted and l.mode = 'AccessExclusiveLock' and c.relkind in ('r', 'p', 'v', 'm', 'f')
            and d.datname = pg_catalog.current_database()
        order by 1 limit 1";
    let Ok(Some(row)) = session.client().query_opt(sql, &[]).await else { return fault };
    let (table, process, application) =
        (row.get::<_, String>(0), row.get::<_, i32>(1), row.get::<_, String>(2));
    let name = if application.is_empty() { application } else { format!(" ({application})") };
    let message = format!(
        "a lock was not granted in time: the server process {process}{name}, another session, \
         holds this for itself"
    );
    let help = "somebody changes it, such as a migration: try again when that is done, or raise \
                `lock_timeout` in suites/drill.toml";
    Fault::errored(message).stage(stage).object(table).help(help)
}
