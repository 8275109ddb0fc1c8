//! How a connection is begun: where, with or without TLS, and what keeps it alive.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_postgres::config::{ChannelBinding, SslMode as Wire};
use tokio_postgres::{Client, Config, error::SqlState};

use super::parameters::SslMode;
use super::refusal;
use super::tls;
use super::url::{ConnectionUrl, Host};
use crate::fault::{Fault, causes};

/// A connection, its driver, and why it ended if the server says so.
pub(super) type Begun = (Client, Driver, Arc<Mutex<Option<Fault>>>);

/// The task that speaks to the server. Dropped, it lets go of the connection, with whatever was
/// being asked.
#[derive(Debug)]
pub(super) struct Driver(pub(super) JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Connects, in each way that the URL allows until one is let in, as libpq does.
///
/// # Errors
/// None is.
pub(super) async fn connect(url: &ConnectionUrl, application: &str) -> Result<Begun, Fault> {
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
    opened.map_err(|(_, fault)| fault)
}

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
