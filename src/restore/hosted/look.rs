//! What there is in the target before anything is done to it, and what its role may do.

use std::collections::{BTreeMap, BTreeSet};

use super::platform;
use crate::database::{Session, quoted};
use crate::fault::Fault;
use crate::restore::marker;

/// What stands in the project's own schemas.
const OBJECTS: &str = include_str!("objects.sql");

/// The target as it was found.
#[derive(Debug, Default)]
pub(super) struct There {
    /// The role, and whether row security does not apply to it.
    pub(super) role: String,
    pub(super) sees_all: bool,
    /// Whether it may make schemas and publications, and things in `public`.
    pub(super) creates: bool,
    /// Whether it may have triggers off; else why not.
    pub(super) triggers_off: Option<Fault>,
    /// The roles that it may act as.
    pub(super) acts_as: BTreeSet<String>,
    /// The schemas, each with its owner, and whether that is the role.
    pub(super) schemas: BTreeMap<String, (String, bool)>,
    pub(super) extensions: BTreeSet<String>,
    /// The schemas that these are in, or have made.
    pub(super) of_extensions: BTreeSet<String>,
    /// Publications of other roles.
    pub(super) publications: BTreeSet<String>,
    /// Tables of the platform whose rows are the project's, by schema and name.
    pub(super) tables: BTreeMap<(String, String), Table>,
    /// What stands in the project's own schemas.
    pub(super) objects: Vec<Object>,
    /// How many locks a transaction can count on, and how many relations are dropped.
    pub(super) locks: u64,
    pub(super) relations: u64,
}

/// A table of the platform.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    /// Whether the role may read it, add rows, and take all away.
    pub(super) reads: bool,
    pub(super) adds: bool,
    pub(super) empties: bool,
    /// Whether it has rows, where that is of interest.
    pub(super) filled: bool,
    pub(super) columns: Vec<Column>,
}

impl Table {
    /// Whether what is in it can be replaced, by rows or by none.
    pub(super) fn replaceable(&self, by_rows: bool) -> bool {
        self.reads && (self.empties || !self.filled) && (self.adds || !by_rows)
    }
}

/// A column of such a table.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) generated: bool,
    /// Whether it has no value of its own, and must have one.
    pub(super) wanting: bool,
}

/// An object of the project's own schemas.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) schema: String,
    /// `table`, `routine`, …, and its name, as a DROP has them.
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) owner: String,
    pub(super) own: bool,
}

impl There {
    /// Asks the target.
    ///
    /// # Errors
    /// The connection is lost.
    pub(super) async fn look(session: &Session) -> Result<Self, Fault> {
        let said = |error: tokio_postgres::Error| session.said(&error);
        let mut there = Self::default();
        let facts = "select current_user::text, rolsuper or rolbypassrls,
                pg_catalog.has_database_privilege(current_database(), 'create')
                    and coalesce(pg_catalog.has_schema_privilege(pg_catalog.to_regnamespace('public'), 'create'), false),
                (current_setting('max_locks_per_transaction')::int8
                    * (current_setting('max_connections')::int8
                        + current_setting('max_prepared_transactions')::int8))
            from pg_catalog.pg_roles where rolname = current_user";
        let row = session.client().query_one(facts, &[]).await.map_err(said)?;
        (there.role, there.sees_all, there.creates) = (row.get(0), row.get(1), row.get(2));
        there.locks = row.get::<_, i64>(3).unsigned_abs();
        let off = "begin; set local session_replication_role = replica; rollback";
        if let Err(error) = session.client().batch_execute(off).await {
            there.triggers_off = Some(said(error));
            session.client().batch_execute("rollback").await.map_err(said)?;
        }
        let names = async |sql: &str| {
            let rows = session.client().query(sql, &[]).await.map_err(said)?;
            Ok::<BTreeSet<String>, Fault>(rows.iter().map(|row| row.get(0)).collect())
        };
        there.acts_as = names(
            // Since version 16 one may have a role's rights, and not make things for it.
            "select rolname::text from pg_catalog.pg_roles where pg_catalog.pg_has_role(oid, 'usage')
                and case when current_setting('server_version_num')::int < 160000 then true
                    else pg_catalog.pg_has_role(oid, 'set') end",
        )
        .await?;
        there.extensions = names("select extname::text from pg_catalog.pg_extension").await?;
        there.of_extensions = names(
            "select nspname::text from pg_catalog.pg_extension e
                join pg_catalog.pg_namespace n on n.oid = e.extnamespace
            union select nspname::text from pg_catalog.pg_namespace n
                join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_namespace'::regclass
                    and d.objid = n.oid and d.deptype = 'e'",
        )
        .await?;
        there.publications = names(
            "select pubname::text from pg_catalog.pg_publication
            where not pg_catalog.pg_has_role(pubowner, 'usage')",
        )
        .await?;
        let schemas = "select nspname::text, pg_catalog.pg_get_userbyid(nspowner)::text,
                pg_catalog.pg_has_role(nspowner, 'usage') from pg_catalog.pg_namespace";
        let rows = session.client().query(schemas, &[]).await.map_err(said)?;
        there.schemas = rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect();
        there.tables = tables(session).await?;
        let rows = session.client().query(OBJECTS, &[&there.own_schemas()]).await.map_err(said)?;
        let object = |row: &tokio_postgres::Row| Object {
            schema: row.get(0),
            kind: row.get(1),
            name: row.get(2),
            owner: row.get(3),
            own: row.get(4),
        };
        there.objects = rows.iter().map(object).collect();
        let relations = "select count(*) from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where n.nspname = any ($1) and relkind <> 'c'
            union all select count(*) from pg_catalog.pg_largeobject_metadata";
        let rows = session.client().query(relations, &[&there.own_schemas()]).await;
        let counts = rows.map_err(said)?;
        there.relations = counts.iter().map(|row| row.get::<_, i64>(0).unsigned_abs()).sum();
        Ok(there)
    }

    /// The schemas that are the project's: all in them is made anew.
    pub(super) fn own_schemas(&self) -> Vec<&str> {
        // Whoever may make things in `public` owns those, if not the schema itself.
        let own = self.schemas.iter().filter(|(name, (_, own))| *own || name.as_str() == "public");
        let own = own.filter(|(name, (owner, _))| !self.is_platform(name, Some(owner)));
        own.map(|(name, _)| name.as_str()).filter(|name| *name != marker::SCHEMA).collect()
    }

    /// Whether a schema of the project's own stays, and what is in it goes: `public`, whose default
    /// privileges only a superuser could bring back, and those that an extension lives in.
    pub(super) fn stays(&self, name: &str) -> bool {
        name == "public" && self.schemas.contains_key(name) || self.of_extensions.contains(name)
    }

    /// Whether a schema is the role's, so that it may say who else uses it.
    pub(super) fn owns(&self, name: &str) -> bool {
        self.schemas.get(name).is_none_or(|(_, own)| *own)
    }

    /// Whether a schema is the platform's: by its name; or since it belongs to a role of the
    /// platform, here and where it was backed up.
    pub(super) fn is_platform(&self, name: &str, owner: Option<&str>) -> bool {
        let here = self.schemas.get(name).map(|(owner, _)| owner.as_str());
        let of_platform = |owner: Option<&str>| owner.is_some_and(platform::is_role);
        platform::is_schema(name) || name != "public" && of_platform(owner) && of_platform(here)
    }

    /// The schemas that are neither the platform's nor the role's.
    pub(super) fn others<'a>(&'a self, wanted: &'a BTreeSet<String>) -> Vec<String> {
        let others = self
            .schemas
            .iter()
            .filter(|(name, (_, own))| wanted.contains(*name) && *name != "public" && !own);
        others.map(|(name, (owner, _))| format!("{name} (of {owner})")).collect()
    }
}

/// The tables of the platform, with what the role may do with their rows.
async fn tables(session: &Session) -> Result<BTreeMap<(String, String), Table>, Fault> {
    let asked = "select n.nspname::text, c.relname::text,
            pg_catalog.has_table_privilege(c.oid, 'select'),
            pg_catalog.has_table_privilege(c.oid, 'insert'),
            pg_catalog.has_table_privilege(c.oid, 'truncate'),
            a.attname::text, a.attgenerated <> '',
            a.attnotnull and not a.atthasdef and a.attidentity = '' and a.attgenerated = ''
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relkind in ('r', 'p') and n.nspname = any ($1) order by 1, 2, a.attnum";
    let rows = session.client().query(asked, &[&&platform::WITH_DATA[..]]).await;
    let mut found = BTreeMap::<(String, String), Table>::new();
    for row in rows.map_err(|error| session.said(&error))? {
        let (schema, name): (String, String) = (row.get(0), row.get(1));
        if !platform::has_data(&schema, &name) {
            continue;
        }
        let table = found.entry((schema, name)).or_default();
        (table.reads, table.adds, table.empties) = (row.get(2), row.get(3), row.get(4));
        if let Some(name) = row.get(5) {
            table.columns.push(Column { name, generated: row.get(6), wanting: row.get(7) });
        }
    }
    for ((schema, name), table) in &mut found {
        if table.reads && !table.empties {
            let filled = format!("select exists (select from {}.{})", quoted(schema), quoted(name));
            let row = session.client().query_one(&filled, &[]).await;
            table.filled = row.map_err(|error| session.said(&error))?.get(0);
        }
    }
    Ok(found)
}
