//! The text of one trial's trouble: what a person reads first, and mostly all they read.
//!
//! ```text
//! failed: smoke::ops-samples: 2 expectations not met (expect.numbers, budget)
//!   --> suites/smoke.toml:31
//!   GET http://127.0.0.1:40001/api/ops/samples -> 200 in 3.40 s (budget 2 s)
//!
//!   expect.numbers at /p95_ms
//!     expected  number
//!     actual    string "12.5"
//!
//!   budget
//!     expected  at most 2 s
//!     actual    3.40 s
//!
//!   body    {"p50_ms":3,"p95_ms":"12.5"}
//!   repeat  curl -sS 'http://127.0.0.1:40001/api/ops/samples'
//!   about   SLO monitoring is active
//! ```
//!
//! Every line after the first is indented, and a further line of a foreign text begins with a
//! bar: no line of a body can pass for a line of ours, or for a command to the CI system that
//! reads the output.

use crate::journal::{Broken, Entry, Latency, Outcome};

use super::{text, units};

/// Everything that is known about one trial's end, as plain text without a final line break.
pub(crate) fn text(entry: &Entry) -> String {
    let mut lines = vec![headline(entry)];
    if let Some(location) = location(entry) {
        lines.push(format!("  --> {location}"));
    }
    if let Some(request) = &entry.request {
        let answer = answer(entry).map(|answer| format!(" -> {answer}")).unwrap_or_default();
        lines.push(format!("  {}{answer}", bare(request)));
    }
    for broken in &entry.broken {
        lines.push(String::new());
        push_broken(&mut lines, broken);
    }
    let details = details(entry);
    if !details.is_empty() {
        lines.push(String::new());
        lines.extend(details);
    }
    lines.join("\n")
}

/// The first line: how it ended, which trial, and why in a few words.
pub(crate) fn headline(entry: &Entry) -> String {
    let word = match entry.outcome {
        Some(Outcome::Failed) if entry.blocking => "failed",
        Some(Outcome::Failed) => "failed (advisory)",
        Some(Outcome::Errored) if entry.blocking => "could not judge",
        Some(Outcome::Errored) => "could not judge (advisory)",
        Some(Outcome::Skipped) => "skipped",
        Some(Outcome::Passed) => "passed",
        None => "did not finish",
    };
    let why = why(entry);
    let id = text::one_line(&entry.id);
    if why.is_empty() { format!("{word}: {id}") } else { format!("{word}: {id}: {why}") }
}

/// Why it ended so, in a few words: which expectations were not met, or the reason given.
pub(crate) fn why(entry: &Entry) -> String {
    if entry.broken.is_empty() {
        return entry.reason.as_deref().map(text::first_line).unwrap_or_default();
    }
    let mut keys: Vec<String> = Vec::new();
    for broken in &entry.broken {
        let key = text::one_line(&broken.expectation);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let number = text::count(entry.broken.len(), "expectation");
    format!("{number} not met ({})", text::list(&keys, 3))
}

/// `suites/smoke.toml:31`.
pub(crate) fn location(entry: &Entry) -> Option<String> {
    let location = entry.location.as_ref()?;
    Some(format!("{}:{}", text::one_line(&location.file), location.line))
}

/// What came back: `200 in 12.3 ms (budget 2 s)`.
pub(crate) fn answer(entry: &Entry) -> Option<String> {
    let status = match entry.status {
        Some(status) => status.to_string(),
        None if matches!(entry.outcome, Some(Outcome::Failed | Outcome::Errored)) => {
            "no answer".to_owned()
        }
        None => return None,
    };
    Some(status + &entry.latency.as_ref().map(took).unwrap_or_default())
}

fn took(latency: &Latency) -> String {
    let value = units::against(latency.value_ms, latency.budget_ms);
    let budget = latency
        .budget_ms
        .map(|budget| format!(" (budget {})", units::budget(budget)))
        .unwrap_or_default();
    match latency.samples_ms.len() {
        0 | 1 => format!(" in {value}{budget}"),
        many => {
            let statistic = text::one_line(&latency.statistic);
            format!(", {statistic} of {many} samples {value}{budget}")
        }
    }
}

fn push_broken(lines: &mut Vec<String>, broken: &Broken) {
    let at = broken.at.as_deref().map(text::one_line).filter(|at| !at.is_empty());
    let at = at.map(|at| format!(" at {at}")).unwrap_or_default();
    lines.push(format!("  {}{at}", bare(&broken.expectation)));
    push_labelled(lines, "    expected  ", &broken.expected);
    push_labelled(lines, "    actual    ", &broken.actual);
}

/// A foreign text that begins a line: GitHub takes `::` there for a command, spaces or not.
fn bare(foreign: &str) -> String {
    let line = text::one_line(foreign);
    if line.starts_with("::") { format!("| {line}") } else { line }
}

fn details(entry: &Entry) -> Vec<String> {
    let mut lines = Vec::new();
    for measure in &entry.measured {
        push_labelled(&mut lines, "  figure  ", &measure.to_string());
    }
    let reason = entry.reason.as_deref().unwrap_or_default().trim();
    // The headline has the first line of a reason; what follows it is the cause and the remedy.
    if let Some((_, rest)) = reason.split_once('\n').filter(|_| entry.broken.is_empty()) {
        push_labelled(&mut lines, "  why     ", rest);
    }
    for (number, retry) in entry.retries.iter().enumerate() {
        push_labelled(&mut lines, &format!("  try {:<4}", number + 1), retry);
    }
    let rest = [("body", &entry.excerpt), ("repeat", &entry.curl), ("about", &entry.description)];
    for (label, value) in rest {
        if let Some(value) = value.as_deref().filter(|value| !value.trim().is_empty()) {
            push_labelled(&mut lines, &format!("  {label:<8}"), value);
        }
    }
    lines
}

fn push_labelled(lines: &mut Vec<String>, label: &str, value: &str) {
    let shown = text::visible(value.trim_end());
    let margin = " ".repeat(label.chars().count().saturating_sub(2));
    for (number, line) in shown.split('\n').enumerate() {
        let line = if number == 0 { format!("{label}{line}") } else { format!("{margin}| {line}") };
        lines.push(line.trim_end().to_owned());
    }
}
