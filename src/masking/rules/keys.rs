//! Keys of persons that join nobody with anybody.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::model::{MaskingFile, RuleSpec};
use super::resolve::{ByTable, Ruled};
use crate::suite::Problems;
use crate::suite::problem::known;
use crate::suite::source::{Document, pointer_token};

/// A key that one column alone has, and that is no table's, joins nobody with anybody: a slip.
pub(super) fn lone_keys(
    file: Option<&(Arc<Document>, MaskingFile)>,
    own: &ByTable<'_>,
    supabase: &ByTable<'_>,
    tables: &BTreeSet<String>,
    problems: &mut Problems,
) {
    let all = own.values().chain(supabase.values());
    let everywhere = file.iter().flat_map(|(_, file)| file.columns.values()).flat_map(within);
    let all = all.flat_map(|rule| keys(*rule)).map(|(_, of)| of).chain(everywhere);
    let all: Vec<&str> = all.collect();
    for rule in own.values() {
        for (below, of) in keys(*rule).into_iter().filter(|(_, of)| !tables.contains(*of)) {
            if all.iter().filter(|key| **key == of).count() == 1 {
                let others = all.iter().copied().filter(|key| *key != of);
                let help = known(of, others.chain(tables.iter().map(String::as_str)));
                let message = format!("`{of}` is no table, and nothing else is a key of it");
                problems.push(rule.problem(&below, message).help(help));
            }
        }
    }
}

/// What the columns of a table are keys of, each with where its rule says so.
fn keys(rule: Ruled<'_>) -> Vec<(String, &str)> {
    let person = rule.spec.person.iter();
    let person =
        person.map(|(column, of)| (format!("/person/{}", pointer_token(column)), of.as_str()));
    let mut all: Vec<_> = person.collect();
    for (column, spec) in &rule.spec.columns {
        all.extend(within(spec).into_iter().map(|of| (rule.column(column), of)));
    }
    all
}

/// What a rule's values are keys of.
fn within(spec: &RuleSpec) -> Vec<&str> {
    match spec {
        RuleSpec::Value(spec) => spec.of.as_deref().into_iter().collect(),
        RuleSpec::Json(spec) => spec.json.values().flat_map(within).collect(),
        _ => Vec::new(),
    }
}
