//! What the reading of staging shows, proof by proof.

use std::collections::BTreeMap;

use super::fields::Found;
use super::reading::Reading;
use super::{Proved, Subject};
use crate::fault::Fault;
use crate::journal::Measure;
use crate::masking::plan::{Action, Rows};
use crate::masking::sums::TableSums;

/// What counts tables that the role may not read.
pub(super) const HIDDEN: &str = "that may not be read, nor were written";

/// What the reading shows.
pub(super) fn judge(subject: &Subject<'_>, reading: &Reading) -> Vec<Proved> {
    let bytes = reading.tables.values().map(|found| found.bytes).sum();
    let places = |pick: fn(&Found) -> &BTreeMap<String, u64>| {
        let tables = reading.tables.iter();
        let all = tables.flat_map(|((schema, name), found)| {
            pick(found).iter().map(move |(c, count)| (format!("{schema}.{name}.{c}"), *count))
        });
        all.collect::<Vec<_>>()
    };
    let (mut rows, mut kept, mut nulls) = (Vec::new(), Vec::new(), Vec::new());
    let (mut loaded, mut columns) = (0, 0);
    for (key, plan) in &subject.plan.tables {
        let place = format!("{}.{}", key.0, key.1);
        let Some(found) = reading.tables.get(key) else { continue };
        let mut recorded = subject.manifest.tables().iter();
        let recorded = recorded.find(|table| (&table.schema, &table.name) == (&key.0, &key.1));
        let expected = match plan.rows {
            Rows::Clear => 0,
            Rows::Load => recorded.map_or(0, |table| table.rows),
        };
        loaded += found.sums.rows;
        if found.sums.rows != expected {
            rows.push((place.clone(), expected.abs_diff(found.sums.rows)));
        }
        let empty = TableSums::new(plan.columns.len());
        let before = subject.sums.get(key).unwrap_or(&empty);
        for (index, column) in plan.columns.iter().enumerate() {
            let (then, now) = (before.columns.get(index), found.sums.columns.get(index));
            let (then, now) = (then.copied().unwrap_or_default(), now.copied().unwrap_or_default());
            let place = format!("{place}.{}", column.name);
            columns += 1;
            // Production's own NULLs; or all, but for empty strings, which stay empty.
            let expected = match column.action {
                Action::Null => before.rows.saturating_sub(then.empties),
                _ => then.nulls,
            };
            if expected != now.nulls {
                nulls.push((place.clone(), expected.abs_diff(now.nulls)));
            }
            if column.action == Action::Keep && then.hash != now.hash {
                kept.push((place, 1));
            }
        }
    }
    let read = |count: u64| vec![Measure::count("columns", count)];
    let [emails, phones, names] = subject.people.values();
    let known = [emails, phones, names].map(|(what, count)| Measure::count(what, count));
    let mut looked: Vec<Measure> = known.into();
    looked.push(Measure::bytes("looked through", bytes));
    looked.push(Measure::count("tables and stored views beside the plan", reading.beside));
    looked.push(Measure::count(HIDDEN, reading.hidden));
    let all = [
        Proved::none(
            "integrity::rows",
            "rows too many or too few",
            &rows,
            vec![
                Measure::count("tables", subject.plan.tables.len() as u64),
                Measure::count("rows", loaded),
            ],
        ),
        Proved::none("integrity::checksums", "columns that differ", &kept, read(columns)),
        Proved::none("integrity::nulls", "NULLs too many or too few", &nulls, read(columns)),
        Proved::none(
            "masking::rules-held",
            "values against their rule",
            &places(|found| &found.broken),
            Vec::new(),
        ),
        Proved::none(
            "masking::no-production-value-survives",
            "fields with a value of production",
            &places(|found| &found.leaks),
            looked,
        ),
        Proved::none(
            "masking::no-secret-survives",
            "fields with a key of production",
            &places(|found| &found.secrets),
            Vec::new(),
        ),
    ];
    all.map(|proved| proved.without(&reading.unread)).into()
}

impl Proved {
    /// What holds of all that was read is not proved where something could not be.
    fn without(mut self, unread: &[Fault]) -> Self {
        if let (Ok(()), Some(first)) = (&self.result, unread.first()) {
            let line = match unread.len() {
                1 => first.line(),
                more => format!("{} (and {} more tables)", first.line(), more - 1),
            };
            self.result = Err(Fault::errored(line));
        }
        self
    }
}
