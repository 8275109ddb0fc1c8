//! A TOML or JSON file as one kind of value, with the place of everything in it.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged as _;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use toml::de::{DeTable, DeValue};

use super::problem::Problem;

/// The most that a suite file may hold; 10,000 checks are about 2 MB.
pub(crate) const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// A file's path and text, shared by everything that points into it.
#[derive(Debug)]
pub(crate) struct Source {
    /// The path as the user would write it.
    pub(crate) path: PathBuf,
    /// The whole text.
    pub(crate) text: String,
    /// Where each line but the first begins.
    breaks: Vec<usize>,
}

impl Source {
    /// A text that was read from a path.
    pub(crate) fn new(path: &Path, text: String) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        Self { path: path.to_owned(), text, breaks }
    }

    /// The line, from 1, in which a byte stands.
    pub(crate) fn line(&self, offset: usize) -> usize {
        1 + self.breaks.partition_point(|start| *start <= offset)
    }
}

/// A parsed file.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) source: Arc<Source>,
    pub(crate) value: Value,
    spans: Span,
    /// SHA-256 of the file, in hexadecimal.
    pub(crate) hash: String,
}

/// Where a value, and the key before it, stand in the text.
#[derive(Debug, Default)]
struct Span {
    key: Range<usize>,
    value: Range<usize>,
    children: Vec<(String, Span)>,
}

impl Document {
    /// Reads and parses a file; `.json` is JSON, all else TOML.
    pub(crate) fn read(path: &Path) -> Result<Self, Vec<Problem>> {
        let unread = |message: String| vec![Problem::of_file(path, message)];
        let size = std::fs::metadata(path).map_err(|e| unread(format!("cannot be read: {e}")))?;
        if size.len() > MAX_BYTES {
            let (is, limit) = (bytesize::ByteSize(size.len()), bytesize::ByteSize(MAX_BYTES));
            return Err(unread(format!(
                "the file is {is}, and a suite may be {limit} at most; split it into several"
            )));
        }
        let bytes = std::fs::read(path).map_err(|e| unread(format!("cannot be read: {e}")))?;
        let text = String::from_utf8(bytes).map_err(|e| {
            unread(format!("not UTF-8: byte {} is invalid", e.utf8_error().valid_up_to()))
        })?;
        Self::parse(path, text)
    }

    /// Parses text as if it had been read from that path.
    pub(crate) fn parse(path: &Path, text: String) -> Result<Self, Vec<Problem>> {
        let hash = hex(&Sha256::digest(text.as_bytes()));
        let source = Arc::new(Source::new(path, text));
        let (value, spans) = match path.extension().is_some_and(|ext| ext == "json") {
            true => parse_json(&source)?,
            false => parse_toml(&source)?,
        };
        Ok(Self { source, value, spans, hash })
    }

    /// Where the value at a JSON Pointer stands; the nearest one that contains it, if it does
    /// not stand in the text at all.
    pub(crate) fn span(&self, pointer: &str) -> Range<usize> {
        self.find(pointer).value.clone()
    }

    /// Where the key at a JSON Pointer stands, or its value where it has no key.
    pub(crate) fn key_span(&self, pointer: &str) -> Range<usize> {
        let span = self.find(pointer);
        if span.key.is_empty() { span.value.clone() } else { span.key.clone() }
    }

    fn find(&self, pointer: &str) -> &Span {
        let mut at = &self.spans;
        for token in pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            let child = match token.parse::<usize>() {
                Ok(index) if at.children.get(index).is_some_and(|c| c.0.is_empty()) => {
                    at.children.get(index)
                }
                _ => at.children.iter().find(|(key, _)| *key == token),
            };
            match child {
                Some((_, span)) => at = span,
                None => break,
            }
        }
        at
    }

    /// A problem with the value at a JSON Pointer.
    pub(crate) fn problem(&self, pointer: &str, message: impl Into<String>) -> Problem {
        let problem = Problem::at(&self.source, self.span(pointer), message);
        if may_be_secret(pointer) { problem.without_text() } else { problem }
    }

    /// A problem with the key at a JSON Pointer.
    pub(crate) fn key_problem(&self, pointer: &str, message: impl Into<String>) -> Problem {
        let problem = Problem::at(&self.source, self.key_span(pointer), message);
        if may_be_secret(pointer) { problem.without_text() } else { problem }
    }

    /// The line of the value at a JSON Pointer.
    pub(crate) fn line(&self, pointer: &str) -> usize {
        self.source.line(self.find(pointer).value.start)
    }
}

/// Whether secrets stand literally thereabouts, so that the text must not be shown.
pub(super) fn may_be_secret(pointer: &str) -> bool {
    let mut tokens = pointer.split('/').skip(1);
    match tokens.next() {
        Some("credentials") => true,
        Some("environment") => {
            let part = tokens.nth(1);
            matches!(
                part,
                None | Some(
                    "credentials"
                        | "headers"
                        | "variables"
                        | "base_url"
                        | "proxy"
                        | "database"
                        | "storage"
                )
            )
        }
        Some("backup") => matches!(tokens.next(), None | Some("s3")),
        // A slip in a key's name may stand before a secret too.
        Some("twilio" | "sentry") => !matches!(
            tokens.next(),
            Some("host" | "api_host" | "deadline" | "interval" | "timeout" | "state")
        ),
        _ => false,
    }
}

/// One token of a JSON Pointer (RFC 6901).
pub(crate) fn pointer_token(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parse_toml(source: &Arc<Source>) -> Result<(Value, Span), Vec<Problem>> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    let mut problems: Vec<_> = errors
        .iter()
        .map(|error| Problem::at(source, error.span().unwrap_or_default(), error.message()))
        .collect();
    let span = table.span();
    let result = from_table(table.get_ref(), span, source, &mut problems);
    if problems.is_empty() { Ok(result) } else { Err(problems) }
}

fn from_table(
    table: &DeTable<'_>,
    span: Range<usize>,
    source: &Arc<Source>,
    problems: &mut Vec<Problem>,
) -> (Value, Span) {
    let mut map = Map::with_capacity(table.len());
    let mut children = Vec::with_capacity(table.len());
    for (key, item) in table {
        let (value, mut child) = from_item(item.get_ref(), item.span(), source, problems);
        child.key = key.span();
        map.insert(key.get_ref().to_string(), value);
        children.push((key.get_ref().to_string(), child));
    }
    (Value::Object(map), Span { key: 0..0, value: span, children })
}

fn from_item(
    item: &DeValue<'_>,
    span: Range<usize>,
    source: &Arc<Source>,
    problems: &mut Vec<Problem>,
) -> (Value, Span) {
    let mut refuse = |message: &str| {
        problems.push(Problem::at(source, span.clone(), message));
        Value::Null
    };
    let value = match item {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(boolean) => Value::Bool(*boolean),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => Value::from(number),
            Err(_) => refuse("the number does not fit into 64 bits"),
        },
        DeValue::Float(float) => match float.as_str().parse::<f64>().ok().map(Value::from) {
            Some(Value::Number(number)) => Value::Number(number),
            _ => refuse("expected a finite number"),
        },
        DeValue::Datetime(_) => refuse("dates have no type of their own here: write it in quotes"),
        DeValue::Table(table) => return from_table(table, span, source, problems),
        DeValue::Array(array) => {
            let items = array.iter().map(|item| {
                let (value, child) = from_item(item.get_ref(), item.span(), source, problems);
                (value, (String::new(), child))
            });
            let (values, children) = items.unzip();
            return (Value::Array(values), Span { key: 0..0, value: span, children });
        }
    };
    (value, Span { key: 0..0, value: span, children: Vec::new() })
}

fn parse_json(source: &Arc<Source>) -> Result<(Value, Span), Vec<Problem>> {
    // serde_json bounds the depth, which the parser with positions does not.
    let value: Value = serde_json::from_str(&source.text).map_err(|error| {
        let mut lines = source.text.split_inclusive('\n');
        let before: usize = lines.by_ref().take(error.line().saturating_sub(1)).map(str::len).sum();
        let at = (before + error.column().saturating_sub(1)).min(source.text.len());
        let text = error.to_string();
        let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
        vec![Problem::at(source, at..at, message)]
    })?;
    let parsed = jsonc_parser::parse_to_ast(&source.text, &Default::default(), &Default::default());
    let mut problems = Vec::new();
    let spans = match parsed.ok().and_then(|parsed| parsed.value) {
        Some(tree) => from_ast(&tree, source, &mut problems),
        None => Span::default(),
    };
    if problems.is_empty() { Ok((value, spans)) } else { Err(problems) }
}

fn from_ast(tree: &ast::Value<'_>, source: &Arc<Source>, problems: &mut Vec<Problem>) -> Span {
    let mut children = Vec::new();
    match tree {
        ast::Value::Array(array) => {
            for element in &array.elements {
                children.push((String::new(), from_ast(element, source, problems)));
            }
        }
        ast::Value::Object(object) => {
            let mut seen = std::collections::HashSet::new();
            for property in &object.properties {
                let name = property.name.as_str();
                let mut child = from_ast(&property.value, source, problems);
                let range = property.name.range();
                child.key = range.start..range.end;
                if !seen.insert(name) {
                    let twice = format!("the key `{name}` stands here twice");
                    problems.push(Problem::at(source, child.key.clone(), twice));
                }
                children.push((name.to_owned(), child));
            }
        }
        _ => {}
    }
    let range = tree.range();
    Span { key: 0..0, value: range.start..range.end, children }
}
