//! Twilio's API, as far as a rotation needs it.
//!
//! | request | answer |
//! |---|---|
//! | `GET …/2010-04-01/Accounts/{AC}/Messages.json?PageSize=1` | 200; 401: the token is refused |
//! | `DELETE /v1/AuthTokens/Secondary` | 204; 404: there is none |
//! | `POST /v1/AuthTokens/Secondary` | 201 `{secondary_auth_token}`, shown this once |
//! | `POST /v1/AuthTokens/Promote` | 200 `{auth_token}`; 404: there is no secondary one |

use std::time::{Duration, Instant};

use age::secrecy::{ExposeSecret as _, SecretString};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use url::Url;

use super::settings::Twilio;
use crate::backup::stop::Stop;
use crate::fault::Fault;
use crate::redact::Redactor;
use crate::service::{Answer, Asked, Patience, Service, Silence, below};

/// The wait between two looks whether a token is accepted; it doubles.
const FIRST_LOOK: Duration = Duration::from_millis(250);

/// The longest wait between two looks.
const LATER_LOOKS: Duration = Duration::from_secs(5);

/// The API of one account.
pub(super) struct Api<'a> {
    service: Service,
    account: &'a str,
    redactor: &'a Redactor,
    stop: &'a Stop,
    messages: Url,
    secondary: Url,
    promote: Url,
    deadline: Duration,
}

/// What came of a request for a change.
pub(super) enum Changed {
    /// It was made; the token that the answer shows.
    Made(SecretString),
    /// There is no secondary token.
    Nothing,
    /// The token that asked is refused.
    Refused,
    /// Nobody knows whether it was made.
    Perhaps(String),
}

impl<'a> Api<'a> {
    pub(super) fn new(twilio: &'a Twilio, redactor: &'a Redactor, stop: &'a Stop) -> Self {
        let account = twilio.account.as_str();
        let parts = ["2010-04-01", "Accounts", account, "Messages.json"];
        let mut messages = below(&twilio.api_host, &parts);
        messages.set_query(Some("PageSize=1"));
        Self {
            service: Service::new("Twilio", Patience::with(twilio.timeout)),
            account,
            redactor,
            stop,
            messages,
            secondary: below(&twilio.host, &["v1", "AuthTokens", "Secondary"]),
            promote: below(&twilio.host, &["v1", "AuthTokens", "Promote"]),
            deadline: twilio.deadline,
        }
    }

    /// Whether a token is accepted, by reading one message.
    ///
    /// # Errors
    /// Nobody says so or so.
    pub(super) async fn accepts(&self, token: &SecretString) -> Result<bool, Fault> {
        let answer = self.asked(Method::GET, &self.messages, token, true).await?;
        match answer {
            Ok(Answer { status: 200, .. }) => Ok(true),
            Ok(Answer { status: 401, .. }) => Ok(false),
            other => Err(trouble("trying a token", &other)),
        }
    }

    /// Whether a token is accepted, or refused, before the deadline.
    ///
    /// # Errors
    /// As for [`Api::accepts`].
    pub(super) async fn becomes(
        &self,
        token: &SecretString,
        accepted: bool,
    ) -> Result<bool, Fault> {
        let (end, mut wait) = (Instant::now() + self.deadline, FIRST_LOOK);
        loop {
            if self.accepts(token).await? == accepted {
                return Ok(true);
            }
            if Instant::now() + wait > end {
                return Ok(false);
            }
            self.stop.unless(tokio::time::sleep(wait)).await?;
            wait = (wait * 2).min(LATER_LOOKS);
        }
    }

    /// Removes the secondary token; whether there was one. It is the same when done twice, so it
    /// is asked for until it is answered.
    ///
    /// # Errors
    /// It was not done, or nobody knows.
    pub(super) async fn remove_secondary(&self, token: &SecretString) -> Result<bool, Fault> {
        let answer = self.asked(Method::DELETE, &self.secondary, token, true).await?;
        match answer {
            Ok(Answer { status: 200 | 204, .. }) => Ok(true),
            Ok(Answer { status: 404, .. }) => Ok(false),
            other => Err(trouble("removing the secondary token", &other)),
        }
    }

    /// Makes a secondary token.
    ///
    /// # Errors
    /// It was certainly not made.
    pub(super) async fn create(&self, token: &SecretString) -> Result<Changed, Fault> {
        let answer = self.asked(Method::POST, &self.secondary, token, false).await?;
        self.changed("making a secondary token", "secondary_auth_token", &answer)
    }

    /// Makes the secondary token the primary one.
    ///
    /// # Errors
    /// It was certainly not done.
    pub(super) async fn promote(&self, token: &SecretString) -> Result<Changed, Fault> {
        let answer = self.asked(Method::POST, &self.promote, token, false).await?;
        self.changed("promoting the secondary token", "auth_token", &answer)
    }

    fn changed(
        &self,
        what: &str,
        key: &str,
        answer: &Result<Answer, Silence>,
    ) -> Result<Changed, Fault> {
        match answer {
            Ok(made) if matches!(made.status, 200 | 201) => {
                let body = made.json();
                match body[key].as_str().filter(|token| self.redactor.learn(token)) {
                    Some(token) => Ok(Changed::Made(SecretString::from(token))),
                    None => Ok(Changed::Perhaps(format!("the answer has no `{key}`"))),
                }
            }
            Ok(Answer { status: 401, .. }) => Ok(Changed::Refused),
            Ok(Answer { status: 404, .. }) => Ok(Changed::Nothing),
            Ok(answer) if answer.is_trouble() => {
                Ok(Changed::Perhaps(format!("it answers {}", answer.status)))
            }
            Err(Silence::Unknown(why)) => Ok(Changed::Perhaps(why.clone())),
            other => Err(trouble(what, other)),
        }
    }

    async fn asked(
        &self,
        method: Method,
        url: &Url,
        token: &SecretString,
        harmless: bool,
    ) -> Result<Result<Answer, Silence>, Fault> {
        let pair = format!("{}:{}", self.account, token.expose_secret());
        let basic = format!("Basic {}", STANDARD.encode(pair));
        let form = "application/x-www-form-urlencoded";
        let body = (method == Method::POST).then_some((form, &b""[..]));
        let authorization = ("authorization", basic.as_str());
        let asked = Asked { method, url, authorization, body };
        match harmless {
            true => self.service.ask(self.stop, &asked).await,
            false => self.service.change(self.stop, &asked).await,
        }
    }
}

/// Why there is no answer that helps. The body may hold anything, and is not shown.
fn trouble(what: &str, answer: &Result<Answer, Silence>) -> Fault {
    let (text, help) = match answer {
        Err(silence) => (silence.told().to_owned(), "check the network to Twilio, and `host`"),
        Ok(answer) => {
            let help = match answer.status {
                401 => "the token is refused: is it this account's, and the primary one?",
                403 => "only an auth token manages auth tokens, of an account that is not closed",
                429 => "Twilio wants to be left alone for a while: try again later",
                500.. => "see https://status.twilio.com, and try again later",
                _ => "see whether `host` is Twilio's API",
            };
            (format!("it answers {}", answer.status), help)
        }
    };
    Fault::errored(format!("{what}: {text}")).stage("Twilio").help(help)
}
