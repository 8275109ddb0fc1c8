//! An environment as that from which backups are made: its database, and its storage.
//!
//! ```toml
//! [environment.production.database]
//! url = { env = "PROD_DB_URL_READONLY" }
//!
//! [environment.production.storage]
//! url = { env = "PROD_SUPABASE_URL", secret = false }
//! key = { env = "PROD_SUPABASE_KEY" }
//! ```

use super::credential::short;
use super::load::Environments;
use super::lookup::Context;
use super::model::{DatabaseKind, Source, StorageSpec};
use crate::redact::Redactor;
use crate::suite::problem::{Problem, Problems, known};

/// Where a backup comes from, with its values in hand.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// The connection's URL, password and all.
    pub(crate) url: String,
    /// How it is restored into, where somebody says so.
    pub(crate) kind: Option<DatabaseKind>,
    /// The storage's URL and key, where the environment has them.
    pub(crate) storage: Option<(String, String)>,
}

impl std::fmt::Debug for Resolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Fetches what an environment says of its database and storage. Teaches the redactor the
/// connection's password, as it stands in the URL and decoded, the whole URL, and the storage's
/// key: even where they are written in the file.
///
/// # Errors
/// There is no such environment, or it names no database; or everything that cannot be fetched,
/// with the place that asks for it.
pub(crate) fn resolve_database(
    environments: &Environments,
    name: &str,
    redactor: &Redactor,
) -> Result<Resolved, Problems> {
    let Some(spec) = environments.file.environment.get(name) else {
        let message = format!("there is no environment `{name}` to back up");
        let names = environments.file.environment.keys().map(String::as_str);
        let file = environments.folder.join("environments.toml");
        let problem = Problem::of_file(&file, message).help(known(name, names)).help(form(name));
        return Err(problem.into());
    };
    let context = environments.context(name);
    let Some(database) = &spec.database else {
        let message = format!("the environment `{name}` does not say where its database is");
        return Err(context.problem(message).help(form(name)).into());
    };
    let mut problems = Problems::default();
    let url = database_url(&database.url, &context.at("/database/url"), redactor, &mut problems);
    let storage = spec.storage.as_ref();
    let storage = storage.map(|storage| storage_of(storage, &context, redactor, &mut problems));
    problems.or(())?;
    // Whatever is missing has been told of as a problem.
    let storage = storage.flatten();
    let kind = database.kind;
    url.map(|url| Resolved { url, kind, storage }).ok_or_else(Problems::default)
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
    format!(
        "write [environment.{name}.database] with `url = {{ env = \"PROD_DB_URL_READONLY\" }}`, or \
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
    let secrets = passwords(&text);
    if !secrets.iter().all(|secret| redactor.learn(secret)) {
        problems.push(short(context));
    }
    if !secrets.is_empty() {
        redactor.learn(&text);
    }
    if !text.starts_with("postgresql://") && !text.starts_with("postgres://") {
        let problem = context.problem("not the URL of a PostgreSQL database");
        problems.push(problem.help("expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE"));
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
        Ok(url) if !super::target::learn_password(&url, redactor) => problems.push(short(context)),
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

/// The passwords of a connection's URL, as they stand there and decoded. By hand and generously:
/// such a URL may name several hosts, which no reader of URLs takes, or a password as a
/// parameter; and a password that was not encoded as it should be is one all the same.
fn passwords(url: &str) -> Vec<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let mut found = Vec::new();
    // To the last `@`: one within the password should be encoded, and often is not.
    if let Some((user, _)) = rest.rsplit_once('@') {
        found.extend(user.split_once(':').map(|(_, password)| password));
    }
    // Its own end is the one that a URL gives it, if it holds no odd signs.
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((user, _)) = authority.rsplit_once('@') {
        found.extend(user.split_once(':').map(|(_, password)| password));
    }
    if let Some((_, query)) = rest.split_once('?') {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let secret = pairs.filter(|(key, _)| matches!(*key, "password" | "sslpassword"));
        found.extend(secret.map(|(_, value)| value));
    }
    let decoded = |text: &&str| {
        let decoded = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
        decoded.into_owned()
    };
    let decoded: Vec<String> = found.iter().map(decoded).collect();
    let mut all: Vec<String> = found.into_iter().map(str::to_owned).chain(decoded).collect();
    all.retain(|password| !password.is_empty());
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::{Resolved, passwords, resolve_database};
    use crate::environment::load::Environments;
    use crate::redact::Redactor;

    fn resolve(text: &str) -> (Result<Resolved, String>, Redactor) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("environments.toml"), text).unwrap();
        let redactor = Redactor::new(&[], Vec::new());
        let environments = match Environments::load(folder.path()) {
            Ok(environments) => environments,
            Err(problems) => return (Err(problems.to_string()), redactor),
        };
        let resolved = resolve_database(&environments, "production", &redactor);
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
        let resolved = resolved.unwrap();
        assert_eq!(resolved.url, "postgresql://app:s3%23cret@db.test:5432/postgres");
        let storage = resolved.storage.clone().unwrap();
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
                 [environment.production.storage]\nurl = { env = \"SMOKEDRILL_NONE_2\" }\n\
                 key = { env = \"SMOKEDRILL_NONE_3\" }\n",
                &["NONE_1", "NONE_2", "NONE_3", "export ", ".toml:2:7", "3 problems found"],
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
                "[environment.production.database]\nurl = \"postgresql://u:pw@h/d\"\n",
                &["fewer than 4 characters"],
            ),
        ] {
            let (resolved, _) = resolve(text);
            let told = resolved.unwrap_err();
            for part in says {
                assert!(told.contains(part), "{text}\ndoes not say {part:?}:\n{told}");
            }
        }
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

    #[test]
    fn every_password_of_a_url_is_found() {
        for (url, wanted) in [
            ("postgresql:///db", &[][..]),
            ("postgresql://user@host/db", &[]),
            ("postgresql://user:@host/db", &[]),
            ("postgresql://user:pass@host/db", &["pass"]),
            ("postgresql://user:pass@a:1,b:2/db", &["pass"]),
            ("postgresql://user:p%40ss@host/db", &["p%40ss", "p@ss"]),
            ("postgresql://host/db?user=u&password=pa%73s", &["pa%73s", "pass"]),
            ("postgresql://host/db?sslpassword=pass", &["pass"]),
        ] {
            assert_eq!(passwords(url), wanted, "{url}");
        }
        // Written without the encoding that a URL asks for.
        for (url, part) in [
            ("postgresql://user:pa/ss@host/db", "pa/ss"),
            ("postgresql://user:pa@ss@host/db", "pa@ss"),
            ("postgresql://user:pa#ss@host/db", "pa#ss"),
            ("postgresql://user:pa?ss@host/db", "pa?ss"),
            ("postgresql://user:pass@host/db?options=a@b", "pass"),
        ] {
            assert!(passwords(url).iter().any(|password| password == part), "{url}");
        }
    }
}
