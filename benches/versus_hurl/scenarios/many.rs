//! A thousand checks, and ten thousand: the cost of each, and whether it grows.

use super::{Arena, PARALLEL, mb, ms};
use crate::Result;
use crate::measure::{Measured, ROUNDS, medians};
use crate::table::{Goal, Unit, line};

/// Memory at ten thousand checks, at most.
const MOST_MB: f64 = 200.0;
/// How much more ten times the checks may take; above ten there is room for a busy machine.
const LINEAR: f64 = 12.0;

pub(crate) fn run(arena: &Arena<'_>) -> Result<()> {
    let thousand = against_each(arena)?;
    let folder = arena.folder("ten-thousand");
    let checks = arena.checks("/now/", 10_000);
    let mut lines = vec![arena.tools.ours(&checks.ours(&folder)?, 0, &[])];
    let jobs = PARALLEL.to_string();
    lines.extend(arena.tools.hurl(&checks.hurl(&folder, 5)?, &["--parallel", "--jobs", &jobs]));
    let figures = medians(&lines, ROUNDS)?;
    let (ours, theirs) = (figures[0], figures.get(1));
    line("10,000 checks", Unit::Ms, ms(&ours), theirs.map(ms), &Goal::None);
    let growth = ours.seconds / thousand.seconds;
    let what = "10,000 checks, times the time of 1,000";
    line(what, Unit::Times, growth, None, &Goal::Most(LINEAR));
    line("10,000 checks, memory", Unit::Mb, mb(&ours), theirs.map(mb), &Goal::Most(MOST_MB));
    Ok(())
}

/// A thousand checks against each arrangement of Hurl's; our figure.
fn against_each(arena: &Arena<'_>) -> Result<Measured> {
    let folder = arena.folder("thousand");
    let checks = arena.checks("/now/", 1_000);
    let mut lines = vec![arena.tools.ours(&checks.ours(&folder)?, 0, &[])];
    // As many jobs as there are processors is Hurl's own choice; as many as we have is fair.
    let jobs = PARALLEL.to_string();
    let equal = ["--parallel", "--jobs", &jobs];
    let arrangements = [
        ("files of five", 5, &equal[..1]),
        ("files of five, as many jobs", 5, &equal),
        ("one file", 1_000, &equal[..1]),
        ("one file a check", 1, &equal[..1]),
    ];
    for (_, in_each, flags) in arrangements {
        lines.extend(arena.tools.hurl(&checks.hurl(&folder, in_each)?, flags));
    }
    let figures = medians(&lines, ROUNDS)?;
    let (ours, theirs) = (figures[0], &figures[1..]);
    for ((name, ..), theirs) in arrangements.iter().zip(theirs) {
        let what = format!("1,000 checks, hurl's in {name}");
        line(&what, Unit::Ms, ms(&ours), Some(ms(theirs)), &Goal::None);
    }
    let best = theirs.iter().min_by(|a, b| a.seconds.total_cmp(&b.seconds));
    line("1,000 checks, hurl's best", Unit::Ms, ms(&ours), best.map(ms), &Goal::Ratio(0.7));
    line("1,000 checks, memory", Unit::Mb, mb(&ours), best.map(mb), &Goal::None);
    Ok(ours)
}
