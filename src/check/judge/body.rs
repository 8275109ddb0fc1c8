//! What is expected of the body. It is decoded once, and what cannot be decoded is reported
//! once.

use std::path::Path as FilePath;

use serde_json::Value;

use super::csv::Csv;
use super::headers::content_type;
use super::path::{Numbers, Path};
use super::schema::Schema;
use super::show::{Findings, broken, bytes, quoted};
use super::text::{Subject, Text};
use super::{Errors, json};
use crate::check::excerpt::excerpt;
use crate::check::observation::Observation;
use crate::check::shape::{Shape, is_csv};
use crate::check::table::without_mark;
use crate::journal::Broken;
use crate::redact::Redactor;
use crate::suite::expect::Expect;

/// How long a text may be, in bytes, to be shown exactly.
const SHORT: usize = 160;

/// The expectations of the body, compiled.
pub(super) struct Body {
    json: Option<Value>,
    schema: Option<Schema>,
    paths: Vec<Path>,
    numbers: Vec<Numbers>,
    csv: Option<Csv>,
    text: Option<Text>,
}

impl Body {
    /// Compiles them; errors go to `errors`.
    pub(super) fn compile(expect: &Expect, folder: &FilePath, errors: &mut Errors) -> Self {
        let schema = expect.json_schema.as_ref();
        let schema = schema.and_then(|source| Schema::compile(source, folder, errors));
        let paths = expect.jsonpath.iter();
        let paths = paths.filter_map(|(path, rules)| Path::compile(path, rules, errors)).collect();
        let numbers = expect.numbers.iter().enumerate();
        let numbers = numbers.filter_map(|(i, path)| Numbers::compile(path, i, errors)).collect();
        Self {
            json: expect.json.clone(),
            schema,
            paths,
            numbers,
            csv: expect.csv.as_ref().map(|csv| Csv::compile(csv, errors)),
            text: expect.text.as_ref().map(|text| Text::compile(text, "/text", errors)),
        }
    }

    /// Every expectation that does not hold.
    pub(super) fn judge(&self, seen: &Observation, redactor: &Redactor) -> Vec<Broken> {
        let json = self.json_key();
        let csv = self.csv.as_ref().map(|_| "expect.csv");
        let Some(first) = json.or(csv).or(self.text.as_ref().map(|_| "expect.text")) else {
            return Vec::new();
        };
        let body = match std::str::from_utf8(&seen.body) {
            Ok(body) => body,
            Err(e) => {
                let at = Some(format!("byte {}", e.valid_up_to()));
                let about = about(seen, redactor);
                return vec![broken(first, at, "a body in UTF-8", format!("not UTF-8 {about}"))];
            }
        };
        let mut found = Vec::new();
        if let Some(key) = json {
            match serde_json::from_str(without_mark(body)) {
                Ok(value) => self.judge_json(&value, redactor, &mut found),
                Err(e) => found.push(not_json(key, &e, seen, redactor)),
            }
        }
        if let Some(csv) = &self.csv {
            found.extend(csv.judge(body, redactor));
        }
        if let Some(text) = &self.text {
            found.extend(judge_text(text, body, seen, redactor));
        }
        found
    }

    fn judge_json(&self, value: &Value, redactor: &Redactor, found: &mut Vec<Broken>) {
        if let Some(subset) = &self.json {
            found.extend(json::judge(subset, value, redactor));
        }
        if let Some(schema) = &self.schema {
            found.extend(schema.judge(value, redactor));
        }
        let mut findings = Findings::new();
        for path in &self.paths {
            path.judge(value, redactor, &mut findings);
        }
        found.extend(findings.finish("expect.jsonpath"));
        let mut findings = Findings::new();
        for path in &self.numbers {
            path.judge(value, redactor, &mut findings);
        }
        found.extend(findings.finish("expect.numbers"));
    }

    /// The first expectation that needs JSON.
    fn json_key(&self) -> Option<&'static str> {
        if self.json.is_some() {
            Some("expect.json")
        } else if self.schema.is_some() {
            Some("expect.json_schema")
        } else if !self.paths.is_empty() {
            Some("expect.jsonpath")
        } else {
            (!self.numbers.is_empty()).then_some("expect.numbers")
        }
    }
}

fn judge_text(text: &Text, body: &str, seen: &Observation, redactor: &Redactor) -> Vec<Broken> {
    // Whether an empty body exists only matters to those who ask.
    let none = body.is_empty() && text.says_existence();
    let readings = if none { Vec::new() } else { vec![body.to_owned()] };
    let shown = || {
        // A short text is shown with its blanks and line breaks: they may be what is wrong.
        let short =
            body.len() <= SHORT && matches!(Shape::of(seen), Shape::Text(_)) && !is_csv(seen);
        let shown = match excerpt(seen, redactor) {
            Some(excerpt) if !short => excerpt,
            _ => redactor.personal(body),
        };
        format!("{} of text: {}", bytes(body.len()), quoted(&shown))
    };
    let subject = Subject { readings: &readings, missing: "an empty body", shown: &shown };
    text.judge(&subject, "expect.text", None)
}

fn not_json(
    key: &str,
    error: &serde_json::Error,
    seen: &Observation,
    redactor: &Redactor,
) -> Broken {
    let empty = seen.body.iter().all(u8::is_ascii_whitespace);
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let (at, actual) = if empty {
        (None, format!("an empty body {}", about(seen, redactor)))
    } else {
        let at = format!("line {}, column {}", error.line(), error.column());
        (Some(at), format!("not JSON: {message} {}", about(seen, redactor)))
    };
    broken(key, at, "a JSON body", actual)
}

/// What the body says it is, and its size.
fn about(seen: &Observation, redactor: &Redactor) -> String {
    format!("({}, {})", content_type(seen, redactor), bytes(seen.body.len()))
}
