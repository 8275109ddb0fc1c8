//! The body as CSV: its header, its number of rows, and what its cells hold.

use super::Errors;
use super::column::{a_type, is_of_type};
use super::show::{Findings, broken, cell, key, names, quoted};
use crate::check::table::{Row, Table};
use crate::journal::Broken;
use crate::redact::Redactor;
use crate::suite::expect::{CsvExpect, Presence};

/// A [`CsvExpect`] with its delimiter.
pub(super) struct Csv {
    expect: CsvExpect,
    delimiter: u8,
}

impl Csv {
    /// Compiles the expectation; errors go to `errors`.
    pub(super) fn compile(expect: &CsvExpect, errors: &mut Errors) -> Self {
        let delimiter = match expect.delimiter.as_deref().map(str::as_bytes) {
            None => b',',
            Some(&[byte]) if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n') => byte,
            Some(_) => {
                let message = "expected one ASCII character other than a quote or a line break";
                errors.push(("/csv/delimiter".to_owned(), message.to_owned()));
                b','
            }
        };
        if let (Some(min), Some(max)) = (expect.min_rows, expect.max_rows)
            && min > max
        {
            let message = format!("no table has at least {min} and at most {max} rows");
            errors.push(("/csv/min_rows".to_owned(), message));
        }
        Self { expect: expect.clone(), delimiter }
    }

    /// Every expectation that does not hold. A body that is no table at all is reported once.
    pub(super) fn judge(&self, body: &str, redactor: &Redactor) -> Vec<Broken> {
        let mut findings = Findings::new();
        self.judge_mark(body, &mut findings);
        if let Some(other) = other_than_csv(body) {
            findings.push(|| broken("expect.csv", None, "a CSV body", other));
            return findings.finish("expect.csv");
        }
        match Table::read(body, self.delimiter) {
            Err(fault) => {
                let at = Some(format!("line {}", fault.line));
                findings.push(|| broken("expect.csv", at, "a CSV body", fault.message));
            }
            Ok(table) => {
                self.judge_header(&table, redactor, &mut findings);
                self.judge_count(&table, &mut findings);
                judge_lengths(&table, &mut findings);
                self.judge_columns(&table, redactor, &mut findings);
            }
        }
        findings.finish("expect.csv")
    }

    fn judge_mark(&self, body: &str, findings: &mut Findings) {
        let (expected, actual) = match (self.expect.byte_order_mark, body.starts_with('\u{feff}')) {
            (Some(Presence::Required), false) => ("a byte-order mark", "none"),
            (Some(Presence::Forbidden), true) => ("no byte-order mark", "one at the beginning"),
            _ => return,
        };
        findings.push(|| broken("expect.csv.byte_order_mark", None, expected, actual));
    }

    fn judge_header(&self, table: &Table, redactor: &Redactor, findings: &mut Findings) {
        let shown = |columns: &[&String]| names(columns.iter().map(|c| redactor.personal(c)));
        let without = |all: &[String], some: &[String]| {
            let missing: Vec<&String> =
                some.iter().filter(|column| !all.contains(column)).collect();
            (!missing.is_empty()).then(|| shown(&missing))
        };
        // The usual reason for one odd column.
        let hint = match table.header.first() {
            Some(only) if table.header.len() == 1 => {
                let other = [',', ';', '\t', '|'].into_iter().find(|c| only.contains(*c));
                other.map(|c| format!("; is the delimiter {}?", quoted(&c.to_string())))
            }
            _ => None,
        };
        let hint = hint.unwrap_or_default();
        if let Some(wanted) = self.expect.header.as_ref().filter(|wanted| **wanted != table.header)
        {
            findings.push(|| {
                let missing =
                    without(&table.header, wanted).map(|names| format!("missing: {names}"));
                let extra =
                    without(wanted, &table.header).map(|names| format!("unexpected: {names}"));
                let differences: Vec<String> = missing.into_iter().chain(extra).collect();
                let all = shown(&table.header.iter().collect::<Vec<_>>());
                let actual = match differences.is_empty() {
                    true if wanted.len() == table.header.len() => format!("another order: {all}"),
                    true => format!("columns more than once: {all}"),
                    false => format!("{}{hint}", differences.join("; ")),
                };
                let expected = format!("the header {}", names(wanted));
                broken("expect.csv.header", Some("line 1".to_owned()), expected, actual)
            });
        }
        let columns = self.expect.columns.as_deref().unwrap_or_default();
        if let Some(missing) = without(&table.header, columns) {
            let expected = format!("the columns {}", names(columns));
            let actual = format!("missing: {missing}{hint}");
            findings.push(|| broken("expect.csv.columns", Some("line 1".into()), expected, actual));
        }
        for column in columns.iter().filter(|column| table.columns(column).len() > 1) {
            findings.push(|| twice("expect.csv.columns", column, table));
        }
    }

    fn judge_count(&self, table: &Table, findings: &mut Findings) {
        let count = table.rows.len();
        let (key, expected) = match (self.expect.min_rows, self.expect.max_rows) {
            (Some(min), _) if count < min => {
                ("expect.csv.min_rows", format!("at least {min} rows"))
            }
            (_, Some(max)) if count > max => ("expect.csv.max_rows", format!("at most {max} rows")),
            _ => return,
        };
        findings.push(|| broken(key, None, expected, format!("{count} rows below the header")));
    }

    fn judge_columns(&self, table: &Table, redactor: &Redactor, findings: &mut Findings) {
        for (column, wanted) in &self.expect.types {
            let key = key("expect.csv.types", column);
            let Some(index) = self.column(column, &key, table, findings) else { continue };
            for (row, value) in cells(table, index) {
                if !value.is_empty() && !is_of_type(value, *wanted) {
                    let at = Some(place(column, row));
                    let actual = || cell(redactor, column, value);
                    findings.push(|| broken(&key, at, a_type(*wanted), actual()));
                }
            }
        }
        for column in &self.expect.not_empty {
            let key = "expect.csv.not_empty";
            let Some(index) = self.column(column, key, table, findings) else { continue };
            for (row, value) in cells(table, index) {
                if value.trim().is_empty() {
                    let at = Some(place(column, row));
                    findings.push(|| broken(key, at, "a value", "an empty cell"));
                }
            }
        }
    }

    /// The place of a column that something is expected of. That it is missing is reported once:
    /// not here if the header already is.
    fn column(
        &self,
        name: &str,
        key: &str,
        table: &Table,
        findings: &mut Findings,
    ) -> Option<usize> {
        let expect = &self.expect;
        let listed =
            |list: &Option<Vec<String>>| list.iter().flatten().any(|column| column == name);
        match table.columns(name)[..] {
            [index] => return Some(index),
            [] if listed(&expect.header) || listed(&expect.columns) => {}
            [] => findings.push(|| {
                let expected = format!("a column {}", quoted(name));
                broken(key, Some("line 1".to_owned()), expected, "no such column")
            }),
            _ => findings.push(|| twice(key, name, table)),
        }
        None
    }
}

/// Rows with more or fewer cells than the header. Not an expectation that one writes: such a
/// body is no table.
fn judge_lengths(table: &Table, findings: &mut Findings) {
    let width = table.header.len();
    for row in table.rows.iter().filter(|row| row.cells.len() != width) {
        findings.push(|| {
            let expected = format!("{width} cells, as in the header");
            let at = Some(format!("line {}", row.line));
            broken("expect.csv", at, expected, format!("{} cells", row.cells.len()))
        });
    }
}

fn twice(key: &str, column: &str, table: &Table) -> Broken {
    let expected = format!("one column {}", quoted(column));
    let actual = format!("{} columns of that name", table.columns(column).len());
    broken(key, Some("line 1".to_owned()), expected, actual)
}

fn cells(table: &Table, index: usize) -> impl Iterator<Item = (&Row, &str)> {
    table.rows.iter().filter_map(move |row| Some((row, row.cells.get(index)?)))
}

fn place(column: &str, row: &Row) -> String {
    format!("column {}, line {}", super::show::one_line(column), row.line)
}

/// What the body is, where it is plainly no CSV.
fn other_than_csv(body: &str) -> Option<&'static str> {
    let body = crate::check::table::without_mark(body).trim_start();
    let start: String = body.chars().take(9).collect::<String>().to_ascii_lowercase();
    if body.is_empty() {
        Some("an empty body")
    } else if start == "<!doctype" || start.starts_with("<html") || start.starts_with("<?xml") {
        Some("a page of HTML or XML")
    } else if body.starts_with(['{', '['])
        && serde_json::from_str::<serde::de::IgnoredAny>(body).is_ok()
    {
        Some("a JSON document")
    } else {
        None
    }
}

#[cfg(test)]
#[path = "csv_tests.rs"]
mod tests;
