//! One moment of the source, held open: what others read with its id, they read as of then.

use jiff::Timestamp;

use super::session::Session;
use crate::backup::manifest;
use crate::fault::Fault;

/// An exported snapshot. It lasts as long as this value: `pg_dump --snapshot=ID` and every query
/// by [`Snapshot::session`] show the same rows.
///
/// Until it ends the server keeps what was deleted after it, so it should end soon.
#[derive(Debug)]
pub(crate) struct Snapshot {
    session: Session,
    id: String,
    taken: manifest::Snapshot,
}

impl Snapshot {
    /// Begins a transaction that reads one moment, and exports that.
    ///
    /// # Errors
    /// The server refuses, or the connection is lost.
    pub(crate) async fn take(session: Session) -> Result<Self, Fault> {
        let fault = |error: &tokio_postgres::Error| session.said(error).stage("snapshot");
        // Before the snapshot, in a transaction of its own: where it cannot be had, nothing is
        // lost, and what is up to it is in the backup.
        let lsn = position(&session).await;
        // Before it too: what is replayed meanwhile makes the backup newer than it says.
        let replayed = if session.standby() { replayed(&session).await } else { None };
        // Its rows are read no faster than they are written down, however long that takes.
        let begin = "begin isolation level repeatable read read only;
                     set local statement_timeout = 0";
        session.client().batch_execute(begin).await.map_err(|error| fault(&error))?;
        let export = "select pg_catalog.pg_export_snapshot(),
                (extract(epoch from pg_catalog.clock_timestamp()) * 1000000)::int8";
        let row = session.client().query_one(export, &[]).await.map_err(|error| fault(&error))?;
        let local_time = Timestamp::now();
        let time = Timestamp::from_microsecond(row.get(1))
            .map_err(|_| Fault::errored("the server's clock is not right").stage("snapshot"))?;
        let taken = manifest::Snapshot { time, local_time, lsn, replayed };
        Ok(Self { session, id: row.get(0), taken })
    }

    /// The id, for `pg_dump --snapshot` and `SET TRANSACTION SNAPSHOT`.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// When and where it was taken.
    pub(crate) fn taken(&self) -> &manifest::Snapshot {
        &self.taken
    }

    /// The session that holds it; its queries read the snapshot.
    ///
    /// A query that fails ends the transaction, and so the snapshot.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// For queries in the snapshot.
    pub(crate) fn client(&self) -> &tokio_postgres::Client {
        self.session.client()
    }

    /// Ends it. Gives the session back, and whether nothing had been written in it: then no
    /// transaction number had been given to it. A standby gives none to anybody.
    ///
    /// # Errors
    /// The connection was lost, or a query had failed: then the snapshot had ended before.
    pub(crate) async fn end(self) -> Result<(Session, bool), Fault> {
        let asked = match self.session.standby() {
            true => Ok(true),
            false => {
                let unwritten = "select pg_catalog.pg_current_xact_id_if_assigned() is null";
                self.client().query_one(unwritten, &[]).await.map(|row| row.get(0))
            }
        };
        let unwritten = asked.map_err(|error| self.session.said(&error).stage("snapshot"))?;
        let ended = self.client().batch_execute("rollback").await;
        ended.map_err(|error| self.session.said(&error).stage("snapshot"))?;
        Ok((self.session, unwritten))
    }
}

/// The position in the write-ahead log, where the role may ask and the server has one.
async fn position(session: &Session) -> Option<String> {
    let function = match session.standby() {
        true => "pg_catalog.pg_last_wal_replay_lsn()",
        false => "pg_catalog.pg_current_wal_lsn()",
    };
    let row = session.client().query_one(&format!("select {function}::text"), &[]).await.ok()?;
    row.get(0)
}

/// Up to when a standby has replayed what its primary did.
///
/// A commit that was replayed says when it was made. Where the primary is idle that may be long
/// ago: then it is what the primary last said, as long as all is replayed that it has sent by then
/// (`pg_stat_wal_receiver`, which members of `pg_read_all_stats` see). Behind another standby that is
/// no word of the primary's: the README says to follow the primary itself.
async fn replayed(session: &Session) -> Option<Timestamp> {
    let asked = "select (extract(epoch from greatest(
            pg_catalog.pg_last_xact_replay_timestamp(),
            case when w.status = 'streaming'
                and pg_catalog.pg_last_wal_replay_lsn() >= w.latest_end_lsn
                then w.last_msg_send_time end)) * 1000000)::int8
        from (select) one left join pg_catalog.pg_stat_wal_receiver w on true";
    let row = session.client().query_one(asked, &[]).await.ok()?;
    Timestamp::from_microsecond(row.get::<_, Option<i64>>(0)?).ok()
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
