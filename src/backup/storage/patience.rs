//! How long the Storage API is waited for, and how often it is asked again.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};

use super::answer::Trouble;
use crate::backup::stop::Stop;
use crate::fault::Fault;

/// How long is waited, and how often asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// How often a request is sent at most.
    pub(crate) tries: usize,
    /// The wait before the second try. Each later one is twice as long.
    pub(crate) first: Duration,
    /// The longest wait between two tries, also where `Retry-After` asks for more.
    pub(crate) longest: Duration,
    /// The longest wait for a connection.
    pub(crate) connect: Duration,
    /// The longest wait for a whole listing, and between two pieces of a content.
    pub(crate) answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 4,
            first: Duration::from_millis(500),
            longest: Duration::from_secs(20),
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(60),
        }
    }
}

impl Patience {
    /// Asks until there is an answer, a trouble that does not pass, or no patience any more.
    ///
    /// # Errors
    /// The outer: the reason to stop. The inner: the last trouble.
    pub(super) async fn ask<T, F: Future<Output = Result<T, Trouble>>>(
        &self,
        stop: &Stop,
        attempt: impl FnMut() -> F,
    ) -> Result<Result<T, Trouble>, Fault> {
        let longest = self.longest;
        let backoff = ExponentialBuilder::default()
            .with_min_delay(self.first)
            .with_max_delay(longest)
            .with_max_times(self.tries.saturating_sub(1))
            .with_jitter();
        let asked = attempt.retry(backoff).when(Trouble::passes).adjust(move |trouble, wait| {
            // Sooner than the server asks for is no use to either; nor is waiting for ever.
            wait.map(|wait| trouble.retry_after.map_or(wait, |after| after.max(wait)).min(longest))
        });
        stop.unless(asked.into_future()).await
    }
}
