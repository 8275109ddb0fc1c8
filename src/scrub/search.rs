//! Looks for canaries in what was read back.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::alphabet::{STANDARD as PLUS, URL_SAFE as DASH};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;
use regex::Regex;
use serde_json::Value;

use super::canary::Canary;
use super::part::Part;
use crate::redact::forms;
use crate::suite::source::{hex, pointer_token};

/// Padding stands outside a run, and bits behind the last byte are anybody's.
const LENIENCE: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const LENIENT: GeneralPurpose = GeneralPurpose::new(&PLUS, LENIENCE);
const LENIENT_URL: GeneralPurpose = GeneralPurpose::new(&DASH, LENIENCE);

/// An event as it was read back.
pub(super) struct Kept {
    value: Value,
    /// Its strings and keys, and what is encoded in them.
    texts: String,
    /// The same and the answer's own text, so that nothing is lost in reading it; all in small
    /// letters.
    small: String,
    /// Letters and digits of the texts alone, in small letters.
    bare: String,
}

/// What came of one canary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// It is there; where.
    Kept(String),
    /// It is not, and what stood beside it is.
    Scrubbed,
    /// Neither is: nothing is known.
    Gone,
}

impl Kept {
    pub(super) fn new(value: Value, raw: &str) -> Self {
        let mut texts = String::new();
        each(&value, &mut Vec::new(), &mut |_, text| {
            texts.push_str(text);
            texts.push('\n');
        });
        texts.push_str(&unwrapped(&texts));
        let small = format!("{raw}\n{texts}").to_lowercase();
        let bare = bare(&texts);
        Self { value, texts, small, bare }
    }

    /// Looks for a canary, and for its witness.
    pub(super) fn look(&self, part: Part, canary: &Canary) -> Found {
        let needles = Needles::of(&canary.value);
        if needles.are_in(&self.small) || self.bare.contains(&needles.bare) {
            return Found::Kept(self.place(&needles));
        }
        // A witness that was changed in any way was not read back.
        if self.texts.contains(&canary.witness) || self.is_marked(part) {
            return Found::Scrubbed;
        }
        Found::Gone
    }

    /// Whether a whole string of the part was replaced by a mark.
    fn is_marked(&self, part: Part) -> bool {
        let mut marked = false;
        each(&self.value, &mut Vec::new(), &mut |path, text| {
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            marked |= is_mark(text) && part.has(&names);
        });
        marked
    }

    /// The JSON Pointer of the first string that holds it.
    fn place(&self, needles: &Needles) -> String {
        fn walk(value: &Value, at: &str, needles: &Needles) -> Option<String> {
            match value {
                Value::String(text) => {
                    let all = format!(
                        "{text}
{}",
                        unwrapped(text)
                    );
                    let holds = needles.are_in(&all) || bare(&all).contains(&needles.bare);
                    holds.then(|| at.to_owned())
                }
                Value::Array(items) => items
                    .iter()
                    .enumerate()
                    .find_map(|(index, item)| walk(item, &format!("{at}/{index}"), needles)),
                Value::Object(entries) => entries.iter().find_map(|(key, item)| {
                    walk(item, &format!("{at}/{}", pointer_token(key)), needles)
                }),
                other => (bare(&other.to_string()) == needles.bare).then(|| at.to_owned()),
            }
        }
        walk(&self.value, "", needles).unwrap_or_else(|| "a key, or across values".to_owned())
    }
}

/// What to look for.
struct Needles {
    /// As it is, in URLs, in base64 at any place, in JSON, in HTML, in hexadecimal; all in small
    /// letters.
    forms: BTreeSet<String>,
    /// Letters and digits alone, however they are spaced.
    bare: String,
}

impl Needles {
    fn of(value: &str) -> Self {
        let mut all = forms(value);
        all.insert(hex(value.as_bytes()));
        // What tells the person apart is enough: the part before the `@`, the family's name.
        let ends = [value.split_once('@').map(|(local, _)| local), value.split(' ').nth(1)];
        all.extend(ends.into_iter().flatten().flat_map(forms));
        let forms = all.iter().map(|form| form.to_lowercase()).collect();
        Self { forms, bare: bare(value) }
    }

    /// Whether any is in a text of small letters.
    fn are_in(&self, small: &str) -> bool {
        self.forms.iter().any(|form| small.contains(form.as_str()))
    }
}

/// What stands in a text behind URL encoding and base64, also one within the other.
fn unwrapped(text: &str) -> String {
    static RUN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("[A-Za-z0-9+/_-]{12,}").ok());
    let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let mut found = plain(text);
    let runs = RUN.iter().flat_map(|run| run.find_iter(text)).map(|run| run.as_str());
    for run in runs {
        // The last digit of a run that was cut off has too few bits.
        let whole = run.get(..run.len() - usize::from(run.len() % 4 == 1)).unwrap_or_default();
        let engine = if whole.contains(['-', '_']) { &LENIENT_URL } else { &LENIENT };
        if let Ok(bytes) = engine.decode(whole) {
            let decoded = String::from_utf8_lossy(&bytes).into_owned();
            found.push('\n');
            found.push_str(&plain(&decoded));
        }
    }
    found
}

fn bare(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Calls `found` for every string, key and number, with the names on the way to it. Items of
/// `entries` and `tags` go by their own names, which they have inside, and pairs by their first.
fn each<'a>(value: &'a Value, path: &mut Vec<String>, found: &mut impl FnMut(&[String], &'a str)) {
    match value {
        Value::String(text) => found(path, text),
        Value::Array(items) => {
            if let [Value::String(name), second] = items.as_slice() {
                found(path, name);
                path.push(name.clone());
                each(second, path, found);
                path.pop();
                return;
            }
            for item in items {
                let name = item["type"].as_str().or_else(|| item["key"].as_str());
                let name = name.filter(|_| path.len() == 1).map(str::to_owned);
                let pushed = name.map(|name| path.push(name)).is_some();
                each(item, path, found);
                if pushed {
                    path.pop();
                }
            }
        }
        Value::Object(entries) => {
            for (key, item) in entries {
                found(path, key);
                // The value of a tag goes by the tag's name.
                let named = path.first().is_some_and(|first| first == "tags") && key == "value";
                if !named {
                    path.push(key.clone());
                }
                each(item, path, found);
                if !named {
                    path.pop();
                }
            }
        }
        Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

/// `[Filtered]`, `[email]`, `[ip]`, or nothing but stars.
fn is_mark(text: &str) -> bool {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let word = inner.is_some_and(|inner| {
        !inner.is_empty() && inner.chars().all(|c| c.is_ascii_alphabetic() || " _-.".contains(c))
    });
    word || text.len() >= 3 && text.bytes().all(|byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;

    use super::*;

    fn look(part: Part, value: &Value) -> Found {
        let canary = Canary { value: "scrub.qwertyuiop@example.com".into(), witness: "wit".into() };
        Kept::new(value.clone(), &value.to_string()).look(part, &canary)
    }

    #[test]
    fn a_canary_is_found_in_every_disguise() {
        let value = "scrub.qwertyuiop@example.com";
        for text in [
            value.to_owned(),
            value.to_uppercase(),
            format!("to={}", value.replace('@', "%40")),
            STANDARD.encode(format!("xy{value}z")),
            STANDARD.encode(format!("v={}", value.replace('.', "%2E").replace('@', "%40"))),
            json!({ "inner": value }).to_string(),
            json!({ "inner": json!({ "a": value }).to_string() }).to_string(),
            "scrub.qwertyuiop@[Filtered]".to_owned(),
            "s c r u b . q w e r t y u i o p @ e x a m p l e . c o m".to_owned(),
            hex(value.as_bytes()),
        ] {
            let found = look(Part::Extra, &json!({ "context": { "wit": 1, "email": text } }));
            assert_eq!(found, Found::Kept("/context/email".into()), "{text}");
        }
        let key = json!({ "context": { value: "wit" } });
        assert!(matches!(look(Part::Extra, &key), Found::Kept(_)));
    }

    #[test]
    fn not_to_find_it_proves_something_only_where_the_part_came_back() {
        let entry =
            |kind: &str, data: Value| json!({ "entries": [{ "type": kind, "data": data }] });
        for (part, value, found) in [
            (Part::Message, json!({ "message": "to [email] wit" }), Found::Scrubbed),
            (Part::Message, json!({ "message": "to [email] w" }), Found::Gone),
            (Part::Message, json!({ "message": "[Filtered]" }), Found::Scrubbed),
            (
                Part::Message,
                entry("message", json!({ "formatted": "[Filtered]" })),
                Found::Scrubbed,
            ),
            (Part::Message, json!({ "message": null, "x": "[Filtered]" }), Found::Gone),
            (
                Part::Exception,
                entry("exception", json!({ "values": [{ "value": "****" }] })),
                Found::Scrubbed,
            ),
            (
                Part::Message,
                entry("exception", json!({ "values": [{ "value": "****" }] })),
                Found::Gone,
            ),
            (
                Part::BreadcrumbData,
                entry("breadcrumbs", json!({ "values": [{ "data": { "email": "[Filtered]" } }] })),
                Found::Scrubbed,
            ),
            (
                Part::BreadcrumbData,
                entry("breadcrumbs", json!({ "values": [{ "message": "[Filtered]" }] })),
                Found::Gone,
            ),
            (Part::Body, entry("request", json!({ "data": "[Filtered]" })), Found::Scrubbed),
            (
                Part::Body,
                entry("request", json!({ "data": { "a": "[Filtered]" } })),
                Found::Scrubbed,
            ),
            (
                Part::Body,
                entry("request", json!({ "cookies": [["a", "[Filtered]"]] })),
                Found::Gone,
            ),
            (Part::Body, entry("request", json!({ "url": "[Filtered]" })), Found::Gone),
            (
                Part::Cookies,
                entry("request", json!({ "cookies": [["a", "[Filtered]"]] })),
                Found::Scrubbed,
            ),
            (
                Part::Headers,
                entry("request", json!({ "cookies": [["a", "[Filtered]"]] })),
                Found::Gone,
            ),
            (Part::Url, entry("request", json!({ "url": "[Filtered]" })), Found::Scrubbed),
            (
                Part::Transaction,
                json!({ "tags": [{ "key": "transaction", "value": "[Filtered]" }] }),
                Found::Scrubbed,
            ),
            (
                Part::Transaction,
                json!({ "tags": [{ "key": "email", "value": "[Filtered]" }] }),
                Found::Gone,
            ),
            (Part::User, json!({ "user": { "email": "[Filtered]" } }), Found::Scrubbed),
            (Part::Extra, json!({ "contexts": { "email": "[Filtered]" } }), Found::Gone),
        ] {
            assert_eq!(look(part, &value), found, "{part:?} in {value}");
        }
    }
}
