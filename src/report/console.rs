//! The last lines on the terminal, after libtest's own.
//!
//! ```text
//! FAIL smoke against staging: 1 failed, 10 passed, 1 skipped in 1.20 s
//!   retried   smoke::ready passed after 2 retries: connection reset; connection reset
//!   slow      smoke::samples 1.90 s of 2 s (95 %)
//!   changed   newly failing smoke::health; fixed smoke::sign
//!   reports   reports/summary.md, junit.xml, journal.json
//! ```
//!
//! libtest has shown the text of each failure by then, and counts a passed or advisory trial as
//! fine; so what it cannot say is what is said here.

use std::io::Write as _;
use std::path::Path;

use crate::journal::Journal;

use super::{Changes, failure, text, verdict};

/// From this share of its budget on, in percent, a check is named as slow.
const SLOW_PERCENT: f64 = 80.0;

/// How many rows of one label there are, and names in a row, before the rest is only counted.
const LIMIT: usize = 10;

/// Writes to standard error; that nobody reads it is no reason to end without a report.
pub(crate) fn tell(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// The closing lines, each ended: advisory failures in full, then the verdict and its rows.
pub(crate) fn summary(journal: &Journal, changes: &Changes, reports: Option<&Path>) -> String {
    let mut lines = Vec::new();
    let advisory: Vec<String> = journal
        .entries
        .iter()
        .filter(|entry| entry.is_advisory_trouble())
        .map(|entry| failure::text(entry) + "\n")
        .collect();
    push_limited(&mut lines, "", &advisory);
    lines.push(format!(
        "{} {} against {}: {}",
        verdict::word(journal.run.verdict),
        text::one_line(&journal.run.kind),
        text::one_line(&journal.run.environment),
        verdict::tally(journal)
    ));
    if let Some(trouble) = verdict::run_trouble(journal) {
        lines.push(format!("  run       {trouble}"));
    }
    push_limited(&mut lines, "  retried   ", &retried(journal));
    push_limited(&mut lines, "  slow      ", &slow(journal));
    push_limited(&mut lines, "  changed   ", &changed(changes));
    let notes = journal.run.notes.iter().chain(&changes.notes);
    let notes: Vec<String> = notes.map(|note| text::one_line(note)).collect();
    push_limited(&mut lines, "  note      ", &notes);
    if let Some(folder) = reports {
        let first = text::one_line(&folder.join("summary.md").display().to_string());
        lines.push(format!("  reports   {first}, junit.xml, journal.json"));
    }
    lines.join("\n") + "\n"
}

fn retried(journal: &Journal) -> Vec<String> {
    let rows = journal.entries.iter().filter_map(|entry| {
        let tries: Vec<String> = entry.retries.iter().map(|retry| text::one_line(retry)).collect();
        let retried = verdict::retried(entry)?;
        Some(format!("{} {retried}: {}", text::one_line(&entry.id), tries.join("; ")))
    });
    rows.collect()
}

fn slow(journal: &Journal) -> Vec<String> {
    let rows = verdict::by_budget(journal)
        .into_iter()
        .take_while(|(_, percent)| *percent > SLOW_PERCENT)
        .map(|(entry, percent)| {
            format!("{} {}", text::one_line(&entry.id), verdict::share(entry, percent))
        });
    rows.collect()
}

/// All kinds of change in one row, or nothing if there are none.
fn changed(changes: &Changes) -> Vec<String> {
    let kinds = changes.rows().into_iter().map(|(label, items)| {
        let items: Vec<String> = items.iter().map(|(id, more)| text::one_line(id) + more).collect();
        format!("{label} {}", text::list(&items, LIMIT))
    });
    let kinds: Vec<String> = kinds.collect();
    if kinds.is_empty() { kinds } else { vec![kinds.join("; ")] }
}

fn push_limited(lines: &mut Vec<String>, label: &str, rows: &[String]) {
    lines.extend(rows.iter().take(LIMIT).map(|row| format!("{label}{row}")));
    if rows.len() > LIMIT {
        lines.push(format!("{label}and {} more, see summary.md", rows.len() - LIMIT));
    }
}
