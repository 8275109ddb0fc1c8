//! Calendar quarters.

use jiff::civil::{Date, date};

/// The quarter of a day: its year, and 1 to 4.
fn quarter(day: Date) -> (i16, i8) {
    (day.year(), (day.month() - 1) / 3 + 1)
}

/// The day that the next drill is due by rule, after one on this day: the first weekday of
/// the next quarter. Nothing at the end of time.
pub(crate) fn next_drill(day: Date) -> Option<Date> {
    let (year, number) = quarter(day);
    let (year, month) = match number {
        4 => (year.checked_add(1).filter(|year| *year <= 9999)?, 1),
        _ => (year, number * 3 + 1),
    };
    let first = date(year, month, 1);
    // Whoever must sign is not there on a weekend.
    let ahead = match first.weekday() {
        jiff::civil::Weekday::Saturday => 2,
        jiff::civil::Weekday::Sunday => 1,
        _ => 0,
    };
    Some(date(year, month, 1 + ahead))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_has_four_quarters() {
        for (day, wanted) in [
            (date(2026, 1, 1), (2026, 1)),
            (date(2026, 3, 31), (2026, 1)),
            (date(2026, 4, 1), (2026, 2)),
            (date(2028, 2, 29), (2028, 1)),
            (date(2026, 9, 30), (2026, 3)),
            (date(2026, 12, 31), (2026, 4)),
        ] {
            assert_eq!(quarter(day), wanted, "{day}");
        }
    }

    #[test]
    fn the_next_drill_is_on_the_first_weekday_of_the_next_quarter() {
        for (day, wanted) in [
            (date(2026, 11, 27), date(2027, 1, 1)),
            (date(2026, 12, 31), date(2027, 1, 1)),
            (date(2028, 2, 29), date(2028, 4, 3)),
            (date(2026, 4, 1), date(2026, 7, 1)),
            (date(2027, 6, 30), date(2027, 7, 1)),
            (date(2027, 10, 1), date(2028, 1, 3)),
        ] {
            assert_eq!(next_drill(day), Some(wanted), "{day}");
        }
        assert_eq!(next_drill(date(9999, 12, 1)), None);
    }
}
