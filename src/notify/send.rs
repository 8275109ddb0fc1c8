//! Sending what is told, without anybody waiting for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use http::header;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use url::Url;

use super::message::{Event, Occasion};
use super::model::{Kind, NotifySpec};
use crate::check::client::is_loopback;
use crate::check::trouble::Trouble;
use crate::environment::lookup::Context;
use crate::redact::Redactor;
use crate::suite::problem::Problem;

/// Who asks, in the servers' logs.
const USER_AGENT: &str = concat!("smokedrill/", env!("CARGO_PKG_VERSION"));

/// How long one try may take, and how often it is tried.
const PATIENCE: Duration = Duration::from_secs(5);
const TRIES: usize = 4;

/// The longest wait between two tries, also where the server asks for more.
const LONGEST: Duration = Duration::from_secs(4);

/// How long the run's end waits for what is still on its way.
const FAREWELL: Duration = Duration::from_secs(10);

/// A webhook.
#[derive(Clone)]
pub(crate) struct Hook {
    kind: Kind,
    url: Url,
    on: Vec<Occasion>,
    /// How reports call it: the URL itself is a secret.
    name: String,
}

impl Hook {
    /// Looks a webhook up; its URL is hidden from then on.
    ///
    /// # Errors
    /// Its URL cannot be found, or is none.
    pub(crate) fn resolve(
        index: usize,
        spec: &NotifySpec,
        context: &Context,
        redactor: &Redactor,
    ) -> Result<Self, Problem> {
        let context = context.at(&format!("/notify/{index}/url"));
        let found = context.find(&spec.url)?;
        redactor.learn(&found.text);
        let url = Url::parse(found.text.trim()).ok();
        let url = url.filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
        let help = "copy the whole URL of the webhook: https://…";
        let url = url.ok_or_else(|| context.problem("this is no URL of a webhook").help(help))?;
        if url.scheme() != "https" && !is_loopback(&url) {
            let problem = context.problem(
                "its URL is a secret, and would go over the network unencrypted: only https, or \
                 http to this machine itself",
            );
            return Err(problem.help(help));
        }
        let kind = spec.kind;
        let name = format!("notify {} ({kind:?})", index + 1).to_lowercase();
        let all = vec![Occasion::Started, Occasion::Failed, Occasion::Finished];
        Ok(Self { kind, url, on: spec.on.clone().unwrap_or(all), name })
    }
}

/// Tells everybody who wants to know.
pub(crate) struct Notifier {
    hooks: Vec<Hook>,
    runtime: Handle,
    pending: Mutex<Vec<Pending>>,
}

struct Pending {
    what: String,
    task: JoinHandle<Result<(), String>>,
}

impl Notifier {
    pub(crate) fn new(hooks: Vec<Hook>, runtime: &Handle) -> Self {
        Self { hooks, runtime: runtime.clone(), pending: Mutex::default() }
    }

    /// Tells of something, and does not wait for it.
    pub(crate) fn tell(&self, event: &Event) {
        for hook in self.hooks.iter().filter(|hook| hook.on.contains(&event.event)) {
            let what = format!("{} was not told `{:?}`", hook.name, event.event).to_lowercase();
            let task = self.runtime.spawn(send(hook.url.clone(), Arc::new(event.body(hook.kind))));
            self.pending
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Pending { what, task });
        }
    }

    /// Waits some seconds for what is on its way; what could not be told, and why.
    pub(crate) fn farewell(&self) -> Vec<String> {
        let pending: Vec<Pending> =
            std::mem::take(&mut self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        self.runtime.block_on(async {
            let deadline = tokio::time::Instant::now() + FAREWELL;
            let mut untold = Vec::new();
            for Pending { what, mut task } in pending {
                let why = match tokio::time::timeout_at(deadline, &mut task).await {
                    Ok(Ok(Ok(()))) => continue,
                    Ok(Ok(Err(why))) => why,
                    Ok(Err(_)) => "the task ended".to_owned(),
                    Err(_) => {
                        task.abort();
                        format!("no answer within {} s", FAREWELL.as_secs())
                    }
                };
                untold.push(format!("{what}: {why}"));
            }
            untold
        })
    }
}

/// Why it was not taken, and whether another try may help.
struct Refused {
    why: String,
    passing: bool,
    after: Option<Duration>,
}

async fn send(url: Url, body: Arc<Value>) -> Result<(), String> {
    // Taken once a process; a second time changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .build()
        .map_err(|error| error.without_url().to_string())?;
    let attempt = || post(&client, &url, &body);
    let backoff = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(LONGEST)
        .with_max_times(TRIES - 1)
        .with_jitter();
    let sent = attempt.retry(backoff).when(|refused: &Refused| refused.passing);
    let sent = sent.adjust(|refused, wait| {
        wait.map(|wait| refused.after.map_or(wait, |after| after.max(wait)).min(LONGEST))
    });
    sent.await.map_err(|refused| refused.why)
}

async fn post(client: &reqwest::Client, url: &Url, body: &Value) -> Result<(), Refused> {
    let request = client.post(url.clone()).header(header::CONTENT_TYPE, "application/json");
    let answer = request.body(body.to_string()).send().await.map_err(|error| {
        let trouble = Trouble::of(error);
        Refused { why: trouble.message, passing: trouble.passing, after: None }
    })?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let after = answer.headers().get(header::RETRY_AFTER);
    let after = after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Err(Refused {
        why: format!("it answered {}", status.as_u16()),
        passing: status.is_server_error() || matches!(status.as_u16(), 408 | 429),
        after: after.map(Duration::from_secs),
    })
}
