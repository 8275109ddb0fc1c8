//! The first reading: who there is, in the columns that rules name.

use super::copy::{self, NULL};
use super::people::{Harvest, Row, Trait};
use super::plan::{Action, JsonPlan, TablePlan};
use super::text::Allowed;
use super::{array, json};

/// Gathers the people of one table.
pub(crate) struct Harvester<'a> {
    plan: &'a TablePlan,
    allowed: &'a Allowed,
    fields: Vec<(usize, usize)>,
}

impl<'a> Harvester<'a> {
    /// Nothing where the table's columns tell of nobody.
    pub(crate) fn new(plan: &'a TablePlan, allowed: &'a Allowed) -> Option<Self> {
        let any = !plan.links.is_empty() || plan.columns.iter().any(|column| tells(&column.action));
        any.then(|| Self { plan, allowed, fields: Vec::with_capacity(plan.columns.len()) })
    }

    /// Takes some rows, each to its end.
    pub(crate) fn part(&mut self, input: &[u8], harvest: &mut Harvest) {
        let mut from = 0;
        for at in memchr::memchr2_iter(b'\t', b'\n', input) {
            self.fields.push((from, at));
            from = at + 1;
            if input[at] == b'\n' {
                self.row(input, harvest);
                self.fields.clear();
            }
        }
    }

    fn row(&self, input: &[u8], harvest: &mut Harvest) {
        let field = |column: usize| {
            let (from, to) = *self.fields.get(column)?;
            Some(&input[from..to]).filter(|field| !field.is_empty() && *field != NULL)
        };
        let mut row = Row::default();
        for link in &self.plan.links {
            if let Some(key) = field(link.column) {
                row.keys.push((&link.of, copy::unescape(key).into_owned()));
            }
        }
        let somebody_s = !self.plan.links.is_empty();
        for (index, column) in self.plan.columns.iter().enumerate() {
            let what = match &column.action {
                Action::Email => Some(Trait::Email),
                Action::Phone => Some(Trait::Phone),
                Action::Name => Some(Trait::Name),
                action if tells(action) => None,
                _ => continue,
            };
            let Some(field) = field(index) else { continue };
            let plain = copy::unescape(field);
            if column.action == Action::Secret {
                harvest.secret(&plain);
                continue;
            }
            let Ok(text) = std::str::from_utf8(&plain) else { continue };
            match (&column.action, what) {
                (Action::Json(plan), _) => self.document(plan, text, harvest),
                (_, Some(what)) if column.array => {
                    let _ = array::mask(text, ',', |element, _| {
                        self.stray(what, element, harvest);
                        Ok::<_, ()>(())
                    });
                }
                (_, Some(what)) if somebody_s && !self.allowed.has(what, text) => {
                    row.own.push((what, text.to_owned()));
                }
                (_, Some(what)) => self.stray(what, text, harvest),
                _ => {}
            }
        }
        if !row.keys.is_empty() || !row.own.is_empty() {
            harvest.row(&row);
        }
    }

    fn stray(&self, what: Trait, text: &str, harvest: &mut Harvest) {
        if !self.allowed.has(what, text) {
            harvest.stray(what, text);
        }
    }

    fn document(&self, plan: &JsonPlan, text: &str, harvest: &mut Harvest) {
        let _ = json::show(text, |_, path, text| {
            let named = plan.paths.iter().find(|(steps, _)| json::fits(steps, path));
            match named.map(|(_, action)| action) {
                Some(Action::Email) => self.stray(Trait::Email, text, harvest),
                Some(Action::Phone) => self.stray(Trait::Phone, text, harvest),
                Some(Action::Name) => self.stray(Trait::Name, text, harvest),
                Some(Action::Secret) => harvest.secret(text.as_bytes()),
                _ => {}
            }
        });
    }
}

/// Whether the values of an action tell of people, or are secrets.
fn tells(action: &Action) -> bool {
    match action {
        Action::Email | Action::Phone | Action::Name | Action::Secret => true,
        Action::Json(plan) => plan.paths.iter().any(|(_, action)| tells(action)),
        _ => false,
    }
}
