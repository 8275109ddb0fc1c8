-- What the role may not read of what is dumped. Behind the catalogue's prelude. $3, $4: as $1 and
-- $2, of what the rows alone are left out; a table is locked all the same, which takes SELECT.

dumped as (
    select * from relation where relkind in ('r', 'p', 'S')
    union all
    -- Tables of an extension whose rows it has marked as the user's.
    select c.*, n.nspname from pg_extension e, unnest(extconfig) marked
        join pg_class c on c.oid = marked join pg_namespace n on n.oid = relnamespace
    where nspname <> all ($1) and nspname || '.' || relname <> all ($2)
),
lacking as (
    select 'schema' as what, quote_ident(nspname) as name, nspname::text as plain,
        quote_ident(nspname) as schema
    from dumped where not has_schema_privilege(relnamespace, 'usage')
    group by nspname

    union all
    select case relkind when 'S' then 'sequence' else 'table' end,
        quote_ident(nspname) || '.' || quote_ident(relname), nspname || '.' || relname,
        quote_ident(nspname)
    from dumped
    -- For a sequence of an identity column too: where it stands is read from itself.
    where not has_table_privilege(oid, 'select')
        and (relkind <> 'S' or (nspname <> all ($3) and nspname || '.' || relname <> all ($4)))

    union all
    select 'rows', quote_ident(nspname) || '.' || quote_ident(relname), nspname || '.' || relname,
        quote_ident(nspname)
    from dumped where relkind in ('r', 'p') and row_security_active(oid)
        and nspname <> all ($3) and nspname || '.' || relname <> all ($4)

    union all
    select 'large object', m.oid::text, m.oid::text, ''
    from pg_largeobject_metadata m
    where not pg_has_role(lomowner, 'usage') and current_setting('lo_compat_privileges') = 'off'
        and not exists (select from aclexplode(lomacl)
                        where privilege_type = 'SELECT' and (grantee = 0 or pg_has_role(grantee, 'usage')))
)
select what, name, plain, quote_ident(current_user), rolsuper, rolbypassrls, schema
from pg_roles left join lacking on true
where rolname = current_user
order by what, plain
