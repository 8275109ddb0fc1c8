//! One trial of a check: warm-up, samples, retries, and the judgement of each answer.

use std::time::{Duration, Instant};

use backon::{ConstantBuilder, Retryable as _};
use jiff::Timestamp;

use super::client::Clients;
use super::exchange;
use super::judge::Judge;
use super::observation::Observation;
use super::request::Prepared;
use super::statistic::statistic;
use super::trouble::Trouble;
use crate::journal::{Broken, Latency};
use crate::redact::Redactor;
use crate::report::units;
use crate::suite::parts::{Retry, RetryOn, Statistic};

/// How a check is to be tried.
pub(crate) struct Plan<'a> {
    pub(crate) prepared: &'a Prepared,
    pub(crate) judge: &'a Judge,
    pub(crate) budget: Option<Duration>,
    pub(crate) samples: u32,
    pub(crate) statistic: Statistic,
    pub(crate) warmup: u32,
    pub(crate) retry: Option<&'a Retry>,
}

/// What came of it.
pub(crate) struct Attempted {
    /// The last answer, and what was wrong with it.
    pub(crate) answer: Result<Answer, Trouble>,
    /// Why earlier tries did not count.
    pub(crate) retries: Vec<String>,
}

/// An answer with its judgement.
pub(crate) struct Answer {
    pub(crate) seen: Observation,
    pub(crate) broken: Vec<Broken>,
    pub(crate) latency: Latency,
}

/// Why a try is not the end of it.
enum Unfit {
    Answer(Box<Answer>),
    Trouble(Trouble),
}

/// Tries a check, as often as its retries allow.
pub(crate) async fn attempt(clients: &Clients, plan: &Plan<'_>, redactor: &Redactor) -> Attempted {
    let none = Retry { times: 0, on: Vec::new(), interval: None };
    let retry = plan.retry.unwrap_or(&none);
    let delay = retry.interval.map_or(Duration::from_millis(500), |interval| interval.0);
    let policy = ConstantBuilder::default().with_delay(delay).with_max_times(retry.times as usize);
    let mut retries = Vec::new();
    let once = || async {
        match measured(clients, plan, redactor).await {
            Ok(answer) if answer.broken.is_empty() => Ok(answer),
            Ok(answer) => Err(Unfit::Answer(Box::new(answer))),
            Err(trouble) => Err(Unfit::Trouble(trouble)),
        }
    };
    let result = once
        .retry(policy)
        .sleep(tokio::time::sleep)
        .when(|unfit| unfit.may_pass(&retry.on))
        .notify(|unfit, _| retries.push(unfit.line()))
        .await;
    let answer = match result {
        Ok(answer) => Ok(answer),
        Err(Unfit::Answer(answer)) => Ok(*answer),
        Err(Unfit::Trouble(trouble)) => Err(trouble),
    };
    Attempted { answer, retries }
}

impl Unfit {
    fn may_pass(&self, on: &[RetryOn]) -> bool {
        on.iter().any(|on| match (on, self) {
            (RetryOn::Transport, Self::Trouble(trouble)) => trouble.passing,
            (RetryOn::Unavailable, Self::Answer(answer)) => {
                matches!(answer.seen.status, 429 | 502 | 503 | 504)
            }
            (RetryOn::Failure, Self::Answer(_)) => true,
            _ => false,
        })
    }

    fn line(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.message.clone(),
            Self::Answer(answer) => {
                let first = answer.broken.first().map(line).unwrap_or_default();
                match answer.broken.len() {
                    0 | 1 => first,
                    more => format!("{first} (and {} more)", more - 1),
                }
            }
        }
    }
}

/// A broken expectation in one line.
pub(crate) fn line(broken: &Broken) -> String {
    let at = broken.at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
    format!("{}{at}: expected {}, found {}", broken.expectation, broken.expected, broken.actual)
}

/// Sends the warm-up and the samples, until one is wrong.
async fn measured(
    clients: &Clients,
    plan: &Plan<'_>,
    redactor: &Redactor,
) -> Result<Answer, Trouble> {
    for _ in 0..plan.warmup {
        exchange::send(clients, plan.prepared).await?;
    }
    let mut durations = Vec::with_capacity(plan.samples as usize);
    loop {
        let (seen, took) = exchange::send(clients, plan.prepared).await?;
        durations.push(took);
        let mut broken = plan.judge.judge(&seen, redactor, Timestamp::now());
        let last = durations.len() >= plan.samples as usize;
        if !last && broken.is_empty() {
            continue;
        }
        let value = statistic(&durations, plan.statistic);
        if let Some(budget) = plan.budget.filter(|budget| value > *budget) {
            broken.push(slow(value, budget, plan, durations.len()));
        }
        let latency = Latency {
            statistic: plan.statistic.name().to_owned(),
            value_ms: milliseconds(value),
            budget_ms: plan.budget.map(milliseconds),
            samples_ms: durations.iter().copied().map(milliseconds).collect(),
        };
        return Ok(Answer { seen, broken, latency });
    }
}

fn slow(value: Duration, budget: Duration, plan: &Plan<'_>, samples: usize) -> Broken {
    let of = match samples {
        1 => String::new(),
        more => format!(" ({} of {more} samples)", plan.statistic.name()),
    };
    Broken {
        expectation: "budget".to_owned(),
        at: None,
        expected: format!("at most {}", units::budget(milliseconds(budget))),
        actual: format!("{}{of}", units::duration(milliseconds(value))),
    }
}

/// How long something took, in milliseconds.
pub(crate) fn since(started: Instant) -> f64 {
    milliseconds(started.elapsed())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
