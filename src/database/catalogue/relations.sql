-- Tables, views and sequences, with their columns and the constraints that stand among these.

object as (
    select case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
                        when 'f' then 'foreign table' else 'table' end as kind,
        nspname as schema, relname as name,
        row(pg_get_userbyid(relowner), (select array_agg(a::text order by a::text) from unnest(relacl) a), obj_description(oid, 'pg_class'), relpersistence, reloptions,
            relreplident, relrowsecurity, relforcerowsecurity,
            (select amname from pg_am where pg_am.oid = relam),
            (select spcname from pg_tablespace where pg_tablespace.oid = reltablespace),
            (select reloptions from pg_class toast where toast.oid = relation.reltoastrelid),
            case when relkind in ('v', 'm') then pg_get_viewdef(oid) end,
            case when relkind = 'p' then pg_get_partkeydef(oid) end,
            case when relispartition then pg_get_expr(relpartbound, oid) end,
            (select array_agg(inhparent::regclass::text order by inhseqno) from pg_inherits where inhrelid = oid),
            case when reloftype <> 0 then format_type(reloftype, null) end,
            (select row(srvname, ftoptions) from pg_foreign_table join pg_foreign_server s on s.oid = ftserver
             where ftrelid = relation.oid),
            (select row(format_type(seqtypid, null), seqstart, seqincrement, seqmax, seqmin, seqcache, seqcycle)
             from pg_sequence where seqrelid = oid),
            (select array_agg(row(refobjid::regclass, refobjsubid) order by refobjid::regclass::text)
             from pg_depend d where relkind = 'S' and d.classid = 'pg_class'::regclass and d.objid = relation.oid
                and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')),
            (select array_agg(row(attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
                                  pg_get_expr(adbin, adrelid), (select collname from pg_collation where pg_collation.oid = attcollation),
                                  attstorage, to_jsonb(a) ->> 'attcompression', attstattarget, (select array_agg(a::text order by a::text) from unnest(attacl) a), attoptions,
                                  attfdwoptions, col_description(attrelid, attnum)) order by attnum)
             from pg_attribute a left join pg_attrdef on (adrelid, adnum) = (attrelid, attnum)
             where attrelid = relation.oid and attnum > 0 and not attisdropped and relkind <> 'S'),
            (select array_agg(row(conname, pg_get_constraintdef(k.oid), convalidated,
                                  obj_description(k.oid, 'pg_constraint')) order by conname)
             from pg_constraint k where conrelid = relation.oid and contype not in ('p', 'u', 'x', 'f', 't'))
        )::text as definition
    from relation
)
