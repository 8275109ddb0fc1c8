//! Five checks: what a gate after a deploy costs when all is well.

use super::{Arena, mb, ms};
use crate::Result;
use crate::measure::{ROUNDS, medians};
use crate::table::{Goal, Unit, line};

pub(crate) fn run(arena: &Arena<'_>) -> Result<()> {
    let folder = arena.folder("five");
    let checks = arena.checks("/now/", 5);
    let mut lines = vec![arena.tools.ours(&checks.ours(&folder)?, 0, &[])];
    lines.extend(arena.tools.hurl(&checks.hurl(&folder, 5)?, &[]));
    // A run of milliseconds is at the mercy of whatever else the machine does: more of them.
    let figures = medians(&lines, ROUNDS * 5)?;
    let (ours, theirs) = (figures[0], figures.get(1));
    line("5 checks", Unit::Ms, ms(&ours), theirs.map(ms), &Goal::Ratio(1.0));
    line("5 checks, memory", Unit::Mb, mb(&ours), theirs.map(mb), &Goal::Ratio(2.0));
    Ok(())
}
