//! Whether a value has the form of its rule.

use super::leaks;
use super::views::behind_escapes;
use crate::backup::stop::Stop;
use crate::masking::apply::is_harmless_number;
use crate::masking::people::{People, Trait};
use crate::masking::plan::{Action, ColumnPlan, Leaves};
use crate::masking::text::{Allowed, has_token};
use crate::masking::{array, json, values};
use crate::windows::windows;

/// Whether what staging has in a column is what its rule makes of values.
pub(super) fn held(
    column: &ColumnPlan,
    value: Option<&str>,
    (people, allowed, stop): (&People, &Allowed, &Stop),
) -> bool {
    let Some(value) = value else { return true };
    let rule = Rule { length: column.length, people, allowed, stop };
    match &column.action {
        // An empty string stays one.
        Action::Null => value.is_empty(),
        Action::Empty if column.array => value == "{}",
        Action::Empty => value.is_empty() || value == "\\x",
        _ if value.is_empty() => true,
        action if column.array => {
            let mut all = true;
            let _ = array::mask(value, ',', |element, _| {
                all &= element.is_empty() || rule.holds(action, element);
                Ok::<_, ()>(())
            });
            all
        }
        action => rule.holds(action, value),
    }
}

/// What a value is held against, besides its action.
struct Rule<'a> {
    length: Option<u32>,
    people: &'a People,
    allowed: &'a Allowed,
    stop: &'a Stop,
}

impl Rule<'_> {
    fn holds(&self, action: &Action, value: &str) -> bool {
        let made = |what| values::is_made(what, value) || self.allowed.has(what, value);
        match action {
            Action::Keep | Action::Null | Action::Empty => true,
            Action::ObjectKey(folders) => values::is_made_key(value, folders),
            Action::Text => windows(value, self.stop)
                .all(|window| self.has_nobody(window.text) && !has_token(window.text)),
            Action::Email => made(Trait::Email),
            Action::Phone => made(Trait::Phone),
            Action::Contact => made(Trait::Email) || made(Trait::Phone),
            Action::Name => made(Trait::Name),
            Action::Secret => is_made_secret(value, self.length),
            Action::Value(template) => match template.text.split_once("{id}") {
                None => is_same(value.trim_end(), template.text.trim_end()),
                Some((before, after)) => value
                    .trim_end()
                    .strip_prefix(before)
                    .and_then(|rest| rest.strip_suffix(after.trim_end()))
                    .is_some_and(|id| {
                        (1..=8).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
                    }),
            },
            Action::Json(plan) => {
                let mut all = true;
                let read = json::show(value, |spot, path, text| {
                    if text.is_empty() || self.stop.is_set() {
                        return;
                    }
                    all &= match (spot, plan.action(path)) {
                        (json::Spot::Key, _) => {
                            plan.leaves == Leaves::Keep || self.has_no_address(text)
                        }
                        (_, Some(Action::Null | Action::Empty)) => false,
                        (json::Spot::Truth, Some(Action::Value(_))) => false,
                        (json::Spot::Truth, _) => true,
                        (json::Spot::Number, None) => {
                            plan.leaves != Leaves::Mask || is_harmless_number(text)
                        }
                        (_, Some(action)) => self.holds(action, text),
                        (_, None) => match plan.leaves {
                            Leaves::Keep => true,
                            Leaves::Text => self.holds(&Action::Text, text),
                            Leaves::Mask => {
                                text == "masked"
                                    || [Action::Email, Action::Phone, Action::Name]
                                        .iter()
                                        .any(|action| self.holds(action, text))
                            }
                        },
                    };
                });
                read.is_ok() && all
            }
        }
    }

    /// Whether no address in a free text is somebody's, and no word alone that is a name.
    fn has_nobody(&self, text: &str) -> bool {
        self.has_no_address(text) && !leaks::has_lone_name(text, (self.people, self.allowed))
    }

    /// Whether every address in a text is staging's, or nobody's. The masker looks behind escapes
    /// first, so what stands before them is the end of an escape: `\ntest-1@example.com`.
    fn has_no_address(&self, text: &str) -> bool {
        if !text.contains(['@', '%', '&', '\\']) {
            return true;
        }
        let mut all = true;
        let behind = behind_escapes(text);
        leaks::addresses(behind.last().map_or(text, String::as_str), |address| {
            all &=
                values::is_made(Trait::Email, address) || self.allowed.has(Trait::Email, address);
        });
        all
    }
}

/// Whether a value is what the server makes of a text: it writes truth and numbers in a way of its own.
fn is_same(value: &str, text: &str) -> bool {
    let truth = |text: &str| match text.to_ascii_lowercase().as_str() {
        "t" | "true" | "y" | "yes" | "on" | "1" => Some(true),
        "f" | "false" | "n" | "no" | "off" | "0" => Some(false),
        _ => None,
    };
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    value == text
        || matches!(value, "t" | "f") && truth(value) == truth(text)
        || number(value).is_some() && number(value) == number(text)
}

/// Whether a value is a key of staging's: cut to a short column, its end alone is left.
fn is_made_secret(value: &str, length: Option<u32>) -> bool {
    const PREFIX: &str = "staging-";
    const DIGITS: usize = 16;
    let value = value.trim_end();
    let whole = PREFIX.len() + DIGITS;
    let expected = length.map_or(whole, |length| whole.min(length as usize));
    let (prefix, digits) = value.split_at(value.len().saturating_sub(DIGITS));
    value.len() == expected
        && PREFIX.ends_with(prefix)
        && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::masking::people::Harvest;
    use crate::masking::plan::{JsonPlan, Step, Template};

    fn holds(action: Action, length: Option<u32>, value: &str) -> bool {
        let name = "c".to_owned();
        let column = ColumnPlan { name, array: false, text: true, length, action, passed: None };
        let allowed = Allowed::new(&["help@brook.test".to_owned()]);
        held(&column, Some(value), (&Harvest::new().finish().unwrap(), &allowed, &Stop::default()))
    }

    #[test]
    fn a_key_that_was_kept_is_told_however_short_it_is() {
        for (value, length, expected) in [
            ("staging-0123456789abcdef", None, true),
            ("staging-0123456789abcdef", Some(40), true),
            ("g-0123456789abcdef", Some(18), true),
            ("89abcdef", Some(8), true),
            ("sk_live_4242", None, false),
            ("sk_live_4242", Some(12), false),
            ("sk_live_42", Some(12), false),
            ("staging-", None, false),
            ("89abcdef", None, false),
            ("é9abcdef", Some(9), false),
        ] {
            assert_eq!(holds(Action::Secret, length, value), expected, "{value} {length:?}");
        }
    }

    #[test]
    fn an_address_that_was_kept_in_a_text_is_told() {
        for (text, expected) in [
            ("to test-7@example.com, help@brook.test", true),
            (r"to\ntest-7@example.com", true),
            ("to=test-7%40example.com", true),
            ("5 @ 3 and a@b", true),
            ("to new@firm.test", false),
            (r"to\nnew@firm.test", false),
            ("to=new%40firm.test", false),
            ("key sk_live_4242424242424242", false),
        ] {
            assert_eq!(holds(Action::Text, None, text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_somebody_s_in_a_document_is_told_as_a_key_too() {
        let paths = vec![(vec![Step::Key("k".into())], Action::Keep)];
        for (leaves, json, expected) in [
            (Leaves::Mask, r#"{"a": "masked", "k": "x"}"#, true),
            (Leaves::Mask, r#"{"test-7@example.com": "Test Customer 7"}"#, true),
            (Leaves::Mask, r#"{"new@firm.test": "masked"}"#, false),
            (Leaves::Text, r#"{"new\u0040firm.test": ""}"#, false),
            (Leaves::Text, r#"{"a": ["new@firm.test"]}"#, false),
            (Leaves::Mask, r#"{"a": "open"}"#, false),
            (Leaves::Keep, r#"{"new@firm.test": 1}"#, true),
        ] {
            let plan = JsonPlan { paths: paths.clone(), leaves, wanted: None };
            assert_eq!(holds(Action::Json(plan), None, json), expected, "{json}");
        }
    }

    #[test]
    fn what_the_server_writes_in_its_own_way_is_held_all_the_same() {
        for (template, value, expected) in [
            ("false", "f", true),
            ("yes", "t", true),
            ("false", "t", false),
            ("0", "0.00", true),
            ("0", "0.10", false),
            ("none", "none      ", true),
            ("key-{id}", "key-17    ", true),
            ("key-{id}", "key-x", false),
            ("t", "true", false),
        ] {
            let action = Action::Value(Template::new(template));
            assert_eq!(holds(action, None, value), expected, "{template} {value}");
        }
    }

    #[test]
    fn what_stands_within_a_place_that_has_a_rule_is_held_against_it() {
        let rules = [
            ("who", Action::Name),
            ("call", Action::Phone),
            ("gone", Action::Null),
            ("none", Action::Empty),
            ("flag", Action::Value(Template::new("no"))),
            ("kept", Action::Keep),
        ];
        let paths = rules.map(|(key, action)| (vec![Step::Key(key.into())], action)).to_vec();
        for (json, expected) in [
            (r#"{"who": {"of": ["Test Customer 7"]}, "call": [10000007, true, null]}"#, true),
            (r#"{"gone": {"at": null}, "none": ["", null], "flag": "no"}"#, true),
            (r#"{"kept": {"at": [1, true, "x"]}, "other": 5}"#, true),
            (r#"{"who": {"of": "Cleo Carter"}}"#, false),
            (r#"{"who": {"of": 7}}"#, false),
            (r#"{"call": [4915112345678]}"#, false),
            (r#"{"gone": {"at": 12.5}}"#, false),
            (r#"{"gone": {"is": true}}"#, false),
            (r#"{"none": [false]}"#, false),
            (r#"{"flag": true}"#, false),
        ] {
            let plan = JsonPlan { paths: paths.clone(), leaves: Leaves::Text, wanted: None };
            assert_eq!(holds(Action::Json(plan), None, json), expected, "{json}");
        }
    }
}
