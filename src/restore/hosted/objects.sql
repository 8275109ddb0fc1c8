-- What stands in schemas ($1) by itself: what belongs to something else, to an extension above
-- all, comes and goes with that. With the words that a DROP names it by.
with object (class, id, schema, owner) as (
    select 'pg_catalog.pg_class'::regclass, oid, relnamespace, relowner from pg_catalog.pg_class
        where relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    union all
    select 'pg_catalog.pg_proc'::regclass, oid, pronamespace, proowner from pg_catalog.pg_proc
    union all
    select 'pg_catalog.pg_type'::regclass, oid, typnamespace, typowner from pg_catalog.pg_type t
        where typtype in ('e', 'd', 'r') or typtype = 'b' and not exists
                (select from pg_catalog.pg_type element where element.typarray = t.oid)
            or typtype = 'c' and exists (select from pg_catalog.pg_class c where c.oid = typrelid and relkind = 'c')
    union all
    select 'pg_catalog.pg_operator'::regclass, oid, oprnamespace, oprowner from pg_catalog.pg_operator
    union all
    select 'pg_catalog.pg_opfamily'::regclass, oid, opfnamespace, opfowner from pg_catalog.pg_opfamily
    union all
    select 'pg_catalog.pg_opclass'::regclass, oid, opcnamespace, opcowner from pg_catalog.pg_opclass
    union all
    select 'pg_catalog.pg_collation'::regclass, oid, collnamespace, collowner from pg_catalog.pg_collation
    union all
    select 'pg_catalog.pg_conversion'::regclass, oid, connamespace, conowner from pg_catalog.pg_conversion
    union all
    select 'pg_catalog.pg_ts_config'::regclass, oid, cfgnamespace, cfgowner from pg_catalog.pg_ts_config
    union all
    select 'pg_catalog.pg_ts_dict'::regclass, oid, dictnamespace, dictowner from pg_catalog.pg_ts_dict
    union all
    select 'pg_catalog.pg_statistic_ext'::regclass, oid, stxnamespace, stxowner from pg_catalog.pg_statistic_ext
)
select n.nspname::text,
    case class when 'pg_catalog.pg_proc'::regclass then 'routine'
        when 'pg_catalog.pg_statistic_ext'::regclass then 'statistics' else i.type end,
    case class when 'pg_catalog.pg_proc'::regclass then id::regprocedure::text else i.identity end,
    pg_catalog.pg_get_userbyid(owner)::text, pg_catalog.pg_has_role(owner, 'usage')
from object o join pg_catalog.pg_namespace n on n.oid = o.schema
    cross join lateral pg_catalog.pg_identify_object(class, id, 0) i
where n.nspname = any ($1) and not exists
    (select from pg_catalog.pg_depend d where d.classid = class and d.objid = id and d.deptype in ('e', 'i')
        -- A partitioned table depends on its own columns so.
        and (d.refclassid, d.refobjid) <> (class, id))
order by 1, 2, 3
