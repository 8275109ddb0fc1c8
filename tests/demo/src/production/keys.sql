-- Keys, constraints and indexes, over rows that are there.

set role postgres;
set search_path = public, extensions;

alter table profiles add primary key (id);
alter table technicians add primary key (id), add constraint technicians_email_key unique (email);
alter table customers add primary key (id), add constraint customers_number_key unique (number),
    add constraint customers_email_key unique (email);
alter table jobs add primary key (id, scheduled_at);
alter table job_parts add primary key (job_id, job_at, line);
alter table job_signatures add primary key (job_id, job_at);
alter table reminders add primary key (id);
alter table invoices add primary key (id), add constraint invoices_number_key unique (number);
alter table uploads add primary key (id), add constraint uploads_place_key unique (bucket, path);
alter table messages add primary key (id);
alter table message_templates add primary key (key);
alter table audit_log add primary key (id);
alter table api_keys add primary key (id);
alter table feature_flags add primary key (name);
alter table app_settings add primary key (key);
alter table "Site Visits" add primary key ("Visit No.");
alter table rate_limits add primary key (bucket);
alter table ops_samples add primary key (id);
alter table "Legacy CRM"."Contacts Old" add constraint "Contacts Old pkey" primary key ("ID");

-- Some checks and keys came after the rows, and were never validated.
alter table customers add constraint customers_reachable check (email is not null or phone is not null) not valid;
alter table customers add constraint customers_credit_sane check (credit is null or credit = 'NaN' or abs(credit) < 100000);
alter table customers add constraint customers_account_id_fkey foreign key (account_id) references auth.users on delete set null;
alter table customers add constraint customers_referred_by_fkey foreign key (referred_by) references customers
    deferrable initially deferred;
alter table profiles add constraint profiles_id_fkey foreign key (id) references auth.users on delete cascade;
alter table technicians add constraint technicians_id_fkey foreign key (id) references auth.users;
alter table jobs add constraint jobs_customer_id_fkey foreign key (customer_id) references customers;
alter table jobs add constraint jobs_technician_id_fkey foreign key (technician_id) references technicians;
alter table jobs add constraint jobs_done_is_dated check ((status = 'done') = (completed_at is not null));
alter table job_parts add constraint job_parts_job_fkey foreign key (job_id,
    job_at) references jobs on delete cascade;
alter table job_signatures add constraint job_signatures_job_fkey foreign key (job_id,
    job_at) references jobs on delete cascade;
alter table reminders add constraint reminders_job_fkey foreign key (job_id,
    job_at) references jobs on delete cascade;
alter table reminders add constraint reminders_status_check check (status in ('pending', 'sent', 'failed'));
alter table invoices add constraint invoices_job_fkey foreign key (job_id, job_at) references jobs
    deferrable initially immediate;
alter table invoices add constraint invoices_customer_id_fkey foreign key (customer_id) references customers on update cascade;
alter table uploads add constraint uploads_customer_id_fkey foreign key (customer_id) references customers;
alter table messages add constraint messages_customer_id_fkey foreign key (customer_id) references customers not valid;
alter table closures add constraint closures_apart exclude using gist (during with &&);

create index jobs_customer_id_idx on jobs (customer_id);
create index jobs_technician_scheduled_idx on jobs (technician_id, scheduled_at) where status <> 'cancelled';
create index reminders_status_due_idx on reminders (status, due_at);
create index reminders_job_idx on reminders (job_id, job_at);
create index invoices_customer_id_idx on invoices (customer_id);
create index invoices_job_idx on invoices (job_id, job_at);
create index uploads_customer_id_idx on uploads (customer_id);
create index messages_customer_sent_idx on messages (customer_id, sent_at desc);
create index audit_log_row_idx on audit_log (table_name, row_id);
create index audit_log_at_idx on audit_log using brin (at);
create index customers_search_idx on customers using gin (search);
create index customers_lower_email_idx on customers (lower(email));
create index customers_contacts_idx on customers using gin (contacts jsonb_path_ops);
create index telemetry_device_idx on telemetry (device, taken_at);
create index "Site Visits E-Mail" on "Site Visits" (lower("E-Mail"));
create statistics customers_status_credit (dependencies) on status, credit from customers;

do $$
begin
    if exists (select from pg_extension where extname = 'pg_trgm') then
        create index customers_name_trgm_idx on customers using gin (name gin_trgm_ops);
    end if;
end
$$;
