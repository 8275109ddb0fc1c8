//! Columns that need no rule by type and name, judged by what their first rows have.
//!
//! A telephone number may stand in a `bigint`, an address in an enum. Whatever looks like one
//! stops the restore before anything is loaded. No value is kept or told.

use std::collections::BTreeMap;

use super::copy::{self, NULL};
use super::people::Trait;
use super::plan::TablePlan;
use super::rules::Unclassified;
use super::text::{addresses, has_token};
use crate::backup::stop::Stop;

/// Rows of a table that are looked at.
const ROWS: usize = 1000;

/// What the columns' first rows are like.
#[derive(Debug, Default)]
pub(crate) struct Samples(BTreeMap<(String, String), Sample>);

#[derive(Debug)]
struct Sample {
    column: Unclassified,
    values: usize,
    emails: usize,
    phones: usize,
    tokens: usize,
    /// Digits, as many as a telephone number has.
    numbers: usize,
    /// Those of them that are greater than the one before: a sequence counts up.
    rising: usize,
    last: u64,
}

impl Samples {
    /// Looks at the rows that a table's data begin with; the last may be cut.
    pub(crate) fn look(&mut self, plan: &TablePlan, input: &[u8]) {
        if plan.columns.iter().all(|column| column.passed.is_none()) {
            return;
        }
        let whole = memchr::memrchr(b'\n', input).and_then(|end| input.get(..end));
        let rows = whole.into_iter().flat_map(|rows| rows.split(|byte| *byte == b'\n'));
        for row in rows.take(ROWS) {
            for (column, field) in plan.columns.iter().zip(row.split(|byte| *byte == b'\t')) {
                let Some(passed) = column.passed.as_ref().filter(|_| field != NULL) else {
                    continue;
                };
                let plain = copy::unescape(field);
                let Ok(text) = std::str::from_utf8(&plain) else { continue };
                let key = (passed.table.clone(), passed.column.clone());
                self.0.entry(key).or_insert_with(|| Sample::new(passed)).look(text);
            }
        }
    }

    /// The columns that hold what they should not, each with what that looks like.
    pub(crate) fn suspects(self) -> Vec<Unclassified> {
        self.0.into_values().filter_map(Sample::suspect).collect()
    }
}

impl Sample {
    fn new(column: &Unclassified) -> Self {
        let column = column.clone();
        Self { column, values: 0, emails: 0, phones: 0, tokens: 0, numbers: 0, rising: 0, last: 0 }
    }

    fn look(&mut self, text: &str) {
        self.values += 1;
        if text.contains('@') {
            addresses(text, &Stop::default(), |_| self.emails += 1);
        }
        self.tokens += usize::from(has_token(text));
        let digits = text.strip_prefix('+').unwrap_or(text);
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return;
        }
        self.phones += usize::from(text.len() > digits.len() && (8..=15).contains(&digits.len()));
        let number = digits.parse().unwrap_or_default();
        if (10..=15).contains(&digits.len()) && !is_moment(digits, number) {
            self.numbers += 1;
            self.rising += usize::from(number > self.last);
            self.last = number;
        }
    }

    fn suspect(self) -> Option<Unclassified> {
        // Numbers of that length, in no order: a sequence would rise, an amount be shorter.
        let numbers =
            self.numbers >= 3 && self.numbers * 5 >= self.values * 4 && self.rising < self.numbers;
        let what = match () {
            () if self.emails > 0 => Trait::Email.words(),
            () if self.phones > 0 || numbers => Trait::Phone.words(),
            () if self.tokens > 0 => "keys or tokens",
            () => return None,
        };
        let declared = format!("{}, and its rows look like {what}", self.column.declared);
        Some(Unclassified { declared, ..self.column })
    }
}

/// Whether digits are a moment: seconds or milliseconds since 1970, or a date written as one.
fn is_moment(digits: &str, number: u64) -> bool {
    let since = match digits.len() {
        10 => number < 2_000_000_000,
        13 => number < 2_000_000_000_000,
        _ => false,
    };
    let dated = matches!(digits.len(), 12 | 14)
        && digits.starts_with(['1', '2'])
        && matches!(digits.get(..2), Some("19" | "20"))
        && matches!(digits.get(4..6).map(str::parse), Some(Ok(1..=12_u8)));
    since || dated
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::masking::plan::{Action, ColumnPlan, Rows};

    fn suspects(rows: &str) -> Vec<String> {
        let passed = Unclassified {
            table: "public.t".to_owned(),
            column: "c".to_owned(),
            declared: "bigint".to_owned(),
            proposal: "\"null\"",
        };
        let column = |passed: Option<Unclassified>| ColumnPlan {
            name: "c".to_owned(),
            array: false,
            text: false,
            length: None,
            action: Action::Keep,
            passed,
        };
        let columns = vec![column(None), column(Some(passed))];
        let plan = TablePlan { rows: Rows::Load, columns, links: Vec::new() };
        let mut samples = Samples::default();
        samples.look(&plan, rows.as_bytes());
        samples.suspects().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_looks_like_somebody_s_is_told_without_its_value() {
        let rows = |values: &[&str]| {
            values.iter().map(|value| format!("ada@mail.test\t{value}\n")).collect::<String>()
        };
        for (values, looks) in [
            (&["open", "ada@mail.test"][..], Some("e-mail addresses")),
            (&["+15552000001"], Some("telephone numbers")),
            (&["15552000009", "\\N", "4917123456789", "15552000001"], Some("telephone numbers")),
            (&["opened", "sk_live_4242424242424242"], Some("keys or tokens")),
            (&["1", "22", "333"], None),
            (&["15552000001", "15552000002", "15552000003"], None),
            (&["1700000000000", "1600000000000", "1650000000000"], None),
            (&["20240131080000", "20230131080000", "20220131080000"], None),
            (&["2026-11-26", "0e5b0e5b-0e5b-0e5b-0e5b-0e5b0e5b0e5b", "1.5"], None),
        ] {
            let found = suspects(&rows(values));
            match looks {
                None => assert_eq!(found, Vec::<String>::new(), "{values:?}"),
                Some(looks) => {
                    assert_eq!(found.len(), 1, "{values:?}");
                    assert!(found[0].starts_with("c = \"null\"") && found[0].ends_with(looks));
                    assert!(values.iter().all(|value| !found[0].contains(value)), "{found:?}");
                }
            }
        }
        // What is cut is not looked at.
        assert!(suspects("x\t1\nx\t+15552").is_empty());
    }
}
