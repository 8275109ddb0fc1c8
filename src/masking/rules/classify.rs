//! Columns that could hold personal data: by their type, and by their name.
//!
//! A restore is refused while one of them has no rule: a new column must not leak because nobody
//! thought of it. What cannot hold a person's data by its type (numbers, times, identifiers, words
//! of a fixed list) needs none, unless its name says otherwise; or its first rows, which the first
//! reading of the backup looks at.

use std::fmt;

use super::fits::is_text;
use super::wording::{BIRTH, NAMES, PERSONAL, PHONES, SECRET, Words};
use crate::backup::manifest::{Column, TypeKind};
use crate::fault::Fault;

/// A column that could hold personal data, and has no rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unclassified {
    /// The table, as a rule names it.
    pub(crate) table: String,
    /// The column.
    pub(crate) column: String,
    /// Its type.
    pub(crate) declared: String,
    /// What a rule for it could be.
    pub(crate) proposal: &'static str,
}

/// Types that hold no text of anybody's.
const HARMLESS: [&str; 34] = [
    "bool",
    "int2",
    "int4",
    "int8",
    "float4",
    "float8",
    "numeric",
    "money",
    "oid",
    "uuid",
    "date",
    "time",
    "timetz",
    "timestamp",
    "timestamptz",
    "interval",
    "bit",
    "varbit",
    "point",
    "line",
    "lseg",
    "box",
    "path",
    "polygon",
    "circle",
    "pg_lsn",
    "xid",
    "xid8",
    "cid",
    "tid",
    "regclass",
    "regtype",
    "regproc",
    "txid_snapshot",
];

/// Ranges that come with PostgreSQL: of numbers and times. Any other may be one of texts.
const RANGES: [&str; 12] = [
    "int4range",
    "int8range",
    "numrange",
    "daterange",
    "tsrange",
    "tstzrange",
    "int4multirange",
    "int8multirange",
    "nummultirange",
    "datemultirange",
    "tsmultirange",
    "tstzmultirange",
];

/// A reason is for who knows it: pasted as it is, the loader asks for one.
const NO_REASON: &str = "{ keep = \"\" }";

/// Types of which digits are no telephone number, though one must be masked.
const NO_NUMBERS: [&str; 9] =
    ["inet", "cidr", "macaddr", "macaddr8", "geometry", "geography", "vector", "halfvec", "raster"];

/// Whether a column's values are no texts, nor hold any: numbers, times, identifiers, places.
pub(crate) fn is_harmless(column: &Column) -> bool {
    let base = column.base.rsplit('.').next().unwrap_or_default();
    let plain = matches!(column.kind, TypeKind::Base) && HARMLESS.contains(&column.base.as_str());
    plain || column.kind == TypeKind::Enum || NO_NUMBERS.contains(&base)
}

/// Whether a column needs a rule.
pub(super) fn could_hold(column: &Column) -> bool {
    let words = Words::of(&column.name);
    // Of a moment that something was done, only a birth's says anything.
    let moment = column.base.starts_with("time") || column.base == "interval";
    let personal = words.has(&BIRTH) || !moment && (words.has(&PERSONAL) || words.has(&PHONES));
    let numeric =
        matches!(column.base.as_str(), "uuid" | "int2" | "int4" | "int8" | "numeric" | "float8");
    match column.kind {
        _ if column.base == "bool" => words.has(&PERSONAL),
        TypeKind::Enum => personal,
        TypeKind::Range | TypeKind::Multirange if RANGES.contains(&column.base.as_str()) => {
            personal
        }
        TypeKind::Base if HARMLESS.contains(&column.base.as_str()) => {
            personal || numeric && words.end_with(&SECRET)
        }
        _ => true,
    }
}

/// A column that needs no rule by its name and type: what is told of it if its rows say otherwise.
pub(super) fn passed(table: String, column: &Column) -> Option<Unclassified> {
    // Bits, dates and UUIDs hold neither, and their digits say nothing.
    let numeric = matches!(column.base.as_str(), "int4" | "int8" | "numeric" | "float8");
    let judged = column.kind == TypeKind::Enum || numeric && !column.identity;
    judged.then(|| Unclassified {
        table,
        column: column.name.clone(),
        declared: column.declared.clone(),
        proposal: if column.nullable { "\"null\"" } else { NO_REASON },
    })
}

/// What a rule for a column could be, by its name and type.
pub(super) fn proposal(column: &Column) -> &'static str {
    let words = Words::of(&column.name);
    let has = |wanted: &[&str]| words.has(wanted);
    match column.base.as_str() {
        "json" | "jsonb" => "{ json = { \"$..name\" = \"name\" }, leaves = \"text\" }",
        "bytea" | "tsvector" => "\"empty\"",
        "inet" | "cidr" => "{ value = \"192.0.2.1\" }",
        _ if !is_text(column) && column.nullable => "\"null\"",
        _ if !is_text(column) => NO_REASON,
        _ if has(&["email", "e_mail", "mail", "useremail"]) => "\"email\"",
        _ if has(&PHONES) => "\"phone\"",
        _ if has(&SECRET) => "\"secret\"",
        _ if has(&["note", "comment", "description", "body", "message", "text", "subject"]) => {
            "\"text\""
        }
        _ if has(&["path", "object", "file", "filename"]) => "\"object-key\"",
        _ if has(&NAMES) => "\"name\"",
        // Free text is masked by what other columns tell of people: who stands here alone would stay.
        _ => NO_REASON,
    }
}

/// As a line of a file of rules.
impl fmt::Display for Unclassified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        match !self.column.is_empty() && self.column.chars().all(bare) {
            true => write!(f, "{}", self.column)?,
            false => write!(f, "{:?}", self.column)?,
        }
        write!(f, " = {:<40} # {}", self.proposal, self.declared)
    }
}

/// Columns that hold what needs a rule, with the lines to paste.
pub(crate) fn unruled(list: &[Unclassified]) -> Fault {
    let message = format!(
        "{} columns that need no rule by their type and name hold what looks like personal data; \
         nothing was loaded",
        list.len()
    );
    asked(&message, list)
}

/// What is wrong with columns that lack a rule, with the lines to paste.
pub(crate) fn asked(message: &str, list: &[Unclassified]) -> Fault {
    let mut lines = String::new();
    let mut table = "";
    for one in list {
        if one.table != table {
            table = &one.table;
            lines.push_str(&format!("\n[[table]]\nname = {table:?}\n[table.columns]\n"));
        }
        lines.push_str(&format!("{one}\n"));
    }
    Fault::usage(message).help(format!(
        "add to suites/masking.toml, after thinking of each (a table that is there already takes \
         the lines below its own):\n{lines}"
    ))
}
