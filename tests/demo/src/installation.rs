//! Where PostgreSQL is installed, and how its programs are called.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::account::Account;

/// Names the folder of `initdb` and `postgres`, for installations that are in no usual place.
const OVERRIDE: &str = "SMOKEDRILL_DEMO_POSTGRES_BIN";

/// Folders that hold one installation per entry, as (folder, start of the entry's name, the rest).
/// Debian keeps the server out of PATH, and so does Homebrew for a versioned formula.
const PLACES: [(&str, &str, &str); 7] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/local", "pgsql", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    ("/opt/local/lib", "postgresql", "bin"),
];

/// A folder with a PostgreSQL server in it.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    bin: PathBuf,
    version: u32,
}

impl Installation {
    /// The newest installation of this machine, if it is new enough.
    pub(crate) fn find(oldest: u32) -> Result<Installation, String> {
        if let Some(bin) = env::var_os(OVERRIDE) {
            let bin = PathBuf::from(bin);
            let found = Installation::at(&bin);
            return found.filter(|found| found.version >= oldest).ok_or_else(|| {
                format!(
                    "{OVERRIDE} is {}, but there are no working initdb and postgres of version \
                     {oldest} or newer in it",
                    bin.display()
                )
            });
        }
        let newest = candidates()
            .iter()
            .filter_map(|bin| Installation::at(bin))
            .max_by_key(|found| found.version);
        match newest {
            Some(found) if found.version >= oldest => Ok(found),
            Some(found) => Err(missing(&format!(
                "PostgreSQL {} in {} is too old: the demo environment needs {oldest} or newer",
                found.version,
                found.bin.display()
            ))),
            None => Err(missing(
                "the demo environment needs a PostgreSQL server, and none is installed \
                 (looked for initdb and postgres)",
            )),
        }
    }

    fn at(bin: &Path) -> Option<Installation> {
        // What PATH has may be a link to one program, without its siblings beside it.
        let initdb = fs::canonicalize(bin.join("initdb")).ok().filter(|found| found.is_file())?;
        let bin = initdb.parent()?.to_owned();
        let said = output(Command::new(bin.join("postgres")).arg("--version"))?;
        Some(Installation { version: major(&said)?, bin })
    }

    /// The folder of its programs.
    pub(crate) fn bin(&self) -> &Path {
        &self.bin
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }
}

/// A command that works in `folder`, as `account`, and takes no settings from our environment.
pub(crate) fn command(program: &Path, folder: &Path, account: Account) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        // PGDATA, PGPORT, PGOPTIONS and the like would speak to these programs behind our back.
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    // With a time zone given, initdb does not search the whole zone database for ours.
    command.env("TZ", "UTC").env("LC_ALL", "C");
    command.current_dir(folder).stdin(Stdio::null());
    account.run(&mut command);
    command
}

/// Folders that may hold the server's binaries, each once.
fn candidates() -> BTreeSet<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> = env::split_paths(&path).collect();
    found.extend(output(Command::new("pg_config").arg("--bindir")).map(PathBuf::from));
    found.push(PathBuf::from("/usr/local/pgsql/bin"));
    for (folder, start, rest) in PLACES {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(start) {
                found.push(entry.path().join(rest));
            }
        }
    }
    let found = found.into_iter().filter(|bin| bin.join("postgres").is_file());
    found.map(|bin| fs::canonicalize(&bin).unwrap_or(bin)).collect()
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// `postgres (PostgreSQL) 17.2 (Debian 17.2-1)` is of version 17, and `18beta1` of 18.
fn major(said: &str) -> Option<u32> {
    let number =
        said.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let digits = number.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

fn missing(what: &str) -> String {
    format!(
        "{what}\n\
         install it with\n\
         \x20   Debian, Ubuntu:  sudo apt-get install postgresql\n\
         \x20   macOS:           brew install postgresql@17\n\
         or name the folder of an installation's programs in {OVERRIDE}"
    )
}

#[cfg(test)]
mod tests {
    use super::{major, missing};

    #[test]
    fn versions_are_read_as_distributions_print_them() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 17.2 (Homebrew)"), Some(17));
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("something else"), None);
    }

    #[test]
    fn a_missing_server_names_the_packages() {
        let text = missing("none");
        assert!(text.contains("apt-get install postgresql"), "{text}");
        assert!(text.contains("brew install postgresql@17"), "{text}");
    }
}
