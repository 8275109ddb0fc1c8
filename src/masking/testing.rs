//! Plans, and what becomes of rows by them, for tests.

use super::harvest::Harvester;
use super::people::{Harvest, People};
use super::plan::{Action, ColumnPlan, Link, Rows, TablePlan};
use super::table::TableMasker;
use super::text::{Allowed, Known};
use crate::backup::stop::Stop;
use crate::fault::Fault;

pub(crate) fn column(name: &str, action: Action) -> ColumnPlan {
    ColumnPlan {
        name: name.to_owned(),
        array: false,
        text: true,
        length: None,
        action,
        passed: None,
    }
}

pub(crate) fn plan(columns: Vec<ColumnPlan>) -> TablePlan {
    let links = vec![Link { column: 0, of: "customers".to_owned() }];
    TablePlan { rows: Rows::Load, columns, links }
}

pub(crate) fn gathered(plan: &TablePlan, text: &str) -> People {
    let mut harvest = Harvest::new();
    let allowed = Allowed::default();
    Harvester::new(plan, &allowed, &Stop::default()).unwrap().part(text.as_bytes(), &mut harvest);
    harvest.finish().unwrap()
}

pub(crate) fn masked(plan: &TablePlan, text: &str) -> Result<String, Fault> {
    let people = gathered(plan, text);
    let allowed = Allowed::default();
    let known = Known { people: &people, allowed: &allowed, stop: &Stop::default() };
    let mut masker = TableMasker::new("public.t", plan, known);
    let mut out = Vec::new();
    masker.part(text.as_bytes(), 1, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}
