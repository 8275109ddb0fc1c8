//! Whether an archive holds all that its source had.

use std::collections::HashSet;

use super::archive::{Entry, Held};
use super::manifest::{Catalogue, Exclusion, Object};

/// The objects of a source that its archive does not list, for people to read.
///
/// Both name them in the same words; see [`crate::database::catalogue`].
pub(crate) fn missing_objects(held: &Held, catalogue: &Catalogue) -> Vec<String> {
    let entry =
        |entry: &Entry| (entry.desc.to_lowercase(), entry.namespace.clone(), entry.tag.clone());
    let listed: HashSet<_> = held.toc.entries.iter().map(entry).collect();
    let object =
        |object: &Object| (object.kind.clone(), object.schema.clone(), object.name.clone());
    let missing = catalogue.objects.iter().filter(|one| !listed.contains(&object(one)));
    missing.map(told).collect()
}

/// The tables of an archive whose rows are not in it, though nobody left them out.
///
/// A table that is partitioned has none of its own: its partitions have them.
pub(crate) fn tables_without_rows(held: &Held, excluded: &[Exclusion]) -> Vec<String> {
    let with_rows: HashSet<(&str, &str)> =
        held.tables.iter().map(|table| (table.schema.as_str(), table.name.as_str())).collect();
    let tables = held.toc.entries.iter().filter(|entry| entry.desc == "TABLE");
    let missing = tables.filter(|entry| {
        let schema = entry.namespace.as_deref().unwrap_or_default();
        let left_out = excluded.iter().any(|one| one.covers(schema, &entry.tag));
        !is_partitioned(entry) && !left_out && !with_rows.contains(&(schema, entry.tag.as_str()))
    });
    missing.map(ToString::to_string).collect()
}

/// `pg_dump` writes the clause at the beginning of a line of its own.
fn is_partitioned(entry: &Entry) -> bool {
    let definition = entry.definition.as_deref().unwrap_or_default();
    definition.lines().any(|line| line.starts_with("PARTITION BY "))
}

fn told(object: &Object) -> String {
    match &object.schema {
        Some(schema) => format!("{} {schema}.{}", object.kind, object.name),
        None => format!("{} {}", object.kind, object.name),
    }
}
