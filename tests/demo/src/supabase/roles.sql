-- The roles of a hosted project, with the attributes they have there. `supabase_admin` exists
-- already: it is the superuser that made the cluster.

create role postgres login nosuperuser createdb createrole replication bypassrls password '@PASSWORD@';
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit password '@PASSWORD@';
create role supabase_auth_admin login noinherit createrole password '@PASSWORD@';
create role supabase_storage_admin login noinherit createrole password '@PASSWORD@';
create role supabase_functions_admin login noinherit createrole password '@PASSWORD@';
create role supabase_replication_admin login replication password '@PASSWORD@';
create role supabase_read_only_user login bypassrls password '@PASSWORD@';
create role dashboard_user nologin createdb createrole replication;
create role pgbouncer login password '@PASSWORD@';

-- What people make for their reports: it reads everything and bypasses no row security.
create role report_reader login password '@PASSWORD@';

grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role, pg_monitor, pg_signal_backend to postgres;
grant pg_read_all_data to postgres, supabase_read_only_user, report_reader;

alter role postgres set search_path to "$user", public, extensions;
alter role anon set statement_timeout to '3s';
alter role authenticated set statement_timeout to '8s';
alter role authenticator set statement_timeout to '8s';
alter role supabase_auth_admin set search_path to auth;
alter role supabase_auth_admin set idle_in_transaction_session_timeout to '60s';
alter role supabase_storage_admin set search_path to storage;

-- The short list of settings that a hosted project's owner may change.
grant set on parameter session_replication_role, log_min_duration_statement to postgres;
