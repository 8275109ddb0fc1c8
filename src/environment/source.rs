//! An environment as that from which backups are made: its database, and its storage.
//!
//! ```toml
//! [environment.production.database]
//! url = { env = "PROD_DB_URL_READONLY" }
//!
//! [environment.production.storage]
//! url = { env = "PROD_SUPABASE_URL", secret = false }
//! key = { env = "PROD_SUPABASE_SERVICE_KEY" }
//! ```

use super::credential::{short, short_password};
use super::load::Environments;
use super::lookup::Context;
use super::model::{DatabaseKind, Source, StorageSpec};
use super::password;
use crate::redact::Redactor;
use crate::suite::problem::{Problem, Problems, known};

/// Where a backup comes from, with its values in hand.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// The connection's URL, password and all.
    pub(crate) url: String,
    /// How it is restored into, where somebody says so.
    pub(crate) kind: Option<DatabaseKind>,
}

/// The storage of where a backup comes from.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Storage {
    /// The project's URL and key.
    There(String, String),
    /// It is optional, and neither of these variables is set.
    Unset(String, String),
    /// The environment says nothing of it.
    Unsaid,
}

impl Storage {
    /// URL and key, where they are at hand.
    pub(crate) fn there(self) -> Option<(String, String)> {
        match self {
            Self::There(url, key) => Some((url, key)),
            Self::Unset(..) | Self::Unsaid => None,
        }
    }
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl std::fmt::Debug for Resolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Fetches what an environment says of its database. Teaches the redactor the connection's
/// password, as it stands in the URL and decoded, and the whole URL: even where they are written in
/// the file. Its storage is nobody's concern here: whoever only connects needs no key of it.
///
/// # Errors
/// There is no such environment, or it names no database; or everything that cannot be fetched,
/// with the place that asks for it.
pub(crate) fn resolve_database(
    environments: &Environments,
    name: &str,
    redactor: &Redactor,
) -> Result<Resolved, Problems> {
    let mut problems = Problems::default();
    let found = database(environments, name, redactor, &mut problems);
    problems.or(())?;
    // Whatever is missing has been told of as a problem.
    found.ok_or_else(Problems::default)
}

/// The same, with the storage: teaches the redactor its key too.
///
/// # Errors
/// As of [`resolve_database`]; or one of the storage's two variables is set alone.
pub(crate) fn resolve_source(
    environments: &Environments,
    name: &str,
    redactor: &Redactor,
) -> Result<(Resolved, Storage), Problems> {
    let mut problems = Problems::default();
    let found = database(environments, name, redactor, &mut problems);
    let storage = storage(environments, name, redactor, &mut problems);
    problems.or(())?;
    found.zip(storage).ok_or_else(Problems::default)
}

fn database(
    environments: &Environments,
    name: &str,
    redactor: &Redactor,
    problems: &mut Problems,
) -> Option<Resolved> {
    let Some(spec) = environments.file.environment.get(name) else {
        let message = format!("there is no environment `{name}`");
        let names = environments.file.environment.keys().map(String::as_str);
        let file = environments.folder.join("environments.toml");
        let problem = Problem::of_file(&file, message).help(known(name, names)).help(form(name));
        problems.push(problem);
        return None;
    };
    let context = environments.context(name);
    let Some(database) = &spec.database else {
        let message = format!("the environment `{name}` does not say where its database is");
        problems.push(context.problem(message).help(form(name)));
        return None;
    };
    let url = database_url(&database.url, &context.at("/database/url"), redactor, problems)?;
    Some(Resolved { url, kind: database.kind })
}

/// The storage. It is optional, and so are the variables that it is looked up in, but together.
fn storage(
    environments: &Environments,
    name: &str,
    redactor: &Redactor,
    problems: &mut Problems,
) -> Option<Storage> {
    let spec = environments.file.environment.get(name).and_then(|spec| spec.storage.as_ref());
    let Some(spec) = spec else { return Some(Storage::Unsaid) };
    let context = environments.context(name);
    let (at_url, at_key) = (context.at("/storage/url"), context.at("/storage/key"));
    let unset = |context: &Context, source: &Source| match context.unset(source) {
        Ok(unset) => Ok(unset.map(str::to_owned)),
        Err(problem) => Err(problem),
    };
    match (unset(&at_url, &spec.url), unset(&at_key, &spec.key)) {
        (Ok(Some(url)), Ok(Some(key))) => return Some(Storage::Unset(url, key)),
        (Ok(Some(lacking)), Ok(None)) => {
            problems.push(alone(&at_url, &lacking, spec.key.variable()));
        }
        (Ok(None), Ok(Some(lacking))) => {
            problems.push(alone(&at_key, &lacking, spec.url.variable()));
        }
        _ => {
            let found = storage_of(spec, &context, redactor, problems);
            return found.map(|(url, key)| Storage::There(url, key));
        }
    }
    None
}

/// One of two is set.
fn alone(context: &Context, lacking: &str, set: Option<&str>) -> Problem {
    let problem = match set {
        Some(set) => context.problem(format!(
            "the environment variable `{lacking}` is not set, and `{set}` is: they belong together"
        )),
        None => context.problem(format!("the environment variable `{lacking}` is not set")),
    };
    let without = match set {
        Some(set) => format!("unset `{set}` too"),
        None => "remove the [environment.….storage]".to_owned(),
    };
    problem.help(format!(
        "export {lacking}=…, or write it into a file `.env`; to do without the storage API, {without}"
    ))
}

/// Whether an environment names its storage, and no database.
pub(crate) fn is_storage_alone(environments: &Environments, name: &str) -> bool {
    let spec = environments.file.environment.get(name);
    spec.is_some_and(|spec| spec.database.is_none() && spec.storage.is_some())
}

/// Fetches the URL and the key of an environment's storage, and teaches the redactor the key.
///
/// # Errors
/// It names none; or everything that cannot be fetched, with the place that asks for it.
pub(crate) fn resolve_storage(
    environments: &Environments,
    name: &str,
    redactor: &Redactor,
) -> Result<(String, String), Problems> {
    let context = environments.context(name);
    let spec = environments.file.environment.get(name);
    let Some(storage) = spec.and_then(|spec| spec.storage.as_ref()) else {
        let message = format!("the environment `{name}` does not say where its storage is");
        return Err(context.problem(message).into());
    };
    let mut problems = Problems::default();
    let found = storage_of(storage, &context, redactor, &mut problems);
    problems.or(())?;
    // Whatever is missing has been told of as a problem.
    found.ok_or_else(Problems::default)
}

/// The storage's URL and key.
fn storage_of(
    storage: &StorageSpec,
    context: &Context,
    redactor: &Redactor,
    problems: &mut Problems,
) -> Option<(String, String)> {
    let url = storage_url(&storage.url, &context.at("/storage/url"), redactor, problems);
    let key = find(&storage.key, true, &context.at("/storage/key"), redactor, problems);
    Some((url?, key?))
}

/// What to write where nothing is written.
fn form(name: &str) -> String {
    let started = match name {
        "local" => "that of `local` is started by the tests alone, and gone when they end; ",
        _ => "",
    };
    format!(
        "{started}write [environment.{name}.database] with `url = {{ env = \"PROD_DB_URL_READONLY\" }}`, or \
         name another environment as `source` in drill.toml"
    )
}

/// The connection's URL.
fn database_url(
    source: &Source,
    context: &Context,
    redactor: &Redactor,
    problems: &mut Problems,
) -> Option<String> {
    let text = find(source, false, context, redactor, problems)?;
    password::hide(&text, redactor);
    let place = match source.variable() {
        Some(variable) => format!("`{variable}`"),
        None => "the database".to_owned(),
    };
    if !text.starts_with("postgresql://") && !text.starts_with("postgres://") {
        let problem = context.problem(format!("not the URL of a PostgreSQL database, in {place}"));
        problems.push(problem.help("expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE"));
    } else if let Some((message, help)) = password::misspelt(&text, &place) {
        problems.push(context.problem(message).help(help));
    }
    Some(text)
}

/// The storage's URL.
fn storage_url(
    source: &Source,
    context: &Context,
    redactor: &Redactor,
    problems: &mut Problems,
) -> Option<String> {
    let text = find(source, false, context, redactor, problems)?;
    match super::target::base_url(&text) {
        Ok(url) if !super::target::learn_password(&url, redactor) => {
            problems.push(short_password(context));
        }
        Ok(_) => {}
        Err(message) => problems.push(context.problem(message)),
    }
    Some(text)
}

/// A value; `secret`: even where it is written in the file.
fn find(
    source: &Source,
    secret: bool,
    context: &Context,
    redactor: &Redactor,
    problems: &mut Problems,
) -> Option<String> {
    let found = context.find(source).map_err(|problem| problems.push(problem)).ok()?;
    if (secret || found.secret) && !redactor.learn(&found.text) {
        problems.push(short(context));
    }
    Some(found.text)
}

#[cfg(test)]
mod tests {
    use super::{Resolved, Storage, resolve_database, resolve_source};
    use crate::environment::load::Environments;
    use crate::redact::Redactor;

    fn resolve(text: &str) -> (Result<(Resolved, Storage), String>, Redactor) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("environments.toml"), text).unwrap();
        let redactor = Redactor::new(&[], Vec::new());
        let environments = match Environments::load(folder.path()) {
            Ok(environments) => environments,
            Err(problems) => return (Err(problems.to_string()), redactor),
        };
        let resolved = resolve_source(&environments, "production", &redactor);
        (resolved.map_err(|problems| problems.to_string()), redactor)
    }

    #[test]
    fn values_are_found_and_their_secrets_hidden() {
        let (resolved, redactor) = resolve(
            "[environment.production.database]\n\
             url = \"postgresql://app:s3%23cret@db.test:5432/postgres\"\n\
             [environment.production.storage]\n\
             url = { command = [\"printf\", \"https://abc.test\"], secret = false }\n\
             key = \"sb_secret_42\"\n",
        );
        let (resolved, storage) = resolved.unwrap();
        assert_eq!(format!("{storage:?}"), "***");
        assert_eq!(resolved.url, "postgresql://app:s3%23cret@db.test:5432/postgres");
        let storage = storage.there().unwrap();
        assert_eq!(storage, ("https://abc.test".to_owned(), "sb_secret_42".to_owned()));
        for told in ["x s3%23cret y", "x s3#cret y", "x sb_secret_42 y", &resolved.url] {
            assert!(redactor.secrets(told).contains("***"), "{told}");
        }
        assert_eq!(redactor.secrets("https://abc.test db.test"), "https://abc.test db.test");
        assert_eq!(format!("{resolved:?}"), "***");
    }

    #[test]
    fn what_is_missing_is_told_with_place_and_remedy() {
        for (text, says) in [
            ("[environment.staging]\n", &["no environment `production`", "known: staging"][..]),
            (
                "[environment.production]\nbase_url = \"https://a.test\"\n",
                &["does not say where its database is", ".toml:1:", "PROD_DB_URL_READONLY"],
            ),
            (
                "[environment.production.database]\nurl = { env = \"SMOKEDRILL_NONE_1\" }\n\
                 [environment.production.storage]\nurl = \"https://a.test\"\n\
                 key = { env = \"SMOKEDRILL_NONE_3\" }\n",
                &["NONE_1", "NONE_3", "export ", ".toml:2:7", "2 problems found"],
            ),
            (
                "[environment.production]\nstorage.url = \"https://a.test\"\n",
                &["the key `key` is missing"],
            ),
            (
                "[environment.production.database]\nurl = \"mysql://u:l0ngpassword@h/d\"\n",
                &["not the URL of a PostgreSQL database"],
            ),
            (
                "[environment.production.database]\nurl = \"postgresql://u:hun/ter22@h/d\"\n",
                &["must be percent-encoded", "`@` as `%40`", ".toml:2:7"],
            ),
            (
                "[environment.production.database]\nurl = \"postgresql://u:pass@h/d\"\n\
                 [environment.production.storage]\nurl = \"https://u:pw@a.test\"\nkey = \"long\"\n",
                &["the password in this URL", "fewer than 4 characters", "use a longer one"],
            ),
        ] {
            let (resolved, _) = resolve(text);
            let told = resolved.unwrap_err();
            for part in says {
                assert!(told.contains(part), "{text}\ndoes not say {part:?}:\n{told}");
            }
            assert!(!told.contains("secret = false") && !told.contains("ter22"), "{told}");
        }
    }

    #[test]
    fn storage_is_optional_and_half_of_it_is_an_error() {
        let text = |url: &str, key: &str| {
            format!(
                "[environment.production.database]\nurl = \"postgresql://u:pw@h/d\"\n\
                 [environment.production.storage]\nurl = {url}\nkey = {key}\n"
            )
        };
        let (unset, other) = ("{ env = \"SMOKEDRILL_NONE_2\" }", "{ env = \"SMOKEDRILL_NONE_3\" }");
        // Set wherever tests run; what it says is no URL, but is there.
        let set = "{ env = \"PATH\" }";
        let (_, storage) = resolve(&text(unset, other)).0.unwrap();
        let names = ["SMOKEDRILL_NONE_2", "SMOKEDRILL_NONE_3"].map(str::to_owned);
        assert!(storage == Storage::Unset(names[0].clone(), names[1].clone()));
        assert!(storage.there().is_none());
        for (url, key, parts) in [
            (
                unset,
                set,
                ["`SMOKEDRILL_NONE_2` is not set, and `PATH` is", "export SMOKEDRILL_NONE_2"],
            ),
            (set, other, ["`SMOKEDRILL_NONE_3` is not set, and `PATH` is", "unset `PATH`"]),
            (unset, "\"a-literal-key\"", ["`SMOKEDRILL_NONE_2` is not set", "remove the ["]),
            ("\"https://a.test\"", other, ["`SMOKEDRILL_NONE_3` is not set", "remove the ["]),
        ] {
            let told = resolve(&text(url, key)).0.unwrap_err();
            for part in parts {
                assert!(told.contains(part), "{url} {key} does not say {part}: {told}");
            }
        }
        // A default counts for set.
        let default = "{ env = \"SMOKEDRILL_NONE_2\", default = \"https://a.test\" }";
        let (_, storage) = resolve(&text(default, "\"a-literal-key\"")).0.unwrap();
        assert!(storage.there().is_some());
    }

    #[test]
    fn who_only_connects_is_asked_for_no_key_of_the_storage() {
        let folder = tempfile::tempdir().unwrap();
        let text = "[environment.production.database]\nurl = \"postgresql://u:pass@h/d\"\n\
                    [environment.production.storage]\nurl = \"https://a.test\"\n\
                    key = { env = \"SMOKEDRILL_NONE_3\" }\n";
        std::fs::write(folder.path().join("environments.toml"), text).unwrap();
        let environments = Environments::load(folder.path());
        let environments = environments.map_err(|problems| problems.to_string()).unwrap();
        let redactor = Redactor::new(&[], Vec::new());
        let found = resolve_database(&environments, "production", &redactor);
        assert!(found.is_ok() && resolve_source(&environments, "production", &redactor).is_err());
    }

    #[test]
    fn a_secret_in_the_file_is_in_no_excerpt_of_it() {
        for text in [
            "[environment.production.database]\nurl = \"mysql://u:hunter22@h/d\"\n",
            "[environment.production.database]\nurll = \"postgres://u:hunter22@h/d\"\n",
            "[environment.production.database]\nurl = \"postgres://u:hunter22@h/d\" x\n",
            "[environment.production]\ndatabase = \"postgres://u:hunter22@h/d\"\n",
            "[environment.production]\ndatabase = [\"postgres://u:hunter22@h/d\"\n",
            "[environment.production.storage]\nurl = \"https://a.test\"\nkey = \"hunter22\" x\n",
            "[environment.production.storage]\nurl = \"https://a.test\"\nky = \"hunter22\"\n",
        ] {
            let told = resolve(text).0.unwrap_err();
            assert!(!told.contains("hunter22"), "{text}\n{told}");
        }
    }
}
