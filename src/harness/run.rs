//! A run from its arguments to its exit code.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Trial};
use once_cell::sync::OnceCell;

use super::arguments::CommandLine;
use super::builder::Harness;
use super::exit;
use super::finish::{Ledger, did_not_run, finish, not_begun};
use super::interrupt::Interrupt;
use super::loaded::Loaded;
use super::pieces::{credentials, hide_panics, journal, redactor};
use super::plan::{Job, Plan, Planned};
use super::shared::Shared;
use super::state::Run;
use crate::check::lane;
use crate::environment::source::resolve_database;
use crate::environment::target::Target;
use crate::notify::Notifier;
use crate::project::{reports_folder, shorten};
use crate::report::console::tell;

/// How many checks run at once where nobody says otherwise: kind to a small staging.
const PARALLEL: usize = 4;

/// Loads, plans, runs and reports; the exit code.
pub(crate) fn run(harness: Harness, arguments: &CommandLine) -> u8 {
    let reports = folder_of_reports(&harness, arguments);
    let kind = harness.kind.word();
    match prepare(harness, arguments) {
        Ok(Prepared::Listed) => exit::PASSED,
        Ok(Prepared::Run(ready)) => execute(*ready),
        Err(message) => {
            tell(&format!("{message}\n"));
            if !arguments.libtest.list {
                did_not_run(&reports, kind, arguments.environment(), &message);
            }
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
    if arguments.environment().trim().is_empty() {
        return Err(error(
            "the environment's name is empty: is a variable unset behind --env or SMOKE_ENV?",
        ));
    }
    let reports = folder_of_reports(&harness, arguments);
    let folder = suites_folder(&harness, arguments);
    if !folder.is_dir() {
        return Err(error(format!(
            "there is no folder {}; run where it is, or name another with --suites DIR",
            folder.display()
        )));
    }
    let kind = harness.kind.word();
    let loaded = Loaded::read(harness, arguments, &folder)?;
    let Loaded { environments, spec, suites, customs, inputs, starter, .. } = loaded;
    let (before_checks, ready_after) = (loaded.before_checks, loaded.ready_after);
    let (evidence, ending, hooks) = (loaded.evidence, loaded.ending, loaded.hooks);
    let recorder = loaded.recorder;
    let name = arguments.environment();
    let is_trial = starter.is_some() || spec.ready.is_some();
    let plan = Plan::new(suites, customs, is_trial, arguments);
    if let Some(odd) = plan.customs.iter().find(|custom| !is_name(&custom.suite, &custom.name)) {
        let (suite, name) = (&odd.suite, &odd.name);
        return Err(error(format!("{suite:?}::{name:?}: a check's name is one line, not empty")));
    }
    if let Some(twice) = twice(&plan) {
        return Err(error(format!("two checks are named `{twice}`; give one another name")));
    }
    let mut libtest = arguments.libtest.clone();
    usable(&libtest).map_err(error)?;
    if libtest.list {
        hide_panics(&Arc::new(redactor(&environments)?));
        // Listing is for tools that count: no network, no report, nothing else on stdout.
        let listed = |planned: &Planned| {
            Trial::test(planned.id.clone(), || Ok(())).with_ignored_flag(planned.ignore.is_some())
        };
        let trials = plan.trials.iter().filter(|t| t.selected).map(listed).collect();
        let _ = printing(&libtest, trials);
        return Ok(Prepared::Listed);
    }
    if let Some(message) = plan.nothing_selected(arguments) {
        return Err(error(message));
    }
    let redactor = Arc::new(redactor(&environments)?);
    let context = environments.context(name);
    let target = Target::resolve(name, &spec, &context, &redactor);
    let target = target.map_err(|problems| redactor.secrets(&problems.to_string()))?;
    let credentials = match target.base_url.is_some() || starter.is_some() {
        true => credentials(&plan, &spec.credentials, &context, &redactor)
            .map_err(|problems| redactor.secrets(&problems.to_string()))?,
        // Where no application answers, nothing is sent.
        false => BTreeMap::new(),
    };
    let asks = |planned: &Planned| planned.selected && matches!(planned.job, Job::Query(..));
    let database = spec.database.as_ref().filter(|_| plan.trials.iter().any(asks));
    // Where its URL is not at hand, as on a machine that gates deploys, queries say so and are
    // skipped; one that is at hand and wrong is an error.
    let database_url = match database.map(|database| &database.url) {
        Some(url) if context.at("/database/url").find(url).is_ok() => {
            let found = resolve_database(&environments, name, &redactor);
            Some(found.map_err(|problems| redactor.secrets(&problems.to_string()))?.url)
        }
        _ => None,
    };
    let hooks = hooks.map(|hooks| hooks(&redactor)).transpose();
    let hooks = hooks.map_err(|problems| redactor.secrets(&problems))?.unwrap_or_default();
    hide_panics(&redactor);
    // For signals, and for waiting on an environment: checks drive their requests themselves.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|e| error(format!("no runtime for network requests: {e}")))?;
    let interrupt = Interrupt::listen(runtime.handle());
    let shared = Shared::of_runner().map_err(error)?;
    // Where each trial is a process of its own, none of them knows of begin and end.
    let notifier =
        (shared.is_none() && !hooks.is_empty()).then(|| Notifier::new(hooks, runtime.handle()));
    if let Some(shared) = &shared {
        shared.ensure_keeper(starter.is_some()).map_err(error)?;
    }
    let parallel = spec.parallel.unwrap_or(PARALLEL);
    libtest.test_threads = libtest.test_threads.or_else(threads_variable).or(Some(parallel));
    lane::make_room(libtest.test_threads.unwrap_or(parallel));
    let mut journal = journal(&plan, arguments, kind, &target, inputs, &redactor, &shared);
    journal.run.evidence = evidence.map(Box::new);
    let proved = Ledger::prove(&reports, &journal, shared.as_ref()).inspect_err(|lost| {
        if let Some(notifier) = &notifier {
            not_begun(notifier, &journal, &redactor.secrets(lost));
        }
    });
    let max_skipped = arguments.ours.max_skipped.or(spec.max_skipped);
    let ledger = Ledger::new(proved.map_err(error)?, runtime, max_skipped);
    let entries = journal.entries.iter().enumerate();
    let entries: HashMap<_, _> = entries.map(|(at, entry)| (entry.id.clone(), at)).collect();
    // What is only a look at checks is nothing to keep on record; and where each trial is a process
    // of its own, each would be a run.
    let of_exercise = |planned: &Planned| planned.selected && matches!(planned.job, Job::Custom(_));
    let recorder = recorder.filter(|_| shared.is_none() && plan.trials.iter().any(of_exercise));
    // Where nothing else of the exercise is asked for, checks are asked of what serves. A process
    // of its own for each trial knows of no other trial, so there they always wait.
    let exercised = |planned: &Planned| planned.selected && plan.is_restore(planned);
    let before_checks =
        before_checks.filter(|_| shared.is_some() || plan.trials.iter().any(exercised));
    let findings = plan.checks.keys().map(|id| (id.clone(), OnceCell::new())).collect();
    let run = Run {
        plan,
        target,
        ready: spec.ready.clone(),
        starter,
        credentials,
        browser: OnceCell::new(),
        database_url,
        redactor,
        runtime: ledger.runtime(),
        interrupt,
        shared,
        parallel,
        fail_fast: arguments.ours.fail_fast,
        tripped: AtomicBool::new(false),
        live: OnceCell::new(),
        before_checks,
        ready_after,
        ending,
        recorder,
        notifier,
        told_red: AtomicBool::new(false),
        answered: OnceCell::new(),
        findings,
        run_id: journal.run.id.clone(),
        reports,
        journal: Mutex::new(journal),
        added: Mutex::default(),
        entries,
    };
    Ok(Prepared::Run(Box::new(Ready { run: Arc::new(run), ledger, libtest })))
}

fn execute(Ready { run, ledger, libtest }: Ready) -> u8 {
    run.begin();
    let selected = run.plan.trials.iter().filter(|planned| planned.selected).cloned();
    let trials = selected.map(|planned| {
        let ignored = planned.ignore.is_some();
        let run = Arc::clone(&run);
        Trial::ignorable_test(planned.id.clone(), move || Run::trial(&run, &planned))
            .with_ignored_flag(ignored)
    });
    let trials = trials.collect();
    if !printing(&libtest, trials) {
        let note = "the results could not all be printed: standard output was closed";
        run.journal().run.notes.push(note.to_owned());
    }
    finish(&run, ledger)
}

/// Hands the trials to libtest-mimic; false if its output could not be written, such as into a
/// pipe that was closed, on which it panics.
fn printing(libtest: &Arguments, trials: Vec<Trial>) -> bool {
    let run = AssertUnwindSafe(|| drop(libtest_mimic::run(libtest, trials)));
    std::panic::catch_unwind(run).is_ok()
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

/// Whether a check written in Rust has a name that can be listed and selected.
fn is_name(suite: &str, name: &str) -> bool {
    [suite, name].iter().all(|part| !part.trim().is_empty() && !part.contains(char::is_control))
}

/// Where the suites are.
fn suites_folder(harness: &Harness, arguments: &CommandLine) -> PathBuf {
    shorten(&harness.root.join(arguments.ours.suites.as_ref().unwrap_or(&harness.suites)))
}

/// Where the reports go.
fn folder_of_reports(harness: &Harness, arguments: &CommandLine) -> PathBuf {
    let named = arguments.ours.reports.as_ref().or(harness.reports.as_ref());
    let named = named.map(|folder| shorten(&harness.root.join(folder)));
    reports_folder(&suites_folder(harness, arguments), named.as_deref())
}

/// The name of two trials, if there are two of one name.
fn twice(plan: &Plan) -> Option<String> {
    let mut seen = BTreeSet::new();
    plan.trials.iter().find(|trial| !seen.insert(&trial.id)).map(|trial| trial.id.clone())
}

/// libtest's own variable for the number of threads.
fn threads_variable() -> Option<usize> {
    std::env::var("RUST_TEST_THREADS").ok()?.parse().ok().filter(|threads| *threads > 0)
}
