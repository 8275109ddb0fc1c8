//! What a server, or the network before it, says against us, told apart with what to do.
//!
//! A server's message has a main line, and beside it a detail, a context and a statement, which
//! quote rows. Only the main line is ever taken, and of that what cannot be a row's content:
//!
//! | what was said | what is told of it |
//! |---|---|
//! | by a function in its own words, with whatever code | the code, and where in the function |
//! | with a code of nobody here knows which class | the code |
//! | of values (class 22), or within a function | what stands before and behind all quotes |
//! | anything else | the main line |

use std::error::Error as _;
use std::io;

use tokio_postgres::error::{DbError, SqlState};

use super::url::{ConnectionUrl, Host, SourceKind};
use crate::fault::{Fault, causes};

/// An error of a session that had begun.
pub(crate) fn said(error: &tokio_postgres::Error) -> Fault {
    match error.as_db_error() {
        Some(error) => of_server(error),
        None if error.is_closed() => Fault::errored("the connection was closed")
            .help("see the server's log: it was restarted, the session was ended, or the network"),
        None => Fault::errored(causes(error)),
    }
}

/// An error of the attempt to begin one.
pub(super) fn refused(error: &tokio_postgres::Error, url: &ConnectionUrl) -> Fault {
    let (message, help) = match error.as_db_error() {
        Some(said) => (of_server(said).line(), by_server(said, url)),
        None => of_network(error, url),
    };
    let fault = Fault::errored(message).object(url.shown());
    if help.is_empty() { fault } else { fault.help(help) }
}

/// No answer in time.
pub(super) fn late(url: &ConnectionUrl) -> Fault {
    let time = humantime::format_duration(url.timeout());
    let help = match url.kind() {
        SourceKind::SupabaseDirect => IPV6,
        _ => "check host, port and firewall; `connect_timeout=SECONDS` in the URL waits longer",
    };
    Fault::errored(format!("no connection within {time}")).object(url.shown()).help(help)
}

const IPV6: &str = "a Supabase project's own host has an IPv6 address alone: where the network has \
                    none, use the session pooler (port 5432, user `postgres.REFERENCE`)";

/// The classes of codes whose main lines are the server's own, about definitions, rights, keys and
/// its state; see "PostgreSQL Error Codes".
const TOLD: [&str; 27] = [
    "01", "02", "03", "08", "0A", "0B", "0L", "0P", "23", "25", "26", "28", "2B", "2D", "34", "3B",
    "3D", "3F", "40", "42", "44", "53", "54", "55", "57", "58", "XX",
];

/// What stands for words that are a function's own, and where they are to be read.
pub(super) const HIDDEN: &str =
    "it was refused in words of its own, which are not shown, since they may quote a row";
pub(super) const WORDS: &str = "the log of the database's server has the words";

/// What can be told of a server's error, with its SQLSTATE, and the object if one is named.
fn of_server(error: &DbError) -> Fault {
    let (code, context) = (error.code().code(), error.where_().unwrap_or_default());
    let place = in_function(context);
    // By whichever code, its text is whatever the function has put into it.
    let raised = error.routine() == Some("exec_stmt_raise") || !is_of_server(context);
    let own = |class: &&str| code.starts_with(*class);
    let message = match (raised, TOLD.iter().any(own)) {
        (false, true) if place.is_none() => error.message().to_owned(),
        (false, true) => unquoted(error.message()),
        (false, false) if own(&"22") => unquoted(error.message()),
        _ => HIDDEN.to_owned(),
    };
    let fault = Fault::errored(format!("{message} (SQLSTATE {code})"));
    let fault = match &place {
        Some(place) => fault.at(place),
        None => fault,
    };
    let fault = match (error.schema(), error.table()) {
        (Some(schema), Some(table)) => fault.object(format!("{schema}.{table}")),
        _ => fault,
    };
    match remedy(error.code()) {
        Some(help) => fault.help(help),
        None if message == HIDDEN => fault.help(WORDS),
        None => fault,
    }
}

fn remedy(code: &SqlState) -> Option<&'static str> {
    Some(match *code {
        SqlState::LOCK_NOT_AVAILABLE => {
            "somebody holds a lock on it, such as a migration: try again when that is done"
        }
        SqlState::ADMIN_SHUTDOWN => "the session was ended by an administrator, or by a restart",
        SqlState::QUERY_CANCELED => "it took too long, or somebody cancelled it",
        SqlState::DISK_FULL => "the disk of the database's server is full: make room there",
        SqlState::CHARACTER_NOT_IN_REPERTOIRE => {
            "the value is not in the database's encoding where it comes from: mend it there, or \
             give its column a rule that replaces it whole"
        }
        _ => return None,
    })
}

/// Every sign that a server may put around a value, in whichever language it speaks.
const QUOTES: [char; 17] =
    ['"', '\'', '`', '«', '»', '‹', '›', '„', '“', '”', '‚', '‘', '’', '「', '」', '『', '』'];

/// A message without what it quotes. A value may hold any of these signs itself, so that everything
/// goes from the first to the last; and what follows a colon, which stands before bytes and names.
pub(super) fn unquoted(message: &str) -> String {
    let quotes = (message.find(QUOTES), message.rfind(QUOTES));
    let (head, tail) = match quotes {
        (Some(first), Some(last)) => {
            let behind = message.get(last..).unwrap_or_default();
            let behind = behind.trim_start_matches(QUOTES);
            (message.get(..first).unwrap_or_default(), Some(behind))
        }
        _ => (message, None),
    };
    let colon = |text: &str| text.find([':', '：']);
    match (colon(head), tail) {
        (Some(at), Some("")) if head.get(at + 1..).is_some_and(|rest| rest.trim().is_empty()) => {
            format!("{head}\"…\"")
        }
        (Some(at), _) => format!("{}: …", head.get(..at).unwrap_or_default()),
        (None, None) => head.to_owned(),
        (None, Some(tail)) => match colon(tail) {
            Some(at) => format!("{head}\"…\"{}: …", tail.get(..at).unwrap_or_default()),
            None => format!("{head}\"…\"{tail}"),
        },
    }
}

/// Where in a function it was, of a context in which statements and rows may stand too.
fn in_function(context: &str) -> Option<&str> {
    let mut lines = context.lines().take_while(|line| !line.starts_with("COPY "));
    let first = lines.next()?;
    let place = std::iter::once(first).chain(lines).find(|line| line.starts_with(FUNCTION));
    place.or(Some("within a function")).filter(|_| !first.starts_with("JSON data"))
}

pub(super) const FUNCTION: &str = "PL/pgSQL function ";

/// Whether a context begins as the server's own do: the innermost comes first, and other languages
/// hand on whatever a function says.
fn is_of_server(context: &str) -> bool {
    const OWN: [&str; 8] = [
        "COPY ",
        "JSON data",
        "PL/pgSQL ",
        "SQL expression",
        "SQL function ",
        "SQL statement ",
        "parallel worker",
        "while ",
    ];
    context.is_empty() || OWN.iter().any(|begin| context.starts_with(begin))
}

fn by_server(error: &DbError, url: &ConnectionUrl) -> &'static str {
    let message = error.message().to_ascii_lowercase();
    match *error.code() {
        _ if message.contains("max clients") || message.contains("emaxconn") => {
            "the pooler has no session left: wait, raise its pool size, or connect directly"
        }
        _ if message.contains("tenant or user not found") => {
            "through the pooler the user is `postgres.REFERENCE`; check its region in the host too"
        }
        _ if message.contains("unsupported startup parameter") => {
            "that is a pooler that passes no options on: connect to the server directly, so that \
             every session is read-only from its start"
        }
        SqlState::INVALID_PASSWORD => "check user and password in the connection URL",
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION if message.contains("no encryption") => {
            "the server may want TLS: add `sslmode=require`; or pg_hba.conf lets this role in from \
             elsewhere alone"
        }
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            "check the user; pg_hba.conf says who is let in from where"
        }
        SqlState::INVALID_CATALOG_NAME => "check the database's name at the end of the URL",
        SqlState::TOO_MANY_CONNECTIONS => {
            "wait, or raise the limit; a backup takes four connections at once"
        }
        SqlState::CANNOT_CONNECT_NOW => "the server is starting or stopping: try again",
        SqlState::INSUFFICIENT_PRIVILEGE => "grant the role CONNECT on the database",
        _ if url.kind() == SourceKind::SupabasePooler => "see the pooler's log",
        _ => "",
    }
}

fn of_network(error: &tokio_postgres::Error, url: &ConnectionUrl) -> (String, &'static str) {
    let text = causes(error);
    let has = |word: &str| text.to_lowercase().contains(word);
    let kind = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    let kind = kind.map(io::Error::kind);
    if has("failed to lookup") || has("could not resolve") {
        let help = match url.kind() {
            SourceKind::SupabaseDirect => {
                "check the project's reference, and that it is not paused; its host has an IPv6 \
                 address alone: elsewhere use the session pooler (port 5432)"
            }
            _ => "check the host in the connection URL",
        };
        return ("the host's name could not be resolved".to_owned(), help);
    }
    if has("certificate") {
        return (format!("no trusted TLS connection: {}", short(&text)), of_certificate(&text));
    }
    if has("does not support tls") {
        let help = "the server offers no TLS: have it switched on there, or, where nobody can \
                    listen on the way, `sslmode=disable`";
        return ("TLS is wanted, and the server does not offer it".to_owned(), help);
    }
    if has("tls handshake") {
        return (format!("no TLS connection: {}", short(&text)), "see the server's `ssl` settings");
    }
    if has("password missing") {
        return ("the server asks for a password".to_owned(), "put it into the connection URL");
    }
    match (kind, url.place()) {
        (Some(io::ErrorKind::ConnectionRefused), _) => (
            "connection refused".to_owned(),
            "nothing listens there: check host and port, and whether the server is up",
        ),
        (Some(io::ErrorKind::NotFound), Host::Socket(_)) => (
            "there is no such socket".to_owned(),
            "check the folder and the port: the socket is FOLDER/.s.PGSQL.PORT",
        ),
        (Some(io::ErrorKind::TimedOut), _) => (late(url).line(), "check host, port and firewall"),
        (Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable), _) => {
            let help = match url.kind() {
                SourceKind::SupabaseDirect => IPV6,
                _ => "check the network on the way to the host",
            };
            ("the host cannot be reached".to_owned(), help)
        }
        (Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset), _) => (
            "the connection was closed before it began".to_owned(),
            "check that a PostgreSQL server listens on that port, and whether it wants TLS \
             (`sslmode=require`)",
        ),
        _ => (text, "check host, port and firewall"),
    }
}

fn of_certificate(text: &str) -> &'static str {
    let text = text.to_lowercase();
    if text.contains("expired") {
        "renew the server's certificate"
    } else if text.contains("name") {
        "the certificate is for another host: check the host, or use `sslmode=verify-ca`"
    } else {
        "no authority in `sslrootcert` has signed it: name the right file there (for Supabase, the \
         certificate that its dashboard offers)"
    }
}

/// Without the layers that say nothing.
fn short(text: &str) -> &str {
    let text = text.strip_prefix("error performing TLS handshake: ").unwrap_or(text);
    text.split(": verification time").next().unwrap_or(text)
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
