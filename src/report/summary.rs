//! `summary.md`: the run on one page, the verdict first.
//!
//! ```markdown
//! **FAIL** smoke against staging: 1 failed, 10 passed, 1 skipped in 1.20 s
//!
//! ## Failed
//!
//! ### `smoke::ops-samples`
//!
//! - `suites/smoke.toml:31`
//! - `GET http://127.0.0.1:40001/api/ops/samples` → `200 in 12.3 ms (budget 2 s)`
//! - `expect.numbers` at `/p95_ms`: expected `number`, found `string "12.5"`
//! ```
//!
//! Then what changed, latency against the budgets, figures, retries, skips by reason, and the facts.

use crate::journal::{Broken, Entry, Journal, Outcome};

use super::markdown::{code, fence, word};
use super::{Changes, failure, text, units, verdict};

/// How many checks the list of those nearest to their budgets has.
const SLOWEST: usize = 5;

/// The journal, and what changed, as Markdown.
pub(crate) fn render(journal: &Journal, changes: &Changes) -> String {
    let run = &journal.run;
    let mut page = format!(
        "**{}** {} against {}: {}\n\n",
        verdict::word(run.verdict),
        word(&run.kind),
        word(&run.environment),
        verdict::tally(journal)
    );
    if let Some(trouble) = verdict::run_trouble(journal) {
        page.push_str(&format!("Note that {trouble}.\n\n"));
    }
    troubles(&mut page, "Failed", journal, |entry| {
        entry.blocking && entry.outcome == Some(Outcome::Failed)
    });
    troubles(&mut page, "Could not judge", journal, |entry| {
        entry.blocking && entry.outcome == Some(Outcome::Errored)
    });
    troubles(&mut page, "Advisory: in trouble, without failing the run", journal, |entry| {
        entry.is_advisory_trouble()
    });
    changed(&mut page, changes);
    section(&mut page, "Latency against the budget", &budgets(journal));
    section(&mut page, "Measured", &measured(journal));
    section(&mut page, "Retries", &retries(journal));
    section(&mut page, "Skipped", &skips(journal));
    section(&mut page, "Not finished", &unfinished(journal));
    section(&mut page, "Notes", &notes(journal, changes));
    section(&mut page, "The run", &facts(journal));
    page.truncate(page.trim_end().len());
    page + "\n"
}

fn troubles(page: &mut String, title: &str, journal: &Journal, which: impl Fn(&Entry) -> bool) {
    let entries: Vec<&Entry> = journal.entries.iter().filter(|entry| which(entry)).collect();
    if entries.is_empty() {
        return;
    }
    page.push_str(&format!("## {title}\n\n"));
    for entry in entries {
        trouble(page, entry);
    }
}

fn trouble(page: &mut String, entry: &Entry) {
    page.push_str(&format!("### {}\n\n", code(&entry.id)));
    let mut items = Vec::new();
    items.extend(failure::location(entry).map(|location| code(&location)));
    if let Some(request) = &entry.request {
        let answer = failure::answer(entry).map(|answer| format!(" → {}", code(&answer)));
        items.push(code(request) + &answer.unwrap_or_default());
    }
    items.extend(entry.broken.iter().map(broken));
    if entry.broken.is_empty() {
        // The first line is the error, what follows its cause and the remedy.
        items.extend(entry.reason.as_deref().unwrap_or("no reason given").lines().map(code));
    }
    items.extend(entry.description.as_deref().map(|about| format!("about: {}", code(about))));
    page.push_str(&bullets(&items));
    if let Some(excerpt) = entry.excerpt.as_deref().filter(|text| !text.trim().is_empty()) {
        page.push_str(&format!("The body:\n\n{}", fence("text", excerpt)));
    }
    if let Some(curl) = entry.curl.as_deref().filter(|text| !text.trim().is_empty()) {
        page.push_str(&format!("To repeat it:\n\n{}", fence("sh", curl)));
    }
}

fn broken(broken: &Broken) -> String {
    let at = broken.at.as_deref().map(|at| format!(" at {}", code(at))).unwrap_or_default();
    let (expected, actual) = (code(&broken.expected), code(&broken.actual));
    format!("{}{at}: expected {expected}, found {actual}", code(&broken.expectation))
}

fn changed(page: &mut String, changes: &Changes) {
    let rows = changes.rows().into_iter().map(|(label, items)| {
        let items: Vec<String> =
            items.iter().map(|(id, more)| code(id) + &more.replace("->", "→")).collect();
        format!("{label}: {}", items.join(", "))
    });
    let mut rows: Vec<String> = rows.collect();
    let title = match &changes.previous {
        Some((run, when)) => format!("Since the run of {} ({})", units::time(*when), code(run)),
        None => "Since the previous run".to_owned(),
    };
    if changes.first {
        rows.push("nothing to compare with: this is the first run that is known".to_owned());
    } else if rows.is_empty() && changes.previous.is_some() {
        rows.push("no change".to_owned());
    }
    section(page, &title, &rows);
}

fn budgets(journal: &Journal) -> Vec<String> {
    let nearest = verdict::by_budget(journal);
    let rows = nearest
        .iter()
        .take(SLOWEST)
        .map(|(entry, percent)| format!("{} {}", code(&entry.id), verdict::share(entry, *percent)));
    rows.collect()
}

fn measured(journal: &Journal) -> Vec<String> {
    let taken = journal.entries.iter().filter(|entry| !entry.measured.is_empty());
    let rows = taken.map(|entry| {
        let figures: Vec<String> = entry.measured.iter().map(|m| code(&m.to_string())).collect();
        format!("{} {}", code(&entry.id), figures.join(", "))
    });
    rows.collect()
}

fn retries(journal: &Journal) -> Vec<String> {
    let rows = journal.entries.iter().filter_map(|entry| {
        let tries: Vec<String> = entry.retries.iter().map(|retry| code(retry)).collect();
        Some(format!("{} {}: {}", code(&entry.id), verdict::retried(entry)?, tries.join(", ")))
    });
    rows.collect()
}

/// One line a reason, in the order in which the reasons come up.
fn skips(journal: &Journal) -> Vec<String> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for entry in journal.entries.iter().filter(|e| e.outcome == Some(Outcome::Skipped)) {
        let reason = verdict::reason(entry);
        match groups.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, ids)) => ids.push(code(&entry.id)),
            None => groups.push((reason, vec![code(&entry.id)])),
        }
    }
    groups.iter().map(|(reason, ids)| format!("{}: {}", code(reason), ids.join(", "))).collect()
}

fn unfinished(journal: &Journal) -> Vec<String> {
    let open = journal.entries.iter().filter(|entry| entry.outcome.is_none());
    let (begun, waiting): (Vec<&Entry>, Vec<&Entry>) =
        open.partition(|entry| entry.started.is_some());
    let mut rows: Vec<String> =
        begun.iter().map(|entry| format!("{} had begun", code(&entry.id))).collect();
    if !waiting.is_empty() {
        rows.push(format!("{} had not", text::count(waiting.len(), "other trial")));
    }
    rows
}

fn notes(journal: &Journal, changes: &Changes) -> Vec<String> {
    journal.run.notes.iter().chain(&changes.notes).map(|note| code(note)).collect()
}

fn facts(journal: &Journal) -> Vec<String> {
    let run = &journal.run;
    let ended =
        run.finished.map_or("did not end".to_owned(), |end| format!("ended {}", units::time(end)));
    let exit = run.exit_code.map(|code| format!(", exit code {code}")).unwrap_or_default();
    let arguments: Vec<String> = run.arguments.iter().map(|argument| code(argument)).collect();
    let mut items = vec![
        format!("run {} by smokedrill {}", code(&run.id), code(&run.version)),
        format!("began {}, {ended}{exit}", units::time(run.started)),
    ];
    items.extend(run.base_url.as_deref().map(|url| format!("base URL {}", code(url))));
    if !arguments.is_empty() {
        items.push(format!("arguments {}", arguments.join(" ")));
    }
    if !journal.filtered_out.is_empty() {
        let number = text::count(journal.filtered_out.len(), "trial");
        items.push(format!("{number} left out by the selection"));
    }
    let inputs =
        run.inputs.iter().map(|(path, hash)| format!("{} SHA-256 {}", code(path), code(hash)));
    items.extend(inputs);
    items
}

fn section(page: &mut String, title: &str, items: &[String]) {
    if !items.is_empty() {
        page.push_str(&format!("## {title}\n\n{}", bullets(items)));
    }
}

fn bullets(items: &[String]) -> String {
    let lines: String = items.iter().map(|item| format!("- {item}\n")).collect();
    lines + "\n"
}
