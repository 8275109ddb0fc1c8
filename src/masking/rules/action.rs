//! From a rule to what is done.

use super::fits::fits;
use super::model::{JsonSpec, LeavesSpec, RuleSpec, Word};
use super::path;
use super::stated::Stated;
use crate::backup::manifest::Column;
use crate::masking::plan::{Action, JsonPlan, Leaves, Template, Wanted};
use crate::suite::Problems;

/// What is done with a column; a rule that cannot apply is a problem.
pub(super) fn of_column(rule: &Stated<'_>, fact: &Column, problems: &mut Problems) -> Action {
    let spec = rule.spec;
    let mut refuse = |message: String, help: &str| {
        problems.push(rule.problem(message, fact).help(help));
    };
    if let RuleSpec::Json(spec) = spec
        && spec.leaves == Some(LeavesSpec::Keep)
        && spec.reason.is_none()
    {
        let message = "strings stay as they are, and nothing says why".to_owned();
        refuse(message, "add `reason = \"…\"` behind `leaves = \"keep\"`");
    }
    match action(spec) {
        Ok(mut action) => {
            if let Err((message, help)) = fits(&action, fact) {
                refuse(message, help);
            }
            if let (RuleSpec::Json(spec), Action::Json(plan)) = (spec, &mut action)
                && rule.own
            {
                let named = |path: &String| spec.json.contains_key(path);
                if let Some(path) = spec.optional.iter().find(|path| !named(path)) {
                    let message = format!("`{path}` is optional, and has no rule");
                    refuse(message, "name it under `json` too, written in the same way");
                }
                let must = spec.json.keys().filter(|path| !spec.optional.contains(path));
                plan.wanted = Some(Wanted {
                    rule: format!("{}.{}", rule.of, fact.name),
                    paths: must.filter_map(|path| path::parse(path).ok()).collect(),
                });
            }
            action
        }
        Err(message) => {
            refuse(message, "such as `$.user.email`, `$[*].name` or `$..phone`");
            Action::Keep
        }
    }
}

/// A rule's action.
fn action(spec: &RuleSpec) -> Result<Action, String> {
    Ok(match spec {
        RuleSpec::Word(word) => match word {
            Word::Email => Action::Email,
            Word::Phone => Action::Phone,
            Word::Contact => Action::Contact,
            Word::Name => Action::Name,
            Word::Text => Action::Text,
            Word::Json => {
                Action::Json(JsonPlan { paths: Vec::new(), leaves: Leaves::Text, wanted: None })
            }
            Word::ObjectKey => Action::ObjectKey(Vec::new()),
            Word::Secret => Action::Secret,
            Word::Null => Action::Null,
            Word::Empty => Action::Empty,
        },
        RuleSpec::Keep(_) => Action::Keep,
        RuleSpec::Value(spec) => {
            Action::Value(Template { text: spec.value.clone(), of: spec.of.clone() })
        }
        RuleSpec::ObjectKey(spec) => Action::ObjectKey(spec.object_key.clone()),
        RuleSpec::Json(JsonSpec { json, leaves, .. }) => {
            let mut paths = Vec::new();
            for (text, spec) in json {
                paths.push((path::parse(text)?, action(spec)?));
            }
            // Of two that say as much, the one that masks.
            paths.sort_by_key(|(steps, action)| (path::looseness(steps), *action == Action::Keep));
            let leaves = match leaves {
                Some(LeavesSpec::Keep) => Leaves::Keep,
                None | Some(LeavesSpec::Text) => Leaves::Text,
                Some(LeavesSpec::Mask) => Leaves::Mask,
            };
            Action::Json(JsonPlan { paths, leaves, wanted: None })
        }
    })
}
