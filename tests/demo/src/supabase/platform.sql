-- The smaller schemas of the platform. `vault`, `cron` and `net` are plain tables here, with the
-- columns that the extensions of these names give them: the extensions are seldom installed.

create schema vault;
grant usage on schema vault to postgres, service_role;
create table vault.secrets (
    id uuid primary key default gen_random_uuid(),
    name text,
    description text not null default '',
    secret text not null,
    key_id uuid,
    nonce bytea,
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp
);
create unique index secrets_name_idx on vault.secrets (name) where name is not null;
create view vault.decrypted_secrets as
    select id, name, description, secret, convert_from(decode(secret, 'base64'), 'UTF8') as decrypted_secret,
           key_id, nonce, created_at, updated_at
    from vault.secrets;
grant select, delete on vault.secrets, vault.decrypted_secrets to postgres, service_role;

create schema cron;
grant usage on schema cron to postgres;
create sequence cron.jobid_seq;
create table cron.job (
    jobid bigint primary key default nextval('cron.jobid_seq'),
    schedule text not null,
    command text not null,
    nodename text not null default 'localhost',
    nodeport int not null default 5432,
    database text not null default current_database(),
    username text not null default current_user,
    active boolean not null default true,
    jobname text,
    constraint jobname_username_uniq unique (jobname, username)
);
create sequence cron.runid_seq;
create table cron.job_run_details (
    jobid bigint,
    runid bigint primary key default nextval('cron.runid_seq'),
    job_pid integer,
    database text,
    username text,
    command text,
    status text,
    return_message text,
    start_time timestamptz,
    end_time timestamptz
);
grant all on all tables in schema cron to postgres;
grant all on all sequences in schema cron to postgres;

create schema net;
grant usage on schema net to postgres, anon, authenticated, service_role;
create table net.http_request_queue (
    id bigserial primary key,
    method text not null,
    url text not null,
    headers jsonb,
    body bytea,
    timeout_milliseconds integer not null
);
create unlogged table net._http_response (
    id bigint,
    status_code integer,
    content_type text,
    headers jsonb,
    content text,
    timed_out boolean,
    error_msg text,
    created timestamptz not null default now()
);
create function net.http_post(url text, body jsonb default '{}', headers jsonb default '{}',
                              timeout_milliseconds integer default 5000)
returns bigint language sql security definer as $$
    insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
    values ('POST', url, headers, convert_to(body::text, 'UTF8'), timeout_milliseconds)
    returning id
$$;
grant all on all tables in schema net to postgres;
grant all on all sequences in schema net to postgres;

-- Database webhooks: URL, headers and body are the arguments of a trigger.
create schema supabase_functions authorization supabase_functions_admin;
grant usage on schema supabase_functions to postgres, anon, authenticated, service_role;
create table supabase_functions.migrations (
    version text primary key,
    inserted_at timestamptz not null default now()
);
insert into supabase_functions.migrations values ('initial', '2026-01-01'), ('20210809183423_update_grants',
    '2026-01-01');
create table supabase_functions.hooks (
    id bigserial primary key,
    hook_table_id integer not null,
    hook_name text not null,
    created_at timestamptz not null default now(),
    request_id bigint
);
create function supabase_functions.http_request() returns trigger language plpgsql security definer as $$
declare
    request bigint;
begin
    request := net.http_post(tg_argv[0],
        jsonb_build_object('type', tg_op, 'table', tg_table_name, 'schema', tg_table_schema,
                           'record', to_jsonb(new), 'old_record', to_jsonb(old)),
        tg_argv[2]::jsonb, tg_argv[4]::integer);
    insert into supabase_functions.hooks (hook_table_id, hook_name, request_id)
    values (tg_relid::bigint::integer, tg_name, request);
    return new;
end
$$;
alter table supabase_functions.migrations owner to supabase_functions_admin;
alter table supabase_functions.hooks owner to supabase_functions_admin;
grant all on all tables in schema supabase_functions to postgres, anon, authenticated, service_role;
grant all on all sequences in schema supabase_functions to postgres, anon, authenticated, service_role;

-- Made by the command-line tool's first migration, so it belongs to the project's owner.
set role postgres;
create schema supabase_migrations;
create table supabase_migrations.schema_migrations (
    version text primary key,
    statements text[],
    name text,
    created_by text,
    idempotency_key text unique
);
create table supabase_migrations.seed_files (path text primary key, hash text not null);
reset role;

create publication supabase_realtime;
alter publication supabase_realtime owner to postgres;

create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_ddl_watch();
