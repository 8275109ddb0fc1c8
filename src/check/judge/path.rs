//! Conditions on what a `JSONPath` selects.

use regex::Regex;
use serde_json::Value;
use serde_json_path::JsonPath;

use super::json::{equal, place};
use super::show::{Findings, actual, broken, expected, key, quoted};
use super::text::compile_regex;
use super::{Errors, pointer};
use crate::redact::Redactor;
use crate::suite::expect::{Condition, JsonType, NodeRules};

/// A `JSONPath` with the conditions on its nodes.
pub(super) struct Path {
    query: JsonPath,
    key: String,
    rules: NodeRules,
    matches: Option<Regex>,
    /// Whether it is a plain value, so that the key has no `.equals`.
    plain: bool,
}

impl Path {
    /// Compiles the path and its conditions; errors go to `errors`.
    pub(super) fn compile(text: &str, condition: &Condition, errors: &mut Errors) -> Option<Self> {
        let at = pointer("/jsonpath", text);
        let (rules, plain) = match condition {
            Condition::Equal(scalar) => {
                (NodeRules { equals: Some(scalar.to_value()), ..NodeRules::default() }, true)
            }
            Condition::Rules(rules) => (NodeRules::clone(rules), false),
        };
        for (name, bound) in bounds(&rules) {
            if bound.is_some_and(|bound| !bound.is_finite()) {
                errors.push((pointer(&at, name), "expected a finite number".to_owned()));
            }
        }
        let others = demands(&rules) || rules.count.is_some_and(|count| count > 0);
        if rules.exists == Some(false) && others {
            let message = "nothing else can be expected of what does not exist";
            errors.push((pointer(&at, "exists"), message.to_owned()));
        }
        let matches = rules.matches.as_ref();
        let matches =
            matches.and_then(|text| compile_regex(text, &pointer(&at, "matches"), errors));
        let query = compile_path(text, &at, errors)?;
        Some(Self { query, key: key("expect.jsonpath", text), rules, matches, plain })
    }

    /// Every condition that does not hold, at every node that does not meet it.
    pub(super) fn judge(&self, body: &Value, redactor: &Redactor, findings: &mut Findings) {
        let nodes = self.query.query_located(body);
        let count = nodes.len();
        let rules = &self.rules;
        let mut differs = |name: &str, at: Option<String>, expected: String| {
            let actual = match count {
                0 => "nothing is selected".to_owned(),
                1 => "1 node is selected".to_owned(),
                n => format!("{n} nodes are selected"),
            };
            findings.push(|| broken(format!("{}{name}", self.key), at, expected, actual));
        };
        if rules.exists == Some(false) {
            if let Some(first) = nodes.first() {
                let at = place(&first.location().to_json_pointer());
                differs(".exists", at, "that nothing is selected".to_owned());
            }
            return;
        }
        let counts = [
            (".count", rules.count, "exactly", rules.count.is_none_or(|n| count == n)),
            (
                ".count_at_least",
                rules.count_at_least,
                "at least",
                rules.count_at_least.is_none_or(|n| count >= n),
            ),
            (
                ".count_at_most",
                rules.count_at_most,
                "at most",
                rules.count_at_most.is_none_or(|n| count <= n),
            ),
        ];
        let counted = counts.iter().any(|(_, wanted, ..)| wanted.is_some());
        for (name, wanted, words, holds) in counts {
            if let Some(wanted) = wanted.filter(|_| !holds) {
                differs(name, None, format!("{words} {wanted} nodes"));
            }
        }
        if count == 0 && (rules.exists == Some(true) || !counted) {
            let name = if rules.exists.is_some() { ".exists" } else { "" };
            differs(name, None, self.wanted());
        }
        for node in nodes.iter() {
            for (name, wanted) in self.unmet(node.node()) {
                findings.push(|| {
                    let pointer = node.location().to_json_pointer();
                    let name = if self.plain { "" } else { name };
                    let actual = actual(redactor, &pointer, node.node());
                    broken(format!("{}{name}", self.key), place(&pointer), wanted, actual)
                });
            }
        }
    }

    /// The conditions that this node does not meet: their key and what they want.
    fn unmet(&self, node: &Value) -> Vec<(&'static str, String)> {
        let rules = &self.rules;
        let mut unmet = Vec::new();
        if let Some(wanted) = rules.equals.as_ref().filter(|wanted| !equal(wanted, node)) {
            unmet.push((".equals", expected(wanted)));
        }
        if let Some(other) = rules.not_equals.as_ref().filter(|other| equal(other, node)) {
            unmet.push((".not_equals", format!("anything but {}", expected(other))));
        }
        if let Some(list) = &rules.one_of
            && !list.iter().any(|wanted| equal(wanted, node))
        {
            let list: Vec<String> = list.iter().map(expected).collect();
            unmet.push((".one_of", format!("one of: {}", list.join(", "))));
        }
        let number = node.as_f64();
        let holds: [fn(f64, f64) -> bool; 4] =
            [|a, b| a > b, |a, b| a >= b, |a, b| a < b, |a, b| a <= b];
        let words = ["greater than", "of at least", "less than", "of at most"];
        let keys = [".greater_than", ".at_least", ".less_than", ".at_most"];
        for (i, (_, bound)) in bounds(rules).into_iter().enumerate() {
            if let Some(bound) = bound
                && !number.is_some_and(|number| holds[i](number, bound))
            {
                unmet.push((keys[i], format!("a number {} {bound}", words[i])));
            }
        }
        let text = node.as_str();
        if let Some(part) = &rules.contains
            && !text.is_some_and(|text| text.contains(part))
        {
            unmet.push((".contains", format!("a string that contains {}", quoted(part))));
        }
        if let Some(regex) = &self.matches
            && !text.is_some_and(|text| regex.is_match(text))
        {
            unmet.push((".matches", format!("a string that matches {}", quoted(regex.as_str()))));
        }
        if let Some(wanted) = rules.r#type.filter(|wanted| !is_of_type(node, *wanted)) {
            unmet.push((".type", a_type(wanted).to_owned()));
        }
        unmet
    }

    /// What is expected, in short, where nothing is selected.
    fn wanted(&self) -> String {
        match &self.rules.equals {
            Some(value) => expected(value),
            None => "at least one node".to_owned(),
        }
    }
}

/// A `JSONPath` that must select numbers, and only those.
pub(super) struct Numbers {
    path: JsonPath,
    text: String,
}

impl Numbers {
    /// Compiles the path; `index` is its place in the list.
    pub(super) fn compile(text: &str, index: usize, errors: &mut Errors) -> Option<Self> {
        let path = compile_path(text, &format!("/numbers/{index}"), errors)?;
        Some(Self { path, text: text.to_owned() })
    }

    /// Each selected node that is no number, or that nothing is selected. Numbers of JSON are
    /// finite: a body with one beyond the range of a float is refused as no JSON.
    pub(super) fn judge(&self, body: &Value, redactor: &Redactor, findings: &mut Findings) {
        let nodes = self.path.query_located(body);
        let wanted = format!("a number for {}", quoted(&self.text));
        if nodes.is_empty() {
            findings.push(|| broken("expect.numbers", None, &wanted, "nothing is selected"));
        }
        for node in nodes.iter().filter(|node| !node.node().is_number()) {
            findings.push(|| {
                let pointer = node.location().to_json_pointer();
                let actual = actual(redactor, &pointer, node.node());
                broken("expect.numbers", place(&pointer), &wanted, actual)
            });
        }
    }
}

/// Compiles a `JSONPath`; its error goes to `errors` under `at`.
fn compile_path(text: &str, at: &str, errors: &mut Errors) -> Option<JsonPath> {
    let path = JsonPath::parse(text);
    path.map_err(|e| errors.push((at.to_owned(), format!("not a JSONPath (RFC 9535): {e}")))).ok()
}

fn bounds(rules: &NodeRules) -> [(&'static str, Option<f64>); 4] {
    [
        ("greater_than", rules.greater_than),
        ("at_least", rules.at_least),
        ("less_than", rules.less_than),
        ("at_most", rules.at_most),
    ]
}

/// Whether anything is expected of a node itself.
fn demands(rules: &NodeRules) -> bool {
    rules.equals.is_some()
        || rules.not_equals.is_some()
        || rules.one_of.is_some()
        || bounds(rules).iter().any(|(_, bound)| bound.is_some())
        || rules.contains.is_some()
        || rules.matches.is_some()
        || rules.r#type.is_some()
}

/// As JSON Schema has it: 1.0 is an integer.
fn is_of_type(node: &Value, wanted: JsonType) -> bool {
    match wanted {
        JsonType::Null => node.is_null(),
        JsonType::Boolean => node.is_boolean(),
        JsonType::Integer => {
            node.is_i64() || node.is_u64() || node.as_f64().is_some_and(|n| n.fract() == 0.0)
        }
        JsonType::Number => node.is_number(),
        JsonType::String => node.is_string(),
        JsonType::Array => node.is_array(),
        JsonType::Object => node.is_object(),
    }
}

fn a_type(wanted: JsonType) -> &'static str {
    match wanted {
        JsonType::Null => "null",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "an integer",
        JsonType::Number => "a number",
        JsonType::String => "a string",
        JsonType::Array => "an array",
        JsonType::Object => "an object",
    }
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;
