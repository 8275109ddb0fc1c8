-- A field-service business: customers book jobs, get reminders, pay invoices and upload documents.
-- `auth` and `storage` have the shape they have in a Supabase project, in small.

create schema auth;
create schema storage;

create table auth.users (
    id uuid primary key,
    email text not null unique,
    phone text,
    salt text not null,
    -- One round of SHA-256 is no way to keep a password. It is here because it needs no extension.
    encrypted_password text not null,
    user_metadata jsonb not null default '{}',
    created_at timestamptz not null default now()
);

create table auth.sessions (
    id bigint generated always as identity primary key,
    user_id uuid not null references auth.users on delete cascade,
    refresh_token text not null unique,
    ip inet,
    created_at timestamptz not null
);

create table storage.buckets (
    id text primary key,
    name text not null unique,
    owner uuid,
    public boolean not null default false,
    file_size_limit bigint,
    allowed_mime_types text[],
    type text not null default 'STANDARD',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table storage.objects (
    id uuid primary key,
    bucket_id text not null references storage.buckets,
    name text not null,
    metadata jsonb not null,
    user_metadata jsonb,
    version text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    last_accessed_at timestamptz not null default now(),
    archived_at timestamptz,
    unique (bucket_id, name)
);

-- The storage API's roles. Without a policy, `service_role` alone sees and writes rows.
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit password '@PASSWORD@';
grant anon, authenticated, service_role to authenticator;
grant usage on schema storage to anon, authenticated, service_role;
grant all on storage.buckets, storage.objects to anon, authenticated, service_role;
alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;

create table schema_migrations (
    version text primary key,
    applied_at timestamptz not null default now()
);

create table settings (
    key text primary key,
    value jsonb not null
);

create table feature_flags (
    name text primary key,
    enabled boolean not null
);

create table api_keys (
    id bigint generated always as identity primary key,
    service text not null,
    secret text not null
);

create table customers (
    id bigint generated always as identity primary key,
    name text not null,
    email text not null unique,
    phone text not null,
    address text not null,
    tags text[] not null default '{}',
    contacts jsonb not null default '[]',
    notes text,
    created_at timestamptz not null
);

create type job_status as enum ('scheduled', 'in_progress', 'done', 'cancelled');

create table jobs (
    id bigint generated always as identity primary key,
    customer_id bigint not null references customers,
    technician_id uuid not null references auth.users,
    title text not null,
    status job_status not null,
    scheduled_at timestamptz not null,
    completed_at timestamptz,
    updated_at timestamptz not null default now(),
    check ((status = 'done') = (completed_at is not null))
);
create index on jobs (customer_id);
create index on jobs (status, scheduled_at);

create table reminders (
    id bigint generated always as identity primary key,
    job_id bigint not null references jobs on delete cascade,
    channel text not null check (channel in ('sms', 'email')),
    due_at timestamptz not null,
    status text not null check (status in ('pending', 'sent', 'failed'))
);
create index on reminders (status, due_at);

create table invoices (
    id bigint generated always as identity primary key,
    job_id bigint not null unique references jobs,
    number text not null unique,
    amount_cents bigint not null check (amount_cents > 0),
    paid_at timestamptz,
    document uuid references storage.objects
);

create table uploads (
    id bigint generated always as identity primary key,
    job_id bigint not null references jobs,
    object_id uuid not null references storage.objects,
    uploaded_by text not null
);

create table messages (
    id bigint generated always as identity primary key,
    customer_id bigint not null references customers,
    recipient text not null,
    body text not null,
    sent_at timestamptz not null
);

create table audit_log (
    id bigint generated always as identity primary key,
    actor text not null,
    action text not null,
    detail jsonb not null,
    at timestamptz not null default now()
);

-- What the background workers say of themselves: the source of `/api/ops/samples`.
create table ops_samples (
    id bigint generated always as identity primary key,
    worker text not null,
    duration_ms double precision not null,
    ok boolean not null,
    taken_at timestamptz not null
);
create index on ops_samples (taken_at);

create view upcoming_reminders as
    select r.id as reminder_id, r.job_id, c.name as customer, r.channel, r.due_at, r.status
    from reminders r
    join jobs j on j.id = r.job_id
    join customers c on c.id = j.customer_id
    where r.status = 'pending' and r.due_at between now() and now() + interval '7 days';

create function touch_job() returns trigger language plpgsql as $$
begin
    new.updated_at := now();
    insert into audit_log (actor, action, detail)
    values (current_user, 'job.' || new.status, jsonb_build_object('job', new.id));
    return new;
end
$$;

create trigger job_touched before update on jobs
    for each row execute function touch_job();
