//! The objectives as tests: recovery time, recovery point, and whether the plan can keep it.
//!
//! One cause is one red: where the restore or a check is, the time is not measured, and says so;
//! where `backup::recent` is, the point is told, and is no red of its own. The plan is judged by the
//! backups that are there beside this run's own, which every drill makes anew.

use jiff::Timestamp;

use super::proofs::failure;
use super::state::State;
use crate::harness::{Context, Failure};
use crate::journal::{CatalogueEvidence, Intervals, Measure, Outcome};
use crate::report::drill::objectives::{self as measured, Unmeasured};
use crate::report::units;

/// The names of two that others ask for.
pub(super) const RPO: &str = "rpo";
pub(super) const PLAN: &str = "plan";

/// How many intervals between backups are looked at.
const INTERVALS: usize = 10;

/// A named test.
pub(super) struct Named {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) run: fn(&State, &Context) -> Result<(), Failure>,
}

/// Every objective, in the order in which people ask.
pub(super) const ALL: [Named; 3] = [
    Named {
        name: "rto",
        about: "From the start of the restore to the last green check it took no longer than promised.",
        run: rto,
    },
    Named { name: RPO, about: "What was restored is no older than promised.", run: rpo },
    Named { name: PLAN, about: "Backups are made often enough for what is promised.", run: plan },
];

/// Why nothing is measured where each trial is a process of its own.
const ALONE: &str = "each test is a process of its own here, in no order: `cargo test --test drill` \
                     measures it, and the drill's report has what is known";

fn rto(state: &State, context: &Context) -> Result<(), Failure> {
    if context.shared().is_some() {
        return Err(Failure::skipped(ALONE));
    }
    let seconds = measured::rto(&context.journal()).map_err(unmeasured)?;
    let measure = Measure::seconds("restore to last green check", seconds);
    hold(context, measure.at_most(state.settings.rto.as_secs_f64()))
}

fn rpo(state: &State, context: &Context) -> Result<(), Failure> {
    let journal = context.journal();
    let seconds = measured::rpo(&journal, Timestamp::now()).map_err(unmeasured)?;
    let measure = Measure::seconds("age of the newest recoverable data", seconds);
    let held = hold(context, measure.at_most(state.settings.rpo.as_secs_f64()));
    let recent = journal.entries.iter().find(|entry| entry.id == "backup::recent");
    match recent.and_then(|entry| entry.outcome) {
        Some(Outcome::Failed | Outcome::Errored) => Err(Failure::skipped("needs `backup::recent`")),
        _ => held,
    }
}

fn plan(state: &State, context: &Context) -> Result<(), Failure> {
    if context.source.is_some() {
        return Err(Failure::skipped("not measured: a demonstration has no plan"));
    }
    let others = state.others(context).map_err(|fault| failure(&fault))?;
    let taken: Vec<Timestamp> = others.iter().map(|backup| backup.taken).collect();
    let intervals = intervals(&taken);
    let catalogue = CatalogueEvidence {
        backups: others.len() as u64,
        newest: others.first().map(|backup| (backup.id.clone(), backup.taken)),
        intervals: intervals.clone(),
    };
    let began = context.journal().run.started;
    context.evidence(|evidence| evidence.catalogue = Some(catalogue));
    let Some(newest) = taken.first() else {
        let reason = "not measured: no backup of the source was there before this run";
        return Err(Failure::skipped(reason));
    };
    let rpo = state.settings.rpo.as_secs_f64();
    context.measure(Measure::count("backups", taken.len() as u64));
    let age = began.duration_since(*newest).as_secs_f64().max(0.0);
    let young = context.measure(Measure::seconds("age of the newest", age).at_most(rpo));
    let promised = units::budget(rpo * 1000.0);
    let help = "back up more often, rely on point-in-time recovery, or agree on another `rpo` in \
                suites/drill.toml";
    if let Some(intervals) = intervals {
        context.measure(Measure::seconds("longest interval", intervals.longest));
        let often = Measure::seconds("middle interval", intervals.median).at_most(rpo);
        if !context.measure(often) {
            return Err(Failure::failed(format!(
                "a backup is made every {}, and {promised} of work may be lost at most: by backups \
                 alone the RPO cannot be met\n  help: {help}",
                units::duration(intervals.median * 1000.0)
            )));
        }
    }
    match young {
        true => Ok(()),
        false => Err(Failure::failed(format!(
            "the newest backup before this drill was {} old, and {promised} of work may be lost at \
             most\n  help: {help}",
            units::duration(age * 1000.0)
        ))),
    }
}

/// The times between backups, of which the newest is given first.
fn intervals(taken: &[Timestamp]) -> Option<Intervals> {
    let pairs = taken.windows(2).take(INTERVALS);
    let mut seconds: Vec<f64> = pairs
        .filter_map(|pair| Some(pair.first()?.duration_since(*pair.get(1)?).as_secs_f64()))
        .collect();
    seconds.sort_by(f64::total_cmp);
    Some(Intervals {
        count: seconds.len() as u64,
        median: *seconds.get(seconds.len() / 2)?,
        longest: *seconds.last()?,
    })
}

fn unmeasured(why: Unmeasured) -> Failure {
    match why {
        Unmeasured::Needs(id) => Failure::skipped(format!("needs `{id}`")),
        Unmeasured::Nothing(_) => Failure::skipped(why.told()),
    }
}

/// Records a figure; one beyond its threshold is the reason to fail.
fn hold(context: &Context, measure: Measure) -> Result<(), Failure> {
    let told = measure.to_string();
    match context.measure(measure) {
        true => Ok(()),
        false => Err(Failure::failed(told)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_neighbours() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(intervals(&[]), None);
        assert_eq!(intervals(&[at(5)]), None);
        let nightly = [at(4 * 86_400), at(3 * 86_400), at(86_400), at(0)];
        let found = intervals(&nightly).unwrap();
        assert_eq!((found.count, found.median, found.longest), (3, 86_400.0, 172_800.0));
    }
}
