//! Rules, held against the tables and columns of a backup.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::action::of_column;
use super::classify::{Unclassified, could_hold, passed, proposal};
use super::fits::is_text;
use super::keys::lone_keys;
use super::load::Rules;
use super::model::{MaskingFile, TableSpec};
use crate::backup::manifest::{Column, MANIFEST};
use crate::backup::settings::table_name;
use crate::masking::plan::{Action, ColumnPlan, Link, MaskPlan, Rows, TablePlan};
use crate::suite::Problems;
use crate::suite::problem::{Problem, known};
use crate::suite::source::{Document, pointer_token};

/// A table with data in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArchiveTable {
    pub(crate) schema: String,
    pub(crate) name: String,
    /// In the order of the data.
    pub(crate) columns: Vec<String>,
    /// The partitioned tables that it is a part of, the nearest first.
    pub(crate) parents: Vec<(String, String)>,
}

/// Rules that fit a backup.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) plan: MaskPlan,
    /// Columns that could hold personal data, and have no rule.
    pub(crate) unclassified: Vec<Unclassified>,
}

/// A rule for a table, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Ruled<'a> {
    document: &'a Arc<Document>,
    index: usize,
    pub(super) spec: &'a TableSpec,
    /// Whether it is the project's own.
    pub(super) own: bool,
}

impl Ruled<'_> {
    pub(super) fn problem(&self, below: &str, message: impl Into<String>) -> Problem {
        self.document.problem(&format!("/table/{}{below}", self.index), message)
    }

    pub(super) fn column(&self, name: &str) -> String {
        format!("/columns/{}", pointer_token(name))
    }
}

pub(super) type ByTable<'a> = BTreeMap<(String, String), Ruled<'a>>;

impl Rules {
    /// Holds the rules against a backup.
    ///
    /// # Errors
    /// Every rule that matches nothing, or that cannot apply.
    pub(crate) fn resolve(
        &self,
        tables: &[ArchiveTable],
        columns: &[Column],
    ) -> Result<Resolved, Problems> {
        let mut problems = Problems::default();
        let own =
            self.own.as_ref().map(|(document, file)| index(document, file, true, &mut problems));
        let own = own.unwrap_or_default();
        let (document, file) = &self.supabase;
        let supabase = index(document, file, false, &mut problems);
        let mut plan = MaskPlan { tables: BTreeMap::new(), allowed: self.allowed() };
        let mut unclassified = Vec::new();
        let mut used = BTreeSet::new();
        let by_table = group(columns);
        for table in tables {
            let key = (table.schema.clone(), table.name.clone());
            let chain = std::iter::once(&key).chain(&table.parents);
            let mut ruled: Vec<Ruled<'_>> = Vec::new();
            for name in chain {
                if let Some(found) = own.get(name) {
                    used.insert(name.clone());
                    ruled.push(*found);
                }
                ruled.extend(supabase.get(name));
            }
            let facts = by_table.get(&key).cloned().unwrap_or_default();
            let planned = of_table(table, &ruled, &facts, &mut unclassified, &mut problems);
            plan.tables.insert(key, planned);
        }
        for (name, ruled) in own.iter().filter(|(name, _)| !used.contains(name)) {
            // Such as a partitioned table without partitions yet: its rules are looked at alone.
            if let Some(facts) = by_table.get(name) {
                let named = facts.iter().filter(|fact| !fact.generated);
                let table = ArchiveTable {
                    schema: name.0.clone(),
                    name: name.1.clone(),
                    columns: named.map(|fact| fact.name.clone()).collect(),
                    parents: Vec::new(),
                };
                of_table(&table, &[*ruled], facts, &mut Vec::new(), &mut problems);
                continue;
            }
            let names: Vec<String> =
                tables.iter().map(|table| shown(&table.schema, &table.name)).collect();
            let message = format!("the backup has no rows of {}", shown(&name.0, &name.1));
            let help = known(&ruled.spec.name, names.iter().map(String::as_str));
            problems.push(ruled.problem("/name", message).help(help));
        }
        let tables: BTreeSet<String> =
            by_table.keys().map(|(schema, name)| shown(schema, name)).collect();
        lone_keys(&own, &supabase, &tables, &mut problems);
        problems.or(Resolved { plan, unclassified })
    }
}

fn index<'a>(
    document: &'a Arc<Document>,
    file: &'a MaskingFile,
    own: bool,
    problems: &mut Problems,
) -> ByTable<'a> {
    let mut found = ByTable::new();
    for (index, spec) in file.table.iter().enumerate() {
        let ruled = Ruled { document, index, spec, own };
        match table_name(&spec.name) {
            Err(message) => problems.push(ruled.problem("/name", message)),
            Ok(name) => {
                if found.insert(name, ruled).is_some() {
                    problems.push(ruled.problem("/name", "the table has rules already"));
                }
                if spec.rows.is_some() && spec.reason.is_none() {
                    let message = "rows are left out, and nothing says why";
                    let help = "add `reason = \"…\"` to the table";
                    problems.push(ruled.problem("/rows", message).help(help));
                }
            }
        }
    }
    found
}

fn group(columns: &[Column]) -> BTreeMap<(String, String), Vec<&Column>> {
    let mut by_table: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for column in columns {
        let key = (column.schema.clone(), column.table.clone());
        by_table.entry(key).or_default().push(column);
    }
    by_table
}

/// What is done with a table, the first rule that says something winning.
fn of_table(
    table: &ArchiveTable,
    ruled: &[Ruled<'_>],
    facts: &[&Column],
    unclassified: &mut Vec<Unclassified>,
    problems: &mut Problems,
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
                    problems.push(rule.problem(&below, message).help(help));
                }
                None => {
                    let names = facts.iter().filter(|fact| !fact.generated);
                    let names = names.map(|fact| fact.name.as_str());
                    let message = format!("there is no column `{name}` in {}", rule.spec.name);
                    problems.push(rule.problem(&below, message).help(known(name, names)));
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
        let rule = ruled.iter().find_map(|rule| Some((rule, rule.spec.columns.get(name)?)));
        let action = match (rule, fact) {
            (Some((rule, spec)), Some(fact)) => of_column(rule, spec, fact, problems),
            (None, Some(fact)) if rows == Rows::Load && could_hold(fact) => {
                unclassified.push(Unclassified {
                    table: shown(&table.schema, &table.name),
                    column: name.clone(),
                    declared: fact.declared.clone(),
                    proposal: proposal(fact),
                });
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
                problems.push(Problem::of_file(MANIFEST.as_ref(), message).help(help));
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

/// A table's name as SQL writes it.
pub(super) fn shown(schema: &str, name: &str) -> String {
    let quoted = |name: &str| {
        let plain = |c: char| c.is_lowercase() || c.is_ascii_digit() || c == '_';
        match name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) {
            true => name.to_owned(),
            false => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    };
    format!("{}.{}", quoted(schema), quoted(name))
}
