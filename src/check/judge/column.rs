//! The types of CSV cells.

use std::sync::LazyLock;

use jiff::civil::{Date, DateTime};
use regex::Regex;

use crate::pattern::constant;
use crate::suite::expect::ColumnType;

static DATE: LazyLock<Regex> = LazyLock::new(|| constant(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"));
static DATETIME: LazyLock<Regex> = LazyLock::new(|| {
    constant(concat!(
        r"^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)",
        r"(?:Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)?$",
    ))
});

/// Whether the text is a value of this type, exactly as written: blanks are not trimmed.
pub(super) fn is_of_type(text: &str, wanted: ColumnType) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match wanted {
        ColumnType::Integer => digits(text.strip_prefix(['+', '-']).unwrap_or(text)),
        ColumnType::Number => {
            // Not `inf` and `NaN`, which the parser takes too.
            let plain = text.bytes().all(|byte| b"0123456789+-.eE".contains(&byte));
            plain && text.parse::<f64>().is_ok_and(f64::is_finite)
        }
        ColumnType::Boolean => {
            matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "t" | "f")
        }
        // The shape first: the parser also takes shorter and longer forms.
        ColumnType::Date => DATE.is_match(text) && text.parse::<Date>().is_ok(),
        ColumnType::Datetime => DATETIME
            .captures(text)
            .and_then(|parts| parts.get(1)?.as_str().parse::<DateTime>().ok())
            .is_some(),
        ColumnType::Uuid => {
            let groups: Vec<&str> = text.split('-').collect();
            groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
                && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
        }
    }
}

/// The type in words.
pub(super) fn a_type(wanted: ColumnType) -> &'static str {
    match wanted {
        ColumnType::Integer => "a whole number",
        ColumnType::Number => "a finite number",
        ColumnType::Boolean => "true or false",
        ColumnType::Date => "a date such as 2026-01-31",
        ColumnType::Datetime => "a date and time such as 2026-01-31T10:00:00Z",
        ColumnType::Uuid => "a UUID",
    }
}

#[cfg(test)]
mod tests {
    use super::is_of_type;
    use crate::suite::expect::ColumnType;

    #[test]
    fn types_are_strict() {
        use ColumnType::{Boolean, Date, Datetime, Integer, Number, Uuid};
        for (wanted, yes, no) in [
            (
                Integer,
                &["0", "-12", "+7", "99999999999999999999"][..],
                &["1.0", "-", "1e3", " 1", "١"][..],
            ),
            (Number, &["1", "-1.5", "1e3", ".5", "+2"], &["inf", "NaN", "1,5", "", "1e999", "--1"]),
            (Boolean, &["true", "False", "t", "F"], &["yes", "1", "0"]),
            (
                Date,
                &["2026-01-31", "2024-02-29"],
                &["2026-02-29", "20260131", "2026-1-31", "2026-01-31T00:00"],
            ),
            (
                Datetime,
                &[
                    "2026-01-31T10:00",
                    "2026-01-31T10:00:00Z",
                    "2026-01-31T10:00:00.123+02:00",
                    "2026-01-31T10:00:00+00",
                ],
                &[
                    "2026-01-31",
                    "2026-01-31 10:00:00",
                    "2026-01-31T25:00:00",
                    "2026-13-31T10:00:00Z",
                    "2026-01-31T10:00:00+99",
                ],
            ),
            (
                Uuid,
                &["123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000"],
                &["123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400g", "é"],
            ),
        ] {
            for text in yes {
                assert!(is_of_type(text, wanted), "{wanted:?} {text}");
            }
            for text in no {
                assert!(!is_of_type(text, wanted), "{wanted:?} {text}");
            }
        }
    }
}
