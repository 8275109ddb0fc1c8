//! What a run is made of, as its files say: suites for smoke checks, or an exercise.

use std::collections::BTreeMap;
use std::path::Path;

use super::arguments::CommandLine;
use super::builder::Harness;
use super::custom::{Custom, Starter};
use super::pieces::inputs;
use crate::environment::load::Environments;
use crate::environment::model::EnvironmentSpec;
use crate::environment::target::TIMEOUT;
use crate::suite::load::{Suite, World, load};

/// Plans trials that are no suite's, from the files of the suites folder.
pub(crate) type Exercise =
    Box<dyn Fn(&Path, &Environments, &CommandLine) -> Result<Exercised, String> + Send + Sync>;

/// What an exercise has planned.
pub(crate) struct Exercised {
    pub(crate) customs: Vec<Custom>,
    /// SHA-256 of each file that was read beside the environments, by path.
    pub(crate) inputs: BTreeMap<String, String>,
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
        let (spec, suites, customs, inputs) = match &harness.exercise {
            Some(exercise) => {
                environments.is_known(name, &started).map_err(told)?;
                let exercised = exercise(folder, &environments, arguments)?;
                let mut inputs = inputs(&[], &environments);
                inputs.extend(exercised.inputs);
                (EnvironmentSpec::default(), Vec::new(), exercised.customs, inputs)
            }
            None => {
                let spec = environments.get(name, &started).map_err(told)?;
                let variables = spec.variables.keys().map(String::as_str).collect();
                let world = World {
                    environments: environments.names(&started),
                    environment: name,
                    variables: spec.base_url.is_some().then_some(variables),
                    timeout: spec.timeout.map_or(TIMEOUT, |timeout| timeout.0),
                    credentials: Some(spec.credentials.keys().map(String::as_str).collect()),
                };
                let suites = load(folder, &world).map_err(|problems| problems.to_string())?;
                let inputs = inputs(&suites, &environments);
                (spec, suites, harness.customs, inputs)
            }
        };
        let outside = spec.base_url.is_some();
        let starter = harness.starters.into_iter().find(|(known, _)| *known == name && !outside);
        let starter = starter.map(|(_, starter)| starter);
        Ok(Self { environments, spec, suites, customs, inputs, starter })
    }
}
