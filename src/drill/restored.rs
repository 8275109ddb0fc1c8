//! What came of a restore, and what each of its trials tells of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::proofs::failure;
use super::trials::{AFTER, MIGRATIONS, SWAPPED};
use crate::fault::{Fault, FaultKind};
use crate::harness::{Blocked, Context, Failure};
use crate::journal::Measure;
use crate::proof::Proved;
use crate::report::units;
use crate::restore::loaded::Loaded;
use crate::restore::migrations::Migrations;

/// What came of a restore whose data are all in staging.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Restored {
    /// Each stage with the seconds that it took.
    pub(super) stages: Vec<(String, f64)>,
    pub(super) proofs: Vec<Proved>,
    /// Webhooks that were disabled, and what was left out.
    pub(super) notes: Vec<String>,
    pub(super) people: u64,
    pub(super) migrations: Option<Migrations>,
    /// What was proved again after migrations were applied.
    pub(super) after: Vec<Proved>,
    /// Whether the new staging has taken its place.
    pub(super) swapped: bool,
    /// The old database's name now, where it is another one.
    pub(super) before: Option<String>,
    /// What failed when the new staging had taken its place already.
    pub(super) late: Option<Fault>,
    /// Why its end is not in the audit log.
    pub(super) unrecorded: Option<Fault>,
    /// The new database's name, if something of it was not proved.
    pub(super) kept: Option<String>,
    /// What an earlier restore had loaded, where this one went on with it.
    pub(super) resumed: Option<Loaded>,
}

impl Restored {
    /// The stages with their times.
    pub(super) fn tell_made(&self, context: &Context, _: &str) -> Result<(), Failure> {
        for (stage, seconds) in &self.stages {
            context.measure(Measure::seconds(stage, *seconds));
        }
        context.measure(Measure::count("people", self.people));
        if let Some(loaded) = &self.resumed {
            context.measure(Measure::seconds("loaded before", loaded.seconds));
            context.note(&format!(
                "gone on with what the restore {} of {} had loaded, in {}, which count",
                loaded.run,
                units::time(loaded.began),
                units::duration(loaded.seconds * 1e3)
            ));
        }
        self.notes.iter().for_each(|note| context.note(note));
        Ok(())
    }

    /// One proof.
    pub(super) fn tell_proof(&self, context: &Context, id: &str) -> Result<(), Failure> {
        let Some(proved) = self.proofs.iter().find(|proved| proved.id == id) else {
            return Err(Failure::errored(format!("{id} was not looked at")));
        };
        for measure in &proved.measures {
            context.measure(measure.clone());
        }
        fault(proved).map_or(Ok(()), |fault| Err(failure(&fault)))
    }

    /// The project's migrations.
    pub(super) fn tell_migrations(&self, context: &Context, _: &str) -> Result<(), Failure> {
        let Some(found) = &self.migrations else {
            let looked = || "they were not looked at".to_owned();
            let needs = self.red().map_or_else(looked, |blocked| format!("needs `{}`", blocked.id));
            return Err(Failure::skipped(needs));
        };
        if let Some(why) = &found.absent {
            return Err(Failure::skipped(why));
        }
        let count = |list: &[String]| list.len() as u64;
        context.measure(Measure::count("applied before", found.applied));
        context.measure(Measure::count("applied now", count(&found.pending)));
        context.measure(Measure::count("unknown to the tree", count(&found.unknown)));
        found.pending.iter().for_each(|file| context.note(&format!("migration applied: {file}")));
        let order = Measure::count("out of order", count(&found.out_of_order)).at_most(0.0);
        context.measure(order);
        found.refused().map_or(Ok(()), |fault| Err(failure(&fault)))
    }

    /// What was proved after the project's migrations.
    pub(super) fn tell_after(&self, context: &Context, _: &str) -> Result<(), Failure> {
        if self.after.is_empty() {
            return Err(match self.red() {
                Some(blocked) => Failure::skipped(format!("needs `{}`", blocked.id)),
                None => Failure::skipped("no migration was applied: what was proved stands"),
            });
        }
        for proved in &self.after {
            proved.measures.iter().for_each(|measure| _ = context.measure(measure.clone()));
        }
        first_red(&self.after).map_or(Ok(()), |fault| Err(failure(&fault)))
    }

    /// Whether the new staging serves.
    pub(super) fn tell_swapped(&self, context: &Context, _: &str) -> Result<(), Failure> {
        let stages: f64 = self.stages.iter().map(|(_, seconds)| seconds).sum();
        let before = self.resumed.as_ref().map_or(0.0, |loaded| loaded.seconds);
        context.measure(Measure::seconds("restore and proof", before + stages));
        if let Some(loaded) = &self.resumed {
            // What staging was waited for: also while somebody mended what had failed.
            let waited = Timestamp::now().duration_since(loaded.began).as_secs_f64();
            context.measure(Measure::seconds("since the first attempt began", waited));
        }
        match (self.swapped, self.red()) {
            (true, _) => {
                context.note(&match &self.before {
                    Some(before) => format!("the staging of before is kept as {before}"),
                    None => "the staging of before was replaced in place".to_owned(),
                });
                match (&self.late, &self.unrecorded) {
                    (None, None) => Ok(()),
                    (Some(fault), _) => Err(Failure::errored(format!(
                        "the new staging serves, and what was to follow failed: {fault}"
                    ))),
                    (None, Some(fault)) => Err(Failure::errored(format!(
                        "the new staging serves, and that is not on record: {fault}"
                    ))),
                }
            }
            (false, Some(blocked)) => Err(Failure::skipped(format!("needs `{}`", blocked.id))),
            (false, None) => Err(Failure::errored("the new staging did not take its place")),
        }
    }

    /// Nothing, if the new staging serves; else the proof that it did not pass.
    pub(super) fn in_place(&self) -> Result<(), Blocked> {
        match (self.swapped, self.red()) {
            (true, _) => Ok(()),
            (false, Some(blocked)) => Err(blocked),
            (false, None) => {
                let fault = Fault::errored("the new staging did not take its place");
                Err(Blocked { id: SWAPPED.to_owned(), fault })
            }
        }
    }

    /// The first that did not pass: of the proofs, of the migrations, of the proofs after them.
    pub(super) fn red(&self) -> Option<Blocked> {
        let proof = self
            .proofs
            .iter()
            .find_map(|proved| Some(Blocked { id: proved.id.clone(), fault: fault(proved)? }));
        let blocked = |id: &str, fault| Blocked { id: id.to_owned(), fault };
        let migrations = || self.migrations.as_ref()?.refused();
        proof
            .or_else(|| Some(blocked(MIGRATIONS, migrations()?)))
            .or_else(|| Some(blocked(AFTER, first_red(&self.after)?)))
    }

    /// Whether it takes other rules for the proof to hold.
    pub(super) fn wants_rules(&self) -> bool {
        self.proofs.iter().any(wants_rules)
    }

    /// Every place that is wrong, by the proof that says so.
    pub(super) fn places(&self) -> Vec<(String, Vec<(String, u64)>)> {
        let all = self.proofs.iter().chain(&self.after);
        let wrong = all.filter(|proved| proved.result.is_err() && !proved.places.is_empty());
        wrong.map(|proved| (proved.id.clone(), proved.places.clone())).collect()
    }
}

/// Proofs of what a column or table still holds, where no rule has taken it out.
const BY_RULES: [&str; 3] = [
    "masking::no-production-value-survives",
    "masking::no-secret-survives",
    "masking::sessions-empty",
];

fn wants_rules(proved: &Proved) -> bool {
    let failed = proved.result.as_ref().is_err_and(|fault| fault.kind() == FaultKind::Failed);
    failed && BY_RULES.contains(&proved.id.as_str())
}

/// Why a proof does not hold, with what to do where rules can mend it.
fn fault(proved: &Proved) -> Option<Fault> {
    let fault = proved.result.as_ref().err()?.clone();
    Some(match wants_rules(proved) {
        true => fault.help(
            "write a rule for these columns in suites/masking.toml, or `rows = \"clear\"` for a \
             table whose rows nobody needs; a word that is nobody's goes under [[allow]] there",
        ),
        false => fault,
    })
}

/// Why what was proved after migrations does not hold, with which proof says so.
fn first_red(after: &[Proved]) -> Option<Fault> {
    after.iter().find_map(|proved| {
        Some(proved.result.as_ref().err()?.clone().object(&proved.id).help(
            "a migration has written it: mend that, or have it write made-up values; staging \
             serves on as it was",
        ))
    })
}
