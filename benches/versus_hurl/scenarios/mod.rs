//! What is measured, one file a scenario.

use std::path::{Path, PathBuf};

use crate::inputs::Checks;
use crate::measure::Measured;
use crate::responder::Responder;
use crate::tools::Tools;

pub(crate) mod endless;
pub(crate) mod five;
pub(crate) mod latency;
pub(crate) mod many;

/// How many checks are in flight where it does not matter: what suites/environments.toml has.
const PARALLEL: usize = 8;

/// Where scenarios take place.
pub(crate) struct Arena<'a> {
    /// A folder for their files.
    pub(crate) place: &'a Path,
    pub(crate) responder: &'a Responder,
    pub(crate) tools: &'a Tools,
}

impl Arena<'_> {
    fn folder(&self, name: &str) -> PathBuf {
        self.place.join(name)
    }

    fn checks<'a>(&'a self, path: &'a str, number: usize) -> Checks<'a> {
        Checks { url: &self.responder.url, path, number, parallel: PARALLEL, body_limit: None }
    }
}

fn ms(measured: &Measured) -> f64 {
    measured.seconds * 1_000.0
}

fn mb(measured: &Measured) -> f64 {
    measured.peak as f64 / 1e6
}
