//! Whether the role may read all that is to be dumped, asked before anything long starts.
//!
//! `pg_dump` needs USAGE on the schemas and SELECT on the tables and sequences that it takes; of
//! views, materialised views and foreign tables it takes the definition alone, which anybody may
//! read. It refuses to see some rows only: the role must own a table under row security, or
//! bypass that. Large objects have owners and grants of their own, which no general role covers.

use tokio_postgres::types::ToSql;

use super::Excluded;
use super::catalogue::PRELUDE;
use super::session::Session;
use crate::fault::Fault;

/// How many names a text shows.
const SHOWN: usize = 10;

/// What a role may not read. Names are plain, as `schema.name`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Privileges {
    /// Whether it is a superuser.
    pub(crate) superuser: bool,
    /// Whether row security is not applied to it.
    pub(crate) bypasses_row_security: bool,
    /// Schemas with something to dump, without USAGE.
    pub(crate) schemas: Vec<String>,
    /// Tables without SELECT.
    pub(crate) tables: Vec<String>,
    /// Sequences without SELECT.
    pub(crate) sequences: Vec<String>,
    /// Tables whose row security applies to it.
    pub(crate) row_security: Vec<String>,
    /// Large objects that it may not read, by number.
    pub(crate) large_objects: Vec<String>,
    role: String,
    grants: Vec<String>,
}

/// Asks what the session's role may not read, but for what is left out, and for what the rows
/// alone are left out of.
///
/// # Errors
/// The connection is lost.
pub(crate) async fn privileges(
    session: &Session,
    excluded: &Excluded,
    rows: &Excluded,
) -> Result<Privileges, Fault> {
    let said = |error: tokio_postgres::Error| session.said(&error).stage("privileges");
    let sql = format!("{PRELUDE}{}", include_str!("privileges.sql"));
    let left_out: [&(dyn ToSql + Sync); 4] =
        [&excluded.schemas, &excluded.tables, &rows.schemas, &rows.tables];
    let lacking = session.client().query(&sql, &left_out).await;
    let mut privileges = Privileges::default();
    for row in lacking.map_err(said)? {
        privileges.role = row.get(3);
        privileges.superuser = row.get(4);
        privileges.bypasses_row_security = row.get(5);
        let (Some(what), Some(name), Some(plain)) =
            (row.get::<_, Option<String>>(0), row.get::<_, Option<String>>(1), row.get(2))
        else {
            continue;
        };
        privileges.add(&what, &name, plain);
    }
    Ok(privileges)
}

impl Privileges {
    /// Whether all can be read.
    pub(crate) fn sufficient(&self) -> bool {
        self.grants.is_empty()
    }

    /// What is missing, and what to paste where; nothing if all can be read.
    pub(crate) fn fault(&self) -> Option<Fault> {
        if self.sufficient() {
            return None;
        }
        let kinds = [
            ("USAGE on the schema", &self.schemas),
            ("SELECT on the table", &self.tables),
            ("SELECT on the sequence", &self.sequences),
            ("the right to bypass row security on the table", &self.row_security),
            ("SELECT on the large object", &self.large_objects),
        ];
        let missing: Vec<String> = kinds
            .iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(right, names)| {
                let several = if names.len() == 1 { "" } else { "s" };
                format!("{right}{several} {}", some(names, ", "))
            })
            .collect();
        let message = format!("the role {} lacks {}", self.role, missing.join("; and "));
        Some(Fault::errored(message).stage("privileges").help(self.remedy()))
    }

    fn add(&mut self, what: &str, name: &str, plain: String) {
        let role = &self.role;
        let (names, grant) = match what {
            "schema" => (&mut self.schemas, format!("GRANT USAGE ON SCHEMA {name} TO {role};")),
            "table" => (&mut self.tables, format!("GRANT SELECT ON TABLE {name} TO {role};")),
            "sequence" => {
                (&mut self.sequences, format!("GRANT SELECT ON SEQUENCE {name} TO {role};"))
            }
            "rows" => (&mut self.row_security, format!("ALTER ROLE {role} BYPASSRLS;")),
            _ => {
                (&mut self.large_objects, format!("GRANT SELECT ON LARGE OBJECT {name} TO {role};"))
            }
        };
        names.push(plain);
        if !self.grants.contains(&grant) {
            self.grants.push(grant);
        }
    }

    /// Lines for SQL, and lines for the configuration.
    fn remedy(&self) -> String {
        let schemas = self.schemas.iter().map(|name| exclusion("schema", name));
        // A schema that is left out takes its tables along.
        let covered = |table: &&String| {
            self.schemas.iter().any(|schema| table.starts_with(&format!("{schema}.")))
        };
        let mut tables: Vec<&String> = self.tables.iter().chain(&self.row_security).collect();
        tables.sort();
        tables.dedup();
        let tables = tables.into_iter().filter(|table| !covered(table));
        let exclusions: Vec<String> =
            schemas.chain(tables.map(|name| exclusion("table", name))).collect();
        let mut help =
            format!("have an owner or a superuser run\n    {}", some(&self.grants, "\n    "));
        // Whoever lacks so much wants the right, and no list of what to do without.
        if (1..=SHOWN).contains(&exclusions.len()) {
            let lines = exclusions.join("\n    ");
            help = format!("{help}\n  or leave it out, in suites/drill.toml\n    {lines}");
        }
        help
    }
}

/// One entry of `suites/drill.toml`.
fn exclusion(kind: &str, name: &str) -> String {
    // A string of JSON is one of TOML too.
    let name = serde_json::Value::from(name);
    format!("[[backup.exclude]]\n    {kind} = {name}\n    reason = \"…\"")
}

/// The first of them, and how many more there are.
fn some(all: &[String], between: &str) -> String {
    let shown = all[..all.len().min(SHOWN)].join(between);
    match all.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}{between}… and {more} more"),
    }
}

#[cfg(test)]
#[path = "privileges_tests.rs"]
mod tests;
