//! `report.md`: the runbook's template with its labels as they stand, then the evidence.
//!
//! ```markdown
//! # DR Drill Execution Report - 2026-11-24
//!
//! Executive Summary:
//! - Drill Status: PASS
//! - Total Duration: 21 min 40 s
//! - Issues Encountered: 0
//! ```

use jiff::tz::TimeZone;

use super::build::{long, pieces, promised, share};
use super::evidence;
use super::model::{DrillReport, Objective, Status};
use super::section::{Block, Cell, Place, Section};
use crate::report::markdown::code;
use crate::report::{text, units};

/// What stands where a duration is not known.
const UNKNOWN: &str = "not measured";

/// The report as Markdown.
pub(crate) fn render(report: &DrillReport) -> String {
    let mut page = template(report);
    let summary = &report.summary;
    page.push_str(&format!("{}\n\n{}\n\n", prose(&summary.headline), prose(&summary.advice)));
    place(&mut page, &report.sections, Place::Top);
    page.push_str("## Objectives\n\n");
    let rows = report.objectives.iter().map(objective).collect();
    table(&mut page, &["Objective", "Measured", "Promised", "Share", "How"], rows);
    page.push_str("## Stages\n\n");
    let rows = report.stages.iter().map(|stage| {
        let took = |seconds: Option<f64>| seconds.map_or("–".to_owned(), long);
        vec![
            prose(&stage.title),
            evidence::ended(stage.ended).0.to_owned(),
            took(stage.seconds),
            share(stage.percent),
            took(stage.last_seconds),
            took(stage.usual_seconds),
            format!("{} of {}", stage.passed, stage.tests),
        ]
    });
    let columns = ["Stage", "Ended", "Took", "Of its objective", "Last drill", "Usually", "Passed"];
    table(&mut page, &columns, rows.collect());
    place(&mut page, &report.sections, Place::Body);
    place(&mut page, &evidence::sections(report), Place::Evidence);
    place(&mut page, &report.sections, Place::Evidence);
    history(&mut page, report);
    page.truncate(page.trim_end().len());
    page + "\n"
}

/// The runbook's template, line by line.
fn template(report: &DrillReport) -> String {
    let summary = &report.summary;
    let date = report.run.started.to_zoned(TimeZone::UTC).date();
    let duration = |seconds: Option<f64>| seconds.map_or(UNKNOWN.to_owned(), long);
    let status = match summary.status {
        Status::Pass => "PASS",
        Status::Fail => "FAIL",
        Status::Partial => "not decided: this was no whole drill",
    };
    let backup = match (&report.evidence.backup, summary.backup_seconds) {
        (Some(backup), None) => format!("not made in this drill ({} was used)", backup.id),
        (_, seconds) => duration(seconds),
    };
    let mut page = format!("# DR Drill Execution Report - {date}\n\n");
    page.push_str("Executive Summary:\n");
    page.push_str(&format!("- Drill Status: {status}\n"));
    page.push_str(&format!("- Total Duration: {}\n", duration(summary.total_seconds)));
    page.push_str(&format!("- Issues Encountered: {}\n\n", summary.issues.len()));
    page.push_str("Metrics:\n");
    page.push_str(&format!("- Backup Duration: {backup}\n"));
    page.push_str(&format!("- Restore Duration: {}\n", duration(summary.restore_seconds)));
    page.push_str(&format!(
        "- Smoke Test Results: {}/{}\n\n",
        summary.smoke_passed, summary.smoke_total
    ));
    page.push_str("Recommendations:\n");
    for (at, one) in summary.recommendations.iter().enumerate() {
        page.push_str(&format!("{}. {}\n", at + 1, prose(&one.text)));
    }
    if summary.recommendations.is_empty() {
        page.push_str("None: nothing ran that one could come from.\n");
    }
    let next = summary.next_drill.map_or("not known".to_owned(), |date| date.to_string());
    page + &format!("\nNext Drill Date: {next}\n\n")
}

fn objective(objective: &Objective) -> Vec<String> {
    let met = match objective.met {
        Some(true) => ", met",
        Some(false) => ", **missed**",
        None => "",
    };
    vec![
        objective.title.clone(),
        objective.seconds.map_or(UNKNOWN.to_owned(), long) + met,
        promised(objective.target),
        share(objective.percent),
        prose(&objective.how),
    ]
}

fn history(page: &mut String, report: &DrillReport) {
    page.push_str("## The last drills\n\n");
    let rows = report.history.iter().rev().map(|line| {
        let took = |seconds: Option<f64>| seconds.map_or("–".to_owned(), long);
        let stage = |name: &str| took(line.stages.get(name).copied());
        vec![
            units::time(line.started),
            super::trend::word(line.status).to_owned(),
            took(line.rto),
            took(line.rpo),
            stage("backup"),
            stage("restore"),
            line.data_bytes.map_or("–".to_owned(), units::size),
            format!("{}/{}", line.smoke_passed, line.smoke_total),
        ]
    });
    let columns = ["Began", "Status", "RTO", "RPO", "Backup", "Restore", "Data", "Smoke"];
    table(page, &columns, rows.collect());
}

fn place(page: &mut String, sections: &[Section], place: Place) {
    for section in sections.iter().filter(|section| section.place == place) {
        page.push_str(&format!("## {}\n\n", prose(&section.title)));
        for block in &section.blocks {
            self::block(page, block);
        }
    }
}

fn block(page: &mut String, block: &Block) {
    match block {
        Block::Text { text } => page.push_str(&format!("{}\n\n", prose(text))),
        Block::Facts { facts } => {
            let facts = facts.iter();
            let lines =
                facts.map(|fact| format!("- {}: {}\n", prose(&fact.name), cell(&fact.value)));
            page.push_str(&(lines.collect::<String>() + "\n"));
        }
        Block::List { ordered, items } => {
            for (at, item) in items.iter().enumerate() {
                let mark = if *ordered { format!("{}.", at + 1) } else { "-".to_owned() };
                // Each line by itself, so that what is code in it stays that.
                let lines = item.text.lines().map(|line| Cell { text: line.to_owned(), ..*item });
                let lines: Vec<String> = lines.map(|line| cell(&line)).collect();
                page.push_str(&format!("{mark} {}\n", lines.join(" ")));
            }
            page.push('\n');
        }
        Block::Table { caption, columns, rows } => {
            page.push_str(&format!("{}:\n\n", prose(caption)));
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            table(page, &columns, rows.iter().map(|row| row.iter().map(cell).collect()).collect());
        }
        Block::Picture { file, alt, sha256 } => {
            let (file, sha256) = (code(file), code(sha256));
            page.push_str(&format!("Picture {file}, SHA-256 {sha256}: {}\n\n", prose(alt)));
        }
    }
}

fn cell(cell: &Cell) -> String {
    match (cell.text.is_empty(), cell.code) {
        (true, _) => "–".to_owned(),
        (false, true) => code(&cell.text),
        (false, false) => prose(&cell.text),
    }
}

/// A table; what is in its cells is Markdown already.
fn table(page: &mut String, columns: &[&str], rows: Vec<Vec<String>>) {
    let line = |cells: Vec<String>| {
        // A bar ends a cell, in code too.
        let cells: Vec<String> = cells.into_iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    page.push_str(&line(columns.iter().map(|column| prose(column)).collect()));
    page.push_str(&format!("|{}\n", "---|".repeat(columns.len())));
    rows.into_iter().for_each(|row| page.push_str(&line(row)));
    page.push('\n');
}

/// A sentence in one line: as it is where nothing in it means anything to Markdown, otherwise as
/// code, of which a renderer makes nothing else.
fn prose(foreign: &str) -> String {
    let line = text::one_line(foreign);
    let harmless = |c: char| c.is_alphanumeric() || " .,:;()%/'’–-+=?".contains(c);
    let plain = line.chars().all(harmless)
        && !line.contains("://")
        && !line.contains("www.")
        && !line.starts_with(['-', '+', '=']);
    if plain {
        return line;
    }
    let pieces = pieces(&line).into_iter().map(|(piece, is_code)| match is_code {
        true => code(&piece),
        false => words(&piece, harmless),
    });
    let text: String = pieces.collect();
    // What began as a list item or a heading is none.
    if text.starts_with(['-', '+', '=']) { code(&line) } else { text }
}

/// A text in which only the words that are not harmless are code.
fn words(line: &str, harmless: impl Fn(char) -> bool) -> String {
    let quoted = line.split(' ').map(|word| {
        let plain = word.chars().all(&harmless) && !word.contains("://") && !word.contains("www.");
        if plain { word.to_owned() } else { code(word) }
    });
    quoted.collect::<Vec<_>>().join(" ")
}
