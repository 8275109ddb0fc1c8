-- Every text in the catalogue that somebody wrote, with where it stands.
select 'function ' || p.oid::regprocedure::text, p.prosrc from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
union all
select 'view ' || c.oid::regclass::text, pg_catalog.pg_get_viewdef(c.oid) from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('v', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
union all
select 'trigger ' || t.tgname || ' on ' || t.tgrelid::regclass::text, pg_catalog.pg_get_triggerdef(t.oid)
    from pg_catalog.pg_trigger t where not t.tgisinternal
union all
select 'policy ' || polname || ' on ' || polrelid::regclass::text,
    coalesce(pg_catalog.pg_get_expr(polqual, polrelid), '') || ' ' || coalesce(pg_catalog.pg_get_expr(polwithcheck, polrelid), '')
    from pg_catalog.pg_policy
union all
select 'default of ' || adrelid::regclass::text, pg_catalog.pg_get_expr(adbin, adrelid) from pg_catalog.pg_attrdef
union all
select 'constraint ' || conname, pg_catalog.pg_get_constraintdef(oid) from pg_catalog.pg_constraint where contype = 'c'
union all
select 'comment on ' || pg_catalog.pg_describe_object(classoid, objoid, objsubid), description
    from pg_catalog.pg_description where objoid >= 16384
union all
select 'comment on ' || pg_catalog.pg_describe_object(classoid, objoid, 0), description
    from pg_catalog.pg_shdescription where objoid >= 16384
union all
select 'setting of ' || coalesce(d.datname, 'all databases'), array_to_string(s.setconfig, ' ')
    from pg_catalog.pg_db_role_setting s left join pg_catalog.pg_database d on d.oid = s.setdatabase
    where d.datname = pg_catalog.current_database()
union all
select 'server ' || srvname, array_to_string(srvoptions, ' ') from pg_catalog.pg_foreign_server
union all
select 'user mapping of ' || srvname, array_to_string(umoptions, ' ') from pg_catalog.pg_user_mappings
union all
select 'enum ' || enumtypid::regtype::text, enumlabel::text from pg_catalog.pg_enum
