//! What came of a restore, and what each of its trials tells of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::proofs::failure;
use super::trials::SWAPPED;
use crate::fault::Fault;
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
    /// Whether the new staging has taken its place.
    pub(super) swapped: bool,
    /// The old database's name now, where it is another one.
    pub(super) before: Option<String>,
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
        proved.result.as_ref().map_err(failure).copied()
    }

    /// The project's migrations.
    pub(super) fn tell_migrations(&self, context: &Context, _: &str) -> Result<(), Failure> {
        let Some(found) = &self.migrations else {
            return Err(match self.red() {
                Some(blocked) => Failure::skipped(format!("needs `{}`", blocked.id)),
                None => Failure::skipped(
                    "there is no folder supabase/migrations, or no list of them in the database",
                ),
            });
        };
        let count = |list: &[String]| list.len() as u64;
        context.measure(Measure::count("applied before", found.applied));
        context.measure(Measure::count("applied now", count(&found.pending)));
        context.measure(Measure::count("unknown to the tree", count(&found.unknown)));
        found.pending.iter().for_each(|file| context.note(&format!("migration applied: {file}")));
        let order = Measure::count("out of order", count(&found.out_of_order)).at_most(0.0);
        match context.measure(order) {
            true => Ok(()),
            false => Err(Failure::failed(format!(
                "older than the last that was applied, and not applied: {}",
                found.out_of_order.join(", ")
            ))),
        }
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
                Ok(())
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

    /// The first proof that did not pass.
    pub(super) fn red(&self) -> Option<Blocked> {
        self.proofs.iter().find_map(|proved| {
            let fault = proved.result.as_ref().err()?.clone();
            Some(Blocked { id: proved.id.clone(), fault })
        })
    }
}
