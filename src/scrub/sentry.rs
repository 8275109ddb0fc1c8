//! Sends events, and reads them back.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::json;

use super::event::Planted;
use super::search::Kept;
use super::settings::Project;
use crate::backup::stop::Stop;
use crate::fault::Fault;
use crate::service::{Answer, Asked, Patience, Service, below};

/// Who sends.
const CLIENT: &str = concat!("smokedrill/", env!("CARGO_PKG_VERSION"));

/// The project's two sides.
pub(super) struct Sentry<'a> {
    service: Service,
    project: &'a Project,
    stop: &'a Stop,
    end: Instant,
}

impl<'a> Sentry<'a> {
    /// The deadline begins to run.
    pub(super) fn new(project: &'a Project, stop: &'a Stop) -> Self {
        let patience = Patience::with(project.timeout);
        // What is not accepted by then cannot be read back by then.
        let patience = Patience { longest: patience.longest.min(project.deadline), ..patience };
        let end = Instant::now() + project.deadline;
        Self { service: Service::new("Sentry", patience), project, stop, end }
    }

    /// Sends an event. Sentry keeps one of each id, so that it may be sent again.
    ///
    /// # Errors
    /// The outer: the word to stop. The inner: why it was not accepted.
    pub(super) async fn send(&self, event: &Planted) -> Result<Result<(), Refused>, Fault> {
        let now = jiff::Timestamp::now();
        let payload = event.payload(now.as_millisecond() as f64 / 1e3).to_string();
        let header = json!({ "event_id": event.id, "sent_at": now.to_string() });
        let item = json!({ "type": "event", "length": payload.len() });
        let body = format!("{header}\n{item}\n{payload}\n");
        let dsn = &self.project.dsn;
        let auth =
            format!("Sentry sentry_version=7, sentry_key={}, sentry_client={CLIENT}", dsn.key);
        let asked = Asked {
            method: Method::POST,
            url: &dsn.envelope,
            authorization: ("x-sentry-auth", &auth),
            body: Some(("application/x-sentry-envelope", body.as_bytes())),
        };
        let asking = tokio::time::timeout_at(self.end.into(), self.service.ask(self.stop, &asked));
        let Ok(answer) = asking.await else { return Ok(Err(self.late("not sent"))) };
        let (why, lasting) = match answer? {
            Ok(Answer { status: 200..=202, .. }) => return Ok(Ok(())),
            Ok(Answer { status: 429, .. }) => ("dropped by the rate limit".to_owned(), false),
            Ok(Answer { status: 401 | 403, .. }) => ("the DSN is refused".to_owned(), true),
            Ok(answer) => (format!("not accepted: it answers {}", answer.status), false),
            Err(silence) => (format!("not sent: {}", silence.told()), true),
        };
        Ok(Err(Refused { why, lasting }))
    }

    /// Reads an event back, as soon as it is there.
    ///
    /// # Errors
    /// The outer: the word to stop. The inner: why it cannot be read.
    pub(super) async fn read(&self, event: &Planted) -> Result<Result<Kept, Refused>, Fault> {
        let Project { organization, project, host, .. } = self.project;
        let parts = ["api", "0", "projects", organization, project, "events", &event.id, ""];
        let url = below(host, &parts);
        let bearer = format!("Bearer {}", self.project.token);
        let authorization = ("authorization", bearer.as_str());
        let asked = Asked { method: Method::GET, url: &url, authorization, body: None };
        // What was said last, where the next look is cut off.
        let mut said = "no answer".to_owned();
        loop {
            // Once a look: the looks are many anyway.
            let looking = self.service.change(self.stop, &asked);
            let Ok(answer) = tokio::time::timeout_at(self.end.into(), looking).await else {
                return Ok(Err(self.late(&said)));
            };
            let why = match answer? {
                Ok(answer) if answer.status == 200 => match answer.json() {
                    value if value.is_object() => {
                        let raw = String::from_utf8_lossy(&answer.body);
                        return Ok(Ok(Kept::new(value, &raw)));
                    }
                    _ => "the answer is no event".to_owned(),
                },
                Ok(Answer { status: status @ (401 | 403), .. }) => {
                    let why = format!("the API refuses the token: it answers {status}");
                    return Ok(Err(Refused { why, lasting: true }));
                }
                Ok(answer) if answer.status == 404 => "it cannot be read".to_owned(),
                Ok(answer) => format!("the API answers {}", answer.status),
                Err(silence) => silence.told().to_owned(),
            };
            let left = self.end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Err(self.late(&why)));
            }
            said = why;
            let pause = self.project.interval.min(left.max(Duration::from_millis(1)));
            self.stop.unless(tokio::time::sleep(pause)).await?;
        }
    }
}

impl Sentry<'_> {
    /// It is over, for this one and for all others.
    fn late(&self, why: &str) -> Refused {
        let deadline = humantime::format_duration(self.project.deadline);
        Refused { why: format!("{why} within {deadline}"), lasting: false }
    }
}

/// Why an event was not taken, or cannot be read.
pub(super) struct Refused {
    pub(super) why: String,
    /// Whether it is the same for all others.
    pub(super) lasting: bool,
}

impl Refused {
    /// Why; noted down where it is the same for all others.
    pub(super) fn noted(self, lasting: &mut Option<String>) -> String {
        if self.lasting {
            *lasting = Some(self.why.clone());
        }
        self.why
    }
}
