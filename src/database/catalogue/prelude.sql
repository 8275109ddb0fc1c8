-- What the other queries begin with. $1: schemas that are left out; $2: tables that are, as
-- `schema.name`. The session's search path is empty, so every name here is PostgreSQL's own, and
-- every name that PostgreSQL prints has its schema.

with member as materialized (
    -- Objects of an extension come back with it.
    select classid, objid from pg_depend where deptype = 'e' and refclassid = 'pg_extension'::regclass
),
namespace as materialized (
    select * from pg_namespace
    where nspname !~ '^pg_' and nspname <> 'information_schema' and nspname <> all ($1)
),
-- Tables and what is like them.
any_relation as materialized (
    select c.*, n.nspname from pg_class c join namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and n.nspname || '.' || c.relname <> all ($2)
        and c.oid not in (select objid from member where classid = 'pg_class'::regclass)
),
relation as materialized (
    -- The sequence of an identity column comes and goes with its table.
    select * from any_relation r
    where not exists (select from pg_depend d
                      where r.relkind = 'S' and d.classid = 'pg_class'::regclass and d.objid = r.oid
                        and d.deptype = 'i' and d.refclassid = 'pg_class'::regclass
                        and d.refobjid not in (select oid from any_relation))
),
