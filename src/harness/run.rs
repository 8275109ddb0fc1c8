//! A run from its arguments to its exit code.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use libtest_mimic::{Arguments, Trial};
use once_cell::sync::OnceCell;

use super::arguments::CommandLine;
use super::builder::Harness;
use super::exit;
use super::finish::{Ledger, finish};
use super::interrupt::Interrupt;
use super::plan::{Plan, skip};
use super::shared::Shared;
use super::state::Run;
use crate::environment::credential::Credential;
use crate::environment::load::Environments;
use crate::environment::lookup::Context;
use crate::environment::target::Target;
use crate::journal::{FORMAT, Journal, Verdict};
use crate::redact::Redactor;
use crate::suite::Problems;
use crate::suite::load::{Suite, World, load};
use crate::suite::source::pointer_token;

/// How many checks run at once where nobody says otherwise: kind to a small staging.
const PARALLEL: usize = 4;

/// Loads, plans, runs and reports; the exit code.
pub(crate) fn run(harness: Harness, arguments: &CommandLine) -> u8 {
    match prepare(harness, arguments) {
        Ok(Prepared::Listed) => exit::PASSED,
        Ok(Prepared::Run(ready)) => execute(*ready),
        Err(message) => {
            eprintln!("{message}");
            exit::USAGE
        }
    }
}

enum Prepared {
    Listed,
    Run(Box<Ready>),
}

/// A run that only has to be started.
struct Ready {
    run: Arc<Run>,
    ledger: Ledger,
    libtest: Arguments,
}

/// A one-line message in the form of all others.
fn error(message: impl Display) -> String {
    format!("error: {message}")
}

fn prepare(harness: Harness, arguments: &CommandLine) -> Result<Prepared, String> {
    let folder = harness.root.join(arguments.ours.suites.as_ref().unwrap_or(&harness.suites));
    let folder = shorten(&folder);
    let environments = Environments::load(&folder).map_err(|problems| problems.to_string())?;
    let name = arguments.environment().to_owned();
    let started: Vec<&str> = harness.starters.iter().map(|(name, _)| name.as_str()).collect();
    let spec = environments.get(&name, &started).map_err(error)?;
    let outside = spec.base_url.is_some();
    let world = World {
        environments: environments.names(&started),
        environment: &name,
        variables: outside.then(|| spec.variables.keys().map(String::as_str).collect()),
        credentials: Some(spec.credentials.keys().map(String::as_str).collect()),
    };
    let suites = load(&folder, &world).map_err(|problems| problems.to_string())?;
    let inputs = inputs(&suites, &environments);
    let starter = harness.starters.into_iter().find(|(known, _)| *known == name && !outside);
    let starter = starter.map(|(_, starter)| starter);
    let is_trial = starter.is_some() || spec.ready.is_some();
    let plan = Plan::new(suites, harness.customs, is_trial, arguments);
    if let Some(twice) = twice(&plan) {
        return Err(error(format!("two checks are named `{twice}`; give one another name")));
    }
    let mut libtest = arguments.libtest.clone();
    usable(&libtest).map_err(error)?;
    if libtest.list {
        // Listing is for tools that count: no network, no report, nothing else on stdout.
        let listed = |planned: &super::plan::Planned| {
            Trial::test(planned.id.clone(), || Ok(())).with_ignored_flag(planned.ignore.is_some())
        };
        let trials = plan.trials.iter().filter(|t| t.selected).map(listed).collect();
        let _ = libtest_mimic::run(&libtest, trials);
        return Ok(Prepared::Listed);
    }
    if let Some(message) = plan.nothing_selected(arguments) {
        return Err(error(message));
    }
    let redactor = Arc::new(redactor(&environments)?);
    let context = environments.context(&name);
    let target = Target::resolve(&name, &spec, &context, &redactor);
    let target = target.map_err(|problems| redactor.secrets(&problems.to_string()))?;
    let credentials = credentials(&plan, &spec.credentials, &context, &redactor)
        .map_err(|problems| redactor.secrets(&problems.to_string()))?;
    hide_panics(&redactor);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|e| error(format!("no runtime for network requests: {e}")))?;
    let interrupt = Interrupt::listen(runtime.handle());
    let shared = Shared::of_runner().map_err(error)?;
    if let Some(shared) = &shared {
        shared.ensure_keeper().map_err(error)?;
    }
    let parallel = spec.parallel.unwrap_or(PARALLEL);
    libtest.test_threads = libtest.test_threads.or_else(threads_variable).or(Some(parallel));
    let journal = journal(&plan, arguments, &harness.kind, &target, inputs, &redactor, &shared);
    let reports = harness.root.join(arguments.ours.reports.as_ref().unwrap_or(&harness.reports));
    let reports = shorten(&reports);
    let ledger = Ledger::open(
        &reports,
        &journal,
        runtime,
        arguments.ours.max_skipped.or(spec.max_skipped),
        shared.is_some(),
    )
    .map_err(error)?;
    let entries = journal.entries.iter().enumerate();
    let entries: HashMap<_, _> = entries.map(|(at, entry)| (entry.id.clone(), at)).collect();
    let findings = plan.checks.keys().map(|id| (id.clone(), OnceCell::new())).collect();
    let run = Run {
        plan,
        target,
        ready: spec.ready.clone(),
        starter,
        credentials,
        redactor,
        runtime: ledger.runtime(),
        interrupt,
        shared,
        parallel,
        fail_fast: arguments.ours.fail_fast,
        tripped: AtomicBool::new(false),
        live: OnceCell::new(),
        findings,
        run_id: journal.run.id.clone(),
        journal: Mutex::new(journal),
        entries,
    };
    Ok(Prepared::Run(Box::new(Ready { run: Arc::new(run), ledger, libtest })))
}

fn execute(Ready { run, ledger, libtest }: Ready) -> u8 {
    let selected = run.plan.trials.iter().filter(|planned| planned.selected).cloned();
    let trials = selected.map(|planned| {
        let ignored = planned.ignore.is_some();
        let run = Arc::clone(&run);
        Trial::ignorable_test(planned.id.clone(), move || run.trial(&planned))
            .with_ignored_flag(ignored)
    });
    let trials = trials.collect();
    // It panics where its output cannot be written, such as into a pipe that was closed.
    let printed =
        std::panic::catch_unwind(AssertUnwindSafe(|| libtest_mimic::run(&libtest, trials)));
    if printed.is_err() {
        let note = "the results could not all be printed: standard output was closed";
        run.journal().run.notes.push(note.to_owned());
    }
    finish(&run, ledger)
}

/// What libtest-mimic takes without a word, and then hangs or panics on.
fn usable(libtest: &Arguments) -> Result<(), String> {
    if libtest.test_threads == Some(0) {
        return Err("--test-threads 0 would run nothing; give 1 or more".to_owned());
    }
    if let Some(path) = &libtest.logfile {
        std::fs::File::create(path).map_err(|error| format!("--logfile {path}: {error}"))?;
    }
    Ok(())
}

/// The name of two trials, if there are two of one name.
fn twice(plan: &Plan) -> Option<String> {
    let mut seen = BTreeSet::new();
    plan.trials.iter().find(|trial| !seen.insert(&trial.id)).map(|trial| trial.id.clone())
}

/// A path below the current folder, written from there, as people would write it.
fn shorten(path: &Path) -> std::path::PathBuf {
    let current = std::env::current_dir().unwrap_or_default();
    match path.strip_prefix(&current) {
        Ok(rest) if !rest.as_os_str().is_empty() => rest.to_owned(),
        _ => path.to_owned(),
    }
}

/// libtest's own variable for the number of threads.
fn threads_variable() -> Option<usize> {
    std::env::var("RUST_TEST_THREADS").ok()?.parse().ok().filter(|threads| *threads > 0)
}

fn inputs(suites: &[Suite], environments: &Environments) -> BTreeMap<String, String> {
    let documents = suites.iter().map(|suite| &suite.document).chain(&environments.document);
    documents
        .map(|document| (document.source.path.display().to_string(), document.hash.clone()))
        .collect()
}

fn redactor(environments: &Environments) -> Result<Redactor, String> {
    let spec = &environments.file.redact;
    let patterns = spec.patterns.iter().map(|pattern| regex::Regex::new(pattern));
    let patterns = patterns.collect::<Result<Vec<_>, _>>().map_err(error)?;
    Ok(Redactor::new(&spec.keys, patterns))
}

/// The credentials that the selection sends: those of its suite, or the environment's.
fn credentials(
    plan: &Plan,
    specs: &BTreeMap<String, crate::environment::CredentialSpec>,
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

fn journal(
    plan: &Plan,
    arguments: &CommandLine,
    kind: &str,
    target: &Target,
    inputs: BTreeMap<String, String>,
    redactor: &Redactor,
    shared: &Option<Shared>,
) -> Journal {
    let started = Timestamp::now();
    let id = match shared {
        Some(shared) => shared.run_id.clone(),
        None => format!("{}-{:08x}", started.strftime("%Y%m%dT%H%M%SZ"), fastrand::u32(..)),
    };
    let mut notes = Vec::new();
    if !target.verify_tls {
        notes.push("TLS certificates were not verified (`verify_tls = false`)".to_owned());
    }
    let run = crate::journal::Run {
        id,
        kind: kind.to_owned(),
        environment: target.name.clone(),
        base_url: target.shown_url(),
        started,
        finished: None,
        verdict: Verdict::Unfinished,
        exit_code: None,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        arguments: std::env::args().skip(1).map(|word| redactor.secrets(&word)).collect(),
        inputs,
        notes,
    };
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
    let entries = entries.collect();
    let left = plan.trials.iter().filter(|planned| !planned.selected);
    let filtered_out = left.map(|planned| planned.id.clone()).collect();
    Journal { format: FORMAT.to_owned(), run, entries, filtered_out }
}

/// A panic's message may hold a secret; what reaches the terminal does not.
fn hide_panics(redactor: &Arc<Redactor>) {
    let redactor = Arc::clone(redactor);
    std::panic::set_hook(Box::new(move |info| {
        let text = super::finding::payload(info.payload());
        let place =
            info.location().map(|l| format!(" at {}:{}", l.file(), l.line())).unwrap_or_default();
        eprintln!("panicked{place}: {}", redactor.secrets(&text));
    }));
}
