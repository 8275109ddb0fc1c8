//! The parameters of a connection URL, in libpq's words.

use std::path::PathBuf;
use std::time::Duration;

use super::parts::wrong;
use crate::fault::Fault;

/// Every parameter that is known, with those that stand for a part of the URL.
const KNOWN: [&str; 13] = [
    "application_name",
    "channel_binding",
    "connect_timeout",
    "dbname",
    "gssencmode",
    "host",
    "options",
    "password",
    "port",
    "sslmode",
    "sslrootcert",
    "target_session_attrs",
    "user",
];

/// How long to wait for a connection, where the URL says nothing.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What a URL says behind its `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameters {
    pub(super) ssl_mode: SslMode,
    pub(super) roots: Option<Roots>,
    pub(super) connect_timeout: Duration,
    pub(super) options: Option<String>,
    pub(super) channel_binding: Option<String>,
    pub(super) gssencmode: Option<String>,
    pub(super) target_session_attrs: Option<String>,
}

/// Whether to use TLS, and what to verify, from weak to strong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SslMode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// Whose signature on the server's certificate is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Roots {
    /// Those that the operating system trusts.
    System,
    /// Those in a PEM file.
    File(PathBuf),
}

impl SslMode {
    const ALL: [(&'static str, Self); 6] = [
        ("disable", Self::Disable),
        ("allow", Self::Allow),
        ("prefer", Self::Prefer),
        ("require", Self::Require),
        ("verify-ca", Self::VerifyCa),
        ("verify-full", Self::VerifyFull),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, mode)| *mode == self).map_or("prefer", |(name, _)| name)
    }
}

impl Roots {
    pub(super) fn text(&self) -> String {
        match self {
            Self::System => "system".to_owned(),
            Self::File(file) => file.display().to_string(),
        }
    }
}

impl Parameters {
    /// Reads them.
    ///
    /// # Errors
    /// One is not known, or has a value that is not.
    pub(super) fn read(pairs: Vec<(String, String)>) -> Result<Self, Fault> {
        let mut ssl_mode = None;
        let mut parameters = Self {
            ssl_mode: SslMode::Prefer,
            roots: None,
            connect_timeout: CONNECT_TIMEOUT,
            options: None,
            channel_binding: None,
            gssencmode: None,
            target_session_attrs: None,
        };
        for (name, value) in pairs {
            match name.as_str() {
                "sslmode" => {
                    let names = SslMode::ALL.map(|(name, _)| name);
                    let known = one_of(&name, &value, &names)?;
                    ssl_mode = SslMode::ALL.iter().find(|(name, _)| *name == known).map(|m| m.1);
                }
                "sslrootcert" if value == "system" => parameters.roots = Some(Roots::System),
                "sslrootcert" => parameters.roots = Some(Roots::File(value.into())),
                "connect_timeout" => {
                    let seconds = value.parse::<u32>().map_err(|_| {
                        wrong("has a `connect_timeout` that is no number of seconds")
                    })?;
                    // For ever, to libpq; a backup that waits for ever tells nobody.
                    if seconds > 0 {
                        parameters.connect_timeout = Duration::from_secs(seconds.max(2).into());
                    }
                }
                "options" => parameters.options = Some(value).filter(|text| !text.is_empty()),
                "channel_binding" => {
                    let known = one_of(&name, &value, &["disable", "prefer", "require"])?;
                    parameters.channel_binding = Some(known.to_owned());
                }
                "gssencmode" => {
                    parameters.gssencmode =
                        Some(one_of(&name, &value, &["disable", "prefer"])?.to_owned());
                }
                "target_session_attrs" => {
                    // `read-write` can never be had by sessions that only read.
                    let names = ["any", "read-only", "primary", "standby", "prefer-standby"];
                    parameters.target_session_attrs =
                        Some(one_of(&name, &value, &names)?.to_owned());
                }
                // A session of ours says who it is, whatever the URL says.
                "application_name" => {}
                _ => return Err(unknown(&name)),
            }
        }
        parameters.settle(ssl_mode)
    }

    /// `sslrootcert=system` means full verification, as it does to libpq.
    fn settle(mut self, ssl_mode: Option<SslMode>) -> Result<Self, Fault> {
        self.ssl_mode = match (&self.roots, ssl_mode) {
            (Some(Roots::System), None) => SslMode::VerifyFull,
            (Some(Roots::System), Some(mode)) if mode < SslMode::VerifyFull => {
                let message = format!("has `sslrootcert=system` with `sslmode={}`", mode.name());
                let help = "anybody can have a certificate that the system trusts: use \
                            `sslmode=verify-full`";
                return Err(wrong(message).help(help));
            }
            (_, mode) => mode.unwrap_or(SslMode::Prefer),
        };
        Ok(self)
    }
}

fn one_of<'a>(name: &str, value: &str, known: &[&'a str]) -> Result<&'a str, Fault> {
    let found = known.iter().copied().find(|known| *known == value);
    // The value is not shown: where a password has an `&` in it, it may be a part of that.
    found.ok_or_else(|| {
        wrong(format!("has a `{name}` that is none of {}", known.join(", ")))
            .help(format!("write `{name}={}`", known.join("` or `")))
    })
}

fn unknown(name: &str) -> Fault {
    let shown = name.len() <= 32 && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let near = KNOWN.iter().filter(|known| strsim::osa_distance(known, name) <= 2).min();
    let shown = match (near, shown) {
        (Some(near), true) => format!("has an unknown parameter `{name}` (`{near}`?)"),
        _ if OTHERS.contains(&name) => {
            format!("has the parameter `{name}`, which is not taken here")
        }
        // It may be a part of a password that has an `&` in it.
        _ => "has an unknown parameter".to_owned(),
    };
    wrong(shown).help(format!("known are {}", KNOWN.join(", ")))
}

/// What libpq or other programs take in such URLs, and this one does not.
const OTHERS: [&str; 21] = [
    "client_encoding",
    "connection_limit",
    "currentSchema",
    "fallback_application_name",
    "hostaddr",
    "keepalives",
    "keepalives_idle",
    "load_balance_hosts",
    "passfile",
    "pgbouncer",
    "pool_timeout",
    "prepareThreshold",
    "require_auth",
    "schema",
    "service",
    "ssl",
    "sslcert",
    "sslkey",
    "sslnegotiation",
    "supa",
    "tcp_user_timeout",
];
