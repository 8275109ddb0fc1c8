-- The schema `extensions`, and who may do what in `public`.
--
-- Extensions are those of PostgreSQL's contrib, as far as they are installed. The rule for what is
-- not: `citext` becomes a domain of that name over text, so that columns keep their type's name;
-- without `pg_trgm` there is no trigram index, without `postgres_fdw` no foreign server; nothing
-- else depends on an extension.

alter database postgres owner to postgres;
create schema extensions;
grant usage on schema extensions to public;
grant all on schema extensions to postgres, dashboard_user;

do $$
declare
    wanted text;
begin
    foreach wanted in array array['pgcrypto', 'uuid-ossp', 'citext', 'pg_trgm', 'postgres_fdw'] loop
        if exists (select from pg_available_extensions where name = wanted) then
            execute format('create extension %I with schema extensions', wanted);
        end if;
    end loop;
    if not exists (select from pg_extension where extname = 'citext') then
        create domain extensions.citext as text;
    end if;
    if exists (select from pg_foreign_data_wrapper where fdwname = 'postgres_fdw') then
        grant usage on foreign data wrapper postgres_fdw to postgres;
    end if;
end
$$;

grant usage on schema public to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
    grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
    grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
    grant all on sequences to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public
    grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public
    grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public
    grant all on sequences to postgres, anon, authenticated, service_role;

-- PostgREST reads the schema again when it hears of a change.
create function extensions.pgrst_ddl_watch() returns event_trigger language plpgsql as $$
declare
    command record;
begin
    for command in select * from pg_event_trigger_ddl_commands() loop
        if command.schema_name is distinct from 'pg_temp' and command.command_tag like any
            (array['CREATE %', 'ALTER %', 'COMMENT', 'GRANT', 'REVOKE']) then
            notify pgrst, 'reload schema';
        end if;
    end loop;
end
$$;
