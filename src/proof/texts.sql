-- Every text in the catalogue that somebody wrote, with where it stands; the options of servers and
-- the like one by one, as `key=value`.
with function as (
    -- With the defaults of its arguments, its settings and its body, whichever way that is written.
    select 'function ' || p.oid::regprocedure::text, case prokind
        when 'a' then pg_catalog.concat_ws(' ', pg_catalog.pg_get_function_arguments(p.oid), g.agginitval, g.aggminitval)
        else pg_catalog.pg_get_functiondef(p.oid) end
    from pg_catalog.pg_proc p
        join pg_catalog.pg_namespace n on n.oid = p.pronamespace
        left join pg_catalog.pg_aggregate g on g.aggfnoid = p.oid
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
), relation as (
    select c.*, c.oid::regclass::text as place from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
)
select * from function
union all
select 'view ' || place, pg_catalog.pg_get_viewdef(oid) from relation where relkind in ('v', 'm')
union all
select 'rule ' || w.rulename || ' on ' || r.place, pg_catalog.pg_get_ruledef(w.oid)
    from pg_catalog.pg_rewrite w join relation r on r.oid = w.ev_class where w.rulename <> '_RETURN'
union all
select 'index ' || place, pg_catalog.pg_get_indexdef(oid) from relation where relkind in ('i', 'I')
union all
select 'bounds of ' || place, pg_catalog.pg_get_expr(relpartbound, oid) from relation where relispartition
union all
select 'partitioning of ' || place, pg_catalog.pg_get_partkeydef(oid) from relation where relkind = 'p'
union all
select 'options of ' || r.place, o from pg_catalog.pg_foreign_table f join relation r on r.oid = f.ftrelid, unnest(f.ftoptions) o
union all
select 'options of ' || r.place || '.' || a.attname, o
    from pg_catalog.pg_attribute a join relation r on r.oid = a.attrelid, unnest(a.attfdwoptions) o
union all
select 'trigger ' || t.tgname || ' on ' || t.tgrelid::regclass::text, pg_catalog.pg_get_triggerdef(t.oid)
    from pg_catalog.pg_trigger t where not t.tgisinternal
union all
select 'event trigger ' || evtname, pg_catalog.concat_ws(' ', evtname, array_to_string(evttags, ' ')) from pg_catalog.pg_event_trigger
union all
select 'policy ' || polname || ' on ' || polrelid::regclass::text,
    coalesce(pg_catalog.pg_get_expr(polqual, polrelid), '') || ' ' || coalesce(pg_catalog.pg_get_expr(polwithcheck, polrelid), '')
    from pg_catalog.pg_policy
union all
select 'default of ' || d.adrelid::regclass::text || '.' || a.attname, pg_catalog.pg_get_expr(d.adbin, d.adrelid)
    from pg_catalog.pg_attrdef d join pg_catalog.pg_attribute a on (a.attrelid, a.attnum) = (d.adrelid, d.adnum)
union all
select 'default of ' || oid::regtype::text, typdefault from pg_catalog.pg_type where typtype = 'd' and typdefault is not null
union all
select 'constraint ' || conname, pg_catalog.pg_get_constraintdef(oid) from pg_catalog.pg_constraint where contype in ('c', 'x')
union all
select 'statistics ' || s.stxnamespace::regnamespace || '.' || s.stxname, pg_catalog.pg_get_statisticsobjdef(s.oid)
    from pg_catalog.pg_statistic_ext s
union all
select 'dictionary ' || oid::regdictionary::text, dictinitoption from pg_catalog.pg_ts_dict where oid >= 16384
union all
-- What is below 16384 came with PostgreSQL itself, its comment too, but for what people comment on.
select 'comment on ' || pg_catalog.pg_describe_object(classoid, objoid, objsubid), description
    from pg_catalog.pg_description
    where objoid >= 16384 or classoid in ('pg_catalog.pg_namespace'::regclass, 'pg_catalog.pg_extension'::regclass,
        'pg_catalog.pg_language'::regclass)
union all
select 'comment on ' || pg_catalog.pg_describe_object(classoid, objoid, 0), description
    from pg_catalog.pg_shdescription where objoid >= 16384
union all
select 'label of ' || objtype || ' ' || objname, label from pg_catalog.pg_seclabels
union all
select 'setting of ' || d.datname, o
    from pg_catalog.pg_db_role_setting s join pg_catalog.pg_database d on d.oid = s.setdatabase, unnest(s.setconfig) o
    where d.datname = pg_catalog.current_database()
union all
select 'wrapper ' || fdwname, o from pg_catalog.pg_foreign_data_wrapper, unnest(fdwoptions) o
union all
select 'server ' || srvname, o from pg_catalog.pg_foreign_server, unnest(srvoptions || array[srvtype, srvversion]) o
union all
select 'user mapping of ' || srvname, o from pg_catalog.pg_user_mappings, unnest(umoptions) o
union all
select 'enum ' || enumtypid::regtype::text, enumlabel::text from pg_catalog.pg_enum
