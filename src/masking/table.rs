//! A table's rows, masked as they flow.

use std::borrow::Cow;

use super::apply::{Made, Place, apply};
use super::copy::{self, NULL};
use super::people::Trait;
use super::plan::{Action, ColumnPlan, TablePlan};
use super::sums::{Summing, TableSums};
use super::text::Known;
use crate::fault::Fault;

/// The longest line that COPY takes or gives, as text: PostgreSQL's limit on a piece of memory.
pub(crate) const LONGEST: usize = 0x3fff_ffff;

/// Masks rows of one table. Several may work on one table, each on rows of its own.
pub(crate) struct TableMasker<'a> {
    plan: &'a TablePlan,
    known: Known<'a>,
    /// Such as `public.customers`.
    table: String,
    summing: Summing,
    /// Where the row's fields begin and end.
    fields: Vec<(usize, usize)>,
    kept: bool,
}

impl<'a> TableMasker<'a> {
    pub(crate) fn new(table: &str, plan: &'a TablePlan, known: Known<'a>) -> Self {
        Self {
            plan,
            known,
            table: table.to_owned(),
            summing: Summing::new(plan.columns.len()),
            fields: Vec::with_capacity(plan.columns.len()),
            kept: plan.is_kept(),
        }
    }

    /// Masks some rows, and appends them. They must be whole, unless the plan keeps every column:
    /// then the text may be cut anywhere.
    ///
    /// # Errors
    /// A row has too many fields or too few, or a value cannot be masked. Rows are counted from
    /// `first`; no error shows what is in one.
    pub(crate) fn part(
        &mut self,
        input: &[u8],
        first: u64,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        // What comes in is summed, not what goes out: else a fault of the masker in a column that is
        // to stay would be expected of staging, too.
        self.summing.feed(input);
        if self.summing.uneven() > 0 {
            return Err(self.uneven());
        }
        if self.kept {
            out.extend_from_slice(input);
        } else {
            self.rows(input, first, out)?;
        }
        Ok(())
    }

    /// What production's rows come to.
    pub(crate) fn finish(self) -> TableSums {
        self.summing.finish()
    }

    fn uneven(&self) -> Fault {
        let message = "a row has not as many fields as the table has columns";
        Fault::failed(message).object(&self.table).help("the backup is damaged: use another")
    }

    fn rows(&mut self, input: &[u8], first: u64, out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut from = 0;
        let mut row = first;
        for at in memchr::memchr2_iter(b'\t', b'\n', input) {
            self.fields.push((from, at));
            from = at + 1;
            if input[at] == b'\n' {
                // A row of a table without columns is an empty line.
                if self.fields.len() != self.plan.columns.len().max(1) {
                    return Err(self.uneven());
                }
                self.row(input, row, out)?;
                self.fields.clear();
                row += 1;
            }
        }
        Ok(())
    }

    fn row(&self, input: &[u8], row: u64, out: &mut Vec<u8>) -> Result<(), Fault> {
        let (person, begin) = (self.person(input), out.len());
        for (index, (column, (from, to))) in self.plan.columns.iter().zip(&self.fields).enumerate()
        {
            if index > 0 {
                out.push(b'\t');
            }
            let field = &input[*from..*to];
            if column.action == Action::Keep || field.is_empty() || field == NULL {
                out.extend_from_slice(field);
                continue;
            }
            self.field(column, field, person, out).map_err(|fault| {
                fault.object(format_args!("{}, row {row}, column {}", self.table, column.name))
            })?;
        }
        out.push(b'\n');
        if out.len() - begin > LONGEST {
            let message = format!(
                "the masked row has {} bytes of text, and the server takes {LONGEST} at most",
                out.len() - begin
            );
            let help = "give the longest column a rule that shortens it, such as `null`";
            let place = format_args!("{}, row {row}", self.table);
            return Err(Fault::errored(message).object(place).help(help));
        }
        Ok(())
    }

    fn field(
        &self,
        column: &ColumnPlan,
        field: &[u8],
        person: Option<u32>,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let plain = copy::unescape(field);
        // What is no text, such as the digits of a bytea, is only replaced as a whole.
        let text = match &plain {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed),
            Cow::Owned(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed),
        };
        let text = text.map_err(|_| {
            Fault::failed("the value is not UTF-8, and cannot be masked").help(
                "give the column a rule that replaces it whole, or the table `rows = \"clear\"`",
            )
        })?;
        let place = Place { person, length: column.length, array: column.array };
        match apply(&column.action, &text, place, self.known)? {
            Made::Same => out.extend_from_slice(field),
            Made::Null => out.extend_from_slice(NULL),
            Made::Text(made) => {
                let most = column.length.map_or(usize::MAX, |length| length as usize);
                if made.len() > most && made.chars().count() > most {
                    let message = format!(
                        "the masked value has {} characters, and the column takes {most}",
                        made.chars().count()
                    );
                    return Err(Fault::errored(message).help(
                        "give the column another rule in suites/masking.toml, such as `null`",
                    ));
                }
                copy::escape(made.as_bytes(), out);
            }
        }
        Ok(())
    }

    /// The number of the person whose row it is.
    fn person(&self, input: &[u8]) -> Option<u32> {
        if self.plan.links.is_empty() {
            return None;
        }
        let field = |column: usize| {
            let (from, to) = *self.fields.get(column)?;
            Some(&input[from..to]).filter(|field| !field.is_empty() && *field != NULL)
        };
        let by_key = self.plan.links.iter().find_map(|link| {
            self.known.people.of_key(&link.of, &copy::unescape(field(link.column)?))
        });
        by_key.or_else(|| {
            let emails = self.plan.columns.iter().enumerate();
            let emails = emails.filter(|(_, c)| c.action == Action::Email && !c.array);
            emails.filter_map(|(index, _)| field(index)).find_map(|field| {
                let plain = copy::unescape(field);
                self.known.people.known(Trait::Email, std::str::from_utf8(&plain).ok()?)
            })
        })
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
