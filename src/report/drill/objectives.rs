//! What was promised, measured from the record alone.
//!
//! | objective | from | to |
//! |---|---|---|
//! | RTO | the start of the restore: the backup is chosen, nothing of it is read yet; where it goes on with what an earlier one has loaded, the time of that is added | the end of the last green check of the suites in the same run |
//! | RPO | the newest data that can be recovered: the snapshot's moment, or on a standby what it had replayed | the moment of the drill: the start of the restore, or now |
//! | plan | one backup of the source | the next, in the catalogue without this run's own |
//!
//! What was not measured is no success: it says why.

use jiff::Timestamp;

use super::model::Objective;
use crate::backup::manifest::Snapshot;
use crate::evidence::Evidence;
use crate::journal::{Entry, EntryKind, Journal, Outcome};
use crate::report::units;

/// The trial that tells of a restore.
const RESTORED: &str = "restore::made";

/// Why something was not measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unmeasured {
    /// This went wrong first.
    Needs(String),
    /// There is nothing to measure.
    Nothing(String),
}

impl Unmeasured {
    /// In words.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Needs(id) => format!("not measured: needs `{id}`"),
            Self::Nothing(why) => format!("not measured: {why}"),
        }
    }
}

/// The time from the start of the restore to the end of the last green check, in seconds.
///
/// # Errors
/// It cannot be measured; and where a check is red, the application does not work again.
pub(crate) fn rto(journal: &Journal) -> Result<f64, Unmeasured> {
    let evidence = journal.run.evidence.as_deref();
    let nothing = |why: &str| Err(Unmeasured::Nothing(why.to_owned()));
    let Some(restore) = evidence.and_then(|evidence| evidence.restore.as_ref()) else {
        return match red(journal, |entry| of(entry, &["backup", "prerequisites", "restore"])) {
            Some(id) => Err(Unmeasured::Needs(id)),
            None => nothing("nothing was restored in this run"),
        };
    };
    if !restore.serves {
        let red = red(journal, |entry| of(entry, &["backup", "restore", "integrity", "masking"]));
        return Err(Unmeasured::Needs(red.unwrap_or_else(|| RESTORED.to_owned())));
    }
    let checks = || journal.entries.iter().filter(|entry| is_check(entry));
    if checks().next().is_none() {
        return nothing("no smoke check was selected");
    }
    if let Some(id) = red(journal, is_check) {
        return Err(Unmeasured::Needs(id));
    }
    let green = checks().filter(|entry| entry.outcome == Some(Outcome::Passed));
    let Some(last) = green.filter_map(ended).max() else {
        return nothing("no smoke check ran");
    };
    // What an earlier restore has loaded for this one was loaded for the same recovery.
    let before = restore.loaded_before.unwrap_or_default();
    Ok(last.duration_since(restore.started).as_secs_f64().max(0.0) + before)
}

/// The age of the newest data that can be recovered at the moment of the drill, in seconds.
///
/// # Errors
/// It cannot be measured.
pub(crate) fn rpo(journal: &Journal, now: Timestamp) -> Result<f64, Unmeasured> {
    let evidence = journal.run.evidence.as_deref();
    let Some(backup) = evidence.and_then(|evidence| evidence.backup.as_ref()) else {
        return Err(match red(journal, |entry| of(entry, &["backup", "prerequisites"])) {
            Some(id) => Unmeasured::Needs(id),
            None => Unmeasured::Nothing("no backup was looked at in this run".to_owned()),
        });
    };
    let restore = evidence.and_then(|evidence| evidence.restore.as_ref());
    let moment = restore.map_or(now, |restore| restore.started);
    let age = moment.duration_since(backup.snapshot.local_time).as_secs_f64();
    if age < 0.0 {
        let why = "the backup is from the future: check this machine's clock";
        return Err(Unmeasured::Nothing(why.to_owned()));
    }
    let behind = behind(backup.source.standby, &backup.snapshot).map_err(Unmeasured::Nothing)?;
    Ok(age + behind)
}

/// How far a backup of a standby is behind its primary, in seconds; nought for a primary.
///
/// # Errors
/// The standby does not say.
pub(crate) fn behind(standby: bool, snapshot: &Snapshot) -> Result<f64, String> {
    match (standby, snapshot.replayed) {
        (false, _) => Ok(0.0),
        (true, Some(replayed)) => Ok(snapshot.time.duration_since(replayed).as_secs_f64().max(0.0)),
        (true, None) => {
            Err("the source is a standby that does not say up to when it has replayed \
                             its primary: let the role be a member of pg_read_all_stats, or back \
                             the primary up"
                .to_owned())
        }
    }
}

/// The longest that the plan leaves between two backups, in seconds: the middle interval of the
/// catalogue, or the age of the newest at the moment of the drill if that is more.
fn plan(evidence: &Evidence, started: Timestamp) -> Option<(f64, String)> {
    let catalogue = evidence.catalogue.as_ref()?;
    let (_, taken) = catalogue.newest.as_ref()?;
    let age = started.duration_since(*taken).as_secs_f64().max(0.0);
    match &catalogue.intervals {
        Some(intervals) if intervals.median >= age => Some((
            intervals.median,
            format!("the middle of the last {} intervals between backups", intervals.count),
        )),
        _ => Some((age, "the age of the newest backup that was there before this run".to_owned())),
    }
}

/// All of them, as the report tells them.
pub(super) fn objectives(journal: &Journal, now: Timestamp) -> Vec<Objective> {
    let evidence = journal.run.evidence.clone().unwrap_or_default();
    let targets = &evidence.objectives;
    let told = |name: &str, title: &str, target: f64, found: Result<(f64, String), String>| {
        let (seconds, how) = match found {
            Ok((seconds, how)) => (Some(seconds), how),
            Err(why) => (None, why),
        };
        Objective {
            name: name.to_owned(),
            title: title.to_owned(),
            seconds,
            target,
            percent: seconds.and_then(|seconds| units::percent(seconds, target)),
            met: seconds.map(|seconds| seconds <= target),
            how,
        }
    };
    let rto = rto(journal).map_err(|why| why.told()).map(|seconds| {
        let how = "from the start of the restore to the end of the last green check";
        let restore = evidence.restore.as_ref().and_then(|restore| restore.loaded_before);
        let before = restore.map(|before| {
            format!(", and {} in which an earlier one had loaded", units::duration(before * 1e3))
        });
        (seconds, format!("{how}{}", before.unwrap_or_default()))
    });
    let rpo = rpo(journal, now).map_err(|why| why.told()).map(|seconds| {
        (
            seconds,
            "from the newest data that can be recovered to the moment of the drill".to_owned(),
        )
    });
    let plan = plan(&evidence, journal.run.started).ok_or_else(|| {
        let entry = journal.entries.iter().find(|entry| entry.id == "objectives::plan");
        let why = entry.and_then(|entry| entry.reason.clone());
        why.unwrap_or_else(|| "not measured: the catalogue was not looked at".to_owned())
    });
    vec![
        told("rto", "Recovery time (RTO)", targets.rto, rto),
        told("rpo", "Recovery point (RPO)", targets.rpo, rpo),
        told("plan", "The plan's recovery point", targets.rpo, plan),
    ]
}

/// Whether an entry is a check of the suites.
pub(super) fn is_check(entry: &Entry) -> bool {
    matches!(entry.kind, EntryKind::Check | EntryKind::Refusal | EntryKind::Query | EntryKind::Page)
}

/// The first blocking entry of this kind that failed or could not be judged.
fn red(journal: &Journal, which: impl Fn(&Entry) -> bool) -> Option<String> {
    let red = |entry: &&Entry| {
        entry.blocking && matches!(entry.outcome, Some(Outcome::Failed | Outcome::Errored))
    };
    journal.entries.iter().filter(red).find(|entry| which(entry)).map(|entry| entry.id.clone())
}

fn of(entry: &Entry, suites: &[&str]) -> bool {
    suites.contains(&entry.suite.as_str())
}

/// When an entry ended.
pub(super) fn ended(entry: &Entry) -> Option<Timestamp> {
    let duration = jiff::SignedDuration::try_from_secs_f64(entry.duration_ms? / 1000.0).ok()?;
    entry.started?.checked_add(duration).ok()
}
