//! The whole command.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::canary::{Canary, KINDS};
use super::event::Planted;
use super::line::{Outcome, line};
use super::part::PARTS;
use super::sentry::Sentry;
use super::settings::{Project, resolve};
use crate::backup::backups::settings;
use crate::backup::stop::Stop;
use crate::fault::Fault;
use crate::harness::stop_by_signal;
use crate::redact::Redactor;
use crate::suite::source::hex;

/// Tests whether the Sentry project that `drill.toml` names keeps personal data and secrets that
/// are sent to it; `say` is given a line for each kind in each part. Returns the last line.
///
/// # Errors
/// *Usage*: there is no such project in the file. *Failed*: something is kept. *Errored*: nothing
/// that was read back is, and not all could be read back.
pub fn test_scrubbing(suites: &Path, say: &mut dyn FnMut(&str)) -> Result<String, Fault> {
    let settings = settings(suites)?;
    let redactor = Redactor::new(&[], Vec::new());
    let project = resolve(&settings, &redactor)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| Fault::errored(format!("no runtime: {error}")))?;
    let stop = stop_by_signal(runtime.handle());
    let planted = planted(&redactor);
    let tally = runtime.block_on(tested(&project, &planted, &redactor, &stop, say))?;
    tally.verdict()
}

/// An event for each kind, and in it a canary for each part.
fn planted(redactor: &Redactor) -> Vec<Planted> {
    let mut made = BTreeSet::new();
    let events = KINDS.iter().map(|kind| {
        let canaries = PARTS.map(|part| (part, Canary::new(*kind, &mut made)));
        for (_, canary) in &canaries {
            redactor.learn(&canary.value);
        }
        let mut id = [0; 16];
        fastrand::fill(&mut id);
        Planted { kind: *kind, id: hex(&id), canaries: BTreeMap::from(canaries) }
    });
    events.collect()
}

async fn tested(
    project: &Project,
    events: &[Planted],
    redactor: &Redactor,
    stop: &Stop,
    say: &mut dyn FnMut(&str),
) -> Result<Tally, Fault> {
    let mut tally = Tally::default();
    let sentry = Sentry::new(project, stop);
    // What is the same for all others is not tried ten times.
    let mut refused: Option<String> = None;
    let mut sent = Vec::new();
    for event in events {
        sent.push(match &refused {
            Some(why) => Err(why.clone()),
            None => sentry.send(event).await?.map_err(|told| told.noted(&mut refused)),
        });
    }
    // All are read before any is searched, which would take time from the deadline.
    let mut read = Vec::new();
    for (event, sent) in events.iter().zip(sent) {
        read.push(match (sent, &refused) {
            (Err(why), _) => Err(why),
            (Ok(()), Some(why)) => Err(why.clone()),
            (Ok(()), None) => sentry.read(event).await?.map_err(|told| told.noted(&mut refused)),
        });
    }
    for (event, kept) in events.iter().zip(&read) {
        for (part, canary) in &event.canaries {
            let outcome = match kept {
                Ok(kept) => Outcome::from(kept.look(*part, canary)),
                Err(why) => Outcome::NotRun(why.clone()),
            };
            say(&redactor.secrets(&line(*part, event.kind, &outcome)));
            tally.count(event.kind.label(), &outcome);
        }
    }
    Ok(tally)
}

/// How many canaries ended how.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    not_run: usize,
    kept: BTreeSet<&'static str>,
}

impl Tally {
    fn count(&mut self, kind: &'static str, outcome: &Outcome) {
        match outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::NotRun(_) => self.not_run += 1,
            Outcome::Failed(_) => {
                self.failed += 1;
                self.kept.insert(kind);
            }
        }
    }

    fn verdict(&self) -> Result<String, Fault> {
        let Self { passed, failed, not_run, kept } = self;
        let told = format!("{passed} scrubbed, {failed} kept, {not_run} not run");
        if *failed > 0 {
            let kinds: Vec<&str> = kept.iter().copied().collect();
            let message = format!("Sentry keeps what it should not: {told}");
            let help = format!(
                "add rules for {} under Security & Privacy, Advanced Data Scrubbing, of the \
                 project or the organization; Sentry's defaults have no e-mail address, telephone \
                 number or name",
                kinds.join(", ")
            );
            return Err(Fault::failed(message).help(help));
        }
        if *not_run > 0 {
            let message =
                format!("not all could be read back, and what was not is not proved: {told}");
            let help = "see the reasons in the lines above; the token needs project:read and \
                        event:read, and a longer `deadline` waits longer";
            return Err(Fault::errored(message).help(help));
        }
        Ok(format!("Sentry keeps none of them: {told}\n"))
    }
}
