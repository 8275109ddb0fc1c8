//! The pieces of which a run is put together.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::arguments::CommandLine;
use super::finding::payload;
use super::plan::{Plan, skip};
use super::shared::Shared;
use crate::backup::id::new_id;
use crate::environment::CredentialSpec;
use crate::environment::credential::Credential;
use crate::environment::load::Environments;
use crate::environment::lookup::Context;
use crate::environment::target::Target;
use crate::journal::{FORMAT, Journal, Run, Verdict};
use crate::redact::Redactor;
use crate::report::console::tell;
use crate::suite::Problems;
use crate::suite::load::Suite;
use crate::suite::source::pointer_token;

/// SHA-256 of each file that was read, by path.
pub(super) fn inputs(suites: &[Suite], environments: &Environments) -> BTreeMap<String, String> {
    let documents = suites.iter().map(|suite| &suite.document).chain(&environments.document);
    documents
        .map(|document| (document.source.path.display().to_string(), document.hash.clone()))
        .collect()
}

/// A redactor that knows what the environments' file hides.
pub(super) fn redactor(environments: &Environments) -> Result<Redactor, String> {
    let spec = &environments.file.redact;
    let patterns = spec.patterns.iter().map(|pattern| regex::Regex::new(pattern));
    let patterns = patterns.collect::<Result<Vec<_>, _>>().map_err(|e| format!("error: {e}"))?;
    Ok(Redactor::new(&spec.keys, patterns))
}

/// The credentials that the selection sends: those of its suite, or the environment's.
pub(super) fn credentials(
    plan: &Plan,
    specs: &BTreeMap<String, CredentialSpec>,
    context: &Context,
    redactor: &Redactor,
) -> Result<BTreeMap<(usize, String), Credential>, Problems> {
    let mut problems = Problems::default();
    let mut found = BTreeMap::new();
    for (s, name) in plan.credentials() {
        let suite = &plan.suites[s];
        let tail = format!("/credentials/{}", pointer_token(&name));
        let resolved = match (suite.credentials.get(&name), specs.get(&name)) {
            (Some(spec), _) => {
                let document = Some(Arc::clone(&suite.document));
                let here = Context::new(document, tail, suite.folder.clone());
                Credential::resolve(spec, &here, redactor)
            }
            (None, Some(spec)) => Credential::resolve(spec, &context.at(&tail), redactor),
            // Only a check that does not run in this environment may name an unknown one.
            (None, None) => continue,
        };
        match resolved {
            Ok(credential) => drop(found.insert((s, name), credential)),
            Err(list) => problems.extend(list),
        }
    }
    problems.or(found)
}

/// A record of which nothing is known yet.
pub(super) fn blank(kind: &str, environment: &str) -> Journal {
    let started = Timestamp::now();
    let run = Run {
        id: new_id(started),
        kind: kind.to_owned(),
        environment: environment.to_owned(),
        base_url: None,
        started,
        finished: None,
        verdict: Verdict::Unfinished,
        exit_code: None,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        arguments: Vec::new(),
        inputs: BTreeMap::new(),
        notes: Vec::new(),
        evidence: None,
    };
    let (entries, filtered_out) = (Vec::new(), Vec::new());
    Journal { format: FORMAT.to_owned(), run, entries, filtered_out }
}

/// The record of the run before it begins.
pub(super) fn journal(
    plan: &Plan,
    arguments: &CommandLine,
    kind: &str,
    target: &Target,
    inputs: BTreeMap<String, String>,
    redactor: &Redactor,
    shared: &Option<Shared>,
) -> Journal {
    let mut journal = blank(kind, &target.name);
    if let Some(shared) = shared {
        journal.run.id.clone_from(&shared.run_id);
    }
    if !target.verify_tls {
        let note = "TLS certificates were not verified (`verify_tls = false`)";
        journal.run.notes.push(note.to_owned());
    }
    journal.run.base_url = target.shown_url().map(|url| redactor.secrets(&url));
    journal.run.arguments = arguments.words.iter().map(|word| redactor.secrets(word)).collect();
    journal.run.inputs = inputs;
    let wanted = arguments.libtest.ignored || arguments.libtest.include_ignored;
    let selected = plan.trials.iter().filter(|planned| planned.selected);
    let entries = selected.map(|planned| {
        let mut entry = plan.entry(planned);
        if let Some(reason) = planned.ignore.as_ref().filter(|_| !wanted) {
            skip(&mut entry, reason.clone());
        }
        redactor.entry(&mut entry);
        entry
    });
    journal.entries = entries.collect();
    let left = plan.trials.iter().filter(|planned| !planned.selected);
    journal.filtered_out = left.map(|planned| planned.id.clone()).collect();
    journal
}

/// A panic's message may hold a secret; what reaches the terminal does not.
pub(super) fn hide_panics(redactor: &Arc<Redactor>) {
    let redactor = Arc::clone(redactor);
    std::panic::set_hook(Box::new(move |info| {
        let text = payload(info.payload());
        // libtest-mimic panics where its output goes into a closed pipe; the run goes on.
        let printer = info.location().is_some_and(|l| l.file().contains("libtest-mimic"));
        if printer && (text.contains("Broken pipe") || text.contains("BrokenPipe")) {
            return;
        }
        let place =
            info.location().map(|l| format!(" at {}:{}", l.file(), l.line())).unwrap_or_default();
        tell(&format!("panicked{place}: {}\n", redactor.secrets(&text)));
    }));
}
