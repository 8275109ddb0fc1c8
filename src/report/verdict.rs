//! How a run ended, in words that every report shares.
//!
//! ```text
//! FAIL smoke against staging: 1 failed, 1 could not be judged, 10 passed, 1 skipped in 1.20 s
//! ```

use crate::journal::{Entry, Journal, Outcome, Verdict};

use super::{text, units};

/// The verdict's word, in capitals.
pub(crate) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Unfinished => "DID NOT FINISH",
        Verdict::Passed => "PASS",
        Verdict::Failed => "FAIL",
        Verdict::Errored => "COULD NOT JUDGE",
        Verdict::Interrupted => "INTERRUPTED",
    }
}

/// The counts and the time, worst first: `1 failed, 10 passed in 1.20 s`.
pub(crate) fn tally(journal: &Journal) -> String {
    let counts = journal.counts();
    let open = journal.entries.iter().filter(|entry| entry.outcome.is_none()).count();
    let parts = [
        (counts.failed, "failed"),
        (counts.errored, "could not be judged"),
        (counts.advisory, "advisory"),
        (counts.passed, "passed"),
        (counts.skipped, "skipped"),
        (open, "not finished"),
        (counts.retried, "retried"),
    ];
    let mut said: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    if said.is_empty() {
        said.push("nothing ran".to_owned());
    }
    let time = elapsed_ms(journal).map(|ms| format!(" in {}", units::duration(ms)));
    said.join(", ") + &time.unwrap_or_default()
}

/// How long the run took, if it ended.
pub(crate) fn elapsed_ms(journal: &Journal) -> Option<f64> {
    let finished = journal.run.finished?;
    Some(finished.duration_since(journal.run.started).as_secs_f64() * 1000.0)
}

/// What is wrong with the run as a whole and shows in none of its entries.
///
/// Reports that machines read know only trials. Without this, a run that was killed after its
/// third passed check would read as three passed checks.
pub(crate) fn run_trouble(journal: &Journal) -> Option<&'static str> {
    let counts = journal.counts();
    match journal.run.verdict {
        Verdict::Unfinished => {
            Some("the run did not finish: it was killed, or it is still running")
        }
        Verdict::Interrupted => Some("the run was interrupted before it was complete"),
        _ if journal.entries.is_empty() => Some("nothing ran"),
        _ if journal.entries.iter().any(|entry| entry.outcome.is_none()) => {
            Some("the run ended before all of its trials did")
        }
        Verdict::Failed if counts.failed == 0 => {
            Some("the run failed, though no trial did: the notes say why")
        }
        Verdict::Errored if counts.errored == 0 => {
            Some("the run could not be judged as a whole: the notes say why")
        }
        Verdict::Passed | Verdict::Failed | Verdict::Errored => None,
    }
}

/// `passed after 2 retries`, for an entry that was tried more than once.
pub(crate) fn retried(entry: &Entry) -> Option<String> {
    let ended = match entry.outcome {
        Some(Outcome::Passed) => "passed",
        Some(Outcome::Failed) => "failed",
        Some(Outcome::Errored) => "could not be judged",
        Some(Outcome::Skipped) => "skipped",
        None => "not finished",
    };
    match entry.retries.len() {
        0 => None,
        1 => Some(format!("{ended} after 1 retry")),
        many => Some(format!("{ended} after {many} retries")),
    }
}

/// Checks with a budget, those nearest to it (or farthest beyond) first: entry and percent.
pub(crate) fn by_budget(journal: &Journal) -> Vec<(&Entry, f64)> {
    let mut found: Vec<(&Entry, f64)> = journal
        .entries
        .iter()
        .filter_map(|entry| {
            let latency = entry.latency.as_ref()?;
            Some((entry, units::percent(latency.value_ms, latency.budget_ms?)?))
        })
        .collect();
    found.sort_by(|(_, left), (_, right)| right.total_cmp(left));
    found
}

/// `1.90 s of 2 s (95 %)`, for an entry from [`by_budget`].
pub(crate) fn share(entry: &Entry, percent: f64) -> String {
    let Some(latency) = &entry.latency else { return String::new() };
    let limit = latency.budget_ms.unwrap_or_default();
    format!(
        "{} of {} ({percent:.0} %)",
        units::against(latency.value_ms, latency.budget_ms),
        units::budget(limit)
    )
}

/// An entry's reason in one line; a skip without one says so.
pub(crate) fn reason(entry: &Entry) -> String {
    let reason = entry.reason.as_deref().map(text::one_line).unwrap_or_default();
    if reason.is_empty() { "no reason given".to_owned() } else { reason }
}
