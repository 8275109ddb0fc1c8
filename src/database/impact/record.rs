//! What all looks at a source come to, and when they are too much.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Thresholds;
use super::sample::Sample;
use crate::backup::manifest::Impact;
use crate::fault::Fault;

/// What a watch has seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Seen {
    /// For the manifest.
    pub(crate) impact: Impact,
    /// Sessions of ours that had been given a transaction number, which only writing does.
    pub(crate) our_write_transactions: u64,
}

/// All looks so far.
#[derive(Debug, Default)]
pub(super) struct Record {
    baseline: Duration,
    latencies: Vec<Duration>,
    impact: Impact,
    writers: BTreeSet<i32>,
    /// For each threshold, how many looks in a row were over it.
    streaks: [u32; 3],
}

impl Record {
    /// Begins with what the probe took before the dump.
    pub(super) fn new(baseline: &[Duration]) -> Self {
        Self { baseline: median(baseline), ..Self::default() }
    }

    /// Begins anew, now that the dump does; what was over a threshold before is not forgotten.
    pub(super) fn begin(&mut self) {
        self.latencies.clear();
        self.impact = Impact::default();
    }

    /// Adds a look, and says whether it was one too many.
    pub(super) fn add(&mut self, sample: &Sample, thresholds: &Thresholds) -> Option<Fault> {
        self.latencies.push(sample.latency);
        self.writers.extend(&sample.writers);
        let impact = &mut self.impact;
        impact.waiting_locks = impact.waiting_locks.max(sample.waiting_locks);
        impact.blocked_by_us = impact.blocked_by_us.max(sample.blocked_by_us);
        impact.connections = impact.connections.max(sample.connections);
        impact.oldest_snapshot = impact.oldest_snapshot.max(sample.oldest_snapshot.as_secs_f64());
        let over = [
            sample.latency > thresholds.latency,
            sample.waiting_locks > thresholds.waiting_locks,
            sample.oldest_snapshot > thresholds.oldest_snapshot,
        ];
        for (streak, over) in self.streaks.iter_mut().zip(over) {
            *streak = if over { *streak + 1 } else { 0 };
        }
        let patience = thresholds.patience.max(1);
        let which = self.streaks.iter().position(|streak| *streak >= patience)?;
        let what = match which {
            0 => format!(
                "the probe took {:.0} ms, over {:.0} ms (before the dump {:.1} ms)",
                ms(sample.latency),
                ms(thresholds.latency),
                ms(self.baseline)
            ),
            1 => format!(
                "{} sessions wait for locks, over {}; {} of them for this backup",
                sample.waiting_locks, thresholds.waiting_locks, sample.blocked_by_us
            ),
            _ => format!(
                "the oldest snapshot is {:.0} s old, over {:.0} s, held by {}",
                sample.oldest_snapshot.as_secs_f64(),
                thresholds.oldest_snapshot.as_secs_f64(),
                sample.holder
            ),
        };
        let message = format!("production suffers: {what}, {} looks in a row", self.streaks[which]);
        let help = "the dump is stopped; make it at a quieter hour, or see the thresholds for the \
                    impact in suites/drill.toml";
        Some(Fault::failed(message).stage("impact").help(help))
    }

    pub(super) fn seen(&self) -> Seen {
        let max = self.latencies.iter().max().copied().unwrap_or_default();
        Seen {
            impact: Impact {
                samples: self.latencies.len() as u64,
                baseline_ms: ms(self.baseline),
                median_ms: ms(median(&self.latencies)),
                max_ms: ms(max),
                ..self.impact.clone()
            },
            our_write_transactions: self.writers.len() as u64,
        }
    }
}

/// Milliseconds, to a thousandth.
fn ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// The lower one of two in the middle; of none, nothing.
fn median(all: &[Duration]) -> Duration {
    let mut all = all.to_vec();
    all.sort();
    all.get(all.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}
