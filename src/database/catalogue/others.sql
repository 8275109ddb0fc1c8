-- Schemas, and what is rare. What has a number below 16384 came with PostgreSQL itself.

object as (
    select 'schema' as kind, null::name as schema, nspname::text as name,
        row(pg_get_userbyid(nspowner), (select array_agg(a::text order by a::text) from unnest(nspacl) a), obj_description(oid, 'pg_namespace'))::text as definition
    from namespace
    where oid not in (select objid from member where classid = 'pg_namespace'::regclass)
        -- `public` is there without being made, unless somebody else was given it.
        and (nspname <> 'public' or nspowner <> 6171 and current_setting('server_version_num')::int >= 150000)

    union all
    select 'acl', null, 'SCHEMA public', row((select array_agg(a::text order by a::text) from unnest(nspacl) a), pg_get_userbyid(nspowner))::text
    from namespace
    where nspname = 'public' and nspacl is distinct from (
        select initprivs from pg_init_privs
        where classoid = 'pg_namespace'::regclass and objoid = namespace.oid and objsubid = 0)

    union all
    select 'extension', null, extname, row(extversion, nspname, extconfig::regclass[], extcondition)::text
    from pg_extension e join pg_namespace n on n.oid = extnamespace where e.oid >= 16384

    union all
    select 'event trigger', null, evtname, row(pg_get_userbyid(evtowner), evtevent, evtfoid::regproc, evtenabled, evttags,
        obj_description(oid, 'pg_event_trigger'))::text
    from pg_event_trigger
    where oid >= 16384 and oid not in (select objid from member where classid = 'pg_event_trigger'::regclass)

    union all
    select 'publication', null, pubname, row(pg_get_userbyid(pubowner), to_jsonb(p) - 'oid' - 'pubowner',
        obj_description(oid, 'pg_publication'))::text
    from pg_publication p
    where oid not in (select objid from member where classid = 'pg_publication'::regclass)

    union all
    select 'foreign data wrapper', null, fdwname, row(pg_get_userbyid(fdwowner), (select array_agg(a::text order by a::text) from unnest(fdwacl) a), fdwoptions,
        fdwhandler::regproc, fdwvalidator::regproc)::text
    from pg_foreign_data_wrapper
    where oid >= 16384 and oid not in (select objid from member where classid = 'pg_foreign_data_wrapper'::regclass)

    union all
    select 'server', null, srvname, row(pg_get_userbyid(srvowner), (select array_agg(a::text order by a::text) from unnest(srvacl) a), srvoptions, srvtype, srvversion,
        (select fdwname from pg_foreign_data_wrapper f where f.oid = srvfdw))::text
    from pg_foreign_server
    where oid not in (select objid from member where classid = 'pg_foreign_server'::regclass)

    union all
    -- The options may hold a password, and a role without the right does not see them.
    select 'user mapping', null, 'USER MAPPING ' || usename || ' SERVER ' || srvname, ''
    from pg_user_mappings
    where srvid not in (select objid from member where classid = 'pg_foreign_server'::regclass)

    union all
    select 'default acl', nspname, 'DEFAULT PRIVILEGES FOR ' || case defaclobjtype when 'r' then 'TABLES'
            when 'S' then 'SEQUENCES' when 'f' then 'FUNCTIONS' when 'T' then 'TYPES' when 'n' then 'SCHEMAS'
            else 'LARGE OBJECTS' end,
        row(pg_get_userbyid(defaclrole), (select array_agg(a::text order by a::text) from unnest(defaclacl) a))::text
    from pg_default_acl left join namespace n on n.oid = defaclnamespace
    where defaclnamespace = 0 or n.oid is not null

    union all
    select 'collation', nspname, collname, row(pg_get_userbyid(collowner), to_jsonb(c) - 'oid' - 'collowner'
        - 'collnamespace' - 'collversion')::text
    from pg_collation c join namespace n on n.oid = collnamespace
    where c.oid not in (select objid from member where classid = 'pg_collation'::regclass)

    union all
    select 'conversion', nspname, conname, row(pg_get_userbyid(conowner), conforencoding, contoencoding, conproc::regproc)::text
    from pg_conversion c join namespace n on n.oid = connamespace
    where c.oid not in (select objid from member where classid = 'pg_conversion'::regclass)

    union all
    select 'operator', nspname, oprname, row(pg_get_userbyid(oprowner), o.oid::regoperator, oprcode::regproc, oprrest::regproc,
        oprjoin::regproc, oprcom::regoperator, oprnegate::regoperator, oprcanmerge, oprcanhash)::text
    from pg_operator o join namespace n on n.oid = oprnamespace
    where oprcode <> 0 and o.oid not in (select objid from member where classid = 'pg_operator'::regclass)

    union all
    select 'operator class', nspname, opcname, row(pg_get_userbyid(opcowner), amname, format_type(opcintype, null), opcdefault,
        case when opckeytype <> 0 then format_type(opckeytype, null) end)::text
    from pg_opclass c join namespace n on n.oid = opcnamespace join pg_am m on m.oid = opcmethod
    where c.oid not in (select objid from member where classid = 'pg_opclass'::regclass)

    union all
    select 'operator family', nspname, opfname, row(pg_get_userbyid(opfowner), amname,
        (select array_agg(row(amopstrategy, amopopr::regoperator) order by amopstrategy, amopopr::regoperator::text)
         from pg_amop where amopfamily = f.oid),
        (select array_agg(row(amprocnum, amproc::regprocedure) order by amprocnum, amproc::regprocedure::text)
         from pg_amproc where amprocfamily = f.oid))::text
    from pg_opfamily f join namespace n on n.oid = opfnamespace join pg_am m on m.oid = opfmethod
    where f.oid not in (select objid from member where classid = 'pg_opfamily'::regclass)

    union all
    select 'cast', null, 'CAST (' || format_type(castsource, null) || ' AS ' || format_type(casttarget, null) || ')',
        row(case when castfunc <> 0 then castfunc::regprocedure end, castcontext, castmethod)::text
    from pg_cast
    where oid >= 16384 and oid not in (select objid from member where classid = 'pg_cast'::regclass)
        -- That of a range to its multirange comes with them.
        and not exists (select from pg_depend where classid = 'pg_cast'::regclass and objid = pg_cast.oid and deptype = 'i')

    union all
    select 'procedural language', null, lanname, row(pg_get_userbyid(lanowner), (select array_agg(a::text order by a::text) from unnest(lanacl) a), lanpltrusted)::text
    from pg_language
    where oid >= 16384 and oid not in (select objid from member where classid = 'pg_language'::regclass)

    union all
    select 'access method', null, amname, row(amtype, amhandler::regproc)::text
    from pg_am
    where oid >= 16384 and oid not in (select objid from member where classid = 'pg_am'::regclass)

    union all
    select 'text search configuration', nspname, cfgname, row(pg_get_userbyid(cfgowner),
        (select row(prsnamespace::regnamespace, prsname) from pg_ts_parser s where s.oid = cfgparser),
        (select array_agg(row(maptokentype, mapseqno, mapdict::regdictionary) order by maptokentype, mapseqno)
         from pg_ts_config_map where mapcfg = c.oid))::text
    from pg_ts_config c join namespace n on n.oid = cfgnamespace
    where c.oid not in (select objid from member where classid = 'pg_ts_config'::regclass)

    union all
    select 'text search dictionary', nspname, dictname, row(pg_get_userbyid(dictowner), dictinitoption,
        (select row(tmplnamespace::regnamespace, tmplname) from pg_ts_template t where t.oid = dicttemplate))::text
    from pg_ts_dict d join namespace n on n.oid = dictnamespace
    where d.oid not in (select objid from member where classid = 'pg_ts_dict'::regclass)

    union all
    select 'text search parser', nspname, prsname, row(prsstart, prstoken, prsend, prsheadline, prslextype)::text
    from pg_ts_parser s join namespace n on n.oid = prsnamespace
    where s.oid not in (select objid from member where classid = 'pg_ts_parser'::regclass)

    union all
    select 'text search template', nspname, tmplname, row(tmplinit, tmpllexize)::text
    from pg_ts_template t join namespace n on n.oid = tmplnamespace
    where t.oid not in (select objid from member where classid = 'pg_ts_template'::regclass)
)
