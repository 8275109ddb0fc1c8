//! What a backup is made of, and where it goes.

use std::sync::Arc;

use tokio::runtime::Handle;

use crate::backup::encryption::Recipients;
use crate::backup::manifest::Anchor;
use crate::backup::progress::Progress;
use crate::backup::settings::Settings;
use crate::backup::stop::Stop;
use crate::backup::storage::Api;
use crate::backup::store::Store;
use crate::database::{ConnectionUrl, PgTools};
use crate::fault::Fault;
use crate::redact::Redactor;

/// What a backup is made of, and where it goes.
pub(crate) struct Order<'a> {
    /// The backup's name.
    pub(crate) id: &'a str,
    /// The name of the source's environment.
    pub(crate) environment: &'a str,
    /// Whether the harness has started it for this run.
    pub(crate) started: bool,
    /// The storage API, where it is asked.
    pub(crate) api: Option<&'a Api>,
    pub(crate) settings: &'a Settings,
    pub(crate) store: &'a Store,
    /// The public keys that files are encrypted to.
    pub(crate) recipients: Option<&'a Recipients>,
    pub(crate) redactor: &'a Redactor,
    pub(crate) runtime: &'a Handle,
    pub(crate) progress: &'a Arc<Progress>,
    pub(crate) stop: &'a Stop,
    /// The line of the audit log by which it begins.
    pub(crate) anchor: Option<Anchor>,
    /// Is told of what a killed backup had left, and was removed.
    pub(crate) tidied: &'a (dyn Fn(&str) -> Result<(), Fault> + Sync),
}

/// The database that is dumped.
pub(crate) struct Server<'a> {
    pub(crate) url: &'a ConnectionUrl,
    /// About how many bytes it has.
    pub(crate) estimate: u64,
    pub(crate) tools: &'a PgTools,
}

/// Why a backup was not made, and what the tools had said by then.
#[derive(Debug)]
pub(crate) struct Unmade {
    pub(crate) fault: Fault,
    pub(crate) log: Vec<String>,
}

impl From<Fault> for Unmade {
    fn from(fault: Fault) -> Self {
        Self { fault, log: Vec::new() }
    }
}
