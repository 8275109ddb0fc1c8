//! `[twilio]` of `drill.toml`.
//!
//! ```toml
//! [twilio]
//! account_sid = { env = "TWILIO_ACCOUNT_SID", secret = false }
//! auth_token = { command = ["vault", "kv", "get", "-field=auth_token", "secret/twilio"] }
//! store = ["vault", "kv", "put", "secret/twilio", "auth_token=-"]
//! ```

use std::path::PathBuf;
use std::time::Duration;

use age::secrecy::SecretString;
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::vault::Vault;
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

/// The longest that Twilio is waited for to know a token everywhere.
const LONGEST_DEADLINE: Duration = Duration::from_secs(300);

/// The Twilio account whose auth token is rotated.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TwilioSpec {
    /// The account's SID, `AC…`.
    pub(crate) account_sid: Source,
    /// The primary auth token, as it is now.
    pub(crate) auth_token: Source,
    /// The command that puts a token into the vault, a program with its arguments, run without a
    /// shell. It is given the token on standard input, with nothing behind it.
    #[schemars(length(min = 1))]
    pub(crate) store: Vec<String>,
    /// Where what `store` put away is read back; `auth_token` unless said otherwise.
    #[serde(default)]
    pub(crate) stored: Option<Source>,
    /// Where tokens are managed; `"https://accounts.twilio.com"` unless said otherwise.
    #[serde(default)]
    pub(crate) host: Option<String>,
    /// Where a token is tried, by reading one message; `"https://api.twilio.com"` unless said
    /// otherwise.
    #[serde(default)]
    pub(crate) api_host: Option<String>,
    /// How long it may take until a token is accepted, or refused, everywhere; `"60s"` unless said
    /// otherwise, and at most 5 minutes.
    #[serde(default)]
    pub(crate) deadline: Option<Millis>,
    /// How long one answer is awaited; `"30s"` unless said otherwise.
    #[serde(default)]
    pub(crate) timeout: Option<Millis>,
    /// The file of an unfinished rotation, relative to the project's root;
    /// `"reports/rotation/twilio.json"` unless said otherwise.
    #[serde(default)]
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) state: Option<String>,
}

/// The account, with its values in hand.
pub(super) struct Twilio {
    pub(super) account: String,
    /// The account as it may be shown.
    pub(super) shown: String,
    pub(super) token: SecretString,
    pub(super) vault: Vault,
    pub(super) host: Url,
    pub(super) api_host: Url,
    pub(super) deadline: Duration,
    pub(super) timeout: Duration,
    /// Relative to the project's root.
    pub(super) state: PathBuf,
}

/// Fetches the values of `[twilio]`, and teaches the redactor those that are secret.
///
/// # Errors
/// *Usage*: there is no such section, with what to paste; or everything that is wrong with it.
pub(super) fn resolve(settings: &Settings, redactor: &Redactor) -> Result<Twilio, Fault> {
    let Some(spec) = &settings.twilio else { return Err(missing(settings)) };
    let context =
        Context::new(settings.document.clone(), "/twilio".into(), settings.folder.clone());
    let mut problems = Problems::default();
    let mut find = |key: &str, source: &Source, secret: bool| {
        let context = context.at(key);
        let found = context.find(source).map_err(|problem| problems.push(problem)).ok()?;
        if (secret || found.secret) && !redactor.learn(&found.text) {
            problems.push(short(&context));
        }
        Some(found.text)
    };
    let account = find("/account_sid", &spec.account_sid, false);
    let token = find("/auth_token", &spec.auth_token, true);
    if account.as_deref().is_some_and(|sid| !is_sid(sid)) {
        let problem = context.at("/account_sid").problem("not the SID of an account");
        problems.push(problem.help("it begins with AC and has 32 hexadecimal digits behind that"));
    }
    let mut host = |key: &str, said: &Option<String>, default: &str| {
        let found = place(said.as_deref().unwrap_or(default));
        found.map_err(|why| problems.push(context.at(key).problem(why))).ok()
    };
    let accounts = host("/host", &spec.host, "https://accounts.twilio.com");
    let api = host("/api_host", &spec.api_host, "https://api.twilio.com");
    // A variable or a literal says the same after the vault was told something else.
    let rereadable = |source: &Source| match source {
        Source::Literal(_) => false,
        Source::Lookup(lookup) => lookup.env.is_none(),
    };
    let (at, back) = match &spec.stored {
        Some(source) => ("/stored", source),
        None => ("/auth_token", &spec.auth_token),
    };
    if !rereadable(back) {
        let message = "what the vault has cannot be read back from here";
        let help = "add `stored = { command = [\"vault\", \"kv\", \"get\", …] }`, or a `file`: a \
                    token is promoted only after it was read back";
        problems.push(context.at(at).problem(message).help(help));
    }
    let deadline = spec.deadline.map_or(Duration::from_secs(60), |millis| millis.0);
    if deadline > LONGEST_DEADLINE {
        let problem = context.at("/deadline").problem("longer than 5 minutes");
        problems.push(problem.help("write \"5m\" or less: Twilio needs a minute"));
    }
    let timeout = spec.timeout.map_or(Duration::from_secs(30), |millis| millis.0);
    if timeout.is_zero() {
        problems.push(context.at("/timeout").problem("nobody answers in no time"));
    }
    problems.or(()).map_err(|problems| told(&problems))?;
    let (Some(account), Some(token), Some(host), Some(api_host)) = (account, token, accounts, api)
    else {
        return Err(missing(settings));
    };
    Ok(Twilio {
        shown: redactor.secrets(&account),
        account,
        token: token.into(),
        vault: Vault { store: spec.store.clone(), back: back.clone(), context: context.at(at) },
        host,
        api_host,
        deadline,
        timeout,
        state: spec.state.as_deref().unwrap_or("reports/rotation/twilio.json").into(),
    })
}

fn missing(settings: &Settings) -> Fault {
    let file = settings.folder.join("drill.toml");
    let help = "paste this there, and fill it in:\n\n\
                \x20   [twilio]\n\
                \x20   account_sid = { env = \"TWILIO_ACCOUNT_SID\", secret = false }\n\
                \x20   auth_token = { command = [\"vault\", \"kv\", \"get\", \"-field=auth_token\", \"secret/twilio\"] }\n\
                \x20   store = [\"vault\", \"kv\", \"put\", \"secret/twilio\", \"auth_token=-\"]\n";
    Fault::usage("no Twilio account is configured").object(file.display()).help(help)
}

fn is_sid(text: &str) -> bool {
    let digits = text.strip_prefix("AC").unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}
