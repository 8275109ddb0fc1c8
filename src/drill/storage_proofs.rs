//! What is proved of the storage manifests and of the copied contents.

use super::proofs::{Proof, failure, some};
use crate::backup::manifest::{Cause, Contents, Listing};
use crate::harness::Failure;
use crate::journal::Measure;

/// Whether every configured bucket is listed.
pub(super) fn buckets(proof: &Proof<'_>) -> Result<(), Failure> {
    let wanted = &proof.settings.buckets;
    if wanted.is_empty() {
        return Err(Failure::skipped("no bucket is configured (`buckets` in suites/drill.toml)"));
    }
    let storage = proof.manifest().storage.as_ref();
    if let Some(fault) = storage.and_then(|storage| storage.troubles.first()) {
        return Err(failure(fault));
    }
    for note in storage.iter().flat_map(|storage| &storage.notes) {
        proof.context.note(note);
    }
    let listings = storage.map(|storage| [&storage.database, &storage.api]);
    let listings: Vec<&Listing> = listings.into_iter().flatten().flatten().collect();
    let Some(listing) = listings.iter().find(|listing| listing.conclusive) else {
        let message = match listings.is_empty() {
            true => {
                "the source has no storage tables, and its storage API is not configured\n  help: \
                 write `buckets = []` below [backup] in suites/drill.toml if it has no storage"
            }
            // It says itself why.
            false if storage.is_some_and(|storage| !storage.notes.is_empty()) => {
                "not verified: the storage API does not show everything, see the notes above, and \
                 the database was not asked"
            }
            false => {
                "not verified: the key of the storage API is not known to see everything, so \
                 what it does not list may be there; use a service-role or secret key"
            }
        };
        return Err(Failure::errored(message));
    };
    for bucket in &listing.buckets {
        proof.note(Measure::count(&format!("{} objects", bucket.id), bucket.objects));
        proof.note(Measure::bytes(&bucket.id, bucket.bytes));
    }
    let there =
        |name: &&String| *name == "*" || listing.buckets.iter().any(|bucket| bucket.id == **name);
    let missing: Vec<String> = wanted.iter().filter(|name| !there(name)).cloned().collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Failure::failed(format!("no such bucket: {}", some(&missing)))),
    }
}

/// Whether database and API list the same objects.
pub(super) fn agreement(proof: &Proof<'_>) -> Result<(), Failure> {
    let storage = proof.manifest().storage.as_ref();
    let Some(agreement) = storage.and_then(|storage| storage.agreement.as_ref()) else {
        let reason = "storage was listed in one way only: both database and API are needed";
        return Err(Failure::skipped(reason));
    };
    proof.note(Measure::count("alike", agreement.same));
    proof.note(Measure::count("newer than the snapshot", agreement.newer));
    proof.note(Measure::count("deleted since", agreement.deleted));
    if !agreement.settings.is_empty() {
        return Err(Failure::failed(format!("settings differ: {}", some(&agreement.settings))));
    }
    let all = [
        ("different", agreement.different),
        ("in the database alone", agreement.only_database),
        ("by the API alone", agreement.only_api),
    ];
    let results: Vec<_> =
        all.map(|(name, count)| proof.hold(Measure::count(name, count).at_most(0.0))).into();
    results.into_iter().collect::<Result<(), Failure>>().map_err(|_| {
        let file = agreement.file.as_deref().unwrap_or("no file");
        Failure::failed(format!("the two listings differ; each difference is in {file}"))
    })
}

/// Which contents are missing, without a key of any: one may be somebody's name.
fn lost(contents: &Contents, backup: &str) -> String {
    let mut causes: Vec<String> = contents
        .causes
        .iter()
        .map(|Cause { bucket, status, objects }| match status {
            Some(status) => format!("{objects} in the bucket {bucket} (HTTP {status})"),
            None => format!("{objects} in the bucket {bucket} (not what is listed)"),
        })
        .collect();
    causes.sort();
    let listed = contents.objects + contents.missing + contents.deleted;
    let file = &contents.hashes;
    format!(
        "of {listed} objects {} could not be copied: {}\n  help: which, and why, is in \
         {backup}/{file}, in the lines with \"missing\"; upload them again, or remove their rows if \
         their bytes are lost for good",
        contents.missing,
        if causes.is_empty() { "see there".to_owned() } else { some(&causes) }
    )
}

/// Whether every listed object's content was copied.
pub(super) fn contents(proof: &Proof<'_>) -> Result<(), Failure> {
    let contents = proof.manifest().storage.as_ref().and_then(|storage| storage.contents.as_ref());
    match contents {
        Some(contents) => {
            proof.note(Measure::count("objects", contents.objects));
            proof.note(Measure::bytes("contents", contents.bytes));
            proof.note(Measure::count("replaced since they were listed", contents.changed));
            proof.note(Measure::count("deleted since they were listed", contents.deleted));
            let listed = contents.objects + contents.missing + contents.deleted;
            let listed = Measure::count("listed to be copied", listed);
            proof.hold(listed.at_least(contents.expected as f64))?;
            let missing = Measure::count("missing", contents.missing).at_most(0.0);
            proof.hold(missing).map_err(|_| Failure::failed(lost(contents, &proof.manifest().id)))
        }
        None if proof.settings.contents && proof.backup.made => {
            Err(Failure::failed("the contents were asked for, and are not in the backup"))
        }
        None => Err(Failure::skipped("not asked for (`contents` in suites/drill.toml)")),
    }
}
