//! Columns that could hold personal data: by their type, and by their name.
//!
//! A restore is refused while one of them has no rule: a new column must not leak because nobody
//! thought of it. What cannot hold a person's data by its type (numbers, times, identifiers, words
//! of a fixed list) needs none, unless its name says otherwise.

use std::fmt;

use crate::backup::manifest::{Column, TypeKind};

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

/// Parts of names that speak of a person, whatever the type.
const PERSONAL: [&str; 13] = [
    "ssn",
    "social_security",
    "passport",
    "tax_id",
    "iban",
    "latitude",
    "longitude",
    "location",
    "geo",
    "place",
    "phone",
    "mobile",
    "salary",
];

/// Those of a birth.
const BIRTH: [&str; 3] = ["birth", "born", "dob"];

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
    let name = column.name.to_lowercase();
    // Of a moment that something was done, only a birth's says anything.
    let words = match column.base.starts_with("time") || column.base == "interval" {
        true => &BIRTH[..],
        false => &PERSONAL[..],
    };
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let personal = has(words) || has(&BIRTH) || matches!(&*name, "lat" | "lng");
    match column.kind {
        _ if column.base == "bool" => false,
        TypeKind::Enum => false,
        TypeKind::Range | TypeKind::Multirange => personal,
        TypeKind::Base if HARMLESS.contains(&column.base.as_str()) => personal,
        TypeKind::Base | TypeKind::Composite | TypeKind::Other => true,
    }
}

/// What a rule for a column could be, by its name and type.
pub(super) fn proposal(column: &Column) -> &'static str {
    let name = column.name.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match column.base.as_str() {
        "json" | "jsonb" => "{ json = { \"$..name\" = \"name\" }, leaves = \"text\" }",
        "bytea" | "tsvector" => "\"empty\"",
        "inet" | "cidr" => "{ value = \"192.0.2.1\" }",
        base if HARMLESS.contains(&base) && column.nullable => "\"null\"",
        base if HARMLESS.contains(&base) => NO_REASON,
        _ if has(&["email", "e-mail", "e_mail"]) => "\"email\"",
        _ if has(&["phone", "mobile"]) => "\"phone\"",
        _ if has(&["token", "secret", "password", "api_key", "apikey"]) => "\"secret\"",
        _ if has(&["note", "comment", "description", "body", "message", "text", "subject"]) => {
            "\"text\""
        }
        _ if has(&["path", "object", "file"]) => "\"object-key\"",
        _ if has(&["name"]) => "\"name\"",
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
