//! What the backup needs of the target's server before anything is made: its version, roles and
//! extensions.

use crate::backup::archive::Toc;
use crate::backup::manifest::Manifest;
use crate::database::{ConnectionUrl, Session, major, quoted};
use crate::fault::Fault;

/// Finds out whether the server can take the archive in, and has every role and extension that it
/// names.
///
/// # Errors
/// Some are missing; all of them are told, with what to run.
pub(crate) async fn needs(
    url: &ConnectionUrl,
    toc: &Toc,
    manifest: &Manifest,
) -> Result<(), Fault> {
    let session = Session::open(url, "smokedrill restore").await?;
    version(&manifest.source.server_version, session.server_version() / 10_000)?;
    let said = |error: tokio_postgres::Error| session.said(&error);
    let names = async |sql: &str| {
        let rows = session.client().query(sql, &[]).await.map_err(said)?;
        Ok::<Vec<String>, Fault>(rows.iter().map(|row| row.get(0)).collect())
    };
    let roles = names("select rolname::text from pg_catalog.pg_roles").await?;
    let extensions = names("select name::text from pg_catalog.pg_available_extensions").await?;
    session.close().await;
    let missing: Vec<&String> = manifest
        .catalogue
        .roles
        .iter()
        .filter(|role| !roles.contains(role) && is_named(toc, role))
        .collect();
    if !missing.is_empty() {
        let list: Vec<_> = missing.iter().map(|role| role.as_str()).collect();
        let lines: Vec<_> =
            missing.iter().map(|role| format!("create role {} nologin;", quoted(role))).collect();
        let message = format!("the server has not the roles {}", list.join(", "));
        return Err(Fault::errored(message)
            .help(format!("make them there, as its superuser: {}", lines.join(" "))));
    }
    let wanted = toc.entries.iter().filter(|entry| entry.desc == "EXTENSION");
    let missing: Vec<&str> = wanted
        .map(|entry| entry.tag.as_str())
        .filter(|name| !extensions.iter().any(|there| there == name))
        .collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Fault::errored(format!(
            "the server does not offer the extensions {}",
            missing.join(", ")
        ))
        .help(
            "install them there: on Debian and Ubuntu in the packages `postgresql-contrib` and \
               `postgresql-VERSION-NAME`",
        )),
    }
}

/// Of an older server than production's, PostgreSQL promises nothing: it may not know what is there.
fn version(source: &str, target: i32) -> Result<(), Fault> {
    match major(source) {
        Some(source) if source > target => {
            let message = format!(
                "the backup is of PostgreSQL {source}, and the server to restore into is of the \
                 older version {target}, which need not understand it"
            );
            let help = format!("restore into a server of PostgreSQL {source}");
            Err(Fault::errored(message).help(help))
        }
        _ => Ok(()),
    }
}

/// Whether an archive speaks of a role: as an owner, in a grant or in a policy.
fn is_named(toc: &Toc, role: &str) -> bool {
    toc.entries.iter().any(|entry| {
        let speaks =
            matches!(entry.desc.as_str(), "ACL" | "DEFAULT ACL" | "POLICY" | "USER MAPPING");
        let definition = entry.definition.as_deref().unwrap_or_default();
        entry.owner.as_deref() == Some(role)
            || speaks
                && (definition.contains(&format!(" {role}")) || definition.contains(&quoted(role)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_server_is_refused_by_name_before_anything_is_made() {
        let told = version("17.2", 15).unwrap_err().to_string();
        assert!(told.contains("PostgreSQL 17") && told.contains("older version 15"), "{told}");
        assert!(version("18beta1", 17).is_err());
        for (source, target) in [("15.18", 15), ("15.18", 17), ("", 15)] {
            assert!(version(source, target).is_ok(), "{source} {target}");
        }
    }
}
