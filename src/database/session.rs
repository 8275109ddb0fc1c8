//! A session that only reads: by its start-up options, by a setting after them, and proved.
//!
//! | setting | value | why |
//! |---|---|---|
//! | `default_transaction_read_only` | on | nothing can be written by mistake |
//! | `lock_timeout` | 5 s | a migration is waited for shortly, and never waits for us |
//! | `statement_timeout` | 5 min | our own queries are of seconds |
//! | idle and transaction time-outs | none | the snapshot's session idles while others read |
//! | `row_security` | off | a query says that it may not see all rows, rather than seeing less |
//! | `search_path` | empty | names come out qualified, and nobody's function is called |

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_postgres::Client;

use super::connect::{self, Driver};
use super::pooling;
use super::refusal;
use super::url::{ConnectionUrl, cut};
use crate::fault::Fault;

/// The oldest server whose catalogue is known here.
const OLDEST: i32 = 130_000;

/// Settings that a session begins with.
const SETTINGS: &str = "
    set default_transaction_read_only = on;
    set lock_timeout = '5s';
    set statement_timeout = '5min';
    set row_security = off;
    set search_path = '';
    set datestyle = 'ISO';
    set timezone = 'UTC';
    set jit = off;
    select pg_catalog.set_config(name, '0', false) from pg_catalog.pg_settings
    where name in ('idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout')";

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// A session on a source. It ends when it is dropped; [`Session::close`] says goodbye.
#[derive(Debug)]
pub(crate) struct Session {
    client: Arc<Client>,
    /// None where the connection is somebody else's.
    driver: Option<Driver>,
    /// Why the connection ended, if the server said so.
    end: Arc<Mutex<Option<Fault>>>,
    application: String,
    version: i32,
    standby: bool,
    from_start: bool,
    process: i32,
}

impl Session {
    /// Connects, and makes sure that the session only reads.
    ///
    /// # Errors
    /// It cannot be connected to, or it would not be read-only.
    pub(crate) async fn open(url: &ConnectionUrl, application: &str) -> Result<Self, Fault> {
        let application = cut(application);
        let connecting = Self::connect(url, &application);
        match tokio::time::timeout(url.timeout() + GOODBYE, connecting).await {
            Ok(opened) => opened.map_err(|fault| fault.stage("connection")),
            Err(_) => Err(refusal::late(url).stage("connection")),
        }
    }

    /// Another's connection: what is read sees what that one has written and not committed.
    pub(super) fn of(client: Arc<Client>, end: Arc<Mutex<Option<Fault>>>, version: i32) -> Self {
        let (standby, from_start, process) = (false, false, 0);
        let application = String::new();
        Self { client, driver: None, end, application, version, standby, from_start, process }
    }

    /// The same connection, for somebody else.
    pub(crate) fn shared(&self) -> Self {
        Self::of(Arc::clone(&self.client), Arc::clone(&self.end), self.version)
    }

    /// For queries.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Says what went wrong with a query, and why the connection ended if it has.
    pub(crate) fn said(&self, error: &tokio_postgres::Error) -> Fault {
        let end = self.end.lock().ok().and_then(|end| end.clone());
        end.filter(|_| error.is_closed()).unwrap_or_else(|| refusal::said(error))
    }

    /// The server's version, such as 150018 for 15.18.
    pub(crate) fn server_version(&self) -> i32 {
        self.version
    }

    /// Whether the server is a standby.
    pub(crate) fn standby(&self) -> bool {
        self.standby
    }

    /// Whether the start-up options were obeyed: then PostgreSQL's own programs are read-only on
    /// this way too. A pooler between may drop them.
    pub(crate) fn read_only_from_start(&self) -> bool {
        self.from_start
    }

    /// Ends the session, and waits until the server has been told.
    pub(crate) async fn close(self) {
        let Self { client, driver, .. } = self;
        drop(client);
        // One that does not end by itself is aborted where it is dropped.
        if let Some(mut driver) = driver {
            let _ = tokio::time::timeout(GOODBYE, &mut driver.0).await;
        }
    }

    async fn connect(url: &ConnectionUrl, application: &str) -> Result<Self, Fault> {
        let (client, driver, end) = connect::connect(url, application).await?;
        let mut session = Self {
            client: Arc::new(client),
            driver: Some(driver),
            end,
            application: application.to_owned(),
            version: 0,
            standby: false,
            from_start: false,
            process: 0,
        };
        session.prepare(url).await?;
        Ok(session)
    }

    async fn prepare(&mut self, url: &ConnectionUrl) -> Result<(), Fault> {
        let place = |fault: Fault| fault.object(url.shown());
        let facts = "select pg_catalog.current_setting('server_version_num'),
                pg_catalog.pg_is_in_recovery(), pg_catalog.pg_backend_pid(), setting, source
            from pg_catalog.pg_settings where name = 'default_transaction_read_only'";
        let facts = pooling::ask(&self.client, facts).await;
        let facts = facts.map_err(|error| place(self.said(&error)))?;
        let [version, standby, process, setting, source] = facts.as_slice() else {
            return Err(place(Fault::errored("the server does not say what it is")));
        };
        self.version = version.parse().unwrap_or_default();
        self.process = process.parse().unwrap_or_default();
        (self.standby, self.from_start) = (standby == "t", setting == "on");
        if self.version < OLDEST {
            let message = format!("the server is of version {}", self.version / 10_000);
            let help = format!("{} and newer are supported", OLDEST / 10_000);
            return Err(place(Fault::errored(message).help(help)));
        }
        if source == "session" {
            return Err(place(pooling::handed_on()));
        }
        // Where what was asked for at the start has come through, no pooler shares connections.
        if source != "client" {
            pooling::refuse(&self.client, url, &self.application).await.map_err(place)?;
        }
        let set = self.client.batch_execute(SETTINGS).await;
        set.map_err(|error| place(self.said(&error)))?;
        // Some poolers put in their own name at the start.
        let name = "select pg_catalog.set_config('application_name', $1, false),
                pg_catalog.current_setting('default_transaction_read_only') = 'on'
                and pg_catalog.current_setting('transaction_read_only') = 'on'";
        let row = self.client.query_one(name, &[&self.application]).await;
        let row = row.map_err(|error| place(self.said(&error)))?;
        if !row.get::<_, bool>(1) {
            let help = "a pooler between may undo settings: connect directly";
            return Err(place(Fault::errored("the session is not read-only").help(help)));
        }
        let wanted = url.parameters.target_session_attrs.as_deref();
        match (wanted, self.standby) {
            (Some("primary"), true) | (Some("standby"), false) => {
                let wanted = wanted.unwrap_or_default();
                let help = "see `target_session_attrs` in the connection URL";
                Err(place(Fault::errored(format!("the server is no {wanted}")).help(help)))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
