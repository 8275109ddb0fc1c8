//! What `pg_dump` and `pg_dumpall` give: the archive, and the roles.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Command;

use super::files::Files;
use super::order::{Order, Server};
use crate::backup::archive::Held;
use crate::backup::dump::{self, Said};
use crate::backup::manifest::FileRecord;
use crate::backup::settings::Excluded;
use crate::backup::store::fault_of;
use crate::backup::stream;
use crate::backup::texts::{ROLES, role_of};
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
    exclude(&mut command, &order.settings.exclude);
    let (result, said) = dump::run(command, order.stop, |output| {
        let writer = files.raw(ARCHIVE, server.estimate)?;
        let (held, writer, bytes) = stream::compress(output, writer, order.progress, order.stop)?;
        Ok((held, FileRecord { uncompressed: bytes, ..writer.finish()? }))
    });
    (result.map_err(|fault| fault.stage("database dump")), said)
}

fn exclude(command: &mut Command, excluded: &[Excluded]) {
    for one in excluded {
        let schema = quoted(&one.schema);
        match (&one.table, one.data_only) {
            (Some(table), true) => {
                command.arg(format!("--exclude-table-data={schema}.{}", quoted(table)))
            }
            (Some(table), false) => {
                command.arg(format!("--exclude-table={schema}.{}", quoted(table)))
            }
            (None, true) => command.arg(format!("--exclude-table-data={schema}.*")),
            (None, false) => command.arg(format!("--exclude-schema={schema}")),
        };
    }
}

/// A name as a pattern of `pg_dump` that matches nothing else.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
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
        let mut found = BTreeSet::new();
        let mut lines = BufReader::new(output);
        let mut line = Vec::new();
        loop {
            line.clear();
            match lines.read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => return Err(Fault::errored(format!("its output was lost: {error}"))),
            }
            found.extend(role_of(&line));
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
    use super::quoted;

    #[test]
    fn a_pattern_matches_one_name() {
        assert_eq!(quoted("a\"b*"), "\"a\"\"b*\"");
    }
}
