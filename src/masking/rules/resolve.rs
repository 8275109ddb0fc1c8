//! Rules, held against the tables and columns of a backup.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::classify::Unclassified;
use super::columns::{self, Held};
use super::keys::lone_keys;
use super::load::Rules;
use super::model::{MaskingFile, TableSpec};
use crate::backup::manifest::Column;
use crate::backup::settings::table_name;
use crate::masking::plan::MaskPlan;
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
    /// Why columns stay that a rule says so of, by schema, table and column.
    pub(crate) kept: BTreeMap<(String, String, String), String>,
}

/// A rule for a table, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Ruled<'a> {
    pub(super) document: &'a Arc<Document>,
    pub(super) index: usize,
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
        facts: &[Column],
    ) -> Result<Resolved, Problems> {
        let mut held = Held::default();
        let own = self.own.as_ref();
        let own = own.map(|(document, file)| index(document, file, true, &mut held.problems));
        let own = own.unwrap_or_default();
        let (document, file) = &self.supabase;
        let supabase = index(document, file, false, &mut held.problems);
        let mut plan = MaskPlan { tables: BTreeMap::new(), allowed: self.allowed() };
        let mut used = BTreeSet::new();
        let by_table = group(facts);
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
            let planned = columns::of_table(self.own.as_ref(), table, &ruled, &facts, &mut held);
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
                let before = held.unclassified.len();
                columns::of_table(self.own.as_ref(), &table, &[*ruled], facts, &mut held);
                held.unclassified.truncate(before);
                continue;
            }
            let names: Vec<String> =
                tables.iter().map(|table| shown(&table.schema, &table.name)).collect();
            let message = format!("the backup has no rows of {}", shown(&name.0, &name.1));
            let help = known(&ruled.spec.name, names.iter().map(String::as_str));
            held.problems.push(ruled.problem("/name", message).help(help));
        }
        self.unused(&held.everywhere, tables, &mut held.problems);
        let tables: BTreeSet<String> =
            by_table.keys().map(|(schema, name)| shown(schema, name)).collect();
        lone_keys(self.own.as_ref(), &own, &supabase, &tables, &mut held.problems);
        let Held { problems, unclassified, kept, .. } = held;
        problems.or(Resolved { plan, unclassified, kept })
    }

    /// Rules for columns of a name that no table has.
    fn unused(&self, used: &BTreeSet<String>, tables: &[ArchiveTable], problems: &mut Problems) {
        let Some((document, file)) = &self.own else { return };
        for name in file.columns.keys().filter(|name| !used.contains(*name)) {
            let all: BTreeSet<&str> =
                tables.iter().flat_map(|table| &table.columns).map(String::as_str).collect();
            let (message, help) = match all.contains(name.as_str()) {
                true => (
                    format!("every column `{name}` has a rule of its table"),
                    "remove this rule, which none goes by".to_owned(),
                ),
                false => (format!("no table has a column `{name}`"), known(name, all)),
            };
            let pointer = format!("/columns/{}", pointer_token(name));
            problems.push(document.problem(&pointer, message).help(help));
        }
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

/// A table's name as SQL writes it.
pub(crate) fn shown(schema: &str, name: &str) -> String {
    let quoted = |name: &str| {
        let plain = |c: char| c.is_lowercase() || c.is_ascii_digit() || c == '_';
        match name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) {
            true => name.to_owned(),
            false => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    };
    format!("{}.{}", quoted(schema), quoted(name))
}
