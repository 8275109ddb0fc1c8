//! Durations and times as people write them.
//!
//! ```text
//! 0.42 ms   12.3 ms   250 ms   1.20 s   2 min 05 s   1 h 02 min
//! ```

use jiff::Timestamp;

/// A measured duration, given in milliseconds, to three digits or so.
pub(crate) fn duration(ms: f64) -> String {
    if !ms.is_finite() {
        return "unknown".to_owned();
    }
    let ms = ms.max(0.0);
    // Each limit is where the smaller form would round up into the next.
    if ms < 0.995 {
        format!("{ms:.2} ms")
    } else if ms < 99.95 {
        format!("{ms:.1} ms")
    } else if ms < 999.5 {
        format!("{ms:.0} ms")
    } else if ms < 59_995.0 {
        format!("{:.2} s", ms / 1000.0)
    } else if ms < 3_599_500.0 {
        let seconds = (ms / 1000.0).round();
        format!("{:.0} min {:02.0} s", (seconds / 60.0).floor(), seconds % 60.0)
    } else {
        let minutes = (ms / 60_000.0).round();
        format!("{:.0} h {:02.0} min", (minutes / 60.0).floor(), minutes % 60.0)
    }
}

/// A duration that somebody chose, such as a budget: `2 s` and not `2.00 s`.
pub(crate) fn budget(ms: f64) -> String {
    if (0.0..1000.0).contains(&ms) {
        format!("{ms} ms")
    } else if (1000.0..60_000.0).contains(&ms) {
        format!("{} s", ms / 1000.0)
    } else {
        duration(ms)
    }
}

/// A measured duration beside its budget: one that is over the budget never reads as equal.
pub(crate) fn against(ms: f64, limit: Option<f64>) -> String {
    match limit {
        Some(limit) if ms > limit && duration(ms) == duration(limit) => format!("{ms:.3} ms"),
        _ => duration(ms),
    }
}

/// A size, in thousands: `108.2 MB`.
pub(crate) fn size(bytes: u64) -> String {
    bytesize::ByteSize(bytes).display().si().to_string()
}

/// A moment, to the second: `2026-11-23 06:00:00 UTC`.
pub(crate) fn time(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Which share of its budget a duration took, in percent, where that can be said.
pub(crate) fn percent(ms: f64, limit: f64) -> Option<f64> {
    let share = ms / limit * 100.0;
    (limit > 0.0 && share.is_finite()).then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_naturally() {
        let cases = [
            (0.0, "0.00 ms"),
            (0.42, "0.42 ms"),
            (0.999, "1.0 ms"),
            (12.34, "12.3 ms"),
            (99.97, "100 ms"),
            (250.0, "250 ms"),
            (999.7, "1.00 s"),
            (1200.0, "1.20 s"),
            (59_996.0, "1 min 00 s"),
            (125_000.0, "2 min 05 s"),
            (3_599_900.0, "1 h 00 min"),
            (3_720_000.0, "1 h 02 min"),
            (-1.0, "0.00 ms"),
            (f64::NAN, "unknown"),
            (f64::INFINITY, "unknown"),
        ];
        for (ms, expected) in cases {
            assert_eq!(duration(ms), expected, "{ms}");
        }
    }

    #[test]
    fn budgets_keep_their_round_numbers() {
        assert_eq!(budget(2000.0), "2 s");
        assert_eq!(budget(1500.0), "1.5 s");
        assert_eq!(budget(250.0), "250 ms");
        assert_eq!(budget(120_000.0), "2 min 00 s");
    }

    #[test]
    fn over_the_budget_never_reads_as_equal() {
        assert_eq!(against(2000.4, Some(2000.0)), "2000.400 ms");
        assert_eq!(against(3400.0, Some(2000.0)), "3.40 s");
        assert_eq!(against(2000.4, None), "2.00 s");
    }

    #[test]
    fn shares_of_nothing_are_not_said() {
        assert_eq!(percent(50.0, 100.0), Some(50.0));
        assert_eq!(percent(50.0, 0.0), None);
        assert_eq!(percent(f64::NAN, 1.0), None);
    }
}
