//! One latency of many samples.

use std::time::Duration;

use crate::suite::parts::Statistic;

/// The statistic of these samples, in any order; zero where there are none. The median of an
/// even number is the mean of the two middle ones, the percentile is by nearest rank: a sample,
/// never an interpolation.
pub(crate) fn statistic(samples: &[Duration], which: Statistic) -> Duration {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
    let middle = sorted.len() / 2;
    match which {
        Statistic::Max => at(sorted.len().saturating_sub(1)),
        Statistic::Median if sorted.len() % 2 == 1 => at(middle),
        Statistic::Median => {
            let (low, high) = (at(middle.saturating_sub(1)), at(middle));
            low + high.saturating_sub(low) / 2
        }
        Statistic::P95 => at((sorted.len() * 95).div_ceil(100).saturating_sub(1)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::statistic;
    use crate::suite::parts::Statistic::{Max, Median, P95};

    #[test]
    fn each_statistic_is_as_its_name_says() {
        let up_to = |n: u64| (1..=n).rev().collect::<Vec<_>>();
        for (samples, which, expected) in [
            (vec![], Max, 0),
            (vec![], Median, 0),
            (vec![], P95, 0),
            (vec![7], Max, 7),
            (vec![7], Median, 7),
            (vec![7], P95, 7),
            (vec![30, 10, 20], Max, 30),
            (vec![30, 10, 20], Median, 20),
            (vec![40, 10, 30, 20], Median, 25),
            (up_to(20), P95, 19),
            (up_to(21), P95, 20),
            (up_to(100), P95, 95),
            (up_to(101), P95, 96),
        ] {
            let durations: Vec<_> = samples.iter().copied().map(Duration::from_millis).collect();
            let expected = Duration::from_millis(expected);
            assert_eq!(statistic(&durations, which), expected, "{which:?} of {samples:?}");
        }
    }

    #[test]
    fn the_longest_durations_do_not_overflow() {
        assert_eq!(statistic(&[Duration::MAX; 2], Median), Duration::MAX);
    }
}
