//! From the settings to the place that backups are kept in.

use std::path::Path;

use tokio::runtime::Handle;

use super::choose::{Choice, Known, Origin, Whose, choose};
use super::id;
use super::manifest::{MANIFEST, Manifest};
use super::settings::Settings;
use super::store::{Hold, Listed, Location, S3Location, Store};
use crate::audit::Audit;
use crate::database::ConnectionUrl;
use crate::environment::load::Environments;
use crate::environment::source::resolve_database;
use crate::fault::{Fault, FaultKind};
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
        let of = listed.manifest.as_ref().map(|manifest| Origin::from(&manifest.source));
        Known { id: listed.id.clone(), taken, of: of.map_err(Clone::clone) }
    });
    known.collect()
}

/// A backup that was found.
pub(crate) struct Found {
    pub(crate) manifest: Manifest,
    /// SHA-256 of its manifest.
    pub(crate) sha256: String,
    pub(crate) hold: Hold,
}

/// The backup that is meant, its manifest held against the audit log where that knows it; and
/// what keeps the backup from being removed. Damaged ones that were passed over are told of by
/// `say`.
///
/// # Errors
/// There is none such; its manifest cannot be read, or is not the one that was written.
pub(crate) fn find(
    store: &Store,
    choice: &Choice,
    whose: Whose<'_>,
    audit: &Path,
    say: impl Fn(&str),
) -> Result<Found, Fault> {
    let id = match choice {
        // What is wrong with one that is named, its own reading says best.
        Choice::Id(id) => id.clone(),
        Choice::Latest | Choice::Previous => {
            let chosen = choose(&known(&store.list()?), choice, whose)?;
            for id in &chosen.passed_over {
                say(&format!("the backup {id} is newer, and damaged: it was passed over"));
            }
            chosen.id
        }
    };
    let (manifest, sha256) = match store.manifest(&id) {
        // Names those that there are.
        Err(fault) if fault.kind() == FaultKind::Errored => {
            let there = store.list().map(|listed| choose(&known(&listed), choice, whose));
            return Err(there.ok().and_then(Result::err).unwrap_or(fault));
        }
        found => found?,
    };
    on_record(audit, &id, &sha256)?;
    let hold = store.hold(&id)?;
    Ok(Found { manifest, sha256, hold })
}

/// Holds a manifest against what the audit log says of its making. A log that knows nothing of it
/// is that of another machine.
fn on_record(audit: &Path, id: &str, sha256: &str) -> Result<(), Fault> {
    let lines = Audit::lines(audit)?;
    let made =
        lines.iter().find(|line| line.object.as_deref() == Some(id) && line.manifest.is_some());
    match made.and_then(|line| line.manifest.as_deref()) {
        Some(recorded) if recorded != sha256 => {
            let message = format!(
                "its SHA-256 is {sha256}, and the audit log says that {recorded} was written"
            );
            let help = "it was written anew since the backup was made: take another backup, and \
                        find out who did";
            Err(Fault::failed(message).object(format!("{id}/{MANIFEST}")).help(help))
        }
        _ => Ok(()),
    }
}

/// The database that an environment names, where that can be found out.
pub(crate) fn url_of(
    environments: &Environments,
    environment: &str,
    redactor: &Redactor,
) -> Option<ConnectionUrl> {
    let found = resolve_database(environments, environment, redactor).ok()?;
    ConnectionUrl::parse(&found.url).ok()
}
