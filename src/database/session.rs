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

use tokio::task::JoinHandle;
use tokio_postgres::config::{ChannelBinding, SslMode as Wire};
use tokio_postgres::{Client, Config, error::SqlState};

use super::parameters::SslMode;
use super::refusal;
use super::tls;
use super::url::{ConnectionUrl, Host, cut};
use crate::fault::{Fault, causes};

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
    client: Client,
    driver: Driver,
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

    /// For queries.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Says what went wrong with a query, and why the connection ended if it has.
    pub(crate) fn said(&self, error: &tokio_postgres::Error) -> Fault {
        let end = self.end.lock().ok().and_then(|end| end.clone());
        end.filter(|_| error.is_closed()).unwrap_or_else(|| refusal::said(error))
    }

    /// What the session says of itself in `pg_stat_activity`.
    pub(crate) fn application(&self) -> &str {
        &self.application
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

    /// The server process that serves it.
    pub(crate) fn process(&self) -> i32 {
        self.process
    }

    /// Ends the session, and waits until the server has been told.
    pub(crate) async fn close(self) {
        let Self { client, mut driver, .. } = self;
        drop(client);
        // One that does not end by itself is aborted where it is dropped.
        let _ = tokio::time::timeout(GOODBYE, &mut driver.0).await;
    }

    async fn connect(url: &ConnectionUrl, application: &str) -> Result<Self, Fault> {
        let mut attempts = attempts(url).into_iter();
        let mut opened = begin(url, application, attempts.next().unwrap_or(Wire::Prefer)).await;
        for wire in attempts {
            match opened {
                Err((error, _)) if again(&error) => {
                    opened = begin(url, application, wire).await;
                }
                _ => break,
            }
        }
        let (client, driver, end) = opened.map_err(|(_, fault)| fault)?;
        let mut session = Self {
            client,
            driver,
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
        let facts = "select pg_catalog.current_setting('server_version_num')::int4,
                pg_catalog.pg_is_in_recovery(), pg_catalog.pg_backend_pid(),
                pg_catalog.current_setting('default_transaction_read_only') = 'on'";
        let row = self.client.query_one(facts, &[]).await;
        let row = row.map_err(|error| place(self.said(&error)))?;
        (self.version, self.standby, self.process, self.from_start) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        if self.version < OLDEST {
            let message = format!("the server is of version {}", self.version / 10_000);
            let help = format!("{} and newer are supported", OLDEST / 10_000);
            return Err(place(Fault::errored(message).help(help)));
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

/// The task that speaks to the server. Dropped, it lets go of the connection, with whatever was
/// being asked.
#[derive(Debug)]
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

type Begun = (Client, Driver, Arc<Mutex<Option<Fault>>>);

async fn begin(
    url: &ConnectionUrl,
    application: &str,
    wire: Wire,
) -> Result<Begun, (Option<tokio_postgres::Error>, Fault)> {
    let tls = tls::connector(&url.parameters).map_err(|fault| (None, fault))?;
    let connected = configuration(url, application, wire).connect(tls).await;
    let (client, connection) = connected.map_err(|error| {
        let fault = refusal::refused(&error, url);
        (Some(error), fault)
    })?;
    let end = Arc::new(Mutex::new(None));
    let said = end.clone();
    let driver = tokio::spawn(async move {
        if let (Err(error), Ok(mut end)) = (connection.await, said.lock()) {
            *end = Some(refusal::said(&error));
        }
    });
    Ok((client, Driver(driver), end))
}

/// The ways to try, one after the other, as libpq does.
fn attempts(url: &ConnectionUrl) -> Vec<Wire> {
    match (url.place(), url.parameters.ssl_mode) {
        (Host::Socket(_), _) | (_, SslMode::Disable) => vec![Wire::Disable],
        (_, SslMode::Allow) => vec![Wire::Disable, Wire::Require],
        (_, SslMode::Prefer) => vec![Wire::Prefer, Wire::Disable],
        _ => vec![Wire::Require],
    }
}

/// Whether it is the wire that was refused: by pg_hba.conf, or by TLS.
fn again(error: &Option<tokio_postgres::Error>) -> bool {
    error.as_ref().is_some_and(|error| match error.code() {
        Some(code) => *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        None => causes(error).contains("TLS handshake"),
    })
}

fn configuration(url: &ConnectionUrl, application: &str, wire: Wire) -> Config {
    let mut config = Config::new();
    match url.place() {
        Host::Tcp(host) => config.host(host),
        Host::Socket(folder) => config.host_path(folder),
    };
    config.port(url.port()).user(url.user()).dbname(url.database());
    if let Some(password) = url.password() {
        config.password(password);
    }
    config.application_name(application).options(url.options()).ssl_mode(wire);
    config.connect_timeout(url.timeout());
    // A connection that is dead on the way is noticed within a minute or two.
    config.keepalives(true).keepalives_idle(Duration::from_secs(30));
    config.keepalives_interval(Duration::from_secs(10)).keepalives_retries(6);
    config.channel_binding(match url.parameters.channel_binding.as_deref() {
        Some("disable") => ChannelBinding::Disable,
        Some("require") => ChannelBinding::Require,
        _ => ChannelBinding::Prefer,
    });
    config
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
