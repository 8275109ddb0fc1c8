//! What is proved of a backup: one named test for each bullet of the runbook, and for what the
//! runbook takes for granted.

use jiff::Timestamp;

use super::state::Backup;
use super::storage_proofs as storage;
use crate::backup::complete::{missing_objects, tables_without_rows};
use crate::backup::manifest::Manifest;
use crate::backup::settings::Settings;
use crate::backup::texts::{logged_errors, missing_roles};
use crate::fault::{Fault, FaultKind};
use crate::harness::{Context, Failure};
use crate::journal::Measure;
use crate::report::drill::objectives::behind;

/// What a proof looks at.
pub(super) struct Proof<'a> {
    pub(super) backup: &'a Backup,
    pub(super) settings: &'a Settings,
    pub(super) context: &'a Context,
}

/// A named test.
pub(super) struct Named {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) run: fn(&Proof<'_>) -> Result<(), Failure>,
}

/// The proofs of the database that a backup holds. One that fails says for good that the backup is
/// none to restore from; the others tell of its making, its age, and of how production fared.
const OF_WHAT_IT_HOLDS: [&str; 7] =
    ["size", "no-sql-errors", "hashes", "archive", "objects", "tables", "roles"];

/// Those of the storage: a database whose objects are not all there is worth more than none, so they
/// count where there is nothing else in the backup, and as it was made. What was asked for since is
/// no fault of an older one.
const OF_STORAGE: [&str; 2] = ["buckets", "storage-contents"];

impl Named {
    /// Runs it, and notes beside the backup whether it holds.
    pub(super) fn judge(&self, proof: &Proof<'_>) -> Result<(), Failure> {
        let told = (self.run)(proof);
        let alone = proof.backup.made && proof.manifest().database.is_none();
        if OF_WHAT_IT_HOLDS.contains(&self.name) || alone && OF_STORAGE.contains(&self.name) {
            proof.backup.note_down(self.name, &told, proof.context);
        }
        told
    }
}

/// Why what is encrypted is not looked into.
pub(super) const NEEDS_KEY: &str =
    "it is encrypted: what is in it needs the private key (--identity FILE)";

/// Every proof, in the order in which people ask.
pub(super) const ALL: [Named; 14] = [
    Named { name: "size", about: "The data are as large as production is known to be.", run: size },
    Named { name: "no-sql-errors", about: "The dump's log tells of no error.", run: no_sql_errors },
    Named { name: "duration", about: "The backup was made within its time.", run: duration },
    Named { name: "hashes", about: "Every file is as it was written.", run: hashes },
    Named {
        name: "archive",
        about: "The archive reads entry by entry to its end, with the rows that were dumped.",
        run: archive,
    },
    Named { name: "objects", about: "Every object of the source is in the archive.", run: objects },
    Named {
        name: "tables",
        about: "No table's rows are missing, for want of privilege or otherwise.",
        run: tables,
    },
    Named { name: "roles", about: "Every role of the source is in the backup.", run: roles },
    Named { name: "buckets", about: "Every configured bucket is listed.", run: storage::buckets },
    Named {
        name: "storage-agreement",
        about: "Database and storage API list the same objects.",
        run: storage::agreement,
    },
    Named {
        name: "storage-contents",
        about: "Every listed object's content was copied.",
        run: storage::contents,
    },
    Named { name: "recent", about: "The backup is recent enough for the RPO.", run: recent },
    Named { name: "untouched", about: "Production is as it was.", run: untouched },
    Named { name: "impact", about: "Production did not suffer.", run: impact },
];

impl Proof<'_> {
    pub(super) fn manifest(&self) -> &Manifest {
        &self.backup.manifest
    }

    /// A part of the manifest that a backup of storage alone does not have.
    fn of_database<'m, T>(&self, part: &'m Option<T>) -> Result<&'m T, Failure> {
        part.as_ref().ok_or_else(|| no_database(self.manifest()))
    }

    /// Records a figure; one beyond its threshold is the reason to fail.
    pub(super) fn hold(&self, measure: Measure) -> Result<(), Failure> {
        let told = measure.to_string();
        match self.context.measure(measure) {
            true => Ok(()),
            false => Err(Failure::failed(told)),
        }
    }

    pub(super) fn note(&self, measure: Measure) {
        self.context.measure(measure);
    }
}

/// Why nothing is said of a database that there is none of.
pub(super) fn no_database(manifest: &Manifest) -> Failure {
    let environment = &manifest.source.environment;
    Failure::skipped(format!(
        "the backup is of storage alone: no database was configured for {environment}"
    ))
}

/// A fault in the harness's words.
pub(super) fn failure(fault: &Fault) -> Failure {
    match fault.kind() {
        FaultKind::Failed => Failure::failed(fault),
        FaultKind::Errored | FaultKind::Usage => Failure::errored(fault),
        FaultKind::Interrupted => Failure::skipped(fault),
    }
}

fn size(proof: &Proof<'_>) -> Result<(), Failure> {
    let manifest = proof.manifest();
    proof.of_database(&manifest.database)?;
    let stored = manifest.files.iter().map(|file| file.bytes).sum();
    proof.note(Measure::bytes("stored", stored));
    proof.note(Measure::count("rows", manifest.rows()));
    let data = Measure::bytes("uncompressed data", manifest.data_bytes());
    let data = data.at_least(proof.settings.minimum_size as f64);
    let told = format!(
        "{data}\n  help: less than production is known to have: see what is missing; if it is that \
         small, lower `minimum_size` below [backup] in suites/drill.toml"
    );
    proof.hold(data).map_err(|_| Failure::failed(told))
}

fn no_sql_errors(proof: &Proof<'_>) -> Result<(), Failure> {
    let log = proof.of_database(&proof.manifest().log)?;
    proof.note(Measure::count("warnings", log.warnings.len() as u64));
    let backup = proof.backup;
    let read = logged_errors(&backup.store, &backup.manifest, backup.identities.as_ref());
    // Without its private key, what the manifest says of the log is all there is.
    let errors = read.map_err(|fault| failure(&fault))?.unwrap_or_else(|| log.errors.clone());
    let told = proof.hold(Measure::count("errors", errors.len() as u64).at_most(0.0));
    told.map_err(|_| Failure::failed(some(&errors)))
}

fn duration(proof: &Proof<'_>) -> Result<(), Failure> {
    // The stages' own, by a clock that nobody sets.
    let took = proof.manifest().durations.values().sum();
    let limit = proof.settings.maximum_duration.as_secs_f64();
    proof.hold(Measure::seconds("backup", took).at_most(limit))
}

fn hashes(proof: &Proof<'_>) -> Result<(), Failure> {
    let reading = proof.backup.reading(proof.context).map_err(|fault| failure(&fault))?;
    proof.note(Measure::count("files", reading.files));
    proof.note(Measure::bytes("read", reading.bytes));
    match reading.damaged.first() {
        None => Ok(()),
        Some((_, fault)) => Err(failure(fault)),
    }
}

fn archive(proof: &Proof<'_>) -> Result<(), Failure> {
    let held = proof.backup.held(proof.context)?;
    proof.note(Measure::count("entries", held.toc.entries.len() as u64));
    proof.note(Measure::count("tables", held.tables.len() as u64));
    proof.note(Measure::count("rows", held.tables.iter().map(|table| table.rows).sum()));
    proof.note(Measure::count("large objects", held.large_objects));
    Ok(())
}

fn objects(proof: &Proof<'_>) -> Result<(), Failure> {
    let held = proof.backup.held(proof.context)?;
    let manifest = proof.manifest();
    let missing = missing_objects(held, &manifest.catalogue);
    proof.note(Measure::count("objects", manifest.catalogue.objects.len() as u64));
    let missed = Measure::count("missing", missing.len() as u64).at_most(0.0);
    proof
        .hold(missed)
        .map_err(|_| Failure::failed(format!("not in the archive: {}", some(&missing))))
}

fn tables(proof: &Proof<'_>) -> Result<(), Failure> {
    let held = proof.backup.held(proof.context)?;
    let manifest = proof.manifest();
    let missing = tables_without_rows(held, &manifest.excluded);
    proof.note(Measure::count("tables with rows", held.tables.len() as u64));
    proof.note(Measure::count("left out on purpose", manifest.excluded.len() as u64));
    let missed = Measure::count("missing", missing.len() as u64).at_most(0.0);
    // pg_dump leaves them out by itself there: what is not in the write-ahead log is not there.
    let help = match manifest.source.standby {
        true => {
            "; a standby has no rows of unlogged tables: back the primary up, or leave these out \
             in suites/drill.toml ([[backup.exclude]] with data_only = true)"
        }
        false => "",
    };
    proof.hold(missed).map_err(|_| {
        Failure::failed(format!("without their rows in the archive: {}{help}", some(&missing)))
    })
}

fn roles(proof: &Proof<'_>) -> Result<(), Failure> {
    let backup = proof.backup;
    proof.of_database(&backup.manifest.database)?;
    let read = missing_roles(&backup.store, &backup.manifest, backup.identities.as_ref());
    let Some(missing) = read.map_err(|fault| failure(&fault))? else {
        return Err(Failure::skipped(NEEDS_KEY));
    };
    proof.note(Measure::count("roles", backup.manifest.catalogue.roles.len() as u64));
    let missed = Measure::count("missing", missing.len() as u64).at_most(0.0);
    proof.hold(missed).map_err(|_| Failure::failed(format!("not in the file: {}", some(&missing))))
}

fn recent(proof: &Proof<'_>) -> Result<(), Failure> {
    let snapshot = &proof.manifest().snapshot;
    let age = Timestamp::now().duration_since(snapshot.local_time);
    if age.is_negative() {
        return Err(Failure::errored("the backup is from the future: check this machine's clock"));
    }
    // What a standby has not replayed yet is not in the backup.
    let standby = proof.manifest().source.standby;
    let behind = behind(standby, snapshot).map_err(Failure::errored)?;
    if standby {
        proof.note(Measure::seconds("standby behind its primary", behind));
    }
    let rpo = proof.settings.rpo.as_secs_f64();
    proof.hold(Measure::seconds("age of the newest data", age.as_secs_f64() + behind).at_most(rpo))
}

fn untouched(proof: &Proof<'_>) -> Result<(), Failure> {
    let untouched = proof.of_database(&proof.manifest().untouched)?;
    proof.note(Measure::count("rows written by others", untouched.writes.values().sum()));
    let ours = untouched.our_write_transactions;
    proof.hold(Measure::count("write transactions of ours", ours).at_most(0.0))?;
    if !untouched.read_only {
        return Err(Failure::failed("a session of ours was not read-only"));
    }
    if untouched.schema_before != untouched.schema_after {
        return Err(Failure::failed(
            "the schema was changed while the backup was made; not by a session of ours, which \
             are read-only: was there a deployment?",
        ));
    }
    Ok(())
}

fn impact(proof: &Proof<'_>) -> Result<(), Failure> {
    let impact = proof.of_database(&proof.manifest().impact)?;
    let limits = &proof.settings.impact;
    proof.hold(Measure::count("looks while it was dumped", impact.samples).at_least(1.0))?;
    proof.note(Measure::seconds("probe before", impact.baseline_ms / 1000.0));
    proof.note(Measure::seconds("probe at most", impact.max_ms / 1000.0));
    proof.note(Measure::count("sessions that waited for ours", impact.blocked_by_us));
    proof.note(Measure::count("connections of ours", impact.connections));
    let waiting = Measure::count("waiting locks", impact.waiting_locks);
    proof.hold(waiting.at_most(limits.waiting_locks as f64))?;
    let oldest = Measure::seconds("oldest snapshot", impact.oldest_snapshot);
    proof.hold(oldest.at_most(limits.oldest_snapshot.as_secs_f64()))?;
    let median = Measure::seconds("probe's median", impact.median_ms / 1000.0);
    proof.hold(median.at_most(limits.latency.as_secs_f64()))
}

/// The first few of a list that may be long.
pub(super) fn some(items: &[String]) -> String {
    const MOST: usize = 10;
    let shown = items.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    match items.len().checked_sub(MOST) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}
