-- What the business keeps in the platform's schemas, and where else secrets and addresses hide:
-- scheduled commands, Vault, foreign servers, comments, function bodies, settings of the database.

set search_path = '';

insert into supabase_migrations.schema_migrations (version, statements, name) values
    ('20240105081500', '{"create table public.customers (id uuid primary key)"}', 'customers'),
    ('20240212100000', '{"create type public.job_status as enum (''scheduled'')","create table public.jobs ()"}',
        'jobs'),
    ('20240601120000', null, 'reminders'),
    ('20250320090000', '{"create table public.invoices ()","alter table public.invoices add column number text"}',
        'invoices'),
    ('20251111111100', '{"insert into public.app_settings values (''payments'', ''{}'')"}', 'settings'),
    ('20260817140000', '{}', 'uploads');
insert into supabase_migrations.seed_files values ('supabase/seed.sql', md5('seed'));

insert into vault.secrets (id, name, description, secret, nonce)
select md5('vault ' || name)::uuid, name, about, encode(convert_to(secret, 'UTF8'), 'base64'),
    decode(md5('nonce ' || name), 'hex')
from (values ('service_role_key', 'for scheduled jobs', '@SERVICE_ROLE_KEY@'),
             ('sms_auth_token', 'of the SMS provider', md5('sms auth token')),
             ('smtp_password', '', 'smtp-secret-91f0')) kept (name, about, secret);

insert into cron.job (schedule, command, username, jobname, active) values
    ('*/5 * * * *', 'select net.http_post(url := ''https://brook.functions.test/v1/send-reminders'', headers := ''{"Authorization": "Bearer @SERVICE_ROLE_KEY@"}'')',
     'postgres', 'send-reminders', true),
    ('0 3 * * *', 'call public.forget_rate_limits()', 'postgres', 'forget-rate-limits', true),
    ('0 4 * * 0', 'refresh materialized view concurrently public.customer_balances', 'postgres', null, false);
insert into cron.job_run_details (jobid, job_pid, database, username, command, status, return_message, start_time,
    end_time)
select 1 + n % 2, 4000 + n, 'postgres', 'postgres', 'select 1', case when n % 40 = 0 then 'failed'
    else 'succeeded' end,
       case when n % 40 = 0 then 'ERROR: no answer for ' || email else '1 row' end,
           @BASE@ - n * interval '5 minutes', @BASE@ - n * interval '5 minutes' + interval '1 second'
from seed.people where n <= 200;

insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
select 'POST', 'https://hooks.sms.example/out', '{"Authorization": "Basic YnJvb2s6c21zLWF1dGg="}',
    convert_to(json_build_object('to', phone, 'text', 'Hello ' || name)::text, 'UTF8'), 5000
from seed.people where n <= 3;
insert into net._http_response (id, status_code, content) select 1, 200, '{"to":"' || phone || '"}' from seed.people
    where n = 1;
insert into supabase_functions.hooks (hook_table_id, hook_name, created_at, request_id) values (1, 'invoice_webhook',
    @BASE@, 1);

-- Rules for objects are the project's own; a plain restore of `public` loses them.
create policy "own folder" on storage.objects for select to authenticated
    using (bucket_id = 'uploads' and owner_id = (auth.uid())::text);
create policy "staff uploads" on storage.objects for insert to authenticated
    with check (bucket_id = 'maintenance' and (storage.foldername(name))[1] in ('before', 'after'));

-- The picture of a signature board. It has a grant of its own: to read all tables is not enough.
select lo_from_bytea(424242, sha512('board'));
alter large object 424242 owner to postgres;
grant select on large object 424242 to supabase_read_only_user;
comment on large object 424242 is 'signature board';

alter database postgres set "app.settings.jwt_secret" to '@JWT_SECRET@';
alter database postgres set "app.settings.service_url" to 'https://brook.functions.test';
comment on database postgres is 'Brook & Sons, production';

set role postgres;
do $$
declare
    boss record;
begin
    select name, email, phone into boss from seed.people where n = @CUSTOMERS@ + 1;
    execute format('comment on table public.api_keys is %L', 'Ask ' || boss.name || ' (' || boss.email
        || ') before you rotate one.');
    execute format('create function public.on_call() returns text language sql immutable as %L',
                   'select ' || quote_literal(boss.email || ' ' || boss.phone));
    if exists (select from pg_catalog.pg_foreign_data_wrapper where fdwname = 'postgres_fdw') then
        create server legacy_crm foreign data wrapper postgres_fdw options (host '192.0.2.10', dbname 'crm',
            port '5432');
        create user mapping for postgres server legacy_crm options (user 'reader', password 'crm-secret-4b7d');
        create foreign table "Legacy CRM".remote_contacts (id integer,
            email text) server legacy_crm options (schema_name 'crm', table_name 'contacts');
    end if;
end
$$;
reset role;

drop schema seed cascade;
