//! PostgreSQL's own programs, in the version that fits a server.
//!
//! `pg_dump` reads servers of its own version and older ones, and refuses newer. Of the same
//! version is best: what a newer one writes, the server's own `pg_restore` may not read.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::parameters::Roots;
use super::url::ConnectionUrl;
use crate::backup::manifest;
use crate::fault::Fault;

/// The programs that a backup and a restore take.
const NAMES: [&str; 4] = ["pg_dump", "pg_dumpall", "pg_restore", "psql"];

/// Folders that hold one installation per entry: (folder, start of the entry's name, the rest).
const PLACES: [(&str, &str, &str); 7] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "", "bin"),
    ("/usr/local/opt", "", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    ("/opt/local/lib", "postgresql", "bin"),
];

/// Where systems keep the certificates that they trust, in one PEM file.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The programs of one installation.
#[derive(Debug, Clone)]
pub(crate) struct PgTools {
    folder: PathBuf,
    major: i32,
    versions: Vec<manifest::Tool>,
}

impl PgTools {
    /// Finds the programs for a server: in the folder, if one is given; else in `PATH` and where
    /// systems put them.
    ///
    /// # Errors
    /// There are none, or only older ones than the server.
    pub(crate) fn find(folder: Option<&Path>, server_version: i32) -> Result<Self, Fault> {
        let folders = folder.map_or_else(candidates, |folder| vec![folder.to_owned()]);
        let found: Vec<Self> = folders.iter().filter_map(|folder| Self::at(folder)).collect();
        Self::choose(found, folder, server_version / 10_000)
            .map_err(|fault| fault.stage("PostgreSQL's programs"))
    }

    /// The version, such as 15.
    pub(crate) fn major(&self) -> i32 {
        self.major
    }

    /// What each says of its version.
    pub(crate) fn versions(&self) -> Vec<manifest::Tool> {
        self.versions.clone()
    }

    /// Calls one for a database. It speaks in English, asks nothing, takes no settings from the
    /// user's environment or files, and its sessions are read-only.
    pub(crate) fn command(&self, tool: &str, url: &ConnectionUrl, application: &str) -> Command {
        let mut command = self.plain(tool);
        for (name, value) in url.tool_environment(application) {
            command.env(name, value);
        }
        if let (Some(Roots::System), true) = (&url.parameters.roots, self.major < 16)
            && let Some(bundle) = BUNDLES.iter().find(|bundle| Path::new(bundle).exists())
        {
            // The word `system` is known from version 16 on.
            command.env("PGSSLROOTCERT", bundle);
        }
        command.arg("--no-password");
        match tool {
            // It would look for a database `postgres` first.
            "pg_dumpall" => command.arg(format!("--database={}", url.database())),
            _ => &mut command,
        };
        command
    }

    /// Calls one for no database, such as `pg_restore --list`.
    pub(crate) fn plain(&self, tool: &str) -> Command {
        bare(&self.folder.join(tool))
    }

    fn at(folder: &Path) -> Option<Self> {
        let tool = |name: &&str| {
            let version = version(&folder.join(name))?;
            Some(manifest::Tool { name: (*name).to_owned(), version })
        };
        let versions = NAMES.iter().map(tool).collect::<Option<Vec<_>>>()?;
        let major = major(&versions.first()?.version)?;
        let alike = versions.iter().all(|tool| self::major(&tool.version) == Some(major));
        alike.then(|| Self { folder: folder.to_owned(), major, versions })
    }

    fn choose(found: Vec<Self>, folder: Option<&Path>, server: i32) -> Result<Self, Fault> {
        let places: Vec<String> = found.iter().map(Self::place).collect();
        // Of one version the newest release; and Debian's wrapper, which stands for any, last.
        let best = found.into_iter().filter(|tools| tools.major >= server).min_by_key(|tools| {
            let wrapper = target(&tools.folder).ends_with("pg_wrapper");
            (tools.major - server, wrapper, std::cmp::Reverse(tools.release()))
        });
        if let Some(best) = best {
            return Ok(best);
        }
        let all = NAMES.join(", ");
        let message = match (places.is_empty(), folder) {
            (true, Some(folder)) => format!("{all} of one version are not in {}", folder.display()),
            (true, None) => format!("{all} of one version are not found"),
            (false, _) => format!(
                "the server is of version {server}, and only older programs are found: {}",
                places.join(", ")
            ),
        };
        Err(Fault::errored(message).help(format!(
            "install `postgresql-client-{server}` (Debian, Ubuntu; also from apt.postgresql.org), \
             `postgresql{server}` (Fedora, Red Hat) or `postgresql@{server}` (Homebrew), or name \
             the folder of such programs"
        )))
    }

    fn place(&self) -> String {
        format!("{} in {}", self.major, self.folder.display())
    }

    /// The numbers of the version: 15.18 is newer than 15.9.
    fn release(&self) -> Vec<u32> {
        let version = self.versions.first().map(|tool| number(&tool.version)).unwrap_or_default();
        version.split('.').filter_map(|part| part.parse().ok()).collect()
    }
}

/// The program itself, with nothing of the user's settings.
fn bare(program: &Path) -> Command {
    let mut command = Command::new(program);
    let ours = |name: &OsString| {
        let name = name.to_string_lossy();
        name.starts_with("PG") || name.starts_with("LC_") || name == "LANGUAGE" || name == "LANG"
    };
    for (name, _) in std::env::vars_os().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C").stdin(Stdio::null());
    command
}

/// What a program says of its version: `15.18 (Debian 15.18-0+deb12u1)`.
fn version(program: &Path) -> Option<String> {
    let output = bare(program).arg("--version").stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    let (_, version) = text.trim().split_once("(PostgreSQL) ")?;
    Some(version.to_owned())
}

/// The number at its front.
fn number(version: &str) -> &str {
    version.split_whitespace().next().unwrap_or_default()
}

/// `17.2` is of 17, and `18beta1` of 18.
pub(crate) fn major(version: &str) -> Option<i32> {
    version.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

/// What `pg_dump` in this folder really is.
fn target(folder: &Path) -> PathBuf {
    let program = folder.join(NAMES[0]);
    std::fs::canonicalize(&program).unwrap_or(program)
}

/// Folders with a `pg_dump`, each once.
fn candidates() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    for (folder, start, rest) in PLACES {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(start));
        folders.extend(named.map(|entry| entry.path().join(rest)));
    }
    folders.push("/usr/local/pgsql/bin".into());
    let mut seen = BTreeSet::new();
    folders.retain(|folder| folder.join(NAMES[0]).is_file() && seen.insert(target(folder)));
    folders
}

#[cfg(test)]
#[path = "tools_tests.rs"]
mod tests;
