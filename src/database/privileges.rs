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

/// The first server with a role that may read every table, sequence and schema.
const READ_ALL_DATA: i32 = 140_000;

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
    /// The server's version: what may be granted differs.
    version: i32,
    /// The same, quoted as SQL writes it.
    lacking: Vec<Lacking>,
}

/// A right that is lacking, on something as SQL writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lacking {
    right: Right,
    /// The schema; of a large object, nothing.
    schema: String,
    /// The object in full.
    name: String,
}

/// Which right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    Schema,
    Table,
    Sequence,
    Rows,
    LargeObject,
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
    let mut privileges = Privileges { version: session.server_version(), ..Privileges::default() };
    for row in lacking.map_err(said)? {
        privileges.role = row.get(3);
        privileges.superuser = row.get(4);
        privileges.bypasses_row_security = row.get(5);
        let (Some(what), Some(name), Some(plain)) =
            (row.get::<_, Option<String>>(0), row.get::<_, Option<String>>(1), row.get(2))
        else {
            continue;
        };
        privileges.add(&what, row.get(6), name, plain);
    }
    Ok(privileges)
}

impl Privileges {
    /// Whether all can be read.
    pub(crate) fn sufficient(&self) -> bool {
        self.lacking.is_empty()
    }

    /// What is missing, and what to paste where; nothing if all can be read. `shown` says whether
    /// a text may be: a role that is named like its own password may not.
    pub(crate) fn fault(&self, shown: impl Fn(&str) -> bool) -> Option<Fault> {
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
        let (who, help) = match shown(&self.role) {
            true => (format!("the role {}", self.role), self.remedy(&self.role)),
            false => (
                "the role of the URL".to_owned(),
                format!(
                    "its name is that of a secret, and so is not shown: below, ROLE stands for the \
                     user of the URL; {}",
                    self.remedy("ROLE")
                ),
            ),
        };
        let message = format!("{who} lacks {}", missing.join("; and "));
        Some(Fault::errored(message).stage("privileges").help(help))
    }

    fn add(&mut self, what: &str, schema: String, name: String, plain: String) {
        let (names, right) = match what {
            "schema" => (&mut self.schemas, Right::Schema),
            "table" => (&mut self.tables, Right::Table),
            "sequence" => (&mut self.sequences, Right::Sequence),
            "rows" => (&mut self.row_security, Right::Rows),
            _ => (&mut self.large_objects, Right::LargeObject),
        };
        names.push(plain);
        self.lacking.push(Lacking { right, schema, name });
    }

    fn lacks(&self, right: Right) -> impl Iterator<Item = &Lacking> {
        self.lacking.iter().filter(move |lacking| lacking.right == right)
    }

    /// The lines that give a role what is lacking: one by one, or, where that would be many,
    /// all at once.
    fn grants(&self, role: &str) -> Vec<String> {
        let mut few: Vec<String> = self.lacking.iter().map(|one| one.grant(role)).collect();
        // They come kind by kind, and to bypass row security is one right for all tables.
        few.dedup();
        if few.len() > SHOWN { self.wholesale(role) } else { few }
    }

    fn wholesale(&self, role: &str) -> Vec<String> {
        let mut grants = Vec::new();
        let relations = [Right::Schema, Right::Table, Right::Sequence];
        let lacking = || relations.iter().flat_map(|right| self.lacks(*right));
        if self.version >= READ_ALL_DATA && lacking().next().is_some() {
            grants.push(format!("GRANT pg_read_all_data TO {role};"));
        } else {
            let mut schemas: Vec<&str> = lacking().map(|lacking| lacking.schema.as_str()).collect();
            schemas.sort_unstable();
            schemas.dedup();
            for schema in schemas {
                grants.push(format!(
                    "GRANT USAGE ON SCHEMA {schema} TO {role}; \
                     GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}; \
                     GRANT SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role};"
                ));
            }
        }
        if self.lacks(Right::Rows).next().is_some() {
            grants.push(format!("ALTER ROLE {role} BYPASSRLS;"));
        }
        if self.lacks(Right::LargeObject).next().is_some() {
            let role = role.replace('\'', "''");
            grants.push(format!(
                "DO $do$ DECLARE o oid; BEGIN FOR o IN SELECT oid FROM pg_largeobject_metadata \
                 LOOP EXECUTE 'GRANT SELECT ON LARGE OBJECT ' || o || ' TO {role}'; END LOOP; \
                 END $do$;"
            ));
        }
        grants
    }

    /// Lines for SQL, and lines for the configuration.
    fn remedy(&self, role: &str) -> String {
        let schemas = self.lacks(Right::Schema);
        // A schema that is left out takes its tables along.
        let covered = |table: &Lacking| self.lacks(Right::Schema).any(|s| s.name == table.schema);
        let mut tables: Vec<&str> = self
            .lacks(Right::Table)
            .chain(self.lacks(Right::Rows))
            .filter(|table| !covered(table))
            .map(|table| table.name.as_str())
            .collect();
        tables.sort_unstable();
        tables.dedup();
        let exclusions: Vec<String> = schemas
            .map(|schema| exclusion("schema", &schema.name))
            .chain(tables.into_iter().map(|table| exclusion("table", table)))
            .collect();
        let mut help =
            format!("have an owner or a superuser run\n    {}", self.grants(role).join("\n    "));
        // Whoever lacks so much wants the right, and no list of what to do without.
        if (1..=SHOWN).contains(&exclusions.len()) {
            let lines = exclusions.join("\n    ");
            help = format!("{help}\n  or leave it out, in suites/drill.toml\n    {lines}");
        }
        help
    }
}

impl Lacking {
    /// The line that gives it to a role.
    fn grant(&self, role: &str) -> String {
        let name = &self.name;
        match self.right {
            Right::Schema => format!("GRANT USAGE ON SCHEMA {name} TO {role};"),
            Right::Table => format!("GRANT SELECT ON TABLE {name} TO {role};"),
            Right::Sequence => format!("GRANT SELECT ON SEQUENCE {name} TO {role};"),
            Right::Rows => format!("ALTER ROLE {role} BYPASSRLS;"),
            Right::LargeObject => format!("GRANT SELECT ON LARGE OBJECT {name} TO {role};"),
        }
    }
}

/// One entry of `suites/drill.toml`, for a name as SQL writes it, which is how it is read there.
fn exclusion(kind: &str, name: &str) -> String {
    // Within single quotes TOML takes all as it is, but for these.
    let name = match name.contains(|letter: char| letter == '\'' || letter.is_control()) {
        false if name.contains('"') => format!("'{name}'"),
        // A string of JSON is one of TOML too, but for one sign.
        _ => serde_json::Value::from(name).to_string().replace('\u{7f}', "\\u007f"),
    };
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
