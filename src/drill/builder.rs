//! The drill as projects use it: a few lines in `tests/drill.rs`.

use std::error::Error;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use super::ending;
use super::record::DrillRecord;
use super::state::State;
use super::trials;
use crate::environment::model::EnvironmentSpec;
use crate::harness::{CommandLine, Exercised, Harness, Hooks, Kind, Running};

/// A test harness that backs a source up, restores it masked, and proves both.
///
/// `tests/drill.rs`, with `harness = false` in `Cargo.toml`:
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     smokedrill::Drill::new().main()
/// }
/// ```
///
/// What is backed up is the environment that `suites/drill.toml` names as `source`, and it is
/// restored into the one that `--env` names. In an environment that the harness starts itself, such
/// as `local` below, both are that one's databases.
///
/// ```no_run
/// use smokedrill::{Drill, Running};
///
/// # struct Production;
/// # impl Production {
/// #     fn start() -> std::io::Result<Self> { Ok(Self) }
/// #     fn url(&self) -> String { String::new() }
/// # }
/// fn main() -> std::process::ExitCode {
///     Drill::new()
///         .environment("local", || {
///             let production = Production::start()?;
///             let staging = Production::start()?;
///             Ok(Running::production(production.url())
///                 .staging(staging.url())
///                 .keep((production, staging)))
///         })
///         .main()
/// }
/// ```
#[must_use = "nothing runs before `main` is called"]
pub struct Drill {
    harness: Harness,
}

impl Default for Drill {
    fn default() -> Self {
        Self::new()
    }
}

impl Drill {
    /// A drill by `suites/drill.toml` in the folder of the package whose test this is; without
    /// cargo, in the current folder. Relative paths in it begin where the folder of suites stands,
    /// and reports go into `reports/` there.
    pub fn new() -> Self {
        Self { harness: Harness { kind: Kind::Drill, ..Harness::new() } }
    }

    /// Reads the settings from another folder.
    pub fn suites(self, folder: impl Into<PathBuf>) -> Self {
        Self { harness: self.harness.suites(folder) }
    }

    /// Writes reports into another folder.
    pub fn reports(self, folder: impl Into<PathBuf>) -> Self {
        Self { harness: self.harness.reports(folder) }
    }

    /// An environment that the harness starts when the first test needs it, and drops when the
    /// run is over; see [`Running::production`].
    pub fn environment(
        self,
        name: impl Into<String>,
        start: impl Fn() -> Result<Running, Box<dyn Error + Send + Sync>> + Send + Sync + 'static,
    ) -> Self {
        Self { harness: self.harness.environment(name, start) }
    }

    /// Runs what the command line asks for, and returns the exit code, as
    /// [`Harness::main`](crate::Harness::main) does.
    pub fn main(self) -> ExitCode {
        self.run_with(std::env::args_os())
    }

    /// The same for a command line given here, its first word the program's name.
    pub fn run_with(self, words: impl IntoIterator<Item = OsString>) -> ExitCode {
        let mut harness = self.harness;
        let started: Vec<String> = harness.starters.iter().map(|(name, _)| name.clone()).collect();
        let starts = move |name: &str| started.iter().any(|known| known == name);
        harness.exercise = Some(Box::new(move |folder, environments, arguments| {
            let state = Arc::new(State::load(folder, environments, arguments)?);
            let inputs = state.settings.input().into_iter().chain(state.rules.input()).collect();
            // Checks belong to the environment that is restored into, never to the source.
            let name = arguments.environment();
            let known = name == state.settings.source || starts(name);
            if !known && only_backup(arguments) {
                return Err(not_backed_up(name, &state.settings.source));
            }
            let spec = environments.file.environment.get(name);
            // Where no application answers, a database can still be asked.
            let asked = |spec: &EnvironmentSpec| spec.base_url.is_some() || spec.database.is_some();
            let asked = starts(name) || spec.is_some_and(asked);
            let mut customs = trials::backup(&state);
            let mut before_checks = None;
            let evidence = ending::evidence(&state, arguments.libtest.list);
            let ending = ending::of(&state);
            let recorder = Box::new(DrillRecord::new(&state));
            if name != state.settings.source {
                customs.extend(trials::restore(&state));
                customs.extend(trials::objectives(&state));
                before_checks = asked.then(|| trials::before_checks(&state));
            }
            let hooks: Hooks = {
                let state = Arc::clone(&state);
                Box::new(move |redactor| {
                    state.settings.hooks(redactor).map_err(|problems| problems.to_string())
                })
            };
            Ok(Exercised { customs, inputs, before_checks, evidence, ending, recorder, hooks })
        }));
        harness.run_with(words)
    }
}

/// Whether nothing but the backup is asked for.
fn only_backup(arguments: &CommandLine) -> bool {
    let tags = &arguments.ours.tag;
    !tags.is_empty() && tags.iter().all(|tag| tag == trials::BACKUP)
}

/// Whoever names an environment and asks for a backup alone means to back that one up.
fn not_backed_up(name: &str, source: &str) -> String {
    format!(
        "error: `{name}` is not what is backed up: that is `{source}`, by `source` in \
         suites/drill.toml\n  help: `--env {source}` (`make backup-prod ENV={source}`) backs \
         {source} up; to back up `{name}`, write `source = \"{name}\"` below [backup] in \
         suites/drill.toml"
    )
}
