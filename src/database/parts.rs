//! The parts of a connection URL, found where libpq finds them: in their places, or among the
//! parameters, which overrule those.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::Url;

use super::parameters::Parameters;
use super::url::Host;
use crate::fault::Fault;

/// Stands for a host that the URL leaves out.
const NO_HOST: &str = "no-host.invalid";

/// What is known so far.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) host: Option<Host>,
    pub(super) port: Option<u16>,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) database: Option<String>,
}

impl Parts {
    /// Reads a URL, and the parameters of it that are none of its parts.
    ///
    /// # Errors
    /// As of [`super::ConnectionUrl::parse`].
    pub(super) fn read(text: &str) -> Result<(Self, Parameters), Fault> {
        let url = read(text)?;
        let mut parts = Self::default();
        parts.authority(&url)?;
        let parameters = parts.query(url.query().unwrap_or_default())?;
        Ok((parts, parameters))
    }

    fn authority(&mut self, url: &Url) -> Result<(), Fault> {
        let filled = |text: String| (!text.is_empty()).then_some(text);
        if url.fragment().is_some() {
            let help = "write a `#` in the password as `%23`";
            return Err(wrong("has something after a `#`").help(help));
        }
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        if host != NO_HOST {
            self.host = filled(decode(host)?).map(place);
        }
        self.port = url.port();
        self.user = filled(decode(url.username())?);
        self.password = filled(decode(url.password().unwrap_or_default())?);
        self.database = filled(decode(url.path().trim_start_matches('/'))?);
        Ok(())
    }

    /// Unlike a form on the web, libpq takes a `+` for a plus.
    fn query(&mut self, query: &str) -> Result<Parameters, Fault> {
        let mut parameters = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            match name.as_str() {
                "host" => self.host = Some(place(value)),
                "port" => {
                    let port = value.parse().map_err(|_| wrong("has a port that is none"))?;
                    self.port = Some(port);
                }
                "user" => self.user = Some(value),
                "password" => self.password = Some(value),
                "dbname" => self.database = Some(value),
                _ => parameters.push((name, value)),
            }
        }
        Parameters::read(parameters)
    }
}

pub(super) fn wrong(message: impl fmt::Display) -> Fault {
    Fault::errored(format!("the connection URL {message}"))
}

/// The URL, with a host put in where it only has one among its parameters.
fn read(text: &str) -> Result<Url, Fault> {
    let help = "write postgres://USER:PASSWORD@HOST:5432/DATABASE, with `%40` for `@`, `%2F` for \
                `/`, `%3A` for `:`, `%23` for `#` and `%3F` for `?` in the password";
    let rest = ["postgres://", "postgresql://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let Some(rest) = rest else {
        return Err(wrong("does not begin with `postgres://` or `postgresql://`").help(help));
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let host = authority.rfind('@').map_or(0, |at| at + 1);
    if authority[host..].contains(',') {
        let help = "name the one that is to be read";
        return Err(wrong("names several hosts").help(help));
    }
    let filled = match authority[host..].is_empty() || authority[host..].starts_with(':') {
        true => format!("postgres://{}{NO_HOST}{}{tail}", &authority[..host], &authority[host..]),
        false => format!("postgres://{authority}{tail}"),
    };
    // The crate's message is about the form alone.
    Url::parse(&filled).map_err(|error| wrong(format!("is not valid: {error}")).help(help))
}

fn place(host: String) -> Host {
    if host.starts_with('/') { Host::Socket(host.into()) } else { Host::Tcp(host) }
}

fn decode(text: &str) -> Result<String, Fault> {
    let decoded = percent_decode_str(text).decode_utf8();
    let decoded = decoded.map_err(|_| wrong("has percent-encoded bytes that are not UTF-8"))?;
    match decoded.contains(|letter: char| letter.is_control()) {
        true => Err(wrong("has a control character in it")),
        false => Ok(decoded.into_owned()),
    }
}
