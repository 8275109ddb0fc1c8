//! GitHub Actions: annotations on file and line, and the step's summary.
//!
//! ```text
//! ::error file=suites/smoke.toml,line=31,title=smoke%3A%3Ahealth::failed: smoke::health: …%0A…
//! ```
//!
//! The caller knows whether it runs there (`GITHUB_ACTIONS=true`) and where the step's summary
//! goes (`GITHUB_STEP_SUMMARY`).

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use crate::journal::{Entry, Journal, Outcome};

use super::{failure, text, verdict};

/// GitHub shows this many annotations of each level for one step, and drops the rest.
const ANNOTATIONS: usize = 10;

/// GitHub refuses a step's summary beyond this size, whole.
const SUMMARY_BYTES: usize = 1024 * 1024;

const CUT: &str =
    "\n*The rest is cut: GitHub takes 1 MiB. The whole summary is `summary.md` in the reports.*\n";

/// One workflow command a line: errors for what failed or could not be judged, warnings for
/// advisory trouble, and a notice where there are more than GitHub shows.
pub(crate) fn annotations(journal: &Journal) -> String {
    let (advisory, blocking): (Vec<&Entry>, Vec<&Entry>) = journal
        .entries
        .iter()
        .filter(|entry| matches!(entry.outcome, Some(Outcome::Failed | Outcome::Errored)))
        .partition(|entry| entry.is_advisory_trouble());
    let mut errors: Vec<String> = Vec::new();
    if let Some(trouble) = verdict::run_trouble(journal) {
        errors.push(format!("::error title=smokedrill::{}", message(trouble)));
    }
    errors.extend(blocking.iter().map(|entry| command("error", entry)));
    let warnings: Vec<String> = advisory.iter().map(|entry| command("warning", entry)).collect();
    let mut lines = String::new();
    for (level, commands) in [("error", errors), ("warning", warnings)] {
        for command in commands.iter().take(ANNOTATIONS) {
            lines.push_str(command);
            lines.push('\n');
        }
        if commands.len() > ANNOTATIONS {
            let more = text::count(commands.len() - ANNOTATIONS, &format!("more {level}"));
            lines.push_str(&format!("::notice title=smokedrill::{more}, see the summary\n"));
        }
    }
    lines
}

/// Appends the summary to the step's, cut at a line where it would be refused as too large.
pub(crate) fn append_step_summary(path: &Path, markdown: &str) -> Result<(), String> {
    let append = || {
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        // What earlier commands of the same step wrote counts as well.
        let used = usize::try_from(file.metadata()?.len()).unwrap_or(SUMMARY_BYTES);
        file.write_all(cut(markdown, SUMMARY_BYTES.saturating_sub(used)).as_bytes())
    };
    append().map_err(|error: std::io::Error| {
        format!("cannot append to the step summary {}: {error}", path.display())
    })
}

fn command(level: &str, entry: &Entry) -> String {
    let mut properties = Vec::new();
    if let Some(location) = &entry.location {
        properties.push(format!("file={}", property(&location.file)));
        properties.push(format!("line={}", location.line));
    }
    properties.push(format!("title={}", property(&entry.id)));
    format!("::{level} {}::{}", properties.join(","), message(&failure::text(entry)))
}

/// The escaping that the runner undoes in a command's message.
fn message(foreign: &str) -> String {
    let shown = text::visible(foreign);
    shown.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The escaping that the runner undoes in a command's property.
fn property(foreign: &str) -> String {
    message(&text::one_line(foreign)).replace(':', "%3A").replace(',', "%2C")
}

/// The text's first lines that fit, with a note that there is more; a block that is open there
/// is closed, so that the note is no part of it.
fn cut(markdown: &str, room: usize) -> String {
    if markdown.len() <= room {
        return markdown.to_owned();
    }
    let mut kept = String::new();
    let mut fence: Option<&str> = None;
    for line in markdown.split_inclusive('\n') {
        let closing = fence.map_or(0, |fence| fence.len() + 1);
        // The line may itself open a block, whose end needs at most as much room again.
        if kept.len() + line.len() * 2 + closing + CUT.len() > room {
            break;
        }
        let ticks = line.len() - line.trim_start_matches('`').len();
        let mark = line.get(..ticks).unwrap_or_default();
        match fence {
            None if ticks >= 3 && !line.get(ticks..).unwrap_or_default().contains('`') => {
                fence = Some(mark);
            }
            Some(open) if line.trim_end() == open => fence = None,
            _ => {}
        }
        kept.push_str(line);
    }
    if let Some(open) = fence {
        kept.push_str(open);
        kept.push('\n');
    }
    if kept.len() + CUT.len() <= room { kept + CUT } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_and_messages_are_escaped_as_the_runner_undoes_it() {
        assert_eq!(property("a:b,c%\nd"), "a%3Ab%2Cc%25␊d");
        assert_eq!(message("a:b,c%\r\nd"), "a:b,c%25%0Ad");
    }

    #[test]
    fn a_cut_summary_closes_its_block_and_says_so() {
        let long = format!("# x\n````text\n{}````\n", "line\n```\n".repeat(100));
        let short = cut(&long, 300);
        assert!(short.len() <= 300, "{}", short.len());
        assert!(short.ends_with(&format!("\n````\n{CUT}")), "{short}");
        assert_eq!(cut(&long, long.len()), long);
        assert_eq!(cut(&long, 10), "");
    }

    #[test]
    fn the_step_summary_is_appended_up_to_the_limit() -> Result<(), Box<dyn std::error::Error>> {
        let place = tempfile::tempdir()?;
        let path = place.path().join("summary");
        append_step_summary(&path, "one\n")?;
        append_step_summary(&path, "two\n")?;
        assert_eq!(std::fs::read_to_string(&path)?, "one\ntwo\n");
        append_step_summary(&path, &"three\n".repeat(SUMMARY_BYTES))?;
        let all = std::fs::read_to_string(&path)?;
        assert!(all.len() <= SUMMARY_BYTES && all.ends_with(CUT));
        let error = append_step_summary(place.path(), "x").err().ok_or("appended")?;
        assert!(error.contains(&place.path().display().to_string()));
        Ok(())
    }
}
