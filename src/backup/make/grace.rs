//! How long a slow storage API may hold the snapshot open: the dump is what production waits for, and
//! what the backup is made for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::backup::stop::Stop;
use crate::fault::Fault;

/// How long after the dump's end the storage API may go on.
pub(super) const GRACE: Duration = Duration::from_secs(5 * 60);

/// How often it is looked whether it should end.
const TICK: Duration = Duration::from_millis(50);

/// Ends the listing by the API, some time after the dump's end.
#[derive(Debug, Default)]
pub(super) struct Grace {
    dumped: AtomicBool,
    listed: AtomicBool,
    /// What the listing by the API heeds.
    pub(super) stop: Stop,
}

impl Grace {
    /// The dump has ended.
    pub(super) fn dumped(&self) {
        self.dumped.store(true, Ordering::Relaxed);
    }

    /// The listings have ended.
    pub(super) fn listed(&self) {
        self.listed.store(true, Ordering::Relaxed);
    }

    /// Waits until the listings have ended, and ends that by the API where it must: also where the
    /// whole backup is to stop.
    pub(super) fn watch(&self, whole: &Stop, grace: Duration) {
        let mut since: Option<Instant> = None;
        while !self.listed.load(Ordering::Relaxed) {
            if let Some(why) = whole.why() {
                return self.stop.set(why);
            }
            if self.dumped.load(Ordering::Relaxed)
                && since.get_or_insert_with(Instant::now).elapsed() >= grace
            {
                let message = format!(
                    "it had not ended {} s after the dump, and held the database's snapshot open",
                    grace.as_secs()
                );
                let help = "list fewer buckets (`buckets` in suites/drill.toml), or leave out the \
                            API: the database tells of its objects too";
                return self.stop.set(Fault::errored(message).stage("storage API").help(help));
            }
            std::thread::sleep(TICK);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_is_ended_after_the_dump_and_with_the_backup_and_not_before() {
        let short = Duration::from_millis(120);
        let late = Grace::default();
        late.dumped();
        late.watch(&Stop::default(), short);
        assert!(late.stop.why().unwrap().to_string().contains("after the dump"));
        let (stopped, whole) = (Grace::default(), Stop::default());
        whole.set(Fault::interrupted());
        stopped.watch(&whole, short);
        assert!(stopped.stop.is_set());
        // While the dump goes on there is time; and then it has ended by itself.
        let done = Grace::default();
        std::thread::scope(|scope| {
            scope.spawn(|| done.watch(&Stop::default(), short));
            std::thread::sleep(short * 3);
            assert!(!done.stop.is_set());
            done.listed();
        });
        assert!(!done.stop.is_set());
    }
}
