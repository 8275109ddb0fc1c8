//! How the backup's tables fit those of the platform, which may be older or newer: a column that
//! the target lacks is left out, and told.

use std::collections::{BTreeMap, BTreeSet};

use super::look::There;
use super::platform;
use crate::backup::manifest::Manifest;
use crate::database::quoted;
use crate::masking::plan::{MaskPlan, Rows, TablePlan};
use crate::masking::sums::TableSums;
use crate::restore::load::Sums;

type Key = (String, String);

/// How rows of the backup go into the target's tables. Into tables of their own they go as they
/// are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fit {
    /// Tables whose rows are left out.
    pub(super) left_out: BTreeSet<Key>,
    /// The columns that are loaded, by their places, where that is not all.
    pub(super) columns: BTreeMap<Key, Vec<usize>>,
}

impl Fit {
    /// Whether any row of a table is loaded.
    pub(crate) fn takes(&self, key: &Key) -> bool {
        !self.left_out.contains(key)
    }

    /// Whether some columns of a table are left out.
    pub(crate) fn cuts(&self, key: &Key) -> bool {
        self.columns.contains_key(key)
    }

    /// The COPY command for a table with fewer columns; that of the backup for any other.
    pub(crate) fn copy(&self, key: &Key, plan: &TablePlan, copy: &str) -> String {
        let Some(columns) = self.columns.get(key) else { return copy.trim_end().to_owned() };
        let names = columns.iter().filter_map(|place| plan.columns.get(*place));
        let names: Vec<String> = names.map(|column| quoted(&column.name)).collect();
        format!("COPY {}.{} ({}) FROM stdin", quoted(&key.0), quoted(&key.1), names.join(", "))
    }

    /// The rows as they are loaded.
    pub(crate) fn rows(&self, key: &Key, rows: Vec<u8>) -> Vec<u8> {
        let Some(columns) = self.columns.get(key) else { return rows };
        let mut out = Vec::with_capacity(rows.len());
        for row in rows.split_inclusive(|byte| *byte == b'\n') {
            let bare = row.strip_suffix(b"\n").unwrap_or(row);
            let mut wanted = columns.iter().peekable();
            for (place, field) in bare.split(|byte| *byte == b'\t').enumerate() {
                if wanted.peek() != Some(&&place) {
                    continue;
                }
                wanted.next();
                out.extend_from_slice(field);
                out.push(if wanted.peek().is_some() { b'\t' } else { b'\n' });
            }
        }
        out
    }

    /// What was done with each column that is there now, and what the rows came to.
    pub(crate) fn proved(&self, plan: &MaskPlan, sums: &Sums) -> (MaskPlan, Sums) {
        let (mut plan, mut sums) = (plan.clone(), sums.clone());
        plan.tables.retain(|key, _| self.takes(key));
        for (key, columns) in &self.columns {
            if let Some(table) = plan.tables.get_mut(key) {
                table.columns = picked(&table.columns, columns);
                // The places of keys have been of use already.
                table.links.clear();
            }
            if let Some(TableSums { columns: found, .. }) = sums.get_mut(key) {
                *found = picked(found, columns);
            }
        }
        (plan, sums)
    }

    /// Compares the backup's tables with the target's: what is told of it, and what is wrong.
    pub(super) fn compare(
        plan: &MaskPlan,
        manifest: &Manifest,
        there: &There,
        made: &BTreeSet<Key>,
    ) -> (Self, Vec<String>, Vec<String>) {
        let (mut fit, mut notes, mut wrong) = (Self::default(), Vec::new(), Vec::new());
        for (key, table) in &plan.tables {
            if made.contains(key) {
                continue;
            }
            let place = format!("{}.{}", key.0, key.1);
            let recorded = manifest.tables().iter();
            let mut recorded = recorded.filter(|one| (&one.schema, &one.name) == (&key.0, &key.1));
            let loads = table.rows == Rows::Load;
            let rows = recorded.next().map_or(0, |table| table.rows);
            let mut leave = |fit: &mut Self, why: &str| {
                fit.left_out.insert(key.clone());
                if loads && rows > 0 {
                    notes.push(format!("left out: {rows} rows of {place}: {why}"));
                }
            };
            if !platform::has_data(&key.0, &key.1) {
                leave(&mut fit, "they are the platform's, or an extension's");
                continue;
            }
            let Some(target) = there.tables.get(key) else {
                leave(&mut fit, "the target has no such table");
                continue;
            };
            if !target.replaceable(loads && rows > 0) {
                // What is wrong with a table that must be loaded is told with those of the role.
                leave(&mut fit, "the role may not replace them");
                continue;
            }
            let is_there = |name: &str| {
                target.columns.iter().any(|column| column.name == name && !column.generated)
            };
            let columns = table.columns.iter().enumerate();
            let kept: Vec<usize> =
                columns.filter(|(_, c)| is_there(&c.name)).map(|(i, _)| i).collect();
            let wanting = target.columns.iter().filter(|column| {
                column.wanting && !table.columns.iter().any(|known| known.name == column.name)
            });
            let wanting: Vec<&str> = wanting.map(|column| column.name.as_str()).collect();
            if loads && rows > 0 && !wanting.is_empty() {
                wrong.push(format!(
                    "{place}: the backup has no value for {}, which must have one",
                    wanting.join(", ")
                ));
            }
            if kept.is_empty() && !table.columns.is_empty() {
                leave(&mut fit, "the target has none of its columns");
                continue;
            }
            if kept.len() < table.columns.len() {
                let lost = table.columns.iter().filter(|column| !is_there(&column.name));
                let lost: Vec<&str> = lost.map(|column| column.name.as_str()).collect();
                notes.push(format!("{place}: the target lacks the columns {}", lost.join(", ")));
                fit.columns.insert(key.clone(), kept);
            }
        }
        (fit, notes, wrong)
    }
}

fn picked<T: Clone>(all: &[T], places: &[usize]) -> Vec<T> {
    places.iter().filter_map(|place| all.get(*place).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_lose_the_columns_that_the_target_lacks_and_no_other() {
        let key = ("auth".to_owned(), "users".to_owned());
        let mut fit = Fit::default();
        assert_eq!(fit.rows(&key, b"1\ta\n".to_vec()), b"1\ta\n");
        fit.columns.insert(key.clone(), vec![0, 2]);
        assert_eq!(fit.rows(&key, b"1\ta\tx\n2\t\\N\t\n".to_vec()), b"1\tx\n2\t\n");
        fit.columns.insert(key.clone(), vec![1]);
        assert_eq!(fit.rows(&key, b"1\ta\\tb\tx\n2\t\\N\t\n".to_vec()), b"a\\tb\n\\N\n");
    }
}
