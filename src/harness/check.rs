//! Trials of checks: the request itself, and its refusal.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use once_cell::sync::OnceCell;

use super::finding::Finding;
use super::plan::{credential, skip};
use super::prepare::{NotReady, Ready};
use super::state::{INTERRUPTED, Run};
use crate::check::attempt::{Answer, Attempted, Plan, attempt, line, since};
use crate::check::capture::capture;
use crate::check::curl::curl;
use crate::check::excerpt::excerpt;
use crate::check::judge::Judge;
use crate::check::lane;
use crate::check::refusal::Traces;
use crate::check::request::Prepared;
use crate::check::trouble::Trouble;
use crate::environment::credential::{Face, plain};
use crate::journal::{Broken, Entry, Outcome};
use crate::redact::is_secret_name;
use crate::suite::expect::{Expect, StatusSet};
use crate::suite::load::Suite;
use crate::suite::parts::Capture;
use crate::suite::source::pointer_token;

impl Run {
    /// The finding of a check, made at most once in the run.
    pub(crate) fn check(&self, id: &str) -> Arc<Finding> {
        let unplanned = OnceCell::new();
        let cell = self.findings.get(id).unwrap_or(&unplanned);
        let finding = cell.get_or_init(|| {
            let finding = match &self.shared {
                None => self.find_out(id),
                Some(shared) => shared
                    .once(&format!("check {id}"), || self.find_out(id))
                    .unwrap_or_else(|error| Finding::errored(self.plan.check_entry(id), error)),
            };
            for value in finding.secrets.iter().filter_map(|name| finding.captures.get(name)) {
                self.redactor.learn(&plain(value.clone()));
            }
            // Needed, but not selected: it ran, and so it is on record, and red if it failed.
            if !self.has_trial(id) {
                self.add(finding.entry.clone());
            }
            Arc::new(finding)
        });
        Arc::clone(finding)
    }

    fn find_out(&self, id: &str) -> Finding {
        let started = Instant::now();
        let mut entry = self.plan.check_entry(id);
        entry.started = Some(Timestamp::now());
        let caught = std::panic::catch_unwind(AssertUnwindSafe(|| self.perform(id, entry.clone())));
        let mut finding = caught.unwrap_or_else(|panic| Finding::panicked(entry, &*panic));
        finding.entry.duration_ms = Some(since(started));
        self.redactor.entry(&mut finding.entry);
        finding
    }

    fn perform(&self, id: &str, entry: Entry) -> Finding {
        let Some(&(s, c)) = self.plan.checks.get(id) else {
            return Finding::errored(entry, "not planned");
        };
        let (suite, loaded) = (&self.plan.suites[s], &self.plan.suites[s].checks[c]);
        let mut ready = match self.make_ready((s, c), Some(Face::True)) {
            Ok(ready) => ready,
            Err(why) => return self.not_sent(entry, why),
        };
        let judge = match Judge::compile(&ready.check.expect, &suite.folder) {
            Ok(judge) => judge,
            Err(faults) => {
                let told = faults.into_iter().map(|(at, fault)| format!("expect{at}: {fault}"));
                return Finding::errored(entry, told.collect::<Vec<_>>().join("; "));
            }
        };
        let attempted = self.send(&ready, &judge, suite, false);
        let mut finding = Finding::bare(entry);
        let captures = std::mem::take(&mut ready.check.capture);
        let mut missing = Vec::new();
        if let Some(Attempted { answer: Ok(answer), .. }) = &attempted {
            // First of all, so that nothing of what is captured shows in what is told below.
            missing = self.take(&captures, answer, &mut finding);
        }
        let Some(answer) = self.record(&mut finding.entry, &ready.prepared, attempted) else {
            return finding;
        };
        if finding.entry.outcome != Some(Outcome::Passed) {
            return finding;
        }
        // An answer that is wrong is not the one that a refusal must not repeat.
        finding.traces = credential(suite, loaded).map(|_| Traces::of(&answer.seen));
        if !missing.is_empty() {
            finding.entry.outcome = Some(Outcome::Failed);
            finding.entry.broken = missing;
            finding.entry.excerpt = excerpt(&answer.seen, &self.redactor);
            finding.entry.curl = Some(curl(&ready.prepared, &self.redactor));
        }
        finding.entry.reason = finding.entry.broken.first().map(line);
        finding
    }

    /// Takes what later checks need from an answer, and hides what is secret or personal of it;
    /// what is not there.
    fn take(
        &self,
        captures: &BTreeMap<String, Capture>,
        answer: &Answer,
        finding: &mut Finding,
    ) -> Vec<Broken> {
        let mut missing = Vec::new();
        for (name, spec) in captures {
            match capture(spec, &answer.seen) {
                Ok(value) => {
                    let pointer = format!("/{}", pointer_token(name));
                    let hidden = || self.redactor.value_at(&pointer, &value) != value;
                    if spec.secret.unwrap_or_else(|| is_secret_name(name) || hidden()) {
                        self.redactor.learn(&plain(value.clone()));
                        finding.secrets.push(name.clone());
                    }
                    finding.captures.insert(name.clone(), value);
                }
                Err(reason) => missing.push(Broken {
                    expectation: format!("capture.{name}"),
                    at: None,
                    expected: "a value to capture".to_owned(),
                    actual: reason,
                }),
            }
        }
        missing
    }

    /// The same request, without its credential or with a false one, must be refused.
    pub(crate) fn refusal(
        &self,
        mut entry: Entry,
        at: (usize, usize),
        face: Option<Face>,
    ) -> Entry {
        let (suite, loaded) = (&self.plan.suites[at.0], &self.plan.suites[at.0].checks[at.1]);
        let real = self.check(&format!("{}::{}", suite.name, loaded.name));
        let ready = match self.make_ready(at, face) {
            Ok(ready) => ready,
            Err(why) => return self.not_sent(entry, why).entry,
        };
        let status = loaded.check.refusal.as_ref().and_then(|refusal| refusal.status.clone());
        let status = status.unwrap_or_else(StatusSet::refused);
        let Ok(judge) = Judge::compile(&Expect::default(), &suite.folder) else {
            return Finding::errored(entry, "an answer without expectations cannot be judged")
                .entry;
        };
        let mut attempted = self.send(&ready, &judge, suite, true);
        if let Some(Attempted { answer: Ok(answer), .. }) = &mut attempted {
            // The status is judged by what counts as refused, and by nothing else.
            answer.broken.retain(|broken| broken.expectation != "expect.status");
            let traces = real.traces.clone().unwrap_or_default();
            answer.broken.extend(traces.judge(&answer.seen, &status));
        }
        self.record(&mut entry, &ready.prepared, attempted);
        entry
    }

    /// The finding of a check whose request was not sent.
    fn not_sent(&self, mut entry: Entry, why: NotReady) -> Finding {
        match why {
            NotReady::Error(reason) => Finding::errored(entry, reason),
            NotReady::Skip(reason) => {
                skip(&mut entry, reason);
                Finding::bare(entry)
            }
            // One fault is one red; but a runner with a process for each trial takes a skip
            // for a pass, and may never run the trial that is at fault.
            NotReady::Blocked(root) if self.shared.is_some() => {
                Finding { root: Some(root.clone()), ..Finding::errored(entry, root.told) }
            }
            NotReady::Blocked(root) => {
                skip(&mut entry, root.told.clone());
                Finding { root: Some(root), ..Finding::bare(entry) }
            }
        }
    }

    /// Sends, unless the run is told to stop first.
    fn send(&self, ready: &Ready, judge: &Judge, suite: &Suite, once: bool) -> Option<Attempted> {
        let live = self.live().ok()?;
        let (check, defaults) = (&ready.check, &suite.defaults);
        let plan = Plan {
            prepared: &ready.prepared,
            judge,
            budget: check.budget.or(defaults.budget).map(|budget| budget.0),
            samples: if once { 1 } else { check.samples.unwrap_or(1) },
            statistic: check.statistic.unwrap_or_default(),
            warmup: if once { 0 } else { check.warmup.unwrap_or(0) },
            retry: check.retry.as_ref().or(defaults.retry.as_ref()),
        };
        let driven = lane::drive(&self.run_id, &live.target, async |clients| {
            tokio::select! {
                attempted = attempt(clients, &plan, &self.redactor) => Some(attempted),
                () = self.interrupt.happened() => None,
            }
        });
        driven.unwrap_or_else(|error| {
            let trouble = Trouble::lasting(format!("no runtime for network requests: {error}"));
            Some(Attempted { answer: Err(trouble), retries: Vec::new() })
        })
    }

    /// Writes what came back into the entry; the answer, if there was one.
    fn record(
        &self,
        entry: &mut Entry,
        sent: &Prepared,
        attempted: Option<Attempted>,
    ) -> Option<Answer> {
        let url = self.redactor.secrets(sent.url.as_str());
        entry.request = Some(format!("{} {url}", sent.method));
        let Some(Attempted { answer, retries }) = attempted else {
            skip(entry, INTERRUPTED);
            return None;
        };
        entry.retries = retries;
        match answer {
            Err(trouble) => {
                let failed = trouble.failed;
                entry.outcome = Some(if failed { Outcome::Failed } else { Outcome::Errored });
                entry.reason = Some(trouble.line());
                entry.curl = Some(curl(sent, &self.redactor));
                None
            }
            Ok(mut answer) => {
                entry.status = Some(answer.seen.status);
                entry.latency = Some(answer.latency.clone());
                entry.broken = std::mem::take(&mut answer.broken);
                entry.reason = entry.broken.first().map(line);
                let passed = entry.broken.is_empty();
                entry.outcome = Some(if passed { Outcome::Passed } else { Outcome::Failed });
                if !passed {
                    entry.excerpt = excerpt(&answer.seen, &self.redactor);
                    entry.curl = Some(curl(sent, &self.redactor));
                }
                Some(answer)
            }
        }
    }
}
