//! Where the backup has each sequence stand.

use std::sync::LazyLock;

use regex::Regex;

use crate::backup::archive::Toc;
use crate::pattern;

static SET: LazyLock<Regex> =
    LazyLock::new(|| pattern::constant(r"(?s),\s*(-?[0-9]+),\s*(true|false)\);\s*$"));

/// Where a sequence stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) schema: String,
    pub(crate) name: String,
    /// Its last value, and whether that one was given out.
    pub(crate) last: i64,
    pub(crate) called: bool,
}

/// What `SELECT pg_catalog.setval('public.counter', 7, true);` says, for each sequence.
pub(crate) fn positions(toc: &Toc) -> Vec<Position> {
    let sets = toc.entries.iter().filter(|entry| entry.desc == "SEQUENCE SET");
    sets.filter_map(|entry| {
        let set = SET.captures(entry.definition.as_deref()?)?;
        Some(Position {
            schema: entry.namespace.clone()?,
            name: entry.tag.clone(),
            last: set[1].parse().ok()?,
            called: &set[2] == "true",
        })
    })
    .collect()
}
