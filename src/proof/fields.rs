//! The rows of a table of staging, field by field.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::held::held;
use super::{Subject, leaks, texts, views};
use crate::backup::manifest::Column;
use crate::masking::copy::{NULL, unescape};
use crate::masking::people::Trait;
use crate::masking::plan::{Action, TablePlan};
use crate::masking::rules::is_harmless;
use crate::masking::sums::{Summing, TableSums};
use crate::masking::text::{has_token, may_be_part};
use crate::windows::windows;

/// What was found in a table.
#[derive(Default)]
pub(super) struct Found {
    pub(super) sums: TableSums,
    /// By column: values against their rule, values of production, keys of production.
    pub(super) broken: BTreeMap<String, u64>,
    pub(super) leaks: BTreeMap<String, u64>,
    pub(super) secrets: BTreeMap<String, u64>,
    pub(super) bytes: u64,
}

/// A table to be read, with the columns that the server computes.
pub(super) struct Table<'a> {
    pub(super) key: &'a (String, String),
    pub(super) plan: &'a TablePlan,
    pub(super) computed: Vec<&'a str>,
    /// What the values of each column are, those of the computed ones last.
    pub(super) shapes: Vec<Shape>,
    /// Whether it is a materialised view.
    pub(super) is_view: bool,
}

/// What values are, as far as it matters for what is looked for in them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Texts,
    Json,
    Lexemes,
    Bytes,
    /// A number, which as a whole may be one to dial.
    Number,
    /// No text, and digits in it are no telephone number.
    Other,
}

impl Shape {
    pub(super) fn of(column: Option<&Column>) -> Self {
        let Some(column) = column else { return Self::Text };
        match column.base.rsplit('.').next().unwrap_or_default() {
            "json" | "jsonb" => Self::Json,
            "tsvector" => Self::Lexemes,
            "bytea" => Self::Bytes,
            "int8" | "numeric" | "float8" => Self::Number,
            _ if is_harmless(column) => Self::Other,
            _ if column.array => Self::Texts,
            _ => Self::Text,
        }
    }
}

/// So many digits has a number that is dialled from abroad, at least.
const ABROAD: usize = 10;

/// Goes through rows.
pub(super) struct Scan<'a> {
    subject: &'a Subject<'a>,
    table: &'a Table<'a>,
    found: Found,
    summing: Summing,
    /// How many columns the archive has.
    own: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(subject: &'a Subject<'a>, table: &'a Table<'a>) -> Self {
        let own = table.plan.columns.len();
        Self { subject, table, found: Found::default(), summing: Summing::new(own), own }
    }

    pub(super) fn finish(self) -> Found {
        Found { sums: self.summing.finish(), ..self.found }
    }

    /// Takes whole rows.
    pub(super) fn rows(&mut self, text: &[u8]) {
        self.found.bytes += text.len() as u64;
        for row in text.split_inclusive(|byte| *byte == b'\n') {
            let bare = row.strip_suffix(b"\n").unwrap_or(row);
            let mut end = 0;
            for (index, field) in bare.split(|byte| *byte == b'\t').enumerate() {
                if index == self.own {
                    break;
                }
                end += field.len() + 1;
            }
            // What the server computes was not loaded, and is no part of the sums.
            let mine = &bare[..end.saturating_sub(1).min(bare.len())];
            self.summing.feed(mine);
            self.summing.feed(b"\n");
            for (index, field) in bare.split(|byte| *byte == b'\t').enumerate() {
                self.field(index, field);
            }
        }
    }

    fn field(&mut self, index: usize, field: &[u8]) {
        let column = self.table.plan.columns.get(index);
        let name = match column {
            Some(column) => column.name.as_str(),
            None => self.table.computed.get(index - self.own).copied().unwrap_or_default(),
        };
        let count = |map: &mut BTreeMap<String, u64>| {
            *map.entry(name.to_owned()).or_default() += 1;
        };
        let is_null = field == NULL;
        let plain = unescape(field);
        let text = std::str::from_utf8(&plain).ok().filter(|_| !is_null);
        if let Some(column) = column.filter(|column| column.action != Action::Keep)
            && !held(column, text, (self.subject.people, self.subject.allowed, self.subject.stop))
        {
            count(&mut self.found.broken);
        }
        let Some(text) = text else { return };
        let shape = self.table.shapes.get(index).copied().unwrap_or(Shape::Text);
        if self.leaks(text, shape) {
            count(&mut self.found.leaks);
        }
        let numbers = matches!(shape, Shape::Other | Shape::Number);
        if text.len() >= 8 && (self.has_secret(text) || !numbers && self.has_form(text)) {
            count(&mut self.found.secrets);
        }
    }

    /// Whether somebody of production is in a field.
    fn leaks(&self, text: &str, shape: Shape) -> bool {
        let know = (self.subject.people, self.subject.allowed);
        let mut leaked = false;
        let numbers = matches!(shape, Shape::Text | Shape::Texts | Shape::Json);
        let mut look = |text: &str, numbers| {
            for window in windows(text, self.subject.stop) {
                leaks::find(window.text, numbers, know, |_| leaked = true);
            }
        };
        let hidden = text.strip_prefix("\\x").and_then(decoded);
        // Digits of bytes are nobody's; what they stand for may be.
        if shape != Shape::Bytes || hidden.is_none() {
            look(text, numbers);
        }
        if let Some(hidden) = hidden {
            look(&hidden, true);
        }
        let single = |text: &str| leaks::is_single_name(text, know);
        leaked |= match shape {
            Shape::Text => single(text),
            Shape::Texts => know.0.has_single_names() && views::elements(text).any(single),
            Shape::Json => {
                let mut found = false;
                if know.0.has_single_names() {
                    views::strings_of_json(text, |text| {
                        found |= !self.subject.stop.is_set() && single(text);
                    });
                }
                found
            }
            Shape::Lexemes => {
                let begins = |word: &str| know.0.begins_name(word);
                let mut found = false;
                let _ = views::texts_of_lexemes(text, begins, |text| {
                    leaks::find(text, true, know, |_| found = true);
                    match found || self.subject.stop.is_set() {
                        true => ControlFlow::Break(()),
                        false => ControlFlow::Continue(()),
                    }
                });
                found
            }
            Shape::Number => text.split(['{', '}', ',']).any(|number| {
                // With fewer digits it may be anything.
                let digits = number.bytes().all(|byte| byte.is_ascii_digit());
                digits
                    && number.len() >= ABROAD
                    && know.0.known(Trait::Phone, number).is_some()
                    && !know.1.has(Trait::Phone, number)
            }),
            Shape::Bytes | Shape::Other => false,
        };
        leaked
    }

    /// Whether a text has a key or token in it that shows what it is, and that nobody allowed.
    fn has_form(&self, text: &str) -> bool {
        let allowed = || self.subject.allowed.has(Trait::Name, text);
        windows(text, self.subject.stop).any(|window| has_token(window.text)) && !allowed()
    }

    /// Whether a text is a key or token of production, or has one in it as a word of its own, or as
    /// a part of one, such as of an address of the web.
    fn has_secret(&self, text: &str) -> bool {
        let people = self.subject.people;
        let outside = |c: char| c.is_whitespace() || "\"'<>()[]{},;|\\".contains(c);
        let is = |text: &str| text.len() >= 8 && people.is_secret(text.as_bytes());
        let in_words = || {
            windows(text, self.subject.stop).any(|window| {
                let mut words = window.text.split(outside).filter(|word| word.len() >= 8);
                words.any(|word| {
                    is(word) || texts::has_key(word, &|part| may_be_part(part) && is(part))
                })
            })
        };
        people.has_secrets() && (is(text) || in_words())
    }
}

/// Bytes in hexadecimal, where they are a text.
fn decoded(hex: &str) -> Option<String> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = hex.as_bytes().chunks_exact(2);
    let bytes = pairs.map(|pair| {
        let value = digit(pair[0])? * 16 + digit(pair[1])?;
        u8::try_from(value).ok()
    });
    String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()
}
