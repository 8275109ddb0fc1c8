//! The texts of a backup, read again: its roles, and what the tools said.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};

use super::dump::is_error;
use super::encoding::Encoding;
use super::encryption::Identities;
use super::manifest::Manifest;
use super::store::{Store, fault_of};
use super::stream;
use crate::fault::Fault;

/// The file of roles, before a suffix for encryption.
pub(crate) const ROLES: &str = "roles.sql.zst";

/// A text's lines.
type Lines = Box<dyn BufRead>;

/// The roles that a backup's file does not make; nothing where it is encrypted and no private key
/// is there.
///
/// # Errors
/// There is no such file, or it cannot be read.
pub(crate) fn missing_roles(
    store: &Store,
    manifest: &Manifest,
    identities: Option<&Identities>,
) -> Result<Option<Vec<String>>, Fault> {
    let file = manifest.files.iter().find(|file| file.name.starts_with(ROLES));
    let Some(file) = file else { return Err(Fault::failed("there is no file of roles")) };
    let Some(lines) = open(store, manifest, identities, &file.name)? else { return Ok(None) };
    let mut missing: BTreeSet<String> = manifest.catalogue.roles.iter().cloned().collect();
    let mut roles = Roles::default();
    each(lines, &file.name, |line| {
        if let Some(role) = roles.read(line) {
            missing.remove(&role);
        }
    })?;
    Ok(Some(missing.into_iter().collect()))
}

/// The lines of a backup's log that tell of an error; nothing where it is encrypted and no private
/// key is there.
///
/// # Errors
/// It cannot be read.
pub(crate) fn logged_errors(
    store: &Store,
    manifest: &Manifest,
    identities: Option<&Identities>,
) -> Result<Option<Vec<String>>, Fault> {
    let Some(log) = &manifest.log else { return Ok(None) };
    let name = &log.file;
    let Some(lines) = open(store, manifest, identities, name)? else { return Ok(None) };
    let mut errors = Vec::new();
    each(lines, name, |line| {
        let line = String::from_utf8_lossy(line);
        if is_error(&line) {
            errors.push(line.trim_end().to_owned());
        }
    })?;
    Ok(Some(errors))
}

/// Reads the names of roles off the lines that `pg_dumpall` writes.
#[derive(Debug, Default)]
pub(crate) struct Roles {
    encoding: Encoding,
}

impl Roles {
    /// The role that the next line makes, `CREATE ROLE name;`.
    pub(crate) fn read(&mut self, line: &[u8]) -> Option<String> {
        if let Some(encoding) = Encoding::set_by(line) {
            self.encoding = encoding;
        }
        let rest = self.encoding.decode(line.strip_prefix(b"CREATE ROLE ")?.to_vec());
        let name = rest.trim_end().trim_end_matches(';');
        Some(match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
            Some(name) => name.replace("\"\"", "\""),
            None => name.to_owned(),
        })
    }
}

fn open(
    store: &Store,
    manifest: &Manifest,
    identities: Option<&Identities>,
    name: &str,
) -> Result<Option<Lines>, Fault> {
    let place = |fault: Fault| fault.object(name);
    let input = store.open_file(&manifest.id, name)?;
    Ok(match (manifest.recipients.is_empty(), identities) {
        (true, _) => Some(Box::new(BufReader::new(stream::expand(input).map_err(place)?))),
        (false, Some(identities)) => {
            let plain = identities.decrypt(input).map_err(place)?;
            Some(Box::new(BufReader::new(stream::expand(plain).map_err(place)?)))
        }
        (false, None) => None,
    })
}

fn each(mut lines: Lines, name: &str, mut take: impl FnMut(&[u8])) -> Result<(), Fault> {
    let mut line = Vec::new();
    loop {
        line.clear();
        match lines.read_until(b'\n', &mut line) {
            Ok(0) => return Ok(()),
            Ok(_) => take(&line),
            Err(error) => return Err(fault_of(&error, name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Roles, logged_errors, missing_roles};
    use crate::backup::store::testing::{self, ID};

    #[test]
    fn names_of_roles_are_read_as_they_were_written() {
        let role_of = |line: &[u8]| Roles::default().read(line);
        assert_eq!(role_of(b"CREATE ROLE anon;\n").as_deref(), Some("anon"));
        assert_eq!(role_of(b"CREATE ROLE \"Old \"\"x\"\"\";\n").as_deref(), Some("Old \"x\""));
        assert_eq!(role_of(b"ALTER ROLE anon WITH LOGIN;\n"), None);
        let mut roles = Roles::default();
        assert_eq!(roles.read(b"SET client_encoding = 'LATIN1';\n"), None);
        assert_eq!(roles.read(b"CREATE ROLE \"J\xf6rg\";\n").as_deref(), Some("Jörg"));
    }

    #[test]
    fn a_role_that_is_missing_and_an_error_that_was_logged_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let store = testing::folder(folder.path());
        let draft = store.begin(ID, &testing::holder()).unwrap();
        let packed = |text: &str| zstd::encode_all(text.as_bytes(), 1).unwrap();
        let roles = packed("SET x;\nCREATE ROLE anon;\nCREATE ROLE \"Old One\";\n");
        let log = packed("pg_dump: dumping\npg_dump: warning: w\npg_dump: error: gone\n");
        let files = vec![
            testing::write(&draft, "a.zst", &log, None),
            testing::write(&draft, "roles.sql.zst", &roles, None),
        ];
        let mut manifest = testing::manifest(ID, files);
        manifest.catalogue.roles = ["anon", "Old One", "lost"].map(str::to_owned).into();
        draft.publish(&manifest).unwrap();
        assert_eq!(missing_roles(&store, &manifest, None).unwrap().unwrap(), ["lost"]);
        let errors = logged_errors(&store, &manifest, None).unwrap().unwrap();
        assert_eq!(errors, ["pg_dump: error: gone"]);
        manifest.recipients = vec!["age1".into()];
        assert_eq!(missing_roles(&store, &manifest, None).unwrap(), None);
    }
}
