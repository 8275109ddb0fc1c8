//! From the settings to the place that backups are kept in.

use std::path::Path;

use tokio::runtime::Handle;

use super::choose::{Choice, Known, choose};
use super::id;
use super::manifest::{MANIFEST, Manifest};
use super::origin::{Part, Reached, Whose};
use super::settings::Settings;
use super::storage::project_url;
use super::store::{Hold, Listed, Location, S3Location, Store};
use crate::audit::{Audit, Line};
use crate::database::ConnectionUrl;
use crate::environment::load::Environments;
use crate::environment::source::{is_storage_alone, resolve_database, resolve_storage};
use crate::fault::{Fault, FaultKind};
use crate::redact::Redactor;
use crate::suite::Problems;
use crate::suite::problem::{Problem, known as known_names};

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
        let of = listed.manifest.as_ref().map(|manifest| Reached::from(&manifest.source));
        let (id, refuted) = (listed.id.clone(), listed.refuted.clone());
        Known { id, taken, of: of.map_err(Clone::clone), refuted }
    });
    known.collect()
}

/// A backup that was found.
pub(crate) struct Found {
    pub(crate) manifest: Manifest,
    /// The hash of its manifest.
    pub(crate) sha256: String,
    /// The proofs of it that failed.
    pub(crate) refuted: Vec<String>,
    /// Keeps it from being removed.
    pub(crate) hold: Hold,
}

impl Found {
    /// Which backup it is, for people to read and for reports to keep.
    pub(crate) fn shown(&self) -> String {
        let of = Reached::from(&self.manifest.source).shown();
        format!("{} of {of}, its manifest's SHA-256 {}", self.manifest.id, self.sha256)
    }
}

/// The backup that is meant, its manifest held against the audit log where that knows it. Bad
/// ones that were passed over are told of by `say`.
///
/// # Errors
/// There is none such; it is another environment's; its manifest cannot be read, or is not the
/// one that was written.
pub(crate) fn find(
    store: &Store,
    choice: &Choice,
    whose: Whose<'_>,
    audit: &Path,
    say: impl Fn(&str),
) -> Result<Found, Fault> {
    let sought = |fault: Fault| fault.object(store.shown());
    let id = match choice {
        // What is wrong with one that is named, its own reading says best.
        Choice::Id(id) => id.clone(),
        Choice::Latest | Choice::Previous => {
            let chosen = choose(&known(&store.list()?), choice, whose).map_err(sought)?;
            for (id, wrong) in &chosen.passed_over {
                say(&format!("the backup {id} is newer, and was passed over: {wrong}"));
            }
            chosen.id
        }
    };
    let (manifest, sha256) = match store.manifest(&id) {
        // Names those that there are.
        Err(fault) if fault.kind() == FaultKind::Errored => {
            let there = store.list().map(|listed| choose(&known(&listed), choice, whose));
            return Err(there.ok().and_then(Result::err).map_or(fault, sought));
        }
        found => found?,
    };
    on_record(&Audit::lines(audit)?, &id, &sha256)?;
    if let Choice::Id(_) = choice {
        let admitted = whose.admits(&Reached::from(&manifest.source));
        let note = admitted.map_err(|fault| fault.stage("choosing a backup").object(&id))?;
        note.iter().for_each(|note| say(note));
    }
    let (hold, refuted) = (store.hold(&id)?, store.refuted(&id)?);
    if let [_, ..] = refuted.as_slice() {
        say(&format!("of the backup {id} a proof failed before: {}", refuted.join(", ")));
    }
    Ok(Found { manifest, sha256, refuted, hold })
}

/// Holds a manifest against what the audit log says of its making. A log that knows nothing of it
/// is that of another machine.
///
/// # Errors
/// It is not as it was written.
pub(crate) fn on_record(lines: &[Line], id: &str, sha256: &str) -> Result<(), Fault> {
    // Lines of drills and of statements hold hashes, too.
    let made = lines.iter().find(|line| {
        line.operation.starts_with("backup.")
            && line.object.as_deref() == Some(id)
            && line.manifest.is_some()
    });
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

/// The environment whose backups are meant where none is named: the source of `drill.toml`; but
/// where no URL of it is configured and none of it was ever backed up here, that of the newest
/// demonstration. So a demonstration is never taken for a production that is known.
///
/// # Errors
/// The named one is none of `environments.toml`.
pub(crate) fn meant(
    named: Option<&str>,
    settings: &Settings,
    environments: &Environments,
    store: &Store,
) -> Result<String, Fault> {
    let source = &settings.source;
    if let Some(named) = named {
        let names = environments.names(&[]);
        return match names.contains(&named) {
            true => Ok(named.to_owned()),
            false => Err(Fault::usage(format!("there is no environment `{named}`"))
                .object("suites/environments.toml")
                .help(known_names(named, names))),
        };
    }
    if is_configured(environments, source) {
        return Ok(source.clone());
    }
    let listed = store.list().unwrap_or_default();
    let mut manifests = listed.iter().filter_map(|listed| listed.manifest.as_ref().ok());
    let of_source = manifests.clone().any(|manifest| manifest.source.environment == *source);
    let demonstration = manifests.find(|manifest| manifest.source.started);
    Ok(match demonstration {
        Some(manifest) if !of_source => manifest.source.environment.clone(),
        _ => source.clone(),
    })
}

/// Whether the value of an environment's URL is at hand, right or wrong.
pub(crate) fn is_configured(environments: &Environments, environment: &str) -> bool {
    let Some(spec) = environments.file.environment.get(environment) else { return false };
    let context = environments.context(environment);
    match (&spec.database, &spec.storage) {
        (Some(database), _) => context.at("/database/url").find(&database.url).is_ok(),
        (None, Some(storage)) => context.at("/storage/key").find(&storage.key).is_ok(),
        (None, None) => false,
    }
}

/// Which part of an environment is backed up: storage alone, where that is all that is named.
pub(crate) fn part_of(environments: &Environments, environment: &str, redactor: &Redactor) -> Part {
    if !is_storage_alone(environments, environment) {
        return Part::Database;
    }
    let found = resolve_storage(environments, environment, redactor).ok();
    Part::Storage(found.and_then(|(url, _)| project_url(&url).ok()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::store::testing;

    fn published(store: &Store, id: &str, environment: &str, started: bool) {
        let draft = store.begin(id, &testing::holder()).unwrap();
        let record = testing::write(&draft, "a.zst", b"x", None);
        let mut manifest = testing::manifest(id, vec![record]);
        manifest.source.environment = environment.to_owned();
        manifest.source.started = started;
        draft.publish(&manifest).unwrap();
    }

    #[test]
    fn a_demonstration_is_meant_only_where_nothing_is_known_of_production() {
        let suites = tempfile::tempdir().unwrap();
        let home = tempfile::tempdir().unwrap();
        let store = testing::folder(&home.path().join("backups"));
        let file = |url: &str| {
            let text =
                format!("[environment.local]\n[environment.production.database]\nurl = {url}\n");
            std::fs::write(suites.path().join("environments.toml"), text).unwrap();
        };
        let which = |named: Option<&str>| {
            let settings = Settings::load(suites.path()).map_err(|problems| told(&problems));
            let environments =
                Environments::load(suites.path()).map_err(|problems| told(&problems));
            meant(named, &settings.unwrap(), &environments.unwrap(), &store)
        };
        file("{ env = \"SMOKEDRILL_TEST_NO_SUCH_VARIABLE\" }");
        assert_eq!(which(None).unwrap(), "production", "nothing is there");
        published(&store, "20261124T034125Z-00000001", "local", true);
        assert_eq!(which(None).unwrap(), "local");
        // Whoever has production's URL means production, also where it is wrong.
        file("\"not a url\"");
        assert_eq!(which(None).unwrap(), "production");
        file("{ env = \"SMOKEDRILL_TEST_NO_SUCH_VARIABLE\" }");
        published(&store, "20261124T034126Z-00000002", "production", false);
        assert_eq!(which(None).unwrap(), "production", "it was backed up here");
        assert_eq!(which(Some("local")).unwrap(), "local");
        let told = which(Some("productoin")).unwrap_err().to_string();
        assert!(
            told.contains("no environment `productoin`") && told.contains("production"),
            "{told}"
        );
    }
}
