//! The environment as a fixture: started or awaited once, when the first trial needs it.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::custom::{Running, Source};
use super::finding::payload;
use super::state::{INTERRUPTED, Run};
use crate::check::attempt::line;
use crate::check::client::Clients;
use crate::check::exchange;
use crate::check::judge::Judge;
use crate::check::request::{Prepared, Surroundings};
use crate::environment::credential::Presented;
use crate::environment::model::ReadySpec;
use crate::environment::target::{Target, base_url, learn_password};
use crate::journal::Outcome;
use crate::redact::Redactor;
use crate::report::console::tell;
use crate::suite::expect::{Expect, StatusItem, StatusSet};
use crate::suite::fields::OneOrMany;
use crate::suite::model::{Check, Defaults};
use crate::suite::template::Scope;

/// How often a wait says what it is waiting for.
const TELL: Duration = Duration::from_secs(10);

/// An environment that answers.
pub(crate) struct Live {
    pub(crate) target: Target,
    /// What is backed up, where the harness has started it.
    pub(crate) source: Option<Source>,
    /// What is restored into, likewise, and what queries are asked of.
    pub(crate) staging: Option<String>,
    pub(crate) database: Option<String>,
    /// What keeps it alive; taken, and so dropped, when the run is over.
    pub(crate) guard: Mutex<Option<Box<dyn Any + Send>>>,
}

/// Why there is no environment.
#[derive(Debug, Clone)]
pub(crate) struct Cause {
    pub(crate) message: String,
    /// Whether the application refused, rather than being out of reach.
    pub(crate) failed: bool,
}

impl Cause {
    /// How the environment's trial ended.
    pub(crate) fn outcome(&self) -> Outcome {
        if self.failed { Outcome::Failed } else { Outcome::Errored }
    }
}

/// What other processes of the same run need to know of a started environment.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Address {
    base_url: Option<String>,
    variables: Scope,
    secrets: Vec<(String, String)>,
    source: Option<Source>,
    staging: Option<String>,
    database: Option<String>,
}

impl Run {
    /// The environment, started and awaited at most once; a failure is remembered.
    pub(crate) fn live(&self) -> Result<&Live, Arc<Cause>> {
        let live = self.live.get_or_init(|| {
            // A panic in a starter must not be taken for "not tried yet".
            let started = std::panic::catch_unwind(AssertUnwindSafe(|| self.bring_up()));
            started
                .unwrap_or_else(|_| Err(errored("starting the environment panicked")))
                .map_err(Arc::new)
        });
        live.as_ref().map_err(Arc::clone)
    }

    fn bring_up(&self) -> Result<Live, Cause> {
        let mut target = self.target.clone();
        let (mut guard, mut source, mut staging, mut database) = (None, None, None, None);
        if let Some(starter) = &self.starter
            && target.base_url.is_none()
        {
            let address = match &self.shared {
                Some(shared) => shared.environment().map_err(errored)?,
                None => {
                    let (address, kept) = start(starter)?;
                    guard = kept;
                    address
                }
            };
            source.clone_from(&address.source);
            staging.clone_from(&address.staging);
            database.clone_from(&address.database);
            settle(&mut target, address, &self.redactor)?;
            let shown = target.shown_url().map(|url| self.redactor.secrets(&url));
            self.journal().run.base_url = shown;
        }
        let live = Live { target, source, staging, database, guard: Mutex::new(guard) };
        if let Some(ready) = &self.ready {
            let wait = || self.runtime.block_on(self.interruptible(&live, ready));
            match &self.shared {
                // One process of the run waits, the others take its word.
                Some(shared) => shared
                    .once("ready", || wait().map_err(|c| (c.message, c.failed)))
                    .unwrap_or_else(|message| Err((message, false)))
                    .map_err(|(message, failed)| Cause { message, failed })?,
                None => wait()?,
            }
        }
        Ok(live)
    }

    /// Waits, at most once, until the application answers over the database that was restored.
    pub(crate) fn answers_again(&self, live: &Live) -> Result<(), Arc<Cause>> {
        // Where it has no address, there is nothing to wait for.
        let ready = self.ready_after.as_ref().filter(|_| live.target.base_url.is_some());
        let Some(ready) = ready else { return Ok(()) };
        let waited = self.answered.get_or_init(|| {
            self.runtime.block_on(self.interruptible(live, ready)).map_err(Arc::new)
        });
        waited.clone()
    }

    async fn interruptible(&self, live: &Live, ready: &ReadySpec) -> Result<(), Cause> {
        tokio::select! {
            result = wait(live, ready, &self.redactor) => result,
            () = self.interrupt.happened() => Err(errored(INTERRUPTED)),
        }
    }
}

fn errored(message: impl Into<String>) -> Cause {
    Cause { message: message.into(), failed: false }
}

/// Starts an environment, in this process.
pub(crate) fn start(
    starter: &super::custom::Starter,
) -> Result<(Address, Option<Box<dyn Any + Send>>), Cause> {
    // Whoever waits for it is to be told, also in another process.
    let started = std::panic::catch_unwind(AssertUnwindSafe(starter)).unwrap_or_else(|panic| {
        Err(format!("starting the environment panicked: {}", payload(&*panic)).into())
    });
    let running: Running = started.map_err(|error| errored(error.to_string()))?;
    let address = Address {
        base_url: running.base_url,
        variables: running.variables.into_iter().collect(),
        secrets: running.secrets.into_iter().collect(),
        source: running.source,
        staging: running.staging,
        database: running.database,
    };
    Ok((address, running.guard))
}

fn settle(target: &mut Target, address: Address, redactor: &Redactor) -> Result<(), Cause> {
    if let Some(url) = &address.base_url {
        let url = base_url(url).map_err(|message| errored(format!("base URL: {message}")))?;
        if !learn_password(&url, redactor) {
            return Err(errored("the base URL's password is too short to be hidden in output"));
        }
        target.base_url = Some(url);
    }
    for (name, value) in address.variables {
        target.variables.entry(name).or_insert(value);
    }
    for (name, value) in address.secrets {
        if !redactor.learn(&value) {
            let told =
                format!("the secret `{name}` has fewer than 4 characters, too few to be hidden");
            return Err(errored(told));
        }
        target.variables.entry(name).or_insert(value.into());
    }
    Ok(())
}

/// Asks another environment than the run's own whether it answers as it should, in the way that
/// its `ready` says.
///
/// # Errors
/// It does not.
pub(crate) async fn answers(
    target: Target,
    ready: &ReadySpec,
    redactor: &Redactor,
) -> Result<(), Cause> {
    let guard = Mutex::new(None);
    let live = Live { target, source: None, staging: None, database: None, guard };
    wait(&live, ready, redactor).await
}

/// Repeats the readiness request until it is answered as expected, often enough in a row.
async fn wait(live: &Live, ready: &ReadySpec, redactor: &Redactor) -> Result<(), Cause> {
    let interval = ready.interval.map_or(Duration::from_secs(1), |interval| interval.0);
    let deadline = Instant::now() + ready.deadline.0;
    let wanted = ready.successes.unwrap_or(1);
    let expect = Expect {
        status: ready
            .expect
            .status
            .clone()
            .or_else(|| Some(StatusSet(OneOrMany::One(StatusItem::Class("2xx".to_owned()))))),
        ..ready.expect.clone()
    };
    let compile = |expect| {
        Judge::compile(expect, std::path::Path::new(".")).map_err(|faults| {
            let first = faults.into_iter().next().map(|(at, m)| format!("{at}: {m}"));
            errored(format!("readiness: {}", first.unwrap_or_default()))
        })
    };
    let (judge, stop) = (compile(&expect)?, compile(&ready.stop)?);
    let prepared = prepare(live, &ready.request).map_err(errored)?;
    let clients = Clients::new(live.target.clone());
    let (mut successes, mut tries) = (0, 0);
    let mut told: Option<Instant> = None;
    let mut last = String::from("nothing was tried");
    loop {
        tries += 1;
        let left = deadline.saturating_duration_since(Instant::now());
        let mut bounded = prepared.clone();
        bounded.timeout = bounded.timeout.min(left.max(Duration::from_millis(1)));
        match exchange::send(&clients, &bounded).await {
            Ok((seen, _)) => {
                let now = Timestamp::now();
                let broken = judge.judge(&seen, redactor, now);
                // A 5xx is judged as wrong whatever is expected, so the status is looked at here.
                let status = ready.stop.status.as_ref();
                let hopeless = !ready.stop.is_empty()
                    && status.is_none_or(|status| status.contains(seen.status))
                    && stop
                        .judge(&seen, redactor, now)
                        .iter()
                        .all(|broken| broken.expectation == "expect.status");
                if hopeless {
                    let message = format!(
                        "{}: waiting is pointless: the answer (status {}) is one that `stop` names",
                        ready.request, seen.status
                    );
                    return Err(Cause { message, failed: true });
                }
                match broken.first() {
                    None => successes += 1,
                    Some(first) => {
                        successes = 0;
                        last = line(first);
                    }
                }
            }
            Err(trouble) => {
                successes = 0;
                last = trouble.line();
            }
        }
        if successes >= wanted {
            return Ok(());
        }
        if told.is_none_or(|told| told.elapsed() > TELL) {
            told = Some(Instant::now());
            let left = deadline.saturating_duration_since(Instant::now()).as_secs();
            let last = redactor.secrets(&last);
            tell(&format!("waiting for {}, {left} s left: {last}\n", ready.request));
        }
        if Instant::now() + interval >= deadline {
            return Err(errored(format!(
                "{}: not ready within {} ({tries} tries, {successes} of {wanted} in a row): {last}",
                ready.request,
                humantime::format_duration(ready.deadline.0),
            )));
        }
        tokio::time::sleep(interval).await;
    }
}

fn prepare(live: &Live, request: &str) -> Result<Prepared, String> {
    let check: Check =
        serde_json::from_value(serde_json::json!({ "name": "ready", "request": request }))
            .map_err(|error| error.to_string())?;
    let around = Surroundings {
        base_url: live.target.base_url.as_ref().ok_or("there is no base URL")?,
        headers: &live.target.headers,
        defaults: &Defaults::default(),
        folder: std::path::Path::new("."),
        timeout: live.target.timeout,
    };
    Prepared::new(&check, &around, Presented::default())
}
