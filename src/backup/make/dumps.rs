//! What `pg_dump` and `pg_dumpall` give: the archive, and the roles.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::ffi::OsStringExt as _;
use std::process::Command;

use super::files::Files;
use super::order::{Order, Server};
use crate::backup::archive::Held;
use crate::backup::dump::{self, Said};
use crate::backup::encoding::Encoding;
use crate::backup::manifest::{FileRecord, Table};
use crate::backup::settings::Excluded;
use crate::backup::store::fault_of;
use crate::backup::stream;
use crate::backup::texts::{ROLES, Roles};
use crate::fault::Fault;

/// The archive's file, before a suffix for encryption.
const ARCHIVE: &str = "database.dump.zst";

/// Dumps the database as of a snapshot.
///
/// # Errors
/// `pg_dump` failed, what it gave is no whole archive, or it cannot be written.
pub(super) fn database(
    order: &Order<'_>,
    server: &Server<'_>,
    files: &Files<'_>,
    snapshot: &str,
    encoding: Encoding,
    application: &str,
) -> (Result<(Held, FileRecord), Fault>, Said) {
    let mut command = server.tools.command("pg_dump", server.url, application);
    let lock = order.settings.lock_timeout.as_millis();
    command
        // In the database's own encoding: what cannot be converted would be in no backup.
        .args(["--format=custom", "--compress=0", "--verbose"])
        .arg(format!("--snapshot={snapshot}"))
        // Its own option: it sets every time-out of the session to zero by itself.
        .arg(format!("--lock-wait-timeout={lock}"));
    exclude(&mut command, &order.settings.exclude, encoding);
    let (result, said) = dump::run(command, order.stop, |output| {
        let writer = files.raw(ARCHIVE, server.estimate)?;
        let (held, writer, bytes) = stream::compress(output, writer, order.progress, order.stop)?;
        left_out(&held, &order.settings.exclude)?;
        Ok((held, FileRecord { uncompressed: bytes, ..writer.finish()? }))
    });
    (result.map_err(|fault| fault.stage("database dump")), said)
}

/// Has `pg_dump` leave out what the settings leave out. It takes names in the encoding of the
/// database, like all that it is given.
pub(crate) fn exclude(command: &mut Command, excluded: &[Excluded], encoding: Encoding) {
    for one in excluded {
        let schema = quoted(&one.schema);
        let option = match (&one.table, one.data_only) {
            (Some(table), true) => format!("--exclude-table-data={schema}.{}", quoted(table)),
            (Some(table), false) => format!("--exclude-table={schema}.{}", quoted(table)),
            (None, true) => format!("--exclude-table-data={schema}.*"),
            (None, false) => format!("--exclude-schema={schema}"),
        };
        command.arg(OsString::from_vec(encoding.encode(&option)));
    }
}

/// A name as a pattern of `pg_dump` that matches nothing else.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Whether what is left out is not there: a pattern that matches nothing is no error of `pg_dump`'s.
fn left_out(held: &Held, excluded: &[Excluded]) -> Result<(), Fault> {
    let covered = |table: &&Table| {
        excluded.iter().any(|one| {
            one.schema == table.schema && one.table.as_ref().is_none_or(|name| *name == table.name)
        })
    };
    match held.tables.iter().find(covered) {
        None => Ok(()),
        Some(table) => {
            let message = "its rows are in the dump, and it is to be left out";
            let fault = Fault::failed(message).object(format!("{}.{}", table.schema, table.name));
            Err(fault.help("see [[backup.exclude]] in suites/drill.toml, and the dump's log"))
        }
    }
}

/// Dumps the roles, without their passwords' hashes: those are no part of the application, and
/// would let whoever reads a backup try passwords out.
///
/// # Errors
/// `pg_dumpall` failed, a role is missing, or the file cannot be written.
pub(super) fn roles(
    order: &Order<'_>,
    server: &Server<'_>,
    files: &Files<'_>,
    expected: &[String],
    application: &str,
) -> (Result<FileRecord, Fault>, Said) {
    let mut command = server.tools.command("pg_dumpall", server.url, application);
    command.args(["--globals-only", "--no-role-passwords"]);
    let (result, said) = dump::run(command, order.stop, |output| {
        let mut file = files.create(ROLES)?;
        let (mut found, mut names) = (BTreeSet::new(), Roles::default());
        let mut lines = BufReader::new(output);
        let mut line = Vec::new();
        loop {
            line.clear();
            match lines.read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => return Err(Fault::errored(format!("its output was lost: {error}"))),
            }
            found.extend(names.read(&line));
            file.write_all(&line).map_err(|error| fault_of(&error, file.name()))?;
        }
        let record = file.finish()?;
        match expected.iter().find(|role| !found.contains(*role)) {
            None => Ok(record),
            Some(role) => Err(Fault::failed("pg_dumpall did not write this role").object(role)),
        }
    });
    (result.map_err(|fault| fault.stage("roles")), said)
}

#[cfg(test)]
mod tests {
    use super::{left_out, quoted};
    use crate::backup::archive::{Held, Toc};
    use crate::backup::manifest::Table;
    use crate::backup::settings::Excluded;

    #[test]
    fn a_pattern_matches_one_name() {
        assert_eq!(quoted("a\"b*"), "\"a\"\"b*\"");
    }

    #[test]
    fn what_is_left_out_and_there_all_the_same_is_told() {
        let table = |schema: &str, name: &str| Table {
            schema: schema.to_owned(),
            name: name.to_owned(),
            entry: 1,
            rows: 1,
            bytes: 1,
            offset: 1,
        };
        let tables = vec![table("app", "kept"), table("hr", "pay")];
        let (large_objects, large_object_bytes, bytes) = (0, 0, 0);
        let held = Held { toc: Toc::default(), tables, large_objects, large_object_bytes, bytes };
        let out = |schema: &str, table: Option<&str>, data_only| {
            let table = table.map(str::to_owned);
            let excluded =
                Excluded { schema: schema.to_owned(), table, data_only, reason: "x".to_owned() };
            left_out(&held, &[excluded]).map_err(|fault| fault.line())
        };
        assert_eq!(out("app", Some("gone"), false), Ok(()));
        assert_eq!(out("HR", None, false), Ok(()));
        for told in [out("hr", None, false), out("hr", Some("pay"), true)] {
            assert!(told.unwrap_err().starts_with("hr.pay: its rows are in the dump"));
        }
    }
}
