//! The drills on the terminal: `make drill-history`.
//!
//! ```text
//! 2026-08-24 05:00  PASS  staging  rto 14 min 12 s  rpo 4 min 10 s  data 3.1 GB  smoke 9/9
//! 2026-11-24 05:00  FAIL  staging  rto –            rpo 5 min 02 s  data 3.4 GB  smoke 7/9  red smoke::ready
//!
//! recovery time  ▂▃▂▃█  14 min 12 s … 22 min 40 s
//! ```

use std::path::Path;

use super::build::long;
use super::model::{RunLine, Status};
use super::runs;
use crate::fault::Fault;
use crate::journal::Verdict;
use crate::report::{text, units};

/// How many drills are shown.
const SHOWN: usize = 20;

/// A figure of a drill.
type Figure = fn(&RunLine) -> Option<f64>;

/// The status in one word.
pub(crate) fn word(status: Status) -> &'static str {
    match status {
        Status::Pass => "PASS",
        Status::Fail => "FAIL",
        Status::Partial => "part",
    }
}

/// How a drill ended, in one word: one that was stopped or killed has shown nothing, and a part of
/// one, green or red, is none.
fn ended(line: &RunLine) -> &'static str {
    match line.verdict {
        Verdict::Unfinished => "died",
        Verdict::Interrupted => "stop",
        _ if !line.whole => word(Status::Partial),
        _ => word(line.status),
    }
}

/// The drills that a folder of reports knows, as text for people; of one environment if it is
/// named.
///
/// # Errors
/// *Errored*: there is none.
pub fn show(reports: &Path, environment: Option<&str>) -> Result<String, Fault> {
    let mut known = runs::read(reports);
    known.lines.retain(|line| environment.is_none_or(|name| line.environment == name));
    let mut page: String = known.notes.iter().map(|note| format!("note: {note}\n")).collect();
    if known.lines.is_empty() {
        let of = environment.map(|name| format!(" of `{name}`")).unwrap_or_default();
        let path = reports.join(runs::FILE);
        return Err(Fault::errored(format!("no drill{of} is known{}", notes(&known.notes)))
            .object(path.display())
            .help("`make drill` makes one"));
    }
    let told = known.lines.len().saturating_sub(SHOWN);
    let lines = known.lines.get(told..).unwrap_or_default();
    let rows: Vec<[String; 8]> = lines.iter().map(row).collect();
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: [usize; 8] = std::array::from_fn(width);
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| {
            let pad = " ".repeat(width.saturating_sub(cell.chars().count()));
            format!("{cell}{pad}")
        });
        page += cells.collect::<Vec<_>>().join("  ").trim_end();
        page.push('\n');
    }
    if told > 0 {
        page += &format!("({} before these)\n", text::count(told, "drill"));
    }
    page.push('\n');
    let whole: Vec<&RunLine> = lines.iter().filter(|line| line.counts()).collect();
    let figures: [(&str, Figure); 4] = [
        ("recovery time", |line| line.rto),
        ("backup", |line| line.stages.get("backup").copied()),
        ("restore", |line| line.stages.get("restore").copied()),
        ("whole drill", |line| line.seconds),
    ];
    for (name, figure) in figures {
        let values: Vec<Option<f64>> = whole.iter().map(|line| figure(line)).collect();
        page += &trend(name, &values, long);
    }
    let sizes: Vec<Option<f64>> =
        whole.iter().map(|line| line.data_bytes.map(|bytes| bytes as f64)).collect();
    page += &trend("data", &sizes, |bytes| units::size(bytes.max(0.0) as u64));
    Ok(page)
}

fn notes(notes: &[String]) -> String {
    notes.first().map(|note| format!("; {note}")).unwrap_or_default()
}

fn row(line: &RunLine) -> [String; 8] {
    let took = |seconds: Option<f64>| seconds.map_or("–".to_owned(), long);
    let red = match line.red.is_empty() {
        true => String::new(),
        false => format!("red {}", text::one_line(&text::list(&line.red, 3))),
    };
    [
        line.started.strftime("%Y-%m-%d %H:%M").to_string(),
        ended(line).to_owned(),
        text::one_line(&line.environment),
        format!("rto {}", took(line.rto)),
        format!("rpo {}", took(line.rpo)),
        format!("data {}", line.data_bytes.map_or("–".to_owned(), units::size)),
        format!("smoke {}/{}", line.smoke_passed, line.smoke_total),
        red,
    ]
}

/// A figure over the drills, as little bars.
fn trend(name: &str, values: &[Option<f64>], told: impl Fn(f64) -> String) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let known: Vec<f64> = values.iter().flatten().copied().filter(|v| v.is_finite()).collect();
    let (Some(first), Some(last)) = (known.first(), known.last()) else { return String::new() };
    let most = known.iter().copied().fold(0.0, f64::max);
    let bar = |value: &Option<f64>| match value.filter(|value| value.is_finite() && most > 0.0) {
        None => ' ',
        Some(value) => {
            let at = (value / most * (BARS.len() - 1) as f64).round().max(0.0) as usize;
            BARS.get(at).copied().unwrap_or('█')
        }
    };
    let bars: String = values.iter().map(bar).collect();
    let range = match known.len() {
        1 => told(*last),
        _ => format!("{} … {}", told(*first), told(*last)),
    };
    format!("{name:<14} {bars}  {range}\n")
}
