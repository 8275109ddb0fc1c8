//! The server's process for a session. Its number alone may be another's by the time that it is
//! to be ended: with its beginning it is told from whoever has the number then.

use tokio_postgres::Client;

use super::Writer;
use crate::fault::Fault;

/// A process of the server.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    number: i32,
    since: String,
}

impl Process {
    /// That of a session.
    ///
    /// # Errors
    /// The connection is lost.
    pub(crate) async fn of(writer: &Writer) -> Result<Self, Fault> {
        let own = "select pid, backend_start::text from pg_catalog.pg_stat_activity
            where pid = pg_catalog.pg_backend_pid()";
        let row = writer.client().query_one(own, &[]).await;
        let row = row.map_err(|error| writer.said(&error))?;
        Ok(Self { number: row.get(0), since: row.get(1) })
    }

    /// Ends it from another session; whether it was still there.
    ///
    /// # Errors
    /// The role may not; the connection is lost.
    pub(crate) async fn end(&self, client: &Client) -> Result<bool, tokio_postgres::Error> {
        let end = "select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
            where pid = $1 and backend_start::text = $2";
        Ok(client.execute(end, &[&self.number, &self.since]).await? > 0)
    }
}
