//! A session that writes, with the settings of `pg_dump`'s own scripts: what a dump says means the
//! same to it as to `pg_restore`.

use std::sync::{Arc, Mutex};

use tokio_postgres::Client;

use super::Permit;
use super::connect::{self, Driver};
use super::identity::identity;
use super::refusal;
use super::session::Session;
use super::url::{ConnectionUrl, cut};
use crate::fault::Fault;

/// Settings that a session begins with. Staging can be restored again, so that nothing waits for
/// the disk at each commit; and the lock that a migration or an index takes is waited for.
const SETTINGS: &str = "
    set statement_timeout = 0;
    set lock_timeout = '60s';
    set client_encoding = 'UTF8';
    set standard_conforming_strings = on;
    set check_function_bodies = off;
    set xmloption = content;
    set client_min_messages = warning;
    set row_security = off;
    set synchronous_commit = off;
    set search_path = '';
    set datestyle = 'ISO';
    set intervalstyle = 'postgres';
    set timezone = 'UTC';
    select pg_catalog.set_config(name, '0', false) from pg_catalog.pg_settings
    where name in ('idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout')";

/// A session on a database that may be written to. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Writer {
    client: Arc<Client>,
    _driver: Driver,
    end: Arc<Mutex<Option<Fault>>>,
}

impl Writer {
    /// Connects, and asks on that connection whether the permit is for what is there.
    ///
    /// # Errors
    /// It cannot be connected to; it is another server, or another database.
    pub(crate) async fn open(
        url: &ConnectionUrl,
        application: &str,
        permit: &Permit,
    ) -> Result<Self, Fault> {
        let url = url.writing(permit);
        let begun = connect::connect(&url, &cut(application)).await;
        let (client, driver, end) = begun.map_err(|fault| fault.object(url.shown()))?;
        let writer = Self { client: Arc::new(client), _driver: driver, end };
        let found = identity(&writer.reading().await?, "", &url).await?;
        permit.holds(&found).map_err(|fault| fault.object(url.shown()))?;
        writer.run(SETTINGS).await?;
        Ok(writer)
    }

    /// For statements.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Whether the connection is lost.
    pub(crate) fn is_lost(&self) -> bool {
        self.client.is_closed()
    }

    /// The same connection, for whoever reads: within the transaction that is open.
    ///
    /// # Errors
    /// The connection is lost.
    pub(crate) async fn reading(&self) -> Result<Session, Fault> {
        let version = "select pg_catalog.current_setting('server_version_num')::int4";
        let row = self.client.query_one(version, &[]).await.map_err(|error| self.said(&error))?;
        Ok(Session::of(Arc::clone(&self.client), Arc::clone(&self.end), row.get(0)))
    }

    /// Runs statements, one after the other.
    ///
    /// # Errors
    /// One is refused; the connection is lost.
    pub(crate) async fn run(&self, sql: &str) -> Result<(), Fault> {
        self.client.batch_execute(sql).await.map_err(|error| self.said(&error))
    }

    /// Says what went wrong, and never with which row: only where in the data it was.
    pub(crate) fn said(&self, error: &tokio_postgres::Error) -> Fault {
        let end = self.end.lock().ok().and_then(|end| end.clone());
        if let Some(end) = end.filter(|_| error.is_closed()) {
            return end;
        }
        let fault = refusal::said(error);
        let place = error.as_db_error().and_then(tokio_postgres::error::DbError::where_);
        match place.and_then(copy_place) {
            Some(place) => fault.at(&place),
            None => fault,
        }
    }
}

/// `line 5, column email` of `COPY t, line 5, column email: "…"`.
fn copy_place(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("COPY "))?;
    let (_, rest) = line.split_once(", ")?;
    let place = rest.split(": ").next()?;
    place.starts_with("line ").then(|| place.to_owned())
}

/// A name as SQL writes it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::testing::{database, permit};

    #[test]
    fn the_place_is_told_and_the_row_is_not() {
        let text = "COPY customers, line 5, column email: \"jane@brook.test\"";
        assert_eq!(copy_place(text).as_deref(), Some("line 5, column email"));
        assert_eq!(copy_place("COPY t, line 7: \"1\tjane\"").as_deref(), Some("line 7"));
        assert_eq!(copy_place("SQL statement"), None);
    }

    #[tokio::test]
    async fn it_writes_and_says_so_without_values() {
        let url = ConnectionUrl::parse(&database("written").await).unwrap();
        let writer = Writer::open(&url, "smokedrill test", &permit(&url).await).await.unwrap();
        writer.run("create table public.t (n int unique)").await.unwrap();
        let error = writer.run("insert into public.t values ('jane')").await.unwrap_err();
        assert!(!error.to_string().contains("jane"), "{error}");
    }
}
