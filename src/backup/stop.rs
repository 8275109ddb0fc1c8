//! The word to stop, and who gave it: Ctrl-C, or a source that suffers.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use once_cell::sync::OnceCell;

use crate::fault::Fault;

/// How often a wait looks whether it should go on.
const TICK: Duration = Duration::from_millis(100);

/// Shared by all that a backup does at once. The first reason stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<OnceCell<Fault>>);

impl Stop {
    /// Tells everything to stop, for this reason.
    pub(crate) fn set(&self, why: Fault) {
        let _ = self.0.set(why);
    }

    /// Why to stop, if so.
    pub(crate) fn why(&self) -> Option<Fault> {
        self.0.get().cloned()
    }

    /// Whether to stop.
    pub(crate) fn is_set(&self) -> bool {
        self.0.get().is_some()
    }

    /// Goes on, or not.
    ///
    /// # Errors
    /// The reason to stop.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        self.why().map_or(Ok(()), Err)
    }

    /// Waits for something, but no longer than nobody says stop.
    ///
    /// # Errors
    /// The reason to stop.
    pub(crate) async fn unless<T>(&self, work: impl Future<Output = T>) -> Result<T, Fault> {
        let mut work = pin!(work);
        loop {
            self.check()?;
            if let Ok(done) = tokio::time::timeout(TICK, work.as_mut()).await {
                return Ok(done);
            }
        }
    }
}
