-- What belongs to a table, and is an entry of its own in an archive.

object as (
    select case contype when 'f' then 'fk constraint' when 'c' then 'check constraint' else 'constraint' end as kind,
        nspname as schema, relname || ' ' || conname as name,
        row(pg_get_constraintdef(k.oid), convalidated, obj_description(k.oid, 'pg_constraint'),
            (select row(reloptions, indisreplident, indisclustered) from pg_class i join pg_index on indexrelid = i.oid
             where i.oid = conindid and contype <> 'f'))::text as definition
    from pg_constraint k join relation r on r.oid = conrelid
    where contype in ('p', 'u', 'x')
        -- Those of partitions come with their parent's.
        or contype = 'f' and conparentid = 0
        -- Others are written within their table; these must wait until the rows are in.
        or contype = 'c' and not convalidated and conislocal

    union all
    select 'check constraint', nspname, typname || ' ' || conname, pg_get_constraintdef(k.oid)
    from pg_constraint k join pg_type t on t.oid = contypid join namespace n on n.oid = typnamespace
    where contype = 'c' and not convalidated
        and t.oid not in (select objid from member where classid = 'pg_type'::regclass)

    union all
    select 'index', nspname, i.relname,
        row(pg_get_indexdef(i.oid), i.reloptions, indisclustered, indisreplident, obj_description(i.oid, 'pg_class'),
            (select spcname from pg_tablespace where pg_tablespace.oid = i.reltablespace),
            (select array_agg(row(attnum, attstattarget) order by attnum) from pg_attribute
             where attrelid = i.oid and attstattarget >= 0))::text
    from pg_index x join relation r on r.oid = indrelid join pg_class i on i.oid = indexrelid
    where r.relkind in ('r', 'p', 'm') and (indisvalid or r.relkind = 'p') and indisready
        and not exists (select from pg_constraint where conrelid = r.oid and conindid = i.oid and contype in ('p', 'u', 'x'))

    union all
    select 'index attach', nspname, i.relname, inhparent::regclass::text
    from pg_index x join relation r on r.oid = indrelid join pg_class i on i.oid = indexrelid
        join pg_inherits on inhrelid = i.oid
    where r.relkind in ('r', 'p') and (indisvalid or r.relkind = 'p') and indisready

    union all
    select 'table attach', nspname, relname, row(inhparent::regclass, pg_get_expr(relpartbound, r.oid))::text
    from relation r join pg_inherits on inhrelid = r.oid
    where relispartition and inhparent in (select oid from relation)

    union all
    select 'statistics', n.nspname, stxname, row(pg_get_statisticsobjdef(s.oid), pg_get_userbyid(stxowner),
        stxstattarget, obj_description(s.oid, 'pg_statistic_ext'))::text
    from pg_statistic_ext s join namespace n on n.oid = stxnamespace
    where stxrelid in (select oid from relation)
        and s.oid not in (select objid from member where classid = 'pg_statistic_ext'::regclass)

    union all
    -- A view's own query is such a rule too.
    select 'rule', nspname, relname || ' ' || rulename,
        row(pg_get_ruledef(w.oid), ev_enabled, obj_description(w.oid, 'pg_rewrite'))::text
    from pg_rewrite w join relation r on r.oid = ev_class
    where rulename <> '_RETURN'

    union all
    select 'trigger', nspname, relname || ' ' || tgname,
        row(pg_get_triggerdef(t.oid), tgenabled, obj_description(t.oid, 'pg_trigger'))::text
    from pg_trigger t join relation r on r.oid = tgrelid
    where not tgisinternal and tgparentid = 0

    union all
    select 'policy', nspname, relname || ' ' || polname,
        row(polcmd, polpermissive,
            (select array_agg(case role when 0 then 'public' else pg_get_userbyid(role) end order by 1)
             from unnest(polroles) role),
            pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid), obj_description(p.oid, 'pg_policy'))::text
    from pg_policy p join relation r on r.oid = polrelid

    union all
    select 'row security', nspname, relname, relforcerowsecurity::text
    from relation where relrowsecurity and relkind in ('r', 'p')

    union all
    select 'publication table', nspname, pubname || ' ' || relname,
        -- Row filter and columns, in versions that have them.
        (select array_agg(to_jsonb(shown)) from pg_publication_tables shown
         where (pubname, schemaname, tablename) = (b.pubname, nspname, relname))::text
    from pg_publication_rel x join pg_publication b on b.oid = prpubid join relation r on r.oid = prrelid
)
