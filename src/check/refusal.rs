//! Traces of a real answer in a refusing one.
//!
//! A request without its credential must be refused, and the refusal must hold nothing of what
//! it refuses. So the real answer is taken apart into the pieces that could only come from the
//! data behind it, and the refusing answer is searched for them.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::judge::status;
use super::observation::Observation;
use super::shape::Shape;
use super::table::Table;
use crate::journal::Broken;
use crate::pattern::constant;
use crate::redact::{Needles, hide_shapes};
use crate::suite::expect::StatusSet;
use crate::suite::source::pointer_token;

/// The most pieces that are kept of one answer.
const PIECES: usize = 4_000;
/// The most characters of a piece: a long one is known by its beginning.
const PIECE: usize = 64;
/// The most places that are named in a report.
const PLACES: usize = 5;

/// The telling pieces of a real answer. They are data of the application: never printed.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Traces {
    /// Where the real answer has each piece, for the first time.
    places: HashMap<String, String>,
    /// The hash of a body that is no text.
    binary: Option<u64>,
}

impl std::fmt::Debug for Traces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} traces", self.places.len())
    }
}

impl Traces {
    /// Takes the answer apart: JSON strings and numbers, CSV cells below the header, lines of
    /// text. A piece tells something if it has eight characters, four with a digit or an `@`
    /// among them, or is a number of five digits. Dates do not: any answer may hold today's.
    pub(crate) fn of(seen: &Observation) -> Self {
        let mut pieces = Pieces { places: HashMap::new(), url: seen.url.as_str() };
        let mut binary = None;
        match Shape::of(seen) {
            Shape::Empty => {}
            Shape::Binary => binary = Some(hash(&seen.body)),
            Shape::Json(value) => pieces.json(&value, &mut String::new()),
            Shape::Csv(table, _) => pieces.csv(&table),
            Shape::Markup(text) => pieces.lines(&without_markup(text), ""),
            Shape::Text(text) => pieces.lines(text, ""),
        }
        Self { places: pieces.places, binary }
    }

    /// What is wrong with the refusing answer: a status other than `status`, and how many pieces
    /// of the real answer it holds, whole words only, with where the real answer has them.
    pub(crate) fn judge(&self, refused: &Observation, status: &StatusSet) -> Vec<Broken> {
        let mut found = Vec::new();
        found.extend(status::judge(Some(status), refused.status, "refusal.status"));
        if self.binary.is_some() && self.binary == Some(hash(&refused.body)) {
            found.push(leak(None, "the same binary body".to_owned()));
        }
        let leaked = self.leaked(refused);
        if !leaked.is_empty() {
            let places: Vec<&str> = leaked.iter().take(PLACES).map(|place| &**place).collect();
            let more = if leaked.len() > PLACES { " and others" } else { "" };
            let count = match leaked.len() {
                1 => "1 piece".to_owned(),
                n => format!("{n} pieces"),
            };
            let actual = format!("{count} of it, which stand there at {}{more}", places.join(", "));
            found.push(leak(leaked.first().cloned(), actual));
        }
        found
    }

    /// Where the real answer has what the refusing one repeats, in order.
    fn leaked(&self, refused: &Observation) -> Vec<String> {
        let text = String::from_utf8_lossy(&refused.body);
        // Made here and not kept: a run may hold the traces of thousands of answers.
        let needles = Needles::new(self.places.keys().cloned());
        let mut pieces = Vec::new();
        let mut search = |text: &str| {
            needles.each(text, |piece, range| {
                let before = text.get(..range.start).and_then(|before| before.chars().next_back());
                let after = text.get(range.end..).and_then(|after| after.chars().next());
                let joined = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
                let starts = piece.chars().next().is_some_and(char::is_alphanumeric);
                let ends = piece.chars().next_back().is_some_and(char::is_alphanumeric);
                if !(starts && joined(before) || ends && joined(after)) {
                    pieces.push(piece);
                }
            });
        };
        search(&text);
        // Strings of JSON may be escaped in the body as it stands.
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            each_leaf(&value, &mut String::new(), &mut |leaf, _| search(leaf));
        }
        pieces.sort_unstable();
        pieces.dedup();
        let mut places: Vec<&String> = pieces.iter().filter_map(|p| self.places.get(*p)).collect();
        places.sort_unstable();
        // The keys on the way may be data as well.
        places.into_iter().map(|place| hide_shapes(place)).collect()
    }
}

/// Collects pieces.
struct Pieces<'a> {
    places: HashMap<String, String>,
    url: &'a str,
}

impl Pieces<'_> {
    fn json(&mut self, value: &Value, pointer: &mut String) {
        each_leaf(value, pointer, &mut |leaf, pointer| self.lines(leaf, pointer));
    }

    fn csv(&mut self, table: &Table) {
        for row in &table.rows {
            for (i, cell) in row.cells.iter().enumerate() {
                let column = table.header.get(i).map_or("?", String::as_str);
                self.add(cell, || format!("column {column}, line {}", row.line));
            }
        }
    }

    fn lines(&mut self, text: &str, place: &str) {
        for (i, line) in text.lines().enumerate() {
            let place = || if place.is_empty() { format!("line {}", i + 1) } else { place.into() };
            line.split(TAG_MARK).for_each(|piece| self.add(piece, place));
        }
    }

    /// Adds a piece that tells something. What the request's own URL says tells nothing: errors
    /// like to repeat it.
    fn add(&mut self, piece: &str, place: impl FnOnce() -> String) {
        let piece = piece.trim();
        let piece = piece.char_indices().nth(PIECE).map_or(piece, |(end, _)| &piece[..end]);
        let tells = tells(piece) && self.places.len() < PIECES;
        if tells && !self.url.contains(piece) && !self.places.contains_key(piece) {
            self.places.insert(piece.to_owned(), place());
        }
    }
}

/// Calls `visit` with every string and number and its JSON Pointer.
fn each_leaf(value: &Value, pointer: &mut String, visit: &mut impl FnMut(&str, &str)) {
    let length = pointer.len();
    match value {
        Value::String(text) => visit(text, pointer),
        Value::Number(number) => visit(&number.to_string(), pointer),
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                pointer.push('/');
                pointer.push_str(&i.to_string());
                each_leaf(item, pointer, visit);
                pointer.truncate(length);
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                pointer.push('/');
                pointer.push_str(&pointer_token(key));
                each_leaf(value, pointer, visit);
                pointer.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

static DATE: LazyLock<Regex> =
    LazyLock::new(|| constant(r"^\d{4}-\d{2}-\d{2}([T ][0-9:.,Z+-]*)?$"));
static HEAD: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?is)<head\b.*?</head\s*>|<script\b.*?</script\s*>|<style\b.*?</style\s*>|<!--.*?-->",
    )
});
static TAG: LazyLock<Regex> = LazyLock::new(|| constant(r"(?s)<[^>]*>"));

/// Whether a piece is unlikely to stand in an answer by chance.
fn tells(piece: &str) -> bool {
    if piece.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        return piece.bytes().filter(u8::is_ascii_digit).count() >= 5 && !DATE.is_match(piece);
    }
    let length = piece.chars().count();
    let mixed = || piece.contains(|c: char| c.is_ascii_digit() || c == '@');
    (length >= 8 || length >= 4 && mixed()) && !DATE.is_match(piece)
}

/// Stands for a tag: text on its two sides is two pieces.
const TAG_MARK: char = '\u{1f}';

/// The text of a page on the lines where it stands; its markup is the same on every page.
fn without_markup(page: &str) -> String {
    let mark = |hit: &Captures<'_>| {
        let breaks = hit[0].chars().filter(|c| *c == '\n');
        std::iter::once(TAG_MARK).chain(breaks).collect::<String>()
    };
    TAG.replace_all(&HEAD.replace_all(page, mark), mark).into_owned()
}

fn leak(at: Option<String>, actual: String) -> Broken {
    Broken {
        expectation: "refusal.body".to_owned(),
        at,
        expected: "nothing of the real answer".to_owned(),
        actual,
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
