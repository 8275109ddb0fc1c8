//! Every object of a source, in the words that `pg_dump` has for it in an archive.
//!
//! `pg_restore --list` shows an entry as kind, schema and tag: `TRIGGER public jobs jobs_touch`.
//! The same three, in small letters but for schema and tag, are an [`Object`] here; so what an
//! archive lacks is found by comparing lists. The rules of what becomes an entry are `pg_dump`'s
//! (its source, `pg_dump.c`): objects of extensions come back with the extension, the checks of
//! a table with the table unless they were never validated.
//!
//! Left out, since they follow from others or are data: comments and privileges (a part of the
//! definition instead), defaults of columns, owners of sequences, positions of sequences, rows,
//! large objects, shell types, transforms and subscriptions.
//!
//! What people add to the objects of an extension, such as a trigger on its table, is not here,
//! because `pg_dump` does not dump it; nor are their grants, which it does dump.
//!
//! The definitions are free of the catalogue's own numbers: a restored object has the same.

mod columns;
mod estimate;

pub(crate) use estimate::estimate;

use sha2::{Digest, Sha256};

use super::Excluded;
use super::session::Session;
use crate::backup::manifest::{Catalogue, Extension, Object};
use crate::fault::Fault;

/// The queries, each to be put behind the prelude, with the first version that knows what they
/// ask for.
const QUERIES: [(&str, i32); 5] = [
    (include_str!("relations.sql"), 0),
    (include_str!("parts.sql"), 0),
    (include_str!("types.sql"), 0),
    (include_str!("others.sql"), 0),
    (include_str!("publications.sql"), 150_000),
];

pub(super) const PRELUDE: &str = include_str!("prelude.sql");

/// A definition is given by the first 16 digits of its SHA-256.
const SELECT: &str = "select kind, schema::text, name::text,
    left(encode(sha256(convert_to(coalesce(definition, ''), getdatabaseencoding()::name)), 'hex'), 16)
    from object";

/// Every object but what is excluded, as the session sees it: give it a snapshot's session, and
/// it is that of the dump. A view is not read while a migration holds it for itself.
///
/// # Errors
/// The connection is lost, or a lock is waited for too long.
pub(crate) async fn catalogue(session: &Session, excluded: &Excluded) -> Result<Catalogue, Fault> {
    let said = |error: tokio_postgres::Error| session.said(&error).stage("catalogue");
    let mut catalogue = Catalogue::default();
    for (query, since) in QUERIES {
        if session.server_version() < since {
            continue;
        }
        let sql = format!("{PRELUDE}{query}{SELECT}");
        let rows = session.client().query(&sql, &[&excluded.schemas, &excluded.tables]).await;
        catalogue.objects.extend(rows.map_err(said)?.iter().map(|row| Object {
            kind: row.get(0),
            schema: row.get(1),
            name: row.get(2),
            definition: row.get(3),
        }));
    }
    catalogue.objects.sort();
    catalogue.columns = columns::columns(session, excluded).await?;
    let extensions = "select extname::text, extversion, nspname::text
        from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
        order by 1";
    let rows = session.client().query(extensions, &[]).await.map_err(said)?;
    let extension = |row: &tokio_postgres::Row| Extension {
        name: row.get(0),
        version: row.get(1),
        schema: row.get(2),
    };
    catalogue.extensions = rows.iter().map(extension).collect();
    catalogue.roles = roles(session).await?;
    Ok(catalogue)
}

/// The server's roles, but for its own.
///
/// # Errors
/// The connection is lost.
pub(crate) async fn roles(session: &Session) -> Result<Vec<String>, Fault> {
    let roles = "select rolname::text from pg_catalog.pg_roles where rolname !~ '^pg_' order by 1";
    let rows = session.client().query(roles, &[]).await;
    let rows = rows.map_err(|error| session.said(&error).stage("catalogue"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// One hash over all objects and extensions with their definitions. Roles are of the whole
/// server, and platforms make some for minutes; they are no part of it.
pub(crate) fn fingerprint(catalogue: &Catalogue) -> String {
    let mut hash = Sha256::new();
    let mut add = |parts: &[&str]| {
        for part in parts {
            // The length keeps neighbours apart.
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    };
    for Object { kind, schema, name, definition } in &catalogue.objects {
        add(&[kind, schema.as_deref().unwrap_or_default(), name, definition]);
    }
    for Extension { name, version, schema } in &catalogue.extensions {
        add(&["extension", name, version, schema]);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
