//! Rules by which no restore could end, told before a row is loaded: by the archive's own keys.
//!
//! | rule | what is against it |
//! |---|---|
//! | one value for every row | a unique index or key over nothing but such columns |
//! | `rows = "clear"` | a foreign key of a table with rows, whose columns are NOT NULL |
//!
//! What depends on the rows (a key that may be NULL, an index over some rows alone) the server judges.

use super::refused::{in_parentheses, word, words};
use crate::backup::archive::Toc;
use crate::backup::manifest::Manifest;
use crate::backup::settings::table_name;
use crate::fault::Fault;
use crate::masking::plan::{Action, ColumnPlan, MaskPlan, Rows, TablePlan};

type Name = (String, String);

/// Every rule that cannot hold, in one fault.
///
/// # Errors
/// There is one.
pub(super) fn unfit(plan: &MaskPlan, manifest: &Manifest, toc: &Toc) -> Result<(), Fault> {
    let mut told: Vec<String> = Vec::new();
    for entry in &toc.entries {
        let definition = entry.definition.as_deref().unwrap_or_default();
        let found = match entry.desc.as_str() {
            "INDEX" if definition.starts_with("CREATE UNIQUE INDEX ") => {
                of_unique(plan, manifest, on(definition), definition)
            }
            "CONSTRAINT" => of_unique(plan, manifest, altered(definition), definition),
            "FK CONSTRAINT" => of_reference(plan, manifest, definition),
            _ => None,
        };
        // Of a partitioned table each partition says the same.
        told.extend(found.filter(|text| !told.contains(text)));
    }
    if told.is_empty() {
        return Ok(());
    }
    Err(Fault::usage(format!("{}; nothing was loaded", told.join("; ")))
        .object("suites/masking.toml")
        .help(
            "a value with `{id}` in it is another one for each person, and `\"null\"` is no value \
             at all; of a table that another one refers to, load the rows, or clear both",
        ))
}

/// Whether every row is given the same values, and they may stand there once.
fn of_unique(
    plan: &MaskPlan,
    manifest: &Manifest,
    name: Option<Name>,
    definition: &str,
) -> Option<String> {
    let name = name?;
    let (key, over) = ["UNIQUE (", "UNIQUE NULLS NOT DISTINCT (", "PRIMARY KEY (", " USING "]
        .iter()
        .find_map(|word| Some((*word, definition.get(definition.find(word)?..)?)))?;
    let columns = in_parentheses(over);
    // One over some rows alone may well have one of them.
    let rest = over.get(columns.len()..).unwrap_or_default();
    if rest.contains(" WHERE ") || rows(manifest, &name) < 2 {
        return None;
    }
    let columns = columns.get(key.trim_end_matches('(').len()..).unwrap_or_default();
    let planned = loaded(plan, &name)?;
    let about = named(planned, columns);
    if about.is_empty() || !about.iter().all(|column| is_constant(column)) {
        return None;
    }
    let rules = about.iter().map(|column| shown(&name, column)).collect::<Vec<_>>().join(" and ");
    Some(format!("{rules} makes every row the same, and each may stand there once"))
}

/// Whether rows refer to what is left out.
fn of_reference(plan: &MaskPlan, manifest: &Manifest, definition: &str) -> Option<String> {
    let (of, to) = definition.split_once(" REFERENCES ")?;
    let to = table_name(to.split('(').next()?.trim()).ok()?;
    if plan.tables.get(&to)?.rows != Rows::Clear {
        return None;
    }
    let name = altered(of)?;
    let planned = loaded(plan, &name)?;
    let about = named(planned, of.get(of.find("FOREIGN KEY (")?..)?);
    let is_set = |column: &&ColumnPlan| {
        let fact = manifest.catalogue.columns.iter().find(|fact| {
            (&fact.schema, &fact.table, &fact.name) == (&name.0, &name.1, &column.name)
        });
        column.action != Action::Null && fact.is_some_and(|fact| !fact.nullable)
    };
    if about.is_empty() || !about.iter().all(is_set) || rows(manifest, &name) == 0 {
        return None;
    }
    let column = &about.first()?.name;
    Some(format!(
        "`rows = \"clear\"` of {}.{} leaves out what {}.{}.{column} refers to, which is NOT NULL",
        to.0, to.1, name.0, name.1
    ))
}

/// The plan of a table whose rows are loaded.
fn loaded<'p>(plan: &'p MaskPlan, name: &Name) -> Option<&'p TablePlan> {
    plan.tables.get(name).filter(|planned| planned.rows == Rows::Load)
}

fn rows(manifest: &Manifest, (schema, name): &Name) -> u64 {
    let is = |schema_of: &str, name_of: &str| schema_of == schema && name_of == name;
    let table = manifest.tables().iter().find(|table| is(&table.schema, &table.name));
    table.map_or(0, |table| table.rows)
}

/// The columns of a table that a text speaks of.
fn named<'p>(planned: &'p TablePlan, text: &str) -> Vec<&'p ColumnPlan> {
    let is = |column: &&ColumnPlan| words(text).any(|word| word == column.name);
    planned.columns.iter().filter(is).collect()
}

/// Whether each value of a column becomes one and the same.
fn is_constant(column: &ColumnPlan) -> bool {
    !column.array
        && match &column.action {
            Action::Value(template) => !template.text.contains("{id}"),
            Action::Empty => true,
            _ => false,
        }
}

fn shown((schema, table): &Name, column: &ColumnPlan) -> String {
    format!("the rule `{}` of {schema}.{table}.{}", word(&column.action), column.name)
}

/// The table of `CREATE UNIQUE INDEX … ON public.people USING btree (…)`.
fn on(definition: &str) -> Option<Name> {
    let (head, _) = definition.split_once(" USING ")?;
    let (_, table) = head.split_once(" ON ")?;
    table_name(table.strip_prefix("ONLY ").unwrap_or(table)).ok()
}

/// The table of `ALTER TABLE ONLY public.people` and the line with the key.
fn altered(definition: &str) -> Option<Name> {
    let table = definition.strip_prefix("ALTER TABLE ")?.lines().next()?;
    table_name(table.strip_prefix("ONLY ").unwrap_or(table).trim()).ok()
}

#[cfg(test)]
#[path = "unfit_tests.rs"]
mod tests;
