//! Connection URLs: `postgres://reader:secret@db.example.org:5432/app?sslmode=require`.
//!
//! They mean what they mean to libpq (its manual, chapter "Connection URIs"), because the same
//! URL is given to `pg_dump`: by the environment, so that no password stands on a command line.
//! What libpq would accept and our own sessions could not honour is refused here, rather than
//! that the two connect to different places or in different ways.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::parameters::{Parameters, Roots};
use super::parts::{Parts, wrong};
use crate::fault::Fault;

/// Supabase's transaction pooler listens here, and so do others after its example.
const TRANSACTION_POOLER: u16 = 6543;

/// What PostgreSQL keeps of an application's name (NAMEDATALEN less one).
const LONGEST_NAME: usize = 63;

/// What makes each transaction of a session read-only, as a start-up option.
pub(super) const READ_ONLY: &str = "-c default_transaction_read_only=on";

/// What sessions that write are begun with.
const WRITING: &str = "-c default_transaction_read_only=off";

/// Where a database is, and who asks. Neither `Debug` nor any error shows the password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ConnectionUrl {
    host: Host,
    port: u16,
    user: String,
    password: Option<String>,
    database: String,
    pub(super) parameters: Parameters,
    /// Whether sessions may write: only where a [`Permit`](super::Permit) was given.
    writes: bool,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    /// By name or address.
    Tcp(String),
    /// The folder of its Unix socket.
    Socket(PathBuf),
}

/// What kind of source a URL leads to, as far as it can be seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SourceKind {
    /// Any PostgreSQL.
    Plain,
    /// A Supabase project's own host.
    SupabaseDirect,
    /// Supabase's pooler, in session mode.
    SupabasePooler,
}

impl ConnectionUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// It is none, it lacks something, or it asks for something that is not known or cannot be
    /// done. No error shows the URL or a part of it that may be secret.
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        let (parts, parameters) = Parts::read(text.trim())?;
        let host = parts.host.ok_or_else(|| {
            wrong("names no host").help("write it after the `@`, or as `?host=/folder/of/socket`")
        })?;
        let user = parts.user.ok_or_else(|| {
            wrong("names no user").help("write postgres://USER:PASSWORD@HOST:5432/DATABASE")
        })?;
        let port = parts.port.unwrap_or(5432);
        if port == TRANSACTION_POOLER {
            let message = "leads to port 6543, a pooler in transaction mode: it keeps no session, \
                           so snapshots, settings and advisory locks would be lost between two \
                           statements";
            let help = "use the session pooler or the direct connection, both on port 5432";
            return Err(wrong(message).help(help));
        }
        let database = parts.database.unwrap_or_else(|| user.clone());
        let password = parts.password;
        Ok(Self { host, port, user, password, database, parameters, writes: false })
    }

    /// Another database of the same server.
    pub(crate) fn to(&self, database: &str) -> Self {
        Self { database: database.to_owned(), ..self.clone() }
    }

    /// The same, for sessions that write.
    pub(crate) fn writing(&self, _: &super::Permit) -> Self {
        Self { writes: true, ..self.clone() }
    }

    /// `user@host:port/database`, to be shown.
    pub(crate) fn shown(&self) -> String {
        let host = match &self.host {
            Host::Tcp(host) if host.contains(':') => format!("[{host}]"),
            _ => self.host(),
        };
        format!("{}@{host}:{}/{}", self.user, self.port, self.database)
    }

    /// The password, for whoever hides it in output.
    pub(crate) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// The host's name or address, or the folder of its socket.
    pub(crate) fn host(&self) -> String {
        match &self.host {
            Host::Tcp(host) => host.clone(),
            Host::Socket(folder) => folder.display().to_string(),
        }
    }

    pub(super) fn place(&self) -> &Host {
        &self.host
    }

    /// The port; of a socket, the number in its name.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The role.
    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    /// The database.
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// How long to wait for a connection.
    pub(crate) fn timeout(&self) -> Duration {
        self.parameters.connect_timeout
    }

    /// What kind of source it leads to.
    pub(crate) fn kind(&self) -> SourceKind {
        let host = self.host().to_ascii_lowercase();
        match &self.host {
            Host::Tcp(_) if direct(&host).is_some() => SourceKind::SupabaseDirect,
            Host::Tcp(_) if host.ends_with(".pooler.supabase.com") => SourceKind::SupabasePooler,
            _ => SourceKind::Plain,
        }
    }

    /// The Supabase project's reference: in `db.REFERENCE.supabase.co`, or, through the pooler,
    /// in the user `postgres.REFERENCE`.
    pub(crate) fn project(&self) -> Option<String> {
        match self.kind() {
            SourceKind::Plain => None,
            SourceKind::SupabaseDirect => {
                direct(&self.host().to_ascii_lowercase()).map(str::to_owned)
            }
            SourceKind::SupabasePooler => {
                self.user.split_once('.').map(|(_, reference)| reference.to_owned())
            }
        }
    }

    /// What PostgreSQL's own programs are told of it, by their environment: who they are, and
    /// that they only read.
    pub(crate) fn tool_environment(&self, application: &str) -> Vec<(&'static str, String)> {
        let parameters = &self.parameters;
        let mut all = vec![
            ("PGHOST", self.host()),
            ("PGPORT", self.port.to_string()),
            ("PGUSER", self.user.clone()),
            ("PGDATABASE", self.database.clone()),
            ("PGSSLMODE", parameters.ssl_mode.name().to_owned()),
            ("PGAPPNAME", cut(application)),
            ("PGCONNECT_TIMEOUT", parameters.connect_timeout.as_secs().to_string()),
            ("PGOPTIONS", self.options()),
            // Rows say when in one time zone, whatever the role's is: who compares them later
            // with those of another server reads the same text.
            ("PGTZ", "UTC".to_owned()),
        ];
        let roots = parameters.roots.as_ref().map(Roots::text);
        let optional = [
            ("PGPASSWORD", self.password.clone()),
            ("PGSSLROOTCERT", roots),
            ("PGCHANNELBINDING", parameters.channel_binding.clone()),
            ("PGGSSENCMODE", parameters.gssencmode.clone()),
            ("PGTARGETSESSIONATTRS", parameters.target_session_attrs.clone()),
        ];
        all.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        all
    }

    /// The options that the server starts a session with. Ours are last, so they win.
    pub(super) fn options(&self) -> String {
        let own = if self.writes { WRITING } else { READ_ONLY };
        match &self.parameters.options {
            Some(options) => format!("{options} {own}"),
            None => own.to_owned(),
        }
    }
}

impl fmt::Debug for ConnectionUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ConnectionUrl").field(&self.shown()).finish()
    }
}

/// An application's name as PostgreSQL keeps it: 63 bytes, and nothing outside printable ASCII,
/// which versions replace in different ways.
pub(super) fn cut(name: &str) -> String {
    let plain = |letter: char| if matches!(letter, ' '..='~') { letter } else { '?' };
    name.chars().map(plain).take(LONGEST_NAME).collect()
}

/// The reference in `db.REFERENCE.supabase.co`.
fn direct(host: &str) -> Option<&str> {
    let rest = host.strip_prefix("db.")?;
    let reference =
        rest.strip_suffix(".supabase.co").or_else(|| rest.strip_suffix(".supabase.in"))?;
    (!reference.is_empty() && !reference.contains('.')).then_some(reference)
}

#[cfg(test)]
#[path = "url_tests.rs"]
mod tests;
