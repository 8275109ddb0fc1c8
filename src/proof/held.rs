//! Whether a value has the form of its rule.

use crate::masking::people::Trait;
use crate::masking::plan::{Action, ColumnPlan, Leaves};
use crate::masking::text::Allowed;
use crate::masking::{array, json};

/// Whether what staging has in a column is what its rule makes of values.
pub(super) fn held(column: &ColumnPlan, value: Option<&str>, allowed: &Allowed) -> bool {
    let Some(value) = value else { return true };
    match &column.action {
        // An empty string stays one.
        Action::Null => value.is_empty(),
        Action::Empty if column.array => value == "{}",
        Action::Empty => value.is_empty() || value == "\\x",
        _ if value.is_empty() => true,
        action if column.array => {
            let mut all = true;
            let _ = array::mask(value, ',', |element, _| {
                all &= element.is_empty() || one(action, element, allowed);
                Ok::<_, ()>(())
            });
            all
        }
        action => one(action, value, allowed),
    }
}

fn one(action: &Action, value: &str, allowed: &Allowed) -> bool {
    let number = |text: &str| {
        (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    match action {
        Action::Keep | Action::Null | Action::Empty | Action::Text | Action::ObjectKey(_) => true,
        Action::Email => {
            let inner = value.strip_prefix("test-").and_then(|v| v.strip_suffix("@example.com"));
            inner.is_some_and(number) || allowed.has(Trait::Email, value)
        }
        Action::Phone => {
            let inner = value.strip_prefix('+').unwrap_or(value).strip_prefix("1000000");
            inner.is_some_and(number) || allowed.has(Trait::Phone, value)
        }
        Action::Name => {
            value.strip_prefix("Test Customer ").is_some_and(number)
                || allowed.has(Trait::Name, value)
        }
        // Cut to a short column, its end alone is left.
        Action::Secret => value.starts_with("staging-") || value.len() < 24,
        Action::Value(template) => match template.split_once("{id}") {
            None => value.trim_end() == template,
            Some((before, after)) => value
                .strip_prefix(before)
                .and_then(|rest| rest.strip_suffix(after))
                .is_some_and(number),
        },
        Action::Json(plan) => {
            let mut all = true;
            let read = json::show(value, |spot, path, text| {
                let named = plan.paths.iter().find(|(steps, _)| json::fits(steps, path));
                if spot == json::Spot::Text && !text.is_empty() {
                    all &= match named {
                        Some((_, Action::Null | Action::Empty)) => false,
                        Some((_, action)) => one(action, text, allowed),
                        None if plan.leaves == Leaves::Mask => {
                            text == "masked"
                                || [Action::Email, Action::Phone, Action::Name]
                                    .iter()
                                    .any(|action| one(action, text, allowed))
                        }
                        None => true,
                    };
                }
            });
            read.is_ok() && all
        }
    }
}
