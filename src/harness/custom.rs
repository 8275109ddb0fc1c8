//! What other crates bring: environments that they start, and checks written in Rust.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::shared::Shared;
use super::state::Run;
use crate::backup::stop::Stop;
use crate::fault::{Fault, causes};
use crate::journal::{EntryKind, Evidence, Journal, Measure};
use crate::redact::Redactor;

/// An environment that a harness has started; dropped when the run is over.
pub struct Running {
    pub(crate) base_url: Option<String>,
    pub(crate) variables: BTreeMap<String, Value>,
    pub(crate) secrets: BTreeMap<String, String>,
    pub(crate) source: Option<Source>,
    pub(crate) staging: Option<String>,
    pub(crate) database: Option<String>,
    pub(crate) guard: Option<Box<dyn Any + Send>>,
}

/// A database that can be backed up, with what belongs to it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Source {
    /// `postgres://user:password@host:port/database`.
    pub(crate) database: String,
    /// The project's URL and the key for its storage API.
    pub(crate) storage: Option<(String, String)>,
    /// The folder of `pg_dump` and its kin.
    pub(crate) tools: Option<PathBuf>,
}

impl Running {
    /// An environment whose requests go to this URL.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: Some(base_url.into()),
            variables: BTreeMap::new(),
            secrets: BTreeMap::new(),
            source: None,
            staging: None,
            database: None,
            guard: None,
        }
    }

    /// An environment for drills: the database that is backed up,
    /// as `postgres://user:password@host:port/database`.
    pub fn production(database: impl Into<String>) -> Self {
        let source = Source { database: database.into(), storage: None, tools: None };
        Self { base_url: None, source: Some(source), ..Self::new("") }
    }

    /// The database that backups are restored into, as
    /// `postgres://user:password@host:port/database`. Whatever is in it is lost.
    #[must_use]
    pub fn staging(mut self, database: impl Into<String>) -> Self {
        self.staging = Some(database.into());
        self
    }

    /// The database that the suites' queries are asked of, as
    /// `postgres://user:password@host:port/database`; in a drill it is staging's without this.
    #[must_use]
    pub fn database(mut self, url: impl Into<String>) -> Self {
        self.database = Some(url.into());
        self
    }

    /// Where the application over the restored database answers.
    #[must_use]
    pub fn at(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// The storage API of the database that is backed up: the project's URL and a key.
    #[must_use]
    pub fn storage(mut self, project_url: impl Into<String>, key: impl Into<String>) -> Self {
        if let Some(source) = &mut self.source {
            source.storage = Some((project_url.into(), key.into()));
        }
        self
    }

    /// The folder of the `pg_dump` that fits the database which is backed up.
    #[must_use]
    pub fn tools(mut self, folder: impl Into<PathBuf>) -> Self {
        if let Some(source) = &mut self.source {
            source.tools = Some(folder.into());
        }
        self
    }

    /// Adds a value for `{{ name }}`.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Adds a value for `{{ name }}` that is hidden in all output.
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.secrets.insert(name.into(), value.into());
        self
    }

    /// Keeps something alive until the run is over, such as a server that stops when dropped.
    #[must_use]
    pub fn keep(mut self, guard: impl Any + Send) -> Self {
        self.guard = Some(Box::new(guard));
        self
    }
}

/// Starts an environment.
pub(crate) type Starter =
    Box<dyn Fn() -> Result<Running, Box<dyn Error + Send + Sync>> + Send + Sync>;

/// What a check written in Rust works with.
#[derive(Clone)]
pub struct Context {
    pub(crate) environment: String,
    pub(crate) base_url: String,
    pub(crate) variables: BTreeMap<String, Value>,
    /// What is backed up, where the harness has started it.
    pub(crate) source: Option<Source>,
    /// What is restored into, where the harness has started it.
    pub(crate) staging: Option<String>,
    pub(crate) run: Arc<Run>,
    pub(crate) measured: Arc<Mutex<Vec<Measure>>>,
}

impl Context {
    /// The environment's name.
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// Where requests go, without a slash at its end.
    pub fn base_url(&self) -> &str {
        self.base_url.trim_end_matches('/')
    }

    /// A variable of the environment.
    pub fn variable(&self, name: &str) -> Option<&Value> {
        self.variables.get(name)
    }

    /// Where asynchronous work runs. Tests are on threads of their own, and may block on it.
    pub(crate) fn runtime(&self) -> &Handle {
        &self.run.runtime
    }

    /// What hides secrets in all output of the run.
    pub(crate) fn redactor(&self) -> &Arc<Redactor> {
        &self.run.redactor
    }

    /// Where the reports go.
    pub(crate) fn reports(&self) -> &Path {
        &self.run.reports
    }

    /// Adds to what a reader of the reports should know.
    pub(crate) fn note(&self, text: &str) {
        self.run.journal().run.notes.push(self.run.redactor.secrets(text));
    }

    /// Adds to what a drill knows of its surroundings.
    pub(crate) fn evidence(&self, add: impl FnOnce(&mut Evidence)) {
        add(self.run.journal().run.evidence.get_or_insert_default());
    }

    /// The record as it is now.
    pub(crate) fn journal(&self) -> Journal {
        self.run.journal().clone()
    }

    /// Whether a trial of this suite is to run.
    pub(crate) fn selects(&self, suite: &str) -> bool {
        let selected = self.run.plan.trials.iter().filter(|planned| planned.selected);
        let mut suites = selected.filter_map(|planned| planned.id.split_once("::"));
        suites.any(|(named, _)| named == suite)
    }

    /// What the processes of this run share, where it has several.
    pub(crate) fn shared(&self) -> Option<&Shared> {
        self.run.shared.as_ref()
    }

    /// Gives the word to stop when the run is interrupted, for as long as the value lives.
    pub(crate) fn stop_with(&self, stop: &Stop) -> Listening {
        let (interrupt, stop) = (self.run.interrupt.clone(), stop.clone());
        Listening(self.run.runtime.spawn(async move {
            interrupt.happened().await;
            stop.set(Fault::interrupted());
        }))
    }

    /// Records a figure, and whether it keeps its threshold; one that does not is no failure
    /// by itself.
    pub(crate) fn measure(&self, measure: Measure) -> bool {
        let holds = measure.holds();
        self.measured.lock().unwrap_or_else(PoisonError::into_inner).push(measure);
        holds
    }
}

/// Listens for an interrupt until it is dropped.
pub(crate) struct Listening(JoinHandle<()>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Why a check written in Rust did not pass.
#[derive(Debug)]
pub enum Failure {
    /// The application is wrong.
    Failed(String),
    /// It could not be judged. `?` on any error leads here.
    Errored(String),
    /// It does not apply, for this reason.
    Skipped(String),
}

impl Failure {
    /// The application is wrong.
    pub fn failed(message: impl fmt::Display) -> Self {
        Self::Failed(message.to_string())
    }

    /// It could not be judged.
    pub fn errored(message: impl fmt::Display) -> Self {
        Self::Errored(message.to_string())
    }

    /// It does not apply here.
    pub fn skipped(reason: impl fmt::Display) -> Self {
        Self::Skipped(reason.to_string())
    }
}

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Errored(causes(&error))
    }
}

/// The body of a check written in Rust.
pub(crate) type Body = Arc<dyn Fn(&Context) -> Result<(), Failure> + Send + Sync>;

/// Makes a fixture, or finds it made; a failure is remembered with its cause.
pub(crate) type Fixture = Arc<dyn Fn(&Context) -> Result<(), Blocked> + Send + Sync>;

/// Why a fixture is not there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Blocked {
    /// The trial whose fault it is: the one red.
    pub(crate) id: String,
    pub(crate) fault: Fault,
}

/// When a check written in Rust has its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Before the suites' checks.
    First,
    /// After them, and beside those that still run.
    Beside,
    /// When everything else has ended.
    Last,
}

/// A check written in Rust.
#[derive(Clone)]
pub(crate) struct Custom {
    pub(crate) suite: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) kind: EntryKind,
    pub(crate) timeout: Duration,
    pub(crate) tags: BTreeSet<String>,
    /// Whether its failure fails the run.
    pub(crate) blocking: bool,
    pub(crate) turn: Turn,
    /// What it needs beside the environment.
    pub(crate) fixture: Option<Fixture>,
    pub(crate) body: Body,
}
