-- Types, and functions of all kinds.

argument as materialized (
    select p.oid, coalesce(string_agg(format_type(type, null), ', ' order by place), '') as list
    from pg_proc p join namespace n on n.oid = pronamespace
        left join lateral unnest(proargtypes::oid[]) with ordinality as a(type, place) on true
    group by p.oid
),
object as (
    select case typtype when 'd' then 'domain' else 'type' end as kind, nspname as schema, typname as name,
        row(pg_get_userbyid(typowner), (select array_agg(a::text order by a::text) from unnest(typacl) a), obj_description(t.oid, 'pg_type'), typtype, typnotnull, typdefault,
            (select collname from pg_collation where pg_collation.oid = typcollation),
            case when typtype = 'd' then format_type(typbasetype, typtypmod) end,
            case when typtype = 'b' then row(typinput, typoutput, typreceive, typsend, typmodin, typmodout, typlen,
                                             typbyval, typalign, typstorage, typcategory, typdelim) end,
            (select array_agg(enumlabel order by enumsortorder) from pg_enum where enumtypid = t.oid),
            (select array_agg(row(attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum)) order by attnum)
             from pg_attribute where attrelid = typrelid and attnum > 0 and not attisdropped),
            (select row(format_type(rngsubtype, null), rngcanonical, rngsubdiff,
                        (select opcname from pg_opclass where pg_opclass.oid = rngsubopc))
             from pg_range where rngtypid = t.oid),
            (select array_agg(row(conname, pg_get_constraintdef(k.oid)) order by conname)
             from pg_constraint k where contypid = t.oid)
        )::text as definition
    from pg_type t join namespace n on n.oid = typnamespace
    where typtype in ('b', 'c', 'd', 'e', 'r') and typisdefined
        and t.oid not in (select objid from member where classid = 'pg_type'::regclass)
        -- Every table and every type has others that come with it.
        and (typrelid = 0 or (select relkind from pg_class where pg_class.oid = typrelid) = 'c')
        and not exists (select from pg_type element where element.oid = t.typelem and element.typarray = t.oid)

    union all
    select case prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end, nspname,
        proname || '(' || case when prokind = 'a' and pronargs = 0 then '*' else list end || ')',
        row(pg_get_userbyid(proowner), (select array_agg(a::text order by a::text) from unnest(proacl) a), obj_description(p.oid, 'pg_proc'),
            -- What a standard body calls its results is written another way at each reading.
            case when prokind = 'a' then null
                when to_jsonb(p) ->> 'prosqlbody' is null then pg_get_functiondef(p.oid)
                else regexp_replace(pg_get_functiondef(p.oid), ' AS ("[^"]*"|\w+)', '', 'g') end,
            (select row(aggkind, aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggmtransfn,
                        aggminvtransfn, aggmfinalfn, aggsortop::regoperator, format_type(aggtranstype, null),
                        aggtransspace, agginitval, aggminitval, format_type(prorettype, null), proparallel)
             from pg_aggregate where aggfnoid = p.oid))::text
    from pg_proc p join namespace n on n.oid = pronamespace join argument a on a.oid = p.oid
    where p.oid not in (select objid from member where classid = 'pg_proc'::regclass)
        -- What a range type brings with it.
        and not exists (select from pg_depend where classid = 'pg_proc'::regclass and objid = p.oid and deptype = 'i')
)
