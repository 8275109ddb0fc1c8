-- The columns of tables, with what their types come down to. Also those of an extension's tables
-- whose rows it has dumped, as pg_cron its jobs and Vault its secrets.

declared as (
    select n.nspname, r.relname, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attgenerated,
        a.attidentity
    from pg_class r join namespace n on n.oid = r.relnamespace join pg_attribute a on a.attrelid = r.oid
    where r.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
        and n.nspname || '.' || r.relname <> all ($2)
        and (r.oid in (select unnest(extconfig) from pg_extension)
            or r.oid not in (select objid from member where classid = 'pg_class'::regclass))
),
-- Through domains and arrays, also domains over arrays and arrays of domains.
typed as (
    with recursive down as (
        select d.nspname, d.relname, d.attnum, t.oid as type, t.typtype, false as is_array, d.atttypmod as modifier, 0 as depth
        from declared d join pg_type t on t.oid = d.atttypid
        union all
        select nspname, relname, attnum, t.oid, t.typtype, down.is_array or step.is_array,
            case when down.modifier = -1 then step.modifier else down.modifier end, depth + 1
        from down join pg_type upper_type on upper_type.oid = down.type
            cross join lateral (
                select upper_type.typbasetype as below, upper_type.typtypmod as modifier, false as is_array
                where upper_type.typtype = 'd'
                union all
                select upper_type.typelem, -1, true
                where upper_type.typtype <> 'd' and upper_type.typcategory = 'A' and upper_type.typelem <> 0
            ) step
            join pg_type t on t.oid = step.below
    )
    select distinct on (nspname, relname, attnum) * from down order by nspname, relname, attnum, depth desc
)
select d.nspname::text, d.relname::text, d.attname::text, format_type(d.atttypid, d.atttypmod),
    case when b.typnamespace = 'pg_catalog'::regnamespace then b.typname::text else format_type(b.oid, null) end,
    t.typtype::text, t.is_array, not d.attnotnull, d.attgenerated <> '', d.attidentity <> '',
    case when b.typname in ('varchar', 'bpchar') and t.modifier > 4 then t.modifier - 4 end
from declared d join typed t using (nspname, relname, attnum) join pg_type b on b.oid = t.type
order by d.nspname, d.relname, d.attnum
