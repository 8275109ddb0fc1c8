//! Why a request could not be judged: what the network or the configuration did.

use std::error::Error as _;

/// A request that brought no answer to judge.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    /// What happened, in one line, without secrets of the URL.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) remedy: Option<&'static str>,
    /// Whether it may pass by itself: the connection failed, broke or timed out.
    pub(crate) passing: bool,
    /// Whether it is the application that is wrong, rather than out of reach.
    pub(crate) failed: bool,
}

impl Trouble {
    /// Something that will not pass by itself.
    pub(crate) fn lasting(message: impl Into<String>) -> Self {
        Self { message: message.into(), remedy: None, passing: false, failed: false }
    }

    /// An answer that is wrong in itself.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { failed: true, ..Self::lasting(message) }
    }

    /// No complete answer within the time-out.
    pub(crate) fn timed_out(what: &str, timeout: std::time::Duration) -> Self {
        Self {
            message: format!(
                "{what} within the time-out of {}",
                humantime::format_duration(timeout)
            ),
            remedy: Some("see whether the server hangs; a longer `timeout` waits longer"),
            passing: true,
            failed: false,
        }
    }

    /// What reqwest says, with its causes, and without the URL, which may hold a secret.
    pub(crate) fn of(error: reqwest::Error) -> Self {
        let kind = Kind::of(&error);
        let error = error.without_url();
        let mut causes = vec![error.to_string()];
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !causes.last().is_some_and(|last| last.contains(&text)) {
                causes.push(text);
            }
            source = cause.source();
        }
        // The outer layers only say "error sending request" and "client error (Connect)".
        let telling = causes.iter().filter(|text| !is_wrapper(text)).cloned().collect::<Vec<_>>();
        let detail = match kind {
            // The layers say the same three times.
            Kind::Dns => causes.last().cloned().unwrap_or_default(),
            _ if telling.is_empty() => causes.join(": "),
            _ => telling.join(": "),
        };
        // Seconds since 1970 tell a person nothing.
        let detail = detail.split(": verification time").next().unwrap_or_default().to_owned();
        let remedy = remedy(kind, &detail);
        Self {
            message: format!("{}: {detail}", kind.name()),
            remedy,
            passing: !matches!(kind, Kind::Tls | Kind::Decode),
            failed: kind == Kind::Decode,
        }
    }

    /// Message and remedy in one line.
    pub(crate) fn line(&self) -> String {
        match self.remedy {
            Some(remedy) => format!("{}; {remedy}", self.message),
            None => self.message.clone(),
        }
    }
}

fn is_wrapper(text: &str) -> bool {
    text.starts_with("error sending request")
        || text.starts_with("client error")
        || text.starts_with("error decoding response body")
        || text.starts_with("request or response body error")
        || text == "tcp connect error"
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Dns,
    Tls,
    Connect,
    Decode,
    Transfer,
}

impl Kind {
    fn of(error: &reqwest::Error) -> Self {
        let mut text = String::new();
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(&cause.to_string());
            text.push(' ');
            source = cause.source();
        }
        let text = text.to_lowercase();
        let tls = ["certificate", "tls", "handshake", "alert"];
        if text.contains("dns error") || text.contains("failed to lookup") {
            Self::Dns
        } else if tls.iter().any(|word| text.contains(word)) {
            Self::Tls
        } else if error.is_connect() {
            Self::Connect
        } else if error.is_decode() && !text.contains("from connection") {
            Self::Decode
        } else {
            Self::Transfer
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Dns => "the host's name could not be resolved",
            Self::Tls => "no trusted TLS connection",
            Self::Connect => "no connection",
            Self::Decode => "the body could not be decoded",
            Self::Transfer => "the answer broke off",
        }
    }
}

fn remedy(kind: Kind, detail: &str) -> Option<&'static str> {
    let detail = detail.to_lowercase();
    let has = |word: &str| detail.contains(word);
    Some(match kind {
        Kind::Dns => "check the host in `base_url`",
        Kind::Connect if has("refused") => {
            "nothing listens there: check host and port, and whether the server is up"
        }
        Kind::Connect => "check host, port, proxy and firewall",
        Kind::Tls if has("expired") => "renew the server's certificate",
        Kind::Tls if has("causedasendentity") => {
            "the server's certificate is self-signed: give it one that an authority has signed, \
             and name that authority under `root_certificates`; or set `verify_tls = false`"
        }
        Kind::Tls if has("unknownissuer") || has("badsignature") => {
            "no authority that is trusted here has signed it; add your own under `root_certificates`"
        }
        Kind::Tls if has("handshake eof") => {
            "the server hung up: it does not speak TLS on this port (check the scheme in \
             `base_url`), or wants a `client_certificate`"
        }
        Kind::Tls if has("name") => "the certificate is for another host: check `base_url`",
        Kind::Tls if has("corrupt message") || has("invalidcontenttype") => {
            "the server does not speak TLS on this port: check the scheme in `base_url`"
        }
        Kind::Tls => "check the server's certificate, and `client_certificate` if it asks for one",
        Kind::Decode => "the server says how the body is encoded, and sends something else",
        Kind::Transfer if has("http version") || has("invalid http") => {
            "no HTTP server answers there: check the port, and whether it is https"
        }
        Kind::Transfer if has("reset") => "check whether the port wants https",
        Kind::Transfer => return None,
    })
}
