//! Which backups may go. A decision alone: nothing is read here and nothing removed.
//!
//! A backup goes if it is good, older than `keep`, and not among the newest `at_least` good ones
//! of its own source. So of each source at least `at_least` good ones stay, and never fewer than
//! one, whatever the settings say.
//!
//! **A damaged one, or one of which a proof failed, always stays, and is told of.** What cannot be read today may be whole: a
//! folder without rights, a store that answers badly, a manifest of a newer program. A person
//! looks, and removes it by its id.
//!
//! **A clock that cannot be trusted removes nothing.** Where a backup, or the audit log's last
//! line, is more than five minutes younger than now, the clock went backwards, or it is not the
//! one that they were made by. A clock that runs ahead cannot be told from time that has passed:
//! it is why `at_least` counts backups and not days.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::choose::Known;
use super::origin::Origin;
use crate::fault::Fault;

/// By how much clocks of two machines may differ.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// How long backups are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retention {
    /// The age up to which every backup stays.
    pub(crate) keep: Duration,
    /// How many good ones of each source stay, however old they are; nought counts as one.
    pub(crate) at_least: usize,
}

/// Which backups go and which stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Decision {
    /// These go, oldest first: who is interrupted has removed the oldest.
    pub(crate) remove: Vec<String>,
    /// These stay, newest first.
    pub(crate) keep: Vec<(String, Why)>,
}

/// Why a backup stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// It is not older than `keep`.
    Young,
    /// It is among the newest good ones.
    AmongNewest,
    /// It is damaged, or cannot be read: somebody must look.
    Damaged,
    /// A proof of it failed: somebody must look.
    Refuted,
}

impl Why {
    /// For people to read.
    pub(crate) fn told(self) -> &'static str {
        match self {
            Self::Young => "not older than the retention",
            Self::AmongNewest => "one of the newest good ones, which stay at any age",
            Self::Damaged => {
                "damaged, or not to be read: never removed by itself; look, then remove it by its id"
            }
            Self::Refuted => {
                "a proof of it failed: never removed by itself; look, then remove it by its id"
            }
        }
    }
}

/// Decides. `audited` is the time of the audit log's last line, if there is one.
///
/// # Errors
/// The clock is behind a backup or the audit log: nothing may be removed by it.
pub(crate) fn plan(
    backups: &[Known],
    retention: Retention,
    now: Timestamp,
    audited: Option<Timestamp>,
) -> Result<Decision, Fault> {
    let ahead = |time: &Timestamp| time.duration_since(now) > TOLERANCE;
    let from_ahead = backups.iter().find(|backup| ahead(&backup.taken));
    let from_ahead = from_ahead.map(|backup| (backup.taken, format!("backup {}", backup.id)));
    let line_ahead = audited.filter(ahead).map(|time| (time, "the audit log's last line".into()));
    if let Some((time, what)) = from_ahead.or(line_ahead) {
        let message = format!("it is of {time}, but this machine's clock says {now}");
        let help = "set the clock right; nothing was removed";
        return Err(Fault::errored(message).stage("prune").object(what).help(help));
    }
    let mut newest: Vec<&Known> = backups.iter().collect();
    newest.sort_by(|a, b| (b.taken, &b.id).cmp(&(a.taken, &a.id)));
    let at_least = retention.at_least.max(1);
    // More than jiff can count is for ever.
    let keep = SignedDuration::try_from(retention.keep).unwrap_or(SignedDuration::MAX);
    let mut decision = Decision::default();
    let mut good: BTreeMap<&Origin, usize> = BTreeMap::new();
    for backup in newest {
        let so_many = backup.good().map(|origin| {
            let count = good.entry(origin).or_default();
            *count += 1;
            *count
        });
        let why = match so_many {
            None if backup.of.is_ok() => Why::Refuted,
            None => Why::Damaged,
            Some(_) if now.duration_since(backup.taken) <= keep => Why::Young,
            Some(count) if count <= at_least => Why::AmongNewest,
            Some(_) => {
                decision.remove.push(backup.id.clone());
                continue;
            }
        };
        decision.keep.push((backup.id.clone(), why));
    }
    decision.remove.reverse();
    Ok(decision)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};
    use proptest::prelude::*;

    use super::{Retention, Why, plan};
    use crate::backup::choose::Known;
    use crate::backup::choose::tests::reached;
    use crate::fault::Fault;

    const DAY: u64 = 86_400;

    fn now() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    /// A backup that is so many seconds old.
    fn aged(index: usize, seconds: i64, good: bool) -> Known {
        let taken = now() - SignedDuration::from_secs(seconds);
        let of = match good {
            true => Ok(reached("production", "db.test")),
            false => Err(Fault::failed("damaged")),
        };
        Known { id: format!("b{index}"), taken, of, refuted: Vec::new() }
    }

    fn days(days: u64, at_least: usize) -> Retention {
        Retention { keep: Duration::from_secs(days * DAY), at_least }
    }

    #[test]
    fn old_ones_go_and_each_that_stays_has_its_reason() {
        let day = DAY as i64;
        let backups = [
            aged(0, 30 * day, true),
            aged(1, 20 * day, true),
            aged(2, 15 * day, false),
            aged(3, 9 * day, true),
            aged(4, 7 * day, true),
        ];
        let decision = plan(&backups, days(7, 2), now(), Some(now())).unwrap();
        assert_eq!(decision.remove, ["b0", "b1"]);
        let keep = [("b4", Why::Young), ("b3", Why::AmongNewest), ("b2", Why::Damaged)];
        assert_eq!(decision.keep, keep.map(|(id, why)| (id.to_owned(), why)));
    }

    #[test]
    fn newer_ones_of_others_do_not_count() {
        let day = DAY as i64;
        let mut backups = vec![aged(0, 90 * day, true)];
        for (index, (environment, host)) in
            [("local", "127.0.0.1"), ("production", "other.test")].into_iter().enumerate()
        {
            let of = Ok(reached(environment, host));
            backups.push(Known { of, ..aged(index + 1, day, true) });
        }
        assert!(plan(&backups, days(7, 1), now(), None).unwrap().remove.is_empty());
        backups.push(aged(3, 60 * day, true));
        assert_eq!(plan(&backups, days(7, 1), now(), None).unwrap().remove, ["b0"]);
    }

    #[test]
    fn the_last_good_one_stays_even_if_none_needs_to() {
        let day = DAY as i64;
        let backups = [aged(0, 90 * day, true), aged(1, 80 * day, false)];
        assert!(plan(&backups, days(7, 0), now(), None).unwrap().remove.is_empty());
    }

    #[test]
    fn a_clock_that_went_backwards_removes_nothing_and_says_why() {
        let old = aged(0, 90 * DAY as i64, true);
        let late = now() + SignedDuration::from_secs(301);
        let told = plan(&[old.clone(), aged(1, -301, false)], days(7, 1), now(), None).unwrap_err();
        assert!(told.line().contains("b1") && told.line().contains("12:05:01"), "{told}");
        let told = plan(std::slice::from_ref(&old), days(7, 1), now(), Some(late)).unwrap_err();
        assert!(told.line().contains("audit log"), "{told}");
        let near = Some(now() + SignedDuration::from_secs(299));
        assert!(plan(&[old, aged(1, -299, true)], days(7, 1), now(), near).is_ok());
    }

    #[test]
    fn no_figure_is_too_great() {
        let ancient = Known { taken: Timestamp::MIN, ..aged(0, 0, true) };
        let backups = [ancient.clone(), aged(1, 0, true)];
        let longest = Retention { keep: Duration::MAX, at_least: usize::MAX };
        assert!(plan(&backups, longest, now(), None).unwrap().remove.is_empty());
        let decision = plan(&backups, days(7, 1), Timestamp::MAX, None).unwrap();
        assert_eq!(decision.remove, ["b0"]);
    }

    fn some_backups() -> impl Strategy<Value = Vec<Known>> {
        let one = (-300_i64..40 * DAY as i64, prop::bool::weighted(0.7));
        let number = |list: Vec<(i64, bool)>| {
            let each = list.into_iter().enumerate();
            each.map(|(index, (age, good))| aged(index, age, good)).collect()
        };
        prop::collection::vec(one, 0..30).prop_map(number)
    }

    proptest! {
        #[test]
        fn what_must_stay_stays(
            backups in some_backups(),
            keep in 7_u64..30,
            at_least in 0_usize..6,
        ) {
            let decision = plan(&backups, days(keep, at_least), now(), Some(now())).unwrap();
            let gone: BTreeSet<&str> = decision.remove.iter().map(String::as_str).collect();
            let stays = |backup: &&Known| !gone.contains(backup.id.as_str());
            let good = || backups.iter().filter(|backup| backup.of.is_ok());
            // Each is told of once.
            prop_assert_eq!(decision.keep.len() + gone.len(), backups.len());
            // The newest good one, and as many as are wanted.
            let newest = good().max_by_key(|backup| backup.taken);
            prop_assert!(newest.iter().all(stays));
            let left = good().filter(stays).count();
            prop_assert!(left >= at_least.max(1).min(good().count()));
            // Nothing young, nothing damaged.
            let limit = now() - SignedDuration::from_secs((keep * DAY) as i64);
            prop_assert!(backups.iter().filter(|b| b.taken >= limit || b.of.is_err()).all(|b| stays(&b)));
            // What goes is older than every good one that stays.
            let oldest = good().filter(stays).map(|backup| backup.taken).min();
            let newest_gone = good().filter(|b| !stays(b)).map(|backup| backup.taken).max();
            prop_assert!(newest_gone.is_none() || newest_gone <= oldest);
            // An old one stays only because too few are newer.
            for old in good().filter(stays).filter(|backup| backup.taken < limit) {
                let newer = good().filter(|backup| backup.taken > old.taken).count();
                prop_assert!(newer < at_least.max(1), "{}", old.id);
            }
        }

        #[test]
        fn a_second_time_removes_nothing_more(
            backups in some_backups(),
            keep in 7_u64..30,
            at_least in 0_usize..6,
        ) {
            let retention = days(keep, at_least);
            let first = plan(&backups, retention, now(), None).unwrap();
            let left: Vec<_> =
                backups.into_iter().filter(|backup| !first.remove.contains(&backup.id)).collect();
            prop_assert!(plan(&left, retention, now(), None).unwrap().remove.is_empty());
        }
    }
}
