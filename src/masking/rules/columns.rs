//! What is done with each column of a table.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::action::of_column;
use super::classify::{Unclassified, could_hold, passed, proposal};
use super::fits::is_text;
use super::model::{MaskingFile, RuleSpec};
use super::resolve::{ArchiveTable, Ruled, shown};
use super::stated::Stated;
use crate::backup::manifest::{Column, MANIFEST};
use crate::masking::plan::{Action, ColumnPlan, Link, Rows, TablePlan};
use crate::suite::Problems;
use crate::suite::problem::{Problem, known};
use crate::suite::source::{Document, pointer_token};

/// What was found while the rules were held against a backup.
#[derive(Default)]
pub(super) struct Held {
    pub(super) problems: Problems,
    pub(super) unclassified: Vec<Unclassified>,
    /// Why columns stay that a rule says so of.
    pub(super) kept: BTreeMap<(String, String, String), String>,
    /// Columns that have a rule by their name alone.
    pub(super) everywhere: BTreeSet<String>,
}

/// What is done with a table, the first rule that says something winning.
pub(super) fn of_table(
    own: Option<&(Arc<Document>, MaskingFile)>,
    table: &ArchiveTable,
    ruled: &[Ruled<'_>],
    facts: &[&Column],
    held: &mut Held,
) -> TablePlan {
    // Supabase's tables differ from version to version; a project knows its own.
    for rule in ruled.iter().filter(|rule| rule.own) {
        let columns = rule.spec.columns.keys().map(|name| (name, rule.column(name)));
        let person = rule.spec.person.keys();
        let person = person.map(|name| (name, format!("/person/{}", pointer_token(name))));
        for (name, below) in columns.chain(person) {
            match facts.iter().find(|fact| fact.name == *name) {
                Some(fact) if !fact.generated => {}
                Some(_) => {
                    let message =
                        format!("the server computes `{name}` from other columns; it has no data");
                    let help = "write the rule for the columns that it is made from";
                    held.problems.push(rule.problem(&below, message).help(help));
                }
                None => {
                    let names = facts.iter().filter(|fact| !fact.generated);
                    let names = names.map(|fact| fact.name.as_str());
                    let message = format!("there is no column `{name}` in {}", rule.spec.name);
                    held.problems.push(rule.problem(&below, message).help(known(name, names)));
                }
            }
        }
    }
    let first = ruled.iter().find(|rule| rule.spec.rows.is_some() || !rule.spec.columns.is_empty());
    let rows = match first.and_then(|rule| rule.spec.rows) {
        Some(_) => Rows::Clear,
        None => Rows::Load,
    };
    let mut columns = Vec::new();
    for name in &table.columns {
        let fact = facts.iter().find(|fact| fact.name == *name).copied();
        let rule = ruled.iter().find_map(|rule| Stated::of_table(rule, name)).or_else(|| {
            let stated = Stated::everywhere(own?, name)?;
            held.everywhere.insert(name.clone());
            Some(stated)
        });
        if let Some(RuleSpec::Keep(spec)) = rule.as_ref().map(|rule| rule.spec) {
            let column = (table.schema.clone(), table.name.clone(), name.clone());
            held.kept.insert(column, spec.keep.trim().to_owned());
        }
        let action = match (&rule, fact) {
            // Of what is not loaded nothing is asked.
            (Some(rule), Some(_)) if rule.everywhere && rows == Rows::Clear => Action::Keep,
            (Some(rule), Some(fact)) => of_column(rule, fact, &mut held.problems),
            (None, Some(fact)) if rows == Rows::Load && could_hold(fact) => {
                // The partitioned table stands for all of its partitions.
                let (schema, of) = match table.parents.last() {
                    Some((schema, parent)) => (schema, parent),
                    None => (&table.schema, &table.name),
                };
                let asked = Unclassified {
                    table: shown(schema, of),
                    column: name.clone(),
                    declared: fact.declared.clone(),
                    proposal: proposal(fact),
                };
                if !held.unclassified.contains(&asked) {
                    held.unclassified.push(asked);
                }
                Action::Keep
            }
            // Of what type it is nobody knows, so neither whether a rule for it can apply.
            (_, None) if rows == Rows::Load => {
                let table = shown(&table.schema, &table.name);
                let message = format!(
                    "the manifest says nothing of the column `{name}` of {table}, and the archive \
                 has its data"
                );
                let help = "the two are not of one backup: take another";
                held.problems.push(Problem::of_file(MANIFEST.as_ref(), message).help(help));
                Action::Keep
            }
            _ => Action::Keep,
        };
        let unasked = rule.is_none() && rows == Rows::Load;
        let passed = fact
            .filter(|fact| unasked && !could_hold(fact))
            .and_then(|fact| passed(shown(&table.schema, &table.name), fact));
        columns.push(ColumnPlan {
            name: name.clone(),
            array: fact.is_some_and(|fact| fact.array),
            text: fact.is_some_and(is_text),
            length: fact.and_then(|fact| fact.length),
            action,
            passed,
        });
    }
    let person = ruled.iter().find(|rule| !rule.spec.person.is_empty());
    let links = person.map(|rule| {
        let places = rule.spec.person.iter().filter_map(|(column, of)| {
            let column = table.columns.iter().position(|name| name == column)?;
            Some(Link { column, of: of.clone() })
        });
        places.collect()
    });
    TablePlan { rows, columns, links: links.unwrap_or_default() }
}
