//! `[sentry]` of `drill.toml`.
//!
//! ```toml
//! [sentry]
//! dsn = { env = "SENTRY_DSN" }
//! token = { env = "SENTRY_API_TOKEN" }          # project:read
//! organization = "acme"
//! project = "shop"
//! ```

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::dsn::Dsn;
use crate::backup::place::told;
use crate::backup::settings::Settings;
use crate::environment::credential::short;
use crate::environment::lookup::Context;
use crate::environment::model::Source;
use crate::fault::Fault;
use crate::redact::Redactor;
use crate::service::place;
use crate::suite::Problems;
use crate::suite::fields::Millis;

/// The Sentry project whose scrubbing is tested.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SentrySpec {
    /// Where events are sent to: the project's DSN.
    pub(crate) dsn: Source,
    /// A token that may read the project's events (`project:read`, `event:read`).
    pub(crate) token: Source,
    /// The organization's slug.
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) organization: String,
    /// The project's slug.
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) project: String,
    /// Where events are read back; unless said otherwise Sentry's own host of the DSN's region, or
    /// the DSN's host where it is no host of Sentry's.
    #[serde(default)]
    pub(crate) host: Option<String>,
    /// How long it may take until all events can be read; `"3m"` unless said otherwise.
    #[serde(default)]
    pub(crate) deadline: Option<Millis>,
    /// The wait between two looks; `"2s"` unless said otherwise.
    #[serde(default)]
    pub(crate) interval: Option<Millis>,
    /// How long one answer is awaited; `"30s"` unless said otherwise.
    #[serde(default)]
    pub(crate) timeout: Option<Millis>,
}

/// The project, with its values in hand.
pub(super) struct Project {
    pub(super) dsn: Dsn,
    pub(super) token: String,
    pub(super) organization: String,
    pub(super) project: String,
    pub(super) host: Url,
    pub(super) deadline: Duration,
    pub(super) interval: Duration,
    pub(super) timeout: Duration,
}

/// Fetches the values of `[sentry]`, and teaches the redactor those that are secret.
///
/// # Errors
/// *Usage*: there is no such section, with what to paste; or everything that is wrong with it.
pub(super) fn resolve(settings: &Settings, redactor: &Redactor) -> Result<Project, Fault> {
    let Some(spec) = &settings.sentry else { return Err(missing(settings)) };
    let context =
        Context::new(settings.document.clone(), "/sentry".into(), settings.folder.clone());
    let mut problems = Problems::default();
    let mut find = |key: &str, source: &Source| {
        let context = context.at(key);
        let found = context.find(source).map_err(|problem| problems.push(problem)).ok()?;
        if !redactor.learn(&found.text) {
            problems.push(short(&context));
        }
        Some(found.text)
    };
    let (dsn, token) = (find("/dsn", &spec.dsn), find("/token", &spec.token));
    let mut refuse = |key: &str, why: String| problems.push(context.at(key).problem(why));
    let dsn = dsn.and_then(|text| Dsn::parse(&text).map_err(|why| refuse("/dsn", why)).ok());
    if let Some(dsn) = &dsn {
        redactor.learn(&dsn.key);
    }
    let host = match (&spec.host, &dsn) {
        (Some(host), _) => place(host).map_err(|why| refuse("/host", why)).ok(),
        (None, Some(dsn)) => Some(dsn.api()),
        (None, None) => None,
    };
    let time = |said: Option<Millis>, default| said.map_or(default, |millis| millis.0);
    let deadline = time(spec.deadline, Duration::from_secs(180));
    let interval = time(spec.interval, Duration::from_secs(2));
    let timeout = time(spec.timeout, Duration::from_secs(30));
    if timeout.is_zero() {
        refuse("/timeout", "nobody answers in no time".to_owned());
    }
    if interval < Duration::from_millis(10) {
        refuse("/interval", "shorter than 10ms".to_owned());
    }
    problems.or(()).map_err(|problems| told(&problems))?;
    let (Some(dsn), Some(token), Some(host)) = (dsn, token, host) else {
        return Err(missing(settings));
    };
    let (organization, project) = (spec.organization.clone(), spec.project.clone());
    Ok(Project { dsn, token, organization, project, host, deadline, interval, timeout })
}

fn missing(settings: &Settings) -> Fault {
    let file = settings.folder.join("drill.toml");
    let help = "paste this there, and fill it in; the token needs project:read and event:read:\n\n\
                \x20   [sentry]\n\
                \x20   dsn = { env = \"SENTRY_DSN\" }\n\
                \x20   token = { env = \"SENTRY_API_TOKEN\" }\n\
                \x20   organization = \"acme\"\n\
                \x20   project = \"shop\"\n";
    Fault::usage("no Sentry project is configured").object(file.display()).help(help)
}
