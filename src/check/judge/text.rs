//! Conditions on text: the body, a header, the target of a redirect.

use regex::Regex;

use super::show::{broken, quoted};
use super::{Errors, pointer};
use crate::journal::Broken;
use crate::suite::expect::TextMatch;
use crate::suite::fields::OneOrMany;

/// A [`TextMatch`] with its regular expressions compiled.
pub(super) struct Text {
    equals: Option<Rule>,
    contains: Vec<Rule>,
    not_contains: Vec<Rule>,
    matches: Option<(Regex, Rule)>,
    not_matches: Option<(Regex, Rule)>,
    exists: Option<bool>,
}

/// A condition's text, and the key it is written under: empty for a plain string.
struct Rule {
    text: String,
    key: &'static str,
}

/// What a condition is held against.
pub(super) struct Subject<'a> {
    /// The readings of the text, such as each value of a repeated header: one of them must meet
    /// a condition, none may meet a forbidden one. No reading means that there is no such text.
    pub(super) readings: &'a [String],
    /// What to say where there is none.
    pub(super) missing: &'a str,
    /// How the text is shown, redacted.
    pub(super) shown: &'a dyn Fn() -> String,
}

impl Text {
    /// Compiles the conditions; errors go to `errors` under `at`, a JSON Pointer.
    pub(super) fn compile(expect: &TextMatch, at: &str, errors: &mut Errors) -> Self {
        let rule = |text: &dyn ToString, key| Rule { text: text.to_string(), key };
        let rules = match expect {
            TextMatch::Equal(scalar) => {
                return Self { equals: Some(rule(scalar, "")), ..Self::none() };
            }
            TextMatch::Rules(rules) => rules,
        };
        let list = |list: &Option<OneOrMany<String>>, key| {
            list.iter().flat_map(OneOrMany::as_slice).map(|text| rule(text, key)).collect()
        };
        let mut regex = |text: &Option<String>, key: &'static str| {
            let text = text.as_ref()?;
            compile_regex(text, &pointer(at, key.trim_start_matches('.')), errors)
                .map(|regex| (regex, rule(text, key)))
        };
        let text = Self {
            equals: rules.equals.as_ref().map(|scalar| rule(scalar, ".equals")),
            contains: list(&rules.contains, ".contains"),
            not_contains: list(&rules.not_contains, ".not_contains"),
            matches: regex(&rules.matches, ".matches"),
            not_matches: regex(&rules.not_matches, ".not_matches"),
            exists: rules.exists,
        };
        if text.exists == Some(false) && (text.has_demands() || text.has_bans()) {
            let message = "nothing else can be expected of what does not exist";
            errors.push((pointer(at, "exists"), message.to_owned()));
        }
        text
    }

    /// Every condition that does not hold; `key` names the expectation, `at` the place.
    pub(super) fn judge(&self, subject: &Subject<'_>, key: &str, at: Option<&str>) -> Vec<Broken> {
        let at = at.map(str::to_owned);
        let readings = subject.readings;
        if readings.is_empty() || self.exists == Some(false) {
            let excused = match self.exists {
                Some(exists) => !exists && readings.is_empty(),
                None => !self.has_demands(),
            };
            let (expected, actual) = match readings.is_empty() {
                _ if excused => return Vec::new(),
                true => (self.wanted(), subject.missing.to_owned()),
                false => ("nothing there".to_owned(), (subject.shown)()),
            };
            return vec![broken(key, at, expected, actual)];
        }
        let mut found = Vec::new();
        let mut fail = |rule: &Rule, expected: String, line: Option<usize>| {
            let at = line.map_or_else(|| at.clone(), |line| Some(format!("line {line}")));
            found.push(broken(format!("{key}{}", rule.key), at, expected, (subject.shown)()));
        };
        for rule in self.equals.iter().filter(|rule| !readings.contains(&rule.text)) {
            fail(rule, quoted(&rule.text), None);
        }
        for rule in &self.contains {
            if !readings.iter().any(|reading| reading.contains(&rule.text)) {
                fail(rule, format!("text that contains {}", quoted(&rule.text)), None);
            }
        }
        for rule in &self.not_contains {
            let place = |reading: &String| Some(line_of(reading, reading.find(&rule.text)?));
            if let Some(line) = readings.iter().find_map(place) {
                fail(rule, format!("text without {}", quoted(&rule.text)), line);
            }
        }
        if let Some((regex, rule)) = &self.matches
            && !readings.iter().any(|reading| regex.is_match(reading))
        {
            fail(rule, format!("text that matches {}", quoted(&rule.text)), None);
        }
        if let Some((regex, rule)) = &self.not_matches {
            let place = |reading: &String| Some(line_of(reading, regex.find(reading)?.start()));
            if let Some(line) = readings.iter().find_map(place) {
                fail(rule, format!("text that does not match {}", quoted(&rule.text)), line);
            }
        }
        found
    }

    /// Whether it says that there is or is no such text.
    pub(super) fn says_existence(&self) -> bool {
        self.exists.is_some()
    }

    fn none() -> Self {
        Self {
            equals: None,
            contains: Vec::new(),
            not_contains: Vec::new(),
            matches: None,
            not_matches: None,
            exists: None,
        }
    }

    /// Whether some text must be there; a ban also holds where there is none.
    fn has_demands(&self) -> bool {
        self.equals.is_some() || !self.contains.is_empty() || self.matches.is_some()
    }

    fn has_bans(&self) -> bool {
        !self.not_contains.is_empty() || self.not_matches.is_some()
    }

    /// What is expected, in short, where nothing is there.
    fn wanted(&self) -> String {
        let matches = self.matches.iter().map(|(_, rule)| ("text that matches ", rule));
        let contains = self.contains.iter().map(|rule| ("text that contains ", rule));
        let mut all = self.equals.iter().map(|rule| ("", rule)).chain(contains).chain(matches);
        match all.next() {
            Some((what, rule)) => format!("{what}{}", quoted(&rule.text)),
            None => "that it is there".to_owned(),
        }
    }
}

/// Compiles a regular expression; its error goes to `errors` under `at`.
pub(super) fn compile_regex(text: &str, at: &str, errors: &mut Errors) -> Option<Regex> {
    let compiled = Regex::new(text);
    compiled
        .map_err(|e| errors.push((at.to_owned(), format!("not a regular expression: {e}"))))
        .ok()
}

/// The line of this byte, from 1; none where the text has only one.
fn line_of(text: &str, byte: usize) -> Option<usize> {
    let before = text.get(..byte).unwrap_or_default();
    text.contains('\n').then(|| before.matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Subject, Text};

    fn judge(expect: Value, readings: &[&str]) -> Vec<String> {
        let expect = serde_json::from_value(expect).expect("a match");
        let mut errors = Vec::new();
        let text = Text::compile(&expect, "/text", &mut errors);
        assert!(errors.is_empty(), "{errors:?}");
        let readings: Vec<String> = readings.iter().map(|text| (*text).to_owned()).collect();
        let shown = || "shown".to_owned();
        let subject = Subject { readings: &readings, missing: "missing", shown: &shown };
        let line = |b: crate::journal::Broken| {
            format!("{}@{}: {} / {}", b.expectation, b.at.unwrap_or_default(), b.expected, b.actual)
        };
        text.judge(&subject, "t", None).into_iter().map(line).collect()
    }

    #[test]
    fn every_condition_is_judged() {
        for (expect, readings, broken) in [
            (json!("ok"), &["ok"][..], &[][..]),
            (json!("ok"), &["ok\n"], &["t@: \"ok\" / shown"]),
            (json!(3), &["3"], &[]),
            (json!("ok"), &[], &["t@: \"ok\" / missing"]),
            (json!({"equals": "b"}), &["a", "b"], &[]),
            (
                json!({"contains": ["a", "z"]}),
                &["abc"],
                &["t.contains@: text that contains \"z\" / shown"],
            ),
            (
                json!({"not_contains": "b"}),
                &["x\nab"],
                &["t.not_contains@line 2: text without \"b\" / shown"],
            ),
            (json!({"not_contains": "b"}), &[], &[]),
            (
                json!({"not_contains": "b"}),
                &["a", "b"],
                &["t.not_contains@: text without \"b\" / shown"],
            ),
            (
                json!({"matches": "^a+$"}),
                &["ab"],
                &["t.matches@: text that matches \"^a+$\" / shown"],
            ),
            (json!({"matches": "^a+$"}), &["aa"], &[]),
            (json!({"not_matches": "a"}), &["b"], &[]),
            (
                json!({"not_matches": "a", "contains": "c"}),
                &["a"],
                &[
                    "t.contains@: text that contains \"c\" / shown",
                    "t.not_matches@: text that does not match \"a\" / shown",
                ],
            ),
            (json!({"exists": true}), &[], &["t@: that it is there / missing"]),
            (json!({"exists": true}), &["x"], &[]),
            (
                json!({"exists": true, "not_contains": "b"}),
                &[],
                &["t@: that it is there / missing"],
            ),
            (json!({"exists": false}), &[], &[]),
            (json!({"exists": false}), &["x"], &["t@: nothing there / shown"]),
        ] {
            assert_eq!(judge(expect.clone(), readings), broken, "{expect} {readings:?}");
        }
    }

    #[test]
    fn what_cannot_hold_does_not_compile() {
        for (expect, at) in [
            (json!({"matches": "("}), "/text/matches"),
            (json!({"not_matches": "["}), "/text/not_matches"),
            (json!({"exists": false, "contains": "x"}), "/text/exists"),
        ] {
            let mut errors = Vec::new();
            Text::compile(&serde_json::from_value(expect).expect("a match"), "/text", &mut errors);
            assert_eq!(errors.len(), 1);
            assert_eq!(errors[0].0, at);
        }
    }
}
