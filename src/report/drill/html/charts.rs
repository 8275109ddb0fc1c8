//! The geometry of the page's pictures. Each is a row of a table or has its figures beside it as
//! text, so that nothing is said by a picture alone.

use serde::Serialize;

use super::super::build::long;
use super::super::model::{DrillReport, RunLine, Status};
use crate::report::units;

/// How wide a bar may be, in the units of its picture.
const WIDE: f64 = 1000.0;

/// The least width of a bar that is there at all.
const SEEN: f64 = 4.0;

/// The height of a trend's picture, and how wide a column and its gap are.
const HIGH: f64 = 100.0;
const COLUMN: f64 = 40.0;
const GAP: f64 = 16.0;

/// A bar in a picture as wide as [`WIDE`].
#[derive(Debug, Serialize)]
pub(super) struct Bar {
    x: f64,
    width: f64,
}

impl Bar {
    /// From here to there, where the whole is this long.
    pub(super) fn of(from: f64, length: f64, whole: f64) -> Self {
        let scale =
            |value: f64| if whole > 0.0 { (value / whole * WIDE).clamp(0.0, WIDE) } else { 0.0 };
        let width = scale(length).max(SEEN);
        Self { x: round(scale(from).min(WIDE - width)), width: round(width) }
    }
}

/// A row of the time line.
#[derive(Debug, Serialize)]
pub(super) struct SpanRow {
    title: String,
    stage: String,
    bar: Bar,
    took: String,
    begins: String,
    counts: bool,
}

/// The time line: its rows, and how long the whole is.
pub(super) fn timeline(report: &DrillReport) -> (Vec<SpanRow>, String) {
    let end = report.timeline.iter().map(|span| span.from + span.seconds).fold(0.0, f64::max);
    let rows = report.timeline.iter().map(|span| SpanRow {
        title: span.title.clone(),
        stage: span.stage.clone(),
        bar: Bar::of(span.from, span.seconds, end),
        took: long(span.seconds),
        begins: long(span.from),
        counts: span.counts,
    });
    (rows.collect(), long(end))
}

/// A column of a trend.
#[derive(Debug, Serialize)]
struct Column {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    tone: &'static str,
    told: String,
}

/// A figure over the drills.
#[derive(Debug, Serialize)]
pub(super) struct Trend {
    title: &'static str,
    now: String,
    change: String,
    width: f64,
    height: f64,
    columns: Vec<Column>,
    /// Where the objective is, if it is near enough to be drawn.
    line: Option<f64>,
    alt: String,
}

/// A figure of a drill, how it is told, and its objective.
type Figure = (&'static str, fn(&RunLine) -> Option<f64>, fn(f64) -> String, Option<f64>);

/// Every figure that two drills or more have.
pub(super) fn trends(report: &DrillReport) -> Vec<Trend> {
    let promised = |name: &str| report.objective(name).map(|objective| objective.target);
    let size = |bytes: f64| units::size(bytes.max(0.0) as u64);
    let figures: [Figure; 6] = [
        ("Recovery time", |line| line.rto, long, promised("rto")),
        ("Recovery point", |line| line.rpo, long, promised("rpo")),
        ("Backup", |line| line.stages.get("backup").copied(), long, None),
        ("Restore", |line| line.stages.get("restore").copied(), long, None),
        ("Whole drill", |line| line.seconds, long, None),
        ("Data", |line| line.data_bytes.map(|bytes| bytes as f64), size, None),
    ];
    figures.into_iter().filter_map(|figure| trend(&report.history, figure)).collect()
}

fn trend(history: &[RunLine], (title, figure, told, line): Figure) -> Option<Trend> {
    let values: Vec<(&RunLine, Option<f64>)> = history
        .iter()
        .map(|run| (run, figure(run).filter(|value| value.is_finite() && *value >= 0.0)))
        .collect();
    let known: Vec<f64> = values.iter().filter_map(|(_, value)| *value).collect();
    if known.len() < 2 {
        return None;
    }
    let most = known.iter().copied().fold(0.0, f64::max);
    // An objective far above every drill would press them all into the ground.
    let line = line.filter(|line| *line <= most * 2.0);
    let top = line.map_or(most, |line| line.max(most)).max(f64::MIN_POSITIVE);
    let columns = values.iter().enumerate().filter_map(|(at, (run, value))| {
        let value = (*value)?;
        let height = (value / top * HIGH).max(2.0);
        Some(Column {
            x: round(at as f64 * (COLUMN + GAP)),
            y: round(HIGH - height),
            width: COLUMN,
            height: round(height),
            tone: match run.status {
                _ if at + 1 == values.len() => "now",
                Status::Pass => "pass",
                Status::Fail => "fail",
                Status::Partial => "part",
            },
            told: format!("{}: {}", run.started.strftime("%Y-%m-%d"), told(value)),
        })
    });
    let columns: Vec<Column> = columns.collect();
    let alt: Vec<&str> = columns.iter().map(|column| column.told.as_str()).collect();
    let alt = format!("{title}, drill by drill. {}", alt.join("; "));
    let last = values.last().and_then(|(_, value)| *value);
    let before = values.iter().rev().nth(1).and_then(|(_, value)| *value);
    let change = match (last, before) {
        (Some(last), Some(before)) if before > 0.0 => {
            let percent = (last - before) / before * 100.0;
            match percent.abs() < 0.5 {
                true => "as in the last drill".to_owned(),
                false => format!("{percent:+.0} % since the last drill ({})", told(before)),
            }
        }
        (None, Some(before)) => format!("not measured in this drill; {} in the last", told(before)),
        _ => String::new(),
    };
    Some(Trend {
        title,
        now: last.map_or("–".to_owned(), told),
        change,
        width: round(values.len() as f64 * (COLUMN + GAP) - GAP),
        height: HIGH,
        columns,
        line: line.map(|line| round(HIGH - line / top * HIGH)),
        alt,
    })
}

/// To a tenth: no picture needs more.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::before;
    use super::{long, trend};

    #[test]
    fn the_last_drill_is_the_last_one_and_not_the_last_that_knew() {
        let mut lines = before("passed");
        let change = |lines: &[_]| trend(lines, ("x", |line| line.rto, long, None)).unwrap().change;
        assert!(change(&lines).contains("since the last drill"), "{}", change(&lines));
        let at = lines.len() - 2;
        lines[at].rto = None;
        assert_eq!(change(&lines), "");
    }
}
