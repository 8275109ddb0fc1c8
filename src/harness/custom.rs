//! What other crates bring: environments that they start, and checks written in Rust.

use std::any::Any;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

/// An environment that a harness has started; dropped when the run is over.
pub struct Running {
    pub(crate) base_url: String,
    pub(crate) variables: BTreeMap<String, Value>,
    pub(crate) secrets: BTreeMap<String, String>,
    pub(crate) guard: Option<Box<dyn Any + Send>>,
}

impl Running {
    /// An environment whose requests go to this URL.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            variables: BTreeMap::new(),
            secrets: BTreeMap::new(),
            guard: None,
        }
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
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            if !text.contains(&cause_text) {
                text = format!("{text}: {cause_text}");
            }
            source = cause.source();
        }
        Self::Errored(text)
    }
}

/// The body of a check written in Rust.
pub(crate) type Body = Arc<dyn Fn(&Context) -> Result<(), Failure> + Send + Sync>;

/// A check written in Rust.
#[derive(Clone)]
pub(crate) struct Custom {
    pub(crate) suite: String,
    pub(crate) name: String,
    pub(crate) timeout: Duration,
    pub(crate) body: Body,
}
