//! The first reading: who there is, in the columns that rules name; and every e-mail address, in
//! whatever field it stands: in staging none of them may be found.

use std::collections::HashMap;

use super::copy::{self, NULL};
use super::people::{Harvest, Row, Trait};
use super::plan::{Action, ColumnPlan, JsonPlan, TablePlan, Template};
use super::text::{Allowed, addresses};
use super::{array, json, values};
use crate::backup::stop::Stop;

/// Gathers the people of one table.
pub(crate) struct Harvester<'a> {
    plan: &'a TablePlan,
    allowed: &'a Allowed,
    stop: &'a Stop,
    fields: Vec<(usize, usize)>,
    /// Whether the columns tell of nobody: then rows may be cut anywhere.
    kept: bool,
    /// What may be the beginning of an address, where a row was cut.
    begun: Vec<u8>,
    /// Whether the first rows were looked at.
    sampled: bool,
    /// Of each column of addresses, how each of them is written: the first way of writing it.
    written: Vec<HashMap<u64, u64>>,
}

/// The longest piece of a cut row that is held; no address is as long.
const LONGEST: usize = 64 * 1024;

impl<'a> Harvester<'a> {
    /// Nothing where there is nothing to look at.
    pub(crate) fn new(plan: &'a TablePlan, allowed: &'a Allowed, stop: &'a Stop) -> Option<Self> {
        let any = !plan.columns.is_empty();
        any.then(|| Self {
            plan,
            allowed,
            stop,
            fields: Vec::with_capacity(plan.columns.len()),
            kept: plan.is_kept(),
            begun: Vec::new(),
            sampled: false,
            written: vec![HashMap::new(); plan.columns.len()],
        })
    }

    /// Takes some rows, each to its end, unless the plan keeps every column: then the text may be
    /// cut anywhere.
    pub(crate) fn part(&mut self, input: &[u8], harvest: &mut Harvest) {
        if !std::mem::replace(&mut self.sampled, true) {
            harvest.samples.look(self.plan, input);
        }
        if self.kept {
            return self.kept_part(input, harvest);
        }
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

    fn row(&mut self, input: &[u8], harvest: &mut Harvest) {
        let mut written = std::mem::take(&mut self.written);
        self.look(input, &mut written, harvest);
        self.written = written;
    }

    fn look(&self, input: &[u8], written: &mut [HashMap<u64, u64>], harvest: &mut Harvest) {
        let field = |column: usize| {
            let (from, to) = *self.fields.get(column)?;
            Some(&input[from..to]).filter(|field| !field.is_empty() && *field != NULL)
        };
        let (mut row, mut names) = (Row::default(), Vec::new());
        for link in &self.plan.links {
            if let Some(key) = field(link.column) {
                row.keys.push((&link.of, copy::unescape(key).into_owned()));
            }
        }
        let somebody_s = !self.plan.links.is_empty();
        for (index, column) in self.plan.columns.iter().enumerate() {
            if let Some(field) = field(index).filter(|field| may_have_address(field)) {
                self.addresses(column, field, harvest);
            }
            let told = match &column.action {
                Action::Json(plan) if harvest.unfound.seeks(plan) => true,
                action => tells(action),
            };
            let Some(field) = field(index).filter(|_| told) else { continue };
            let plain = copy::unescape(field);
            if column.action == Action::Secret {
                if std::str::from_utf8(&plain).is_ok_and(|text| self.is_allowed(text)) {
                    continue;
                }
                if let Some(text) = std::str::from_utf8(&plain).ok().filter(|_| column.array) {
                    let _ = array::mask(text, ',', |element, _| {
                        if !self.is_allowed(element) {
                            harvest.secret(element.as_bytes());
                        }
                        Ok::<_, ()>(())
                    });
                }
                harvest.secret(&plain);
                continue;
            }
            let Ok(text) = std::str::from_utf8(&plain) else { continue };
            let what = column.action.names(text);
            if what == Some(Trait::Email)
                && !column.array
                && let Some(written) = written.get_mut(index)
                && let Some((all, exact)) = harvest.spelling(text)
                && *written.entry(all).or_insert(exact) != exact
            {
                harvest.spelled_twice(text);
            }
            if what == Some(Trait::Name) && !column.array && !self.allowed.has(Trait::Name, text) {
                names.push(text.to_owned());
            }
            match (&column.action, what) {
                (Action::Value(template), _) if column.array => {
                    let _ = array::mask(text, ',', |element, _| {
                        keyed(template, element, harvest);
                        Ok::<_, ()>(())
                    });
                }
                (Action::Value(template), _) => keyed(template, text, harvest),
                (Action::Json(plan), _) if column.array => {
                    let _ = array::mask(text, ',', |element, _| {
                        self.document(plan, element, harvest);
                        Ok::<_, ()>(())
                    });
                }
                (Action::Json(plan), _) => self.document(plan, text, harvest),
                (action, Some(_)) if column.array => {
                    let _ = array::mask(text, ',', |element, _| {
                        if let Some(what) = action.names(element) {
                            self.stray(what, element, harvest);
                        }
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
        for name in joined(&names) {
            match somebody_s {
                true => row.own.push((Trait::Name, name)),
                false => self.stray(Trait::Name, &name, harvest),
            }
        }
        if !row.keys.is_empty() || !row.own.is_empty() {
            harvest.row(&row);
        }
    }

    /// Rows of which none tells of anybody, cut where no address is.
    fn kept_part(&mut self, input: &[u8], harvest: &mut Harvest) {
        let end = memchr::memrchr3(b'\t', b'\n', b' ', input);
        let (whole, rest) = input.split_at(end.map_or(0, |end| end + 1));
        if !whole.is_empty() {
            let mut begun = std::mem::take(&mut self.begun);
            match begun.is_empty() {
                true => self.text(whole, harvest),
                false => {
                    // To the end of the field that was begun, and then what is left.
                    let first = memchr::memchr3(b'\t', b'\n', b' ', whole).map_or(0, |at| at + 1);
                    let (first, others) = whole.split_at(first);
                    begun.extend_from_slice(first);
                    self.text(&begun, harvest);
                    self.text(others, harvest);
                }
            }
        }
        self.begun.extend_from_slice(rest);
        if self.begun.len() > LONGEST {
            let begun = std::mem::take(&mut self.begun);
            self.text(&begun, harvest);
        }
    }

    fn text(&self, text: &[u8], harvest: &mut Harvest) {
        // Field by field: a row may be long, and most have no address.
        for field in text.split(|byte| matches!(byte, b'\t' | b'\n')) {
            if may_have_address(field) {
                let plain = copy::unescape(field);
                let text = String::from_utf8_lossy(&plain);
                addresses(&text, self.stop, |address| self.stray(Trait::Email, address, harvest));
            }
        }
    }

    /// The addresses of a field, but for the one that it is as a whole, which is somebody's.
    fn addresses(&self, column: &ColumnPlan, field: &[u8], harvest: &mut Harvest) {
        let own = column.action == Action::Email && !column.array;
        let inner = |byte: &u8| byte.is_ascii_alphanumeric() || b"@._+-".contains(byte);
        if own && field.iter().all(inner) {
            return;
        }
        let plain = copy::unescape(field);
        let text = String::from_utf8_lossy(&plain);
        addresses(&text, self.stop, |address| {
            if !(own && address == text.trim()) {
                self.stray(Trait::Email, address, harvest);
            }
        });
    }

    /// Whether a text is nobody's, whatever it is.
    fn is_allowed(&self, text: &str) -> bool {
        [Trait::Email, Trait::Phone, Trait::Name].iter().any(|what| self.allowed.has(*what, text))
    }

    fn stray(&self, what: Trait, text: &str, harvest: &mut Harvest) {
        if !self.allowed.has(what, text) && !values::is_made(what, text) {
            harvest.stray(what, text);
        }
    }

    fn document(&self, plan: &JsonPlan, text: &str, harvest: &mut Harvest) {
        harvest.unfound.look(plan, text);
        // Names that stand in one object, as the keys on the way to it say.
        let mut names: (Vec<Option<String>>, Vec<String>) = Default::default();
        let _ = json::show(text, |spot, path, text| {
            if self.stop.is_set() || matches!(spot, json::Spot::Key | json::Spot::Truth) {
                return;
            }
            let Some(action) = plan.action(path) else { return };
            match action {
                Action::Secret if self.is_allowed(text) => {}
                Action::Secret => harvest.secret(text.as_bytes()),
                Action::Value(template) => keyed(template, text, harvest),
                _ => {
                    let Some(what) = action.names(text) else { return };
                    self.stray(what, text, harvest);
                    if what == Trait::Name {
                        let place = path[..path.len().saturating_sub(1)].iter();
                        let place = place.map(|key| key.as_deref().map(str::to_owned));
                        let place: Vec<_> = place.collect();
                        if names.0 != place {
                            names = (place, Vec::new());
                        }
                        names.1.push(text.to_owned());
                        // Those with the last one: the others were there before.
                        for name in joined(&names.1) {
                            self.stray(Trait::Name, &name, harvest);
                        }
                    }
                }
            }
        });
    }
}

/// Whether an address may stand in a field, with its sign as it is or behind an escape.
fn may_have_address(field: &[u8]) -> bool {
    let has = |sign: &[u8]| memchr::memmem::find(field, sign).is_some();
    match memchr::memchr3(b'@', b'%', b'&', field) {
        Some(_) => has(b"@") || has(b"%40") || has(b"%2540") || has(b"&#"),
        None => memchr::memchr(b'\\', field).is_some() && has(b"0040"),
    }
}

/// Whether the values of an action tell of people, or are secrets.
fn tells(action: &Action) -> bool {
    match action {
        Action::Email | Action::Phone | Action::Contact | Action::Name | Action::Secret => true,
        Action::Value(template) => template.of.is_some(),
        Action::Json(plan) => plan.paths.iter().any(|(_, action)| tells(action)),
        _ => false,
    }
}

/// A value that is somebody's key: whoever has it needs a number, even where no row is his. One that
/// is masked is a name of his too, such as `@ada:brook.test`: it is looked for in texts.
fn keyed(template: &Template, value: &str, harvest: &mut Harvest) {
    if let Some(of) = template.of.as_deref().filter(|_| !value.is_empty()) {
        let own = if values::tells(value) { vec![(Trait::Name, value.to_owned())] } else { vec![] };
        harvest.row(&Row { keys: vec![(of, value.as_bytes().to_vec())], own });
    }
}

/// So many columns of names belong together at most.
const TOGETHER: usize = 4;

/// What the parts of a name come to that stand in columns of their own: each two of them, and all.
fn joined(names: &[String]) -> Vec<String> {
    if !(2..=TOGETHER).contains(&names.len()) {
        return Vec::new();
    }
    let mut all = Vec::new();
    for (index, first) in names.iter().enumerate() {
        all.extend(names[index + 1..].iter().map(|other| format!("{first} {other}")));
    }
    if names.len() > 2 {
        all.push(names.join(" "));
    }
    all
}

#[cfg(test)]
#[path = "harvest_tests.rs"]
mod tests;
