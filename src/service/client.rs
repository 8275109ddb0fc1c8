//! Sends requests.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::Value;
use url::Url;

use crate::backup::stop::Stop;
use crate::backup::storage::retry_after;
use crate::check::client::Clients;
use crate::check::trouble::Trouble;
use crate::environment::target::{Proxy, Target};
use crate::fault::Fault;
use crate::suite::template::Scope;

/// The most bytes of an answer. An event of Sentry has at most one million of its own.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// How long a service is waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// The longest wait for one whole answer.
    pub(crate) answer: Duration,
    /// How often a request is sent at most.
    pub(crate) tries: u32,
    /// The wait before the second try. Each later one is twice as long.
    pub(crate) first: Duration,
    /// The longest that a service may ask to be left alone by `Retry-After`.
    pub(crate) longest: Duration,
}

impl Patience {
    /// The patience with one answer; the rest is as it is for all.
    pub(crate) fn with(answer: Duration) -> Self {
        let (first, longest) = (Duration::from_millis(500), Duration::from_secs(60));
        Self { answer, tries: 4, first, longest }
    }
}

/// A service.
pub(crate) struct Service {
    clients: Clients,
    patience: Patience,
}

/// What is asked.
#[derive(Clone)]
pub(crate) struct Asked<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a Url,
    /// What lets the request in; marked as sensitive.
    pub(crate) authorization: (&'static str, &'a str),
    /// The body, with its type.
    pub(crate) body: Option<(&'static str, &'a [u8])>,
}

/// An answer, whatever its status.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) retry_after: Option<Duration>,
}

/// There is no answer.
#[derive(Debug, Clone)]
pub(crate) enum Silence {
    /// The request was not sent: nothing came of it.
    Unsent(String),
    /// It may have been acted upon.
    Unknown(String),
}

impl Answer {
    /// The body as JSON; null if it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Whether the service could not answer now, and may have acted all the same.
    pub(crate) fn is_trouble(&self) -> bool {
        self.status == 408 || self.status >= 500
    }
}

impl Silence {
    /// What happened.
    pub(crate) fn told(&self) -> &str {
        match self {
            Self::Unsent(text) | Self::Unknown(text) => text,
        }
    }
}

impl Service {
    /// A service that is reached as the system's proxy says, or directly on this machine.
    pub(crate) fn new(name: &str, patience: Patience) -> Self {
        let target = Target {
            name: name.to_owned(),
            base_url: None,
            headers: Vec::new(),
            variables: Scope::new(),
            unset: std::collections::BTreeMap::new(),
            timeout: patience.answer,
            proxy: Proxy::System,
            root_certificates: Vec::new(),
            client_certificate: None,
            verify_tls: true,
        };
        Self { clients: Clients::new(target), patience }
    }

    /// Asks for what changes nothing, or is the same when it is done twice: repeated until there
    /// is an answer, or no patience any more.
    ///
    /// # Errors
    /// The outer: the word to stop. The inner: there is no answer.
    pub(crate) async fn ask(
        &self,
        stop: &Stop,
        asked: &Asked<'_>,
    ) -> Result<Result<Answer, Silence>, Fault> {
        self.repeat(stop, asked, true).await
    }

    /// Asks for a change, once; repeated only where the service has certainly not acted: it was
    /// not reached, or it answered that it has had too many requests.
    ///
    /// # Errors
    /// As for [`Service::ask`].
    pub(crate) async fn change(
        &self,
        stop: &Stop,
        asked: &Asked<'_>,
    ) -> Result<Result<Answer, Silence>, Fault> {
        self.repeat(stop, asked, false).await
    }

    async fn repeat(
        &self,
        stop: &Stop,
        asked: &Asked<'_>,
        harmless: bool,
    ) -> Result<Result<Answer, Silence>, Fault> {
        let mut wait = self.patience.first;
        for _ in 1..self.patience.tries {
            let got = stop.unless(self.once(asked)).await?;
            let (again, after) = match &got {
                Ok(answer) if answer.status == 429 => (true, answer.retry_after),
                Ok(answer) => (harmless && answer.is_trouble(), answer.retry_after),
                Err(Silence::Unsent(_)) => (true, None),
                Err(Silence::Unknown(_)) => (harmless, None),
            };
            // Sooner than the service asks for is no use; nor is waiting for ever.
            let pause = after.map_or(wait, |after| after.max(wait));
            if !again || pause > self.patience.longest {
                return Ok(got);
            }
            stop.unless(tokio::time::sleep(pause)).await?;
            wait *= 2;
        }
        stop.unless(self.once(asked)).await
    }

    async fn once(&self, asked: &Asked<'_>) -> Result<Answer, Silence> {
        let unsent = |trouble: Trouble| Silence::Unsent(trouble.line());
        let client = self.clients.for_url(asked.url).map_err(unsent)?;
        let mut headers = HeaderMap::new();
        let (name, value) = asked.authorization;
        let value = HeaderValue::from_str(value);
        let mut value =
            value.map_err(|_| Silence::Unsent("no header can hold the secret".into()))?;
        value.set_sensitive(true);
        headers.insert(name, value);
        let mut request = client.request(asked.method.clone(), asked.url.clone());
        if let Some((kind, body)) = asked.body {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            request = request.body(body.to_vec());
        }
        let work = async {
            let mut response = request.headers(headers).send().await?;
            let status = response.status().as_u16();
            let retry_after = retry_after(response.headers());
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await? {
                body.extend_from_slice(&chunk);
                if body.len() > LONGEST_ANSWER {
                    return Ok(None);
                }
            }
            Ok(Some(Answer { status, body, retry_after }))
        };
        match tokio::time::timeout(self.patience.answer, work).await {
            Err(_) => {
                let patience = humantime::format_duration(self.patience.answer);
                Err(Silence::Unknown(format!("no whole answer within {patience}")))
            }
            Ok(Ok(Some(answer))) => Ok(answer),
            Ok(Ok(None)) => {
                let text = format!("the answer is longer than {LONGEST_ANSWER} bytes");
                Err(Silence::Unknown(text))
            }
            Ok(Err(error)) => {
                let unsent = reqwest::Error::is_connect(&error);
                let text = Trouble::of(error).message;
                Err(if unsent { Silence::Unsent(text) } else { Silence::Unknown(text) })
            }
        }
    }
}
