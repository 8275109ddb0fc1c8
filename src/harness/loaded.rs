//! What a run is made of, as its files say: suites for smoke checks, or an exercise.

use std::collections::BTreeMap;
use std::path::Path;

use super::arguments::CommandLine;
use super::builder::Harness;
use super::custom::{Custom, Fixture, Starter};
use super::pieces::inputs;
use crate::environment::load::Environments;
use crate::environment::model::{EnvironmentSpec, ReadySpec};
use crate::environment::target::TIMEOUT;
use crate::journal::{Evidence, Journal};
use crate::notify::Hook;
use crate::redact::Redactor;
use crate::report::drill::running::Begun;
use crate::suite::load::{Suite, World, load};

/// Plans trials that are no suite's, from the files of the suites folder.
pub(crate) type Exercise =
    Box<dyn Fn(&Path, &Environments, &CommandLine) -> Result<Exercised, String> + Send + Sync>;

/// What an exercise has planned.
pub(crate) struct Exercised {
    pub(crate) customs: Vec<Custom>,
    /// SHA-256 of each file that was read beside the environments, by path.
    pub(crate) inputs: BTreeMap<String, String>,
    /// What stands before the suites' checks, where they belong to the exercise.
    pub(crate) before_checks: Option<Fixture>,
    /// What is known of its surroundings before it begins.
    pub(crate) evidence: Evidence,
    pub(crate) ending: Ending,
    pub(crate) recorder: Box<dyn Recorder>,
    pub(crate) hooks: Hooks,
}

/// Looks up who is to be told of the exercise.
///
/// # Errors
/// Everything that is wrong with it, as text for a person.
pub(crate) type Hooks = Box<dyn Fn(&Redactor) -> Result<Vec<Hook>, String> + Send + Sync>;

/// Writes what only an exercise has, when the other reports of the run are written: into the
/// folder of reports, from the record, with what the redactor knows hidden. Tells what to look at.
///
/// # Errors
/// It could not be written.
///
/// It is asked more than once: with `draft` for what is only searched, then for what stays.
pub(crate) type Ending =
    Box<dyn Fn(&Journal, &Redactor, &Path, bool) -> Result<Option<String>, String> + Send + Sync>;

/// Keeps an exercise on record, from before its first trial to its verdict.
pub(crate) trait Recorder: Send + Sync {
    /// It begins.
    fn begin(&self, journal: &Journal, reports: &Path) -> Opened;

    /// It has ended, and so its record says. Whether its reports do, too, is told by `reported`.
    ///
    /// # Errors
    /// That is not on record.
    fn end(&self, journal: &Journal, redactor: &Redactor, reported: bool) -> Result<(), String>;
}

/// What is known when an exercise begins.
#[derive(Default)]
pub(crate) struct Opened {
    /// What a reader should know.
    pub(crate) notes: Vec<String>,
    /// One before that did not end, of which nobody was told.
    pub(crate) dead: Option<Begun>,
}

/// What a run is made of.
pub(crate) struct Loaded {
    pub(crate) environments: Environments,
    pub(crate) spec: EnvironmentSpec,
    pub(crate) suites: Vec<Suite>,
    pub(crate) customs: Vec<Custom>,
    pub(crate) inputs: BTreeMap<String, String>,
    /// Starts the environment, where its file names no address.
    pub(crate) starter: Option<Starter>,
    /// What stands before the checks of an exercise.
    pub(crate) before_checks: Option<Fixture>,
    /// How the application is waited for after that.
    pub(crate) ready_after: Option<ReadySpec>,
    pub(crate) evidence: Option<Evidence>,
    pub(crate) ending: Option<Ending>,
    pub(crate) recorder: Option<Box<dyn Recorder>>,
    pub(crate) hooks: Option<Hooks>,
}

impl Loaded {
    /// Reads every file that a run needs.
    ///
    /// # Errors
    /// Everything that is wrong with them, as text for a person.
    pub(crate) fn read(
        harness: Harness,
        arguments: &CommandLine,
        folder: &Path,
    ) -> Result<Self, String> {
        let environments = Environments::load(folder).map_err(|problems| problems.to_string())?;
        let name = arguments.environment();
        let told = |message: String| format!("error: {message}");
        let started: Vec<&str> = harness.starters.iter().map(|(name, _)| name.as_str()).collect();
        let exercised = match &harness.exercise {
            Some(exercise) => {
                environments.is_known(name, &started).map_err(told)?;
                Some(exercise(folder, &environments, arguments)?)
            }
            None => None,
        };
        let checks = exercised.as_ref().is_none_or(|exercised| exercised.before_checks.is_some());
        let (mut spec, suites) = match checks {
            true => {
                let spec = match &exercised {
                    // What it restores into may be a database alone.
                    Some(_) => environments.file.environment.get(name).cloned().unwrap_or_default(),
                    None => environments.get(name, &started).map_err(told)?,
                };
                let suites = suites(folder, &environments, &spec, name, &started)?;
                (spec, suites)
            }
            false => (EnvironmentSpec::default(), Vec::new()),
        };
        let mut inputs = inputs(&suites, &environments);
        let (mut customs, mut before_checks, mut ready_after) = (harness.customs, None, None);
        let (mut evidence, mut ending, mut hooks, mut recorder) = (None, None, None, None);
        if let Some(exercised) = exercised {
            inputs.extend(exercised.inputs);
            customs = exercised.customs;
            before_checks = exercised.before_checks;
            (evidence, ending) = (Some(exercised.evidence), Some(exercised.ending));
            (hooks, recorder) = (Some(exercised.hooks), Some(exercised.recorder));
            // What is to be waited for is made first.
            ready_after = spec.ready.take();
        }
        let outside = spec.base_url.is_some();
        let starter = harness.starters.into_iter().find(|(known, _)| *known == name && !outside);
        let starter = starter.map(|(_, starter)| starter);
        Ok(Self {
            environments,
            spec,
            suites,
            customs,
            inputs,
            starter,
            before_checks,
            ready_after,
            evidence,
            ending,
            recorder,
            hooks,
        })
    }
}

/// The suites, as they are in an environment.
fn suites(
    folder: &Path,
    environments: &Environments,
    spec: &EnvironmentSpec,
    name: &str,
    started: &[&str],
) -> Result<Vec<Suite>, String> {
    let variables = spec.variables.keys().map(String::as_str).collect();
    let answers = spec.base_url.is_some() || started.contains(&name);
    let credentials = spec.credentials.keys().map(String::as_str).collect();
    let world = World {
        environments: environments.names(started),
        environment: name,
        variables: spec.base_url.is_some().then_some(variables),
        timeout: spec.timeout.map_or(TIMEOUT, |timeout| timeout.0),
        // Where no application answers, no check is sent.
        credentials: answers.then_some(credentials),
    };
    load(folder, &world).map_err(|problems| problems.to_string())
}
