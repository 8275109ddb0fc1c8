//! From the settings to the place that backups are kept in.

use std::path::Path;

use tokio::runtime::Handle;

use super::choose::{Choice, Known, choose};
use super::id;
use super::settings::Settings;
use super::store::{Listed, Location, S3Location, Store};
use crate::fault::Fault;
use crate::redact::Redactor;
use crate::suite::Problems;
use crate::suite::problem::Problem;

/// Opens the place that the settings name; a relative folder begins at `root`.
///
/// # Errors
/// A value cannot be looked up, or the place cannot be one.
pub(crate) fn open(
    settings: &Settings,
    root: &Path,
    redactor: &Redactor,
    runtime: &Handle,
) -> Result<Store, Fault> {
    let mut location = Location::parse(&settings.location, root)?;
    if let Location::S3(s3) = &mut location {
        let found = settings.resolve_s3(redactor).map_err(|problems| told(&problems))?;
        *s3 = S3Location {
            bucket: s3.bucket.clone(),
            prefix: s3.prefix.clone(),
            endpoint: found.endpoint,
            region: found.region,
            access_key_id: found.access_key_id,
            secret_access_key: found.secret_access_key,
            session_token: found.session_token,
            allow_http: found.allow_http,
        };
    }
    Store::open(&location, runtime)
}

/// What is wrong with a file, as a fault.
pub(crate) fn told(problems: &Problems) -> Fault {
    let texts: Vec<String> = problems.list().iter().map(Problem::to_string).collect();
    let text = texts.join("\n\n");
    Fault::usage(text.strip_prefix("error: ").unwrap_or(&text))
}

/// What there is, for choosing and pruning.
pub(crate) fn known(listed: &[Listed]) -> Vec<Known> {
    let known = listed.iter().map(|listed| {
        let named = id::time_of(&listed.id).unwrap_or_default();
        let taken = listed.manifest.as_ref().map_or(named, |manifest| manifest.snapshot.time);
        Known { id: listed.id.clone(), taken, good: listed.manifest.is_ok() }
    });
    known.collect()
}

/// The backup that is meant. Damaged ones that were passed over are told of by `say`.
///
/// # Errors
/// There is none such.
pub(crate) fn find(store: &Store, choice: &Choice, say: impl Fn(&str)) -> Result<String, Fault> {
    let chosen = choose(&known(&store.list()?), choice)?;
    for id in &chosen.passed_over {
        say(&format!("the backup {id} is newer, and damaged: it was passed over"));
    }
    Ok(chosen.id)
}
