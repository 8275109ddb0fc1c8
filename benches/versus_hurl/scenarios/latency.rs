//! Whether a reported latency is the server's: 200 checks that take 100 ms, 64 in flight.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::Arena;
use crate::Result;
use crate::measure::{ROUNDS, in_turns, median};
use crate::responder::SLOW;
use crate::table::{Goal, Unit, line};

const CHECKS: usize = 200;
const IN_FLIGHT: usize = 64;
/// How far above the truth the 99th percentile may be, in milliseconds.
const TOLERANCE: f64 = 5.0;

/// What one run reported, in milliseconds.
struct Reported {
    least: f64,
    median: f64,
    p99: f64,
}

pub(crate) fn run(arena: &Arena<'_>) -> Result<()> {
    let folder = arena.folder("latency");
    let mut checks = arena.checks("/slow/", CHECKS);
    checks.parallel = IN_FLIGHT;
    let jobs = IN_FLIGHT.to_string();
    let report = folder.join("report");
    let report_flag = report.display().to_string();
    let hurl = ["--parallel", "--jobs", &jobs, "--report-json", &report_flag];
    let mut lines = vec![arena.tools.ours(&checks.ours(&folder)?, 0, &["--test-threads", &jobs])];
    lines.extend(arena.tools.hurl(&checks.hurl(&folder, 1)?, &hurl));
    let mut reported = [Vec::new(), Vec::new()];
    in_turns(&lines, ROUNDS, |round, index, _| {
        let run = match index {
            0 => Reported::of(of_journal(&folder.join("reports/journal.json"))?)?,
            _ => {
                let values = of_hurl(&report.join("report.json"))?;
                // Hurl adds to a report that is there.
                fs::remove_dir_all(&report)?;
                Reported::of(values)?
            }
        };
        if round > 0 {
            reported[index].push(run);
        }
        Ok(())
    })?;
    let [ours, theirs] = reported;
    let middle = |of: &[Reported], figure: fn(&Reported) -> f64| {
        (!of.is_empty()).then(|| median(of.iter().map(figure).collect()))
    };
    let exact = SLOW.as_secs_f64() * 1_000.0;
    let row = |what: &str, figure: fn(&Reported) -> f64, goal: &Goal| {
        let ours = middle(&ours, figure).unwrap_or(f64::NAN);
        line(what, Unit::Ms, ours, middle(&theirs, figure), goal);
    };
    let least = ours.iter().map(|run| run.least).fold(f64::INFINITY, f64::min);
    let theirs_least = theirs.iter().map(|run| run.least).min_by(f64::total_cmp);
    let never_below = Goal::Within(exact, exact + TOLERANCE);
    line("100 ms, 64 in flight: least of all", Unit::Ms, least, theirs_least, &never_below);
    row("100 ms, 64 in flight: median", |run| run.median, &Goal::None);
    let within = Goal::Within(exact, exact + TOLERANCE);
    row("100 ms, 64 in flight: p99", |run| run.p99, &within);
    row("100 ms, 64 in flight: p99 against hurl's", |run| run.p99, &Goal::Ratio(1.0));
    Ok(())
}

impl Reported {
    fn of(mut values: Vec<f64>) -> Result<Self> {
        if values.len() != CHECKS {
            return Err(format!("{} latencies of {CHECKS} were reported", values.len()).into());
        }
        values.sort_by(f64::total_cmp);
        // By nearest rank.
        let p99 = values[(CHECKS * 99).div_ceil(100) - 1];
        Ok(Self { least: values[0], median: values[CHECKS / 2], p99 })
    }
}

fn of_journal(path: &Path) -> Result<Vec<f64>> {
    let journal: Value = serde_json::from_slice(&fs::read(path)?)?;
    let entries = journal["entries"].as_array().ok_or("the journal has no entries")?;
    Ok(entries.iter().filter_map(|entry| entry["latency"]["value_ms"].as_f64()).collect())
}

/// Hurl's own clock around each request, in microseconds.
fn of_hurl(path: &Path) -> Result<Vec<f64>> {
    let report: Value = serde_json::from_slice(&fs::read(path)?)?;
    let files = report.as_array().ok_or("hurl's report has no files")?;
    let totals = files.iter().map(|file| &file["entries"][0]["calls"][0]["timings"]["total"]);
    Ok(totals.filter_map(Value::as_f64).map(|total| total / 1_000.0).collect())
}
