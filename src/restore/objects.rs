//! Which objects of the catalogue an entry of the archive tells of.

use std::collections::{BTreeMap, BTreeSet};

use super::hosted::left::Key;
use crate::backup::archive::{Entry, Toc};

/// What has columns, and so their comments and defaults in its definition.
const WITH_COLUMNS: [&str; 5] = ["table", "view", "materialized view", "foreign table", "type"];

/// The objects whose definitions are others once these entries' are, in the words of the
/// catalogue: a comment, a default and a check are of their object, and a table's check is one of
/// its heirs and partitions too.
pub(super) fn of(toc: &Toc, changed: &BTreeSet<i64>) -> BTreeSet<Key> {
    let entries = || toc.entries.iter().filter(|entry| changed.contains(&entry.dump_id));
    let mut all: BTreeSet<Key> = entries().flat_map(keys).collect();
    let tables = toc.entries.iter().filter(|entry| entry.desc == "TABLE");
    let numbers: BTreeMap<i64, Key> =
        tables.map(|entry| (entry.dump_id, key("table", entry, &entry.tag))).collect();
    loop {
        let heirs = toc.entries.iter().filter(|entry| {
            let above = entry.dependencies.iter().filter_map(|number| numbers.get(number));
            matches!(entry.desc.as_str(), "TABLE" | "TABLE ATTACH")
                && above.into_iter().any(|table| all.contains(table))
        });
        let heirs: Vec<Key> = heirs.map(|entry| key("table", entry, &entry.tag)).collect();
        let before = all.len();
        all.extend(heirs);
        if all.len() == before {
            return all;
        }
    }
}

fn key(kind: &str, entry: &Entry, name: &str) -> Key {
    (kind.to_lowercase(), entry.namespace.clone(), name.to_owned())
}

fn keys(entry: &Entry) -> Vec<Key> {
    let tag = entry.tag.as_str();
    let kind = entry.desc.to_lowercase();
    let own = key(&kind, entry, tag);
    match entry.desc.as_str() {
        "COMMENT" => comment(entry),
        "DEFAULT" | "CHECK CONSTRAINT" | "RULE" => {
            let of = ["domain"].into_iter().chain(WITH_COLUMNS);
            let of = of.flat_map(|kind| heads(tag).map(move |name| key(kind, entry, name)));
            of.chain([own]).collect()
        }
        "TABLE ATTACH" => vec![key("table", entry, tag), own],
        _ => vec![own],
    }
}

/// `TABLE t`, `COLUMN t.c` or `TRIGGER x ON t`.
fn comment(entry: &Entry) -> Vec<Key> {
    let Some((kind, name)) = kind_of(&entry.tag) else {
        return vec![key("comment", entry, &entry.tag)];
    };
    let mut all = vec![key(kind, entry, name)];
    if kind == "COLUMN" {
        let of = name.rsplit_once('.').map_or(name, |(table, _)| table);
        all.extend(WITH_COLUMNS.map(|kind| key(kind, entry, of)));
    }
    for (at, on) in name.match_indices(" ON ") {
        let (own, of) = (&name[..at], &name[at + on.len()..]);
        all.push(key(kind, entry, &format!("{of} {own}")));
        if kind == "CONSTRAINT" {
            // Whichever kind it is, and whether it stands in the table.
            for kind in ["fk constraint", "check constraint"] {
                all.push(key(kind, entry, &format!("{of} {own}")));
            }
            for kind in ["table", "domain"] {
                all.push(key(kind, entry, of));
            }
        }
    }
    all
}

/// The kind in a comment's tag, which may be of several words, and the rest.
fn kind_of(tag: &str) -> Option<(&str, &str)> {
    const LONG: [&str; 12] = [
        "MATERIALIZED VIEW ",
        "FOREIGN TABLE ",
        "FOREIGN DATA WRAPPER ",
        "EVENT TRIGGER ",
        "TEXT SEARCH CONFIGURATION ",
        "TEXT SEARCH DICTIONARY ",
        "TEXT SEARCH PARSER ",
        "TEXT SEARCH TEMPLATE ",
        "OPERATOR CLASS ",
        "OPERATOR FAMILY ",
        "ACCESS METHOD ",
        "PROCEDURAL LANGUAGE ",
    ];
    let long = LONG.iter().find(|kind| tag.starts_with(**kind));
    match long {
        Some(kind) => Some((kind.trim_end(), &tag[kind.len()..])),
        None => tag.split_once(' '),
    }
}

/// Every beginning of a tag that may be a name: names may have blanks.
fn heads(tag: &str) -> impl Iterator<Item = &str> {
    tag.match_indices(' ').map(|(at, _)| &tag[..at])
}
