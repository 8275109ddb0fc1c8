//! Emptying what will be made anew: the project's own schemas, and the rows of the platform's.

use super::look::{Object, There};
use crate::database::{Writer, quoted};
use crate::fault::Fault;
use crate::restore::marker;

/// Statements of one call.
const AT_ONCE: usize = 200;

/// What belongs to the role, and stands in no schema.
const OUTSIDE: &str = "
    select format('drop publication %I', pubname) from pg_catalog.pg_publication
        where pg_catalog.pg_has_role(pubowner, 'usage')
            and pg_catalog.pg_get_userbyid(pubowner) !~ '^supabase_'
    union all
    select format('drop server %I cascade', srvname) from pg_catalog.pg_foreign_server s
        where pg_catalog.pg_has_role(srvowner, 'usage') and not exists
            (select from pg_catalog.pg_depend where classid = 'pg_catalog.pg_foreign_server'::regclass
                and objid = s.oid and deptype = 'e')
    union all
    select format('select pg_catalog.lo_unlink(%s)', oid) from pg_catalog.pg_largeobject_metadata
        where pg_catalog.pg_has_role(lomowner, 'usage')";

/// What the role's new objects would be granted by themselves, which a backup's grants do not take
/// back: as it is in a new database. The backup's own default privileges come at its end. $1: the
/// project's own schemas.
const PRIVILEGES: &str = "
    with had as (
        select defaclrole::regrole::text as role, n.nspname as schema, defaclobjtype,
            case defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
                when 'T' then 'types' when 'n' then 'schemas' when 'L' then 'large objects' end as kind,
            d.defaclacl, d.defaclrole
        from pg_catalog.pg_default_acl d left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
        where pg_catalog.pg_has_role(d.defaclrole, 'usage')
            and pg_catalog.pg_get_userbyid(d.defaclrole) !~ '^supabase_'
            and (d.defaclnamespace = 0 or n.nspname = any ($1))
    ), place as (
        select *, format('alter default privileges for role %s ', role)
            || case when schema is null then '' else format('in schema %I ', schema) end as alter from had
    )
    select distinct alter || format('revoke all on %s from %s', kind,
            case grantee when 0 then 'public' else grantee::regrole::text end)
        from place cross join lateral pg_catalog.aclexplode(defaclacl)
    union all
    select alter || format('grant all on %s to %s', kind, role) from place where schema is null
    union all
    select alter || case defaclobjtype when 'f' then 'grant execute on functions to public'
            else 'grant usage on types to public' end
        from place where schema is null and defaclobjtype in ('f', 'T')";

/// Who else may use a schema that stays. $1: such schemas that are the role's.
const GRANTS: &str = "
    select distinct format('revoke all on schema %I from %s', nspname,
            case grantee when 0 then 'public' else grantee::regrole::text end)
        from pg_catalog.pg_namespace cross join lateral pg_catalog.aclexplode(nspacl)
        where nspname = any ($1) and grantee <> nspowner
    union all
    select 'grant usage on schema public to public' where 'public' = any ($1)";

/// Empties all of it, within the transaction that is open.
///
/// # Errors
/// Something cannot be dropped.
pub(super) async fn empty(writer: &Writer, there: &There) -> Result<(), Fault> {
    let own = there.own_schemas();
    let (stay, go): (Vec<&str>, Vec<&str>) = own.iter().partition(|name| there.stays(name));
    let mut statements = listed(writer, OUTSIDE, None).await?;
    statements.extend(go.iter().map(|name| format!("drop schema {} cascade", quoted(name))));
    let within = there.objects.iter().filter(|object| there.stays(&object.schema));
    statements.extend(within.map(drop));
    run(writer, &statements).await?;
    let tables = there.tables.iter().filter(|(_, table)| table.empties);
    let tables: Vec<String> =
        tables.map(|((schema, name), _)| format!("{}.{}", quoted(schema), quoted(name))).collect();
    if !tables.is_empty() {
        writer.run(&format!("truncate {}", tables.join(", "))).await?;
    }
    let ours: Vec<&str> = stay.into_iter().filter(|name| there.owns(name)).collect();
    let mut statements = listed(writer, PRIVILEGES, Some(&own)).await?;
    statements.extend(listed(writer, GRANTS, Some(&ours)).await?);
    debug_assert!(!own.contains(&marker::SCHEMA), "the marker stays");
    run(writer, &statements).await
}

/// The command that drops an object, if it has not gone with another one.
fn drop(object: &Object) -> String {
    format!("drop {} if exists {} cascade", object.kind, object.name)
}

async fn listed(
    writer: &Writer,
    sql: &str,
    schemas: Option<&Vec<&str>>,
) -> Result<Vec<String>, Fault> {
    let rows = match &schemas {
        Some(schemas) => writer.client().query(sql, &[schemas]).await,
        None => writer.client().query(sql, &[]).await,
    };
    let rows = rows.map_err(|error| writer.said(&error))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

async fn run(writer: &Writer, statements: &[String]) -> Result<(), Fault> {
    for some in statements.chunks(AT_ONCE) {
        writer.run(&some.join("; ")).await?;
    }
    Ok(())
}
