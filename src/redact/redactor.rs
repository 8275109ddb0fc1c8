//! The one type that hides secrets and personal data.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use once_cell::sync::OnceCell;
use regex::{Captures, Regex};
use serde_json::{Map, Value};

use super::forms;
use super::names::{Kind, Names, looks_human};
use super::needles::Needles;
use super::shapes;

/// Hides the secrets it has learned, and personal data, in texts and JSON. One is shared by a
/// whole run: what any thread learns is hidden everywhere from then on.
pub(crate) struct Redactor {
    names: Names,
    patterns: Vec<Regex>,
    secrets: RwLock<Secrets>,
}

struct Secrets {
    forms: BTreeSet<String>,
    /// Those of secrets that nothing else is called like.
    telling: BTreeSet<String>,
    /// Made of the forms when it is first needed: a run that captures a token in each check
    /// learns far more often than it hides.
    needles: OnceCell<Needles>,
}

impl Redactor {
    /// Hides, beside what is always hidden, the values of the keys and columns named `keys` and
    /// what `patterns` match.
    pub(crate) fn new(keys: &[String], patterns: Vec<Regex>) -> Self {
        let secrets =
            Secrets { forms: BTreeSet::new(), telling: BTreeSet::new(), needles: OnceCell::new() };
        Self { names: Names::new(keys), patterns, secrets: RwLock::new(secrets) }
    }

    /// Hides `secret` from now on, encoded and escaped forms included. Returns false, and learns
    /// nothing, where it has fewer than four characters between its outer blanks: hiding those
    /// would hide half of every text.
    pub(crate) fn learn(&self, secret: &str) -> bool {
        if secret.trim().chars().count() < forms::SHORTEST {
            return false;
        }
        let mut forms = forms::of(secret);
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        if !forms.is_subset(&secrets.forms) {
            if tells(secret.trim()) {
                secrets.telling.extend(forms.iter().cloned());
            }
            secrets.forms.append(&mut forms);
            secrets.needles = OnceCell::new();
        }
        true
    }

    /// The text with every learned secret replaced by `***`: for all that leaves the program.
    pub(crate) fn secrets(&self, text: &str) -> String {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        let needles = secrets.needles.get_or_init(|| Needles::new(secrets.forms.iter().cloned()));
        let mut hidden = String::with_capacity(text.len());
        let mut rest = 0;
        for range in needles.covered(text) {
            hidden.push_str(text.get(rest..range.start).unwrap_or_default());
            hidden.push_str("***");
            rest = range.end;
        }
        hidden.push_str(text.get(rest..).unwrap_or_default());
        hidden
    }

    /// Every form of the secrets that nothing else is called like, to be looked for.
    pub(crate) fn telling(&self) -> Needles {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        Needles::new(secrets.telling.iter().cloned())
    }

    /// The text without secrets and without what looks personal: for all that an answer holds.
    pub(crate) fn personal(&self, text: &str) -> String {
        let mut text = shapes::hide(&shapes::hide_named(&self.secrets(text), &self.names));
        // Last, because a match within an e-mail address would leave the rest of it standing.
        for pattern in &self.patterns {
            // A pattern that matches nothing at all (`x*`) would scatter marks everywhere.
            let mark = |hit: &Captures<'_>| if hit[0].is_empty() { "" } else { "[redacted]" };
            text = pattern.replace_all(&text, mark).into_owned();
        }
        text
    }

    /// The JSON without secrets and personal data: strings as by [`Self::personal`], and
    /// strings and numbers under personal or secret names replaced whole, at any depth.
    pub(crate) fn value(&self, value: &Value) -> Value {
        self.hide(value, Some(Kind::Unknown))
    }

    /// As [`Self::value`], for a value that stands at this JSON Pointer of its document: the
    /// names on the way count.
    pub(crate) fn value_at(&self, pointer: &str, value: &Value) -> Value {
        let mut kind = Some(Kind::Unknown);
        for segment in pointer.split('/').skip(1) {
            if !matches!(kind, Some(Kind::Secret | Kind::Personal)) && !is_index(segment) {
                let name = segment.replace("~1", "/").replace("~0", "~");
                kind = self.below(kind, &name);
            }
        }
        self.hide(value, kind)
    }

    /// The cell of a table, or the value of a header, as its column's name demands.
    pub(crate) fn cell(&self, column: &str, text: &str) -> String {
        match shapes::label(&self.names, column, text) {
            Some(label) if !text.is_empty() => label.to_owned(),
            _ => self.personal(text),
        }
    }

    /// The text without its end, where that is the beginning of a secret: for texts that were
    /// cut off.
    pub(crate) fn without_partial_secret<'a>(&self, text: &'a str) -> &'a str {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        let starts = secrets.forms.iter().flat_map(|form| {
            form.char_indices().skip(forms::SHORTEST).filter_map(|(i, _)| form.get(..i))
        });
        let longest = starts.filter(|start| text.ends_with(start)).map(str::len).max();
        text.get(..text.len() - longest.unwrap_or(0)).unwrap_or_default()
    }

    /// What hides a value of this name below one that is hidden as `above`.
    fn below(&self, above: Option<Kind>, name: &str) -> Option<Kind> {
        match above {
            // `name: { first: …, last: … }`
            Some(Kind::Name | Kind::Personal) => Some(Kind::Personal),
            Some(Kind::Secret) => Some(Kind::Secret),
            Some(Kind::Unknown) | None => self.names.kind(name),
        }
    }

    fn hide(&self, value: &Value, kind: Option<Kind>) -> Value {
        let label = match (value, kind) {
            (Value::String(text), _) if text.is_empty() => None,
            (Value::String(_) | Value::Number(_), Some(Kind::Secret)) => Some("[secret]"),
            (Value::String(_) | Value::Number(_), Some(Kind::Personal)) => Some("[personal]"),
            (Value::String(text), Some(Kind::Name | Kind::Unknown)) if looks_human(text) => {
                Some("[personal]")
            }
            _ => None,
        };
        match (value, label) {
            (_, Some(label)) => Value::from(label),
            (Value::String(text), None) => Value::from(self.personal(text)),
            (Value::Number(number), None) => {
                let text = number.to_string();
                let hidden = self.personal(&text);
                if hidden == text { value.clone() } else { Value::from(hidden) }
            }
            (Value::Array(items), None) => items.iter().map(|item| self.hide(item, kind)).collect(),
            (Value::Object(entries), None) => {
                let entries = entries.iter().map(|(key, value)| {
                    (self.personal(key), self.hide(value, self.below(kind, key)))
                });
                Value::Object(entries.collect::<Map<_, _>>())
            }
            (Value::Null | Value::Bool(_), None) => value.clone(),
        }
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

/// Whether a secret is no ordinary word and no mere number, such as those that a report is full of.
fn tells(secret: &str) -> bool {
    let digits = secret.bytes().any(|byte| byte.is_ascii_digit());
    let others = secret.bytes().any(|byte| !byte.is_ascii_digit());
    let is_long = secret.len() >= 20 && !secret.contains(' ');
    secret.len() >= 8 && (digits && others || is_long)
}

fn is_index(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use regex::Regex;
    use serde_json::json;

    use super::Redactor;

    #[test]
    fn learned_secrets_are_replaced() {
        let redactor = Redactor::new(&[], vec![]);
        assert_eq!(redactor.secrets("hunter2-hunter2"), "hunter2-hunter2");
        assert!(
            redactor.learn("hunter2") && redactor.learn("ter2-hun") && !redactor.learn(" ab  ")
        );
        assert_eq!(redactor.secrets("a hunter2 b"), "a *** b");
        assert_eq!(redactor.secrets("hunter2-hunter2"), "***", "overlapping secrets");
        assert_eq!(redactor.secrets(" ab  "), " ab  ");
        assert!(!format!("{redactor:?}").contains("hunter"));
    }

    #[test]
    fn a_secret_within_longer_base64_is_replaced() {
        let redactor = Redactor::new(&[], vec![]);
        redactor.learn("correct horse");
        for user in ["", "a", "ab", "abc", "someone"] {
            let text = STANDARD.encode(format!("{user}:correct horse"));
            let hidden = redactor.secrets(&text);
            assert!(hidden.contains("***") && hidden.len() < 20, "{user}: {text} -> {hidden}");
        }
    }

    #[test]
    fn json_is_hidden_by_name_and_by_shape() {
        let pattern = Regex::new(r"\bK-\d+|z*").expect("a pattern");
        let redactor = Redactor::new(&["plate".to_owned()], vec![pattern]);
        redactor.learn("48151623");
        let value = json!({
            "email": "jane@example.org", "note": "mail jane@example.org, K-77", "ok": true,
            "contacts": [{ "phone": 12345, "name": "Jane Doe" }, { "name": "disk" }],
            "address": { "line": "x", "lines": ["y", null, ""] }, "plate": "B-XY", "id": 48151623,
            "name": { "first": "Jane" }, "token": "abc", "count": 3, "a@b.org": 1
        });
        let hidden = json!({
            "email": "[personal]", "note": "mail [email], [redacted]", "ok": true,
            "contacts": [{ "phone": "[personal]", "name": "[personal]" }, { "name": "disk" }],
            "address": { "line": "[personal]", "lines": ["[personal]", null, ""] },
            "plate": "[personal]", "id": "***",
            "name": { "first": "[personal]" }, "token": "[secret]", "count": 3, "[email]": 1
        });
        assert_eq!(redactor.value(&value), hidden);
    }

    #[test]
    fn the_way_to_a_value_counts() {
        let redactor = Redactor::new(&[], vec![]);
        for (pointer, value, hidden) in [
            ("/customers/0/email", json!("x"), json!("[personal]")),
            ("/address/0/line", json!(7), json!("[personal]")),
            ("/tokens/0", json!("x"), json!("[secret]")),
            ("/items/0/name", json!("Jane Doe"), json!("[personal]")),
            ("/items/0/name", json!("disk"), json!("disk")),
            ("/e~0mail/x~1y", json!("x"), json!("[personal]")),
            ("", json!("x"), json!("x")),
        ] {
            assert_eq!(redactor.value_at(pointer, &value), hidden, "{pointer}");
        }
        assert_eq!(redactor.cell("Email", "x"), "[personal]");
        assert_eq!(redactor.cell("Email", ""), "");
        assert_eq!(redactor.cell("note", "jane@example.org"), "[email]");
    }

    #[test]
    fn half_a_secret_at_the_end_goes() {
        let redactor = Redactor::new(&[], vec![]);
        redactor.learn("correct horse battery");
        assert_eq!(redactor.without_partial_secret("say correct horse b"), "say ");
        assert_eq!(redactor.without_partial_secret("say cor"), "say cor");
        assert_eq!(redactor.without_partial_secret(""), "");
    }

    proptest! {
        #[test]
        fn no_learned_secret_gets_through(
            // Without stars: those cannot be told from what hides the secret.
            secret in " ?[!-)+-~é][ -)+-~é]{2,38}[!-)+-~é]", before in "[ -~]{0,12}", after in "[ -~]{0,12}",
        ) {
            let redactor = Redactor::new(&[], vec![]);
            prop_assert!(redactor.learn(&secret));
            let encoded = |set| percent_encoding::utf8_percent_encode(&secret, set).to_string();
            let json = json!(secret).to_string();
            for form in [
                secret.clone(),
                STANDARD.encode(&secret),
                URL_SAFE_NO_PAD.encode(&secret),
                encoded(percent_encoding::NON_ALPHANUMERIC),
                url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
                json[1..json.len() - 1].to_owned(),
            ] {
                let text = format!("{before}{form}{after}");
                for hidden in [redactor.secrets(&text), redactor.personal(&text)] {
                    prop_assert!(!hidden.contains(&form), "{form} in {hidden}");
                }
            }
            // Within longer base64, all but what the neighbours share is gone.
            let hidden = redactor.secrets(&STANDARD.encode(format!("{before}{secret}{after}")));
            prop_assert!(hidden.contains("***"), "{hidden}");
        }

        #[test]
        fn any_text_is_taken(text in any::<String>(), column in any::<String>()) {
            let redactor = Redactor::new(std::slice::from_ref(&column), vec![]);
            redactor.learn(&column);
            redactor.personal(&text);
            redactor.cell(&column, &text);
            redactor.without_partial_secret(&text);
        }
    }
}
