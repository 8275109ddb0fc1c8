//! Answers without measure: 1 GB, one that drips for ever, and none at all.
//!
//! Memory is held against that of the same answer under a small limit, and what the limit is
//! more than that; time against the time-out. Hurl is asked for the gigabyte alone, which it takes into memory twice; the other
//! two would keep it for as long as it is allowed to wait.

use std::fs;

use super::{Arena, mb, ms};
use crate::Result;
use crate::inputs::Checks;
use crate::measure::{ROUNDS, medians};
use crate::table::{Goal, Unit, line};
use crate::tools::Line;

/// The limit on a body where a suite does not say otherwise, in megabytes.
const BODY_LIMIT: f64 = 8.388_608;
/// A small one, of the size of what is looked at for an excerpt.
const SMALL_LIMIT: &str = "64 kB";
/// The time-out of the environment `bench`, in milliseconds.
const TIMEOUT: f64 = 2_000.0;
/// What a process needs beside its requests: time to start and to write its reports.
const BASE_MS: f64 = 100.0;
/// What memory may vary by beside that, in megabytes.
const BASE_MB: f64 = 2.0;
/// Exit codes: an answer that is cut off fails, one that never ends cannot be judged.
const FAILED: i32 = 1;
const ERRORED: i32 = 3;

pub(crate) fn run(arena: &Arena<'_>) -> Result<()> {
    let small = arena.folder("small");
    let checks = Checks { body_limit: Some(SMALL_LIMIT), ..one(arena, "/gigabyte/") };
    let small = arena.tools.ours(&checks.ours(&small)?, FAILED, &[]);
    let most = mb(&medians(&[small], ROUNDS)?[0]) + BODY_LIMIT + BASE_MB;
    let mut lines = vec![ours(arena, "/gigabyte/", FAILED)?];
    lines.extend(hurl_gigabyte(arena)?);
    let figures = medians(&lines, ROUNDS)?;
    let (cut, theirs) = (figures[0], figures.get(1));
    let within = Goal::Most(TIMEOUT + BASE_MS);
    line("an answer of 1 GB", Unit::Ms, ms(&cut), theirs.map(ms), &within);
    line("an answer of 1 GB, memory", Unit::Mb, mb(&cut), theirs.map(mb), &Goal::Most(most));
    for (what, path) in [("an answer that never ends", "/endless/"), ("no answer", "/silent/")] {
        let ours = medians(&[ours(arena, path, ERRORED)?], ROUNDS)?[0];
        line(what, Unit::Ms, ms(&ours), None, &within);
        line(&format!("{what}, memory"), Unit::Mb, mb(&ours), None, &Goal::Most(most));
    }
    Ok(())
}

fn one<'a>(arena: &'a Arena<'_>, path: &'a str) -> Checks<'a> {
    arena.checks(path, 1)
}

/// Our run of one check.
fn ours(arena: &Arena<'_>, path: &str, code: i32) -> Result<Line> {
    let folder = arena.folder(path.trim_matches('/'));
    Ok(arena.tools.ours(&one(arena, path).ours(&folder)?, code, &[]))
}

/// Hurl's run, where there is memory enough for it: it holds the answer more than once.
fn hurl_gigabyte(arena: &Arena<'_>) -> Result<Option<Line>> {
    let facts = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let free = facts.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let free = free.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    if free.is_none_or(|kib| kib < 4 * 1024 * 1024) {
        return Ok(None);
    }
    let folder = arena.folder("gigabyte");
    let files = one(arena, "/gigabyte/").hurl(&folder, 1)?;
    let line = arena.tools.hurl(&files, &["--max-time", "60"]);
    // The body is no JSON: the assertion fails, as it does for us.
    Ok(line.map(|line| Line { code: 4, ..line }))
}
