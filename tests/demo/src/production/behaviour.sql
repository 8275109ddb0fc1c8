-- What acts: functions, triggers, views, policies, grants, publications.

set role postgres;
set search_path = public, extensions;

create function initials(name text) returns text language sql immutable strict as $$
    select string_agg(left(word, 1), '.') from regexp_split_to_table(name, '\s+') word
$$;

create function touch() returns trigger language plpgsql as $$
begin
    new.updated_at := now();
    return new;
end
$$;

-- Written by whoever is signed in, read by nobody but the staff.
create function write_audit() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
    before_it jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
    after_it jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
begin
    insert into public.audit_log (actor, actor_id, action, table_name, row_id, old, new)
    values (coalesce(auth.email(), current_user), auth.uid(), lower(tg_op), tg_table_name,
            coalesce(after_it ->> 'id', before_it ->> 'id'), before_it, after_it);
    return null;
end
$$;

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is append-only' using errcode = '42501';
end
$$;

-- Supabase's own way to give every new account a profile.
create function handle_new_user() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    -- A line that a careless filter takes for a comment:
    insert into public.profiles (id, full_name) values (new.id, new.raw_user_meta_data ->> 'full_name');
    return new;
end
$$;

create function is_staff() returns boolean language sql stable security definer set search_path = '' as $$
    select exists (select from public.technicians t where t.id = auth.uid())
$$;

create function free_slots(day date, minutes integer default 60) returns table (slot timestamptz, technician text)
language plpgsql stable as $$
begin
    return query
        select day + make_interval(hours => hour), t.name
        from generate_series(8, 16) hour
        cross join public.technicians t
        where not exists (select from public.jobs j where j.technician_id = t.id
                          and j.arrival && tstzrange(day + make_interval(hours => hour), day + make_interval(hours => hour, mins => minutes)));
end
$$;

create function longer(one text, other text) returns text language sql immutable as $$
    select case when length(other) > coalesce(length(one), -1) then other else one end
$$;
create procedure forget_rate_limits() language sql as $$ delete from public.rate_limits where reset_at < now() $$;

create aggregate longest(text) (sfunc = longer, stype = text);

create trigger customers_touch before update on customers for each row execute function touch();
create trigger customers_audit after insert or update or delete on customers for each row execute function write_audit();
create trigger invoices_audit after update or delete on invoices for each row execute function write_audit();
create trigger jobs_touch before update on jobs for each row execute function touch();
create trigger audit_log_append_only before update or delete or truncate on audit_log
    for each statement execute function refuse_change();
create trigger on_auth_user_created after insert on auth.users for each row execute function handle_new_user();

-- As the dashboard makes a webhook: address and key stand in the arguments.
create trigger invoice_webhook after insert or update on invoices for each row
    execute function supabase_functions.http_request(
        'https://brook.functions.test/v1/invoice-paid', 'POST',
        '{"Content-Type":"application/json","Authorization":"Bearer @SERVICE_ROLE_KEY@"}', '{}', '5000');
create trigger message_webhook after insert on messages for each row when (new.channel = 'sms')
    execute function supabase_functions.http_request('https://hooks.sms.example/in?token=hook-7d21c9e0', 'POST', '{}', '{}', '1000');
alter table messages disable trigger message_webhook;

create view upcoming_reminders as
    select r.id as reminder_id, r.job_id, c.name as customer, r.channel, r.due_at, r.status
    from reminders r
    join jobs j on j.id = r.job_id and j.scheduled_at = r.job_at
    join customers c on c.id = j.customer_id
    where r.status = 'pending' and r.due_at between now() and now() + interval '7 days';

create view customer_overview with (security_invoker = true) as
    select c.id, c.name, initials(c.name) as initials, count(j.id) as jobs, max(j.scheduled_at) as last_job
    from customers c left join jobs j on j.customer_id = c.id
    group by c.id;

create view open_invoices with (security_barrier = true) as
    select number, customer_id, gross_cents, due_on from invoices where paid_at is null
    with local check option;

create materialized view customer_balances as
    select c.id, c.name, c.email, coalesce(sum(i.gross_cents) filter (where i.paid_at is null), 0) as open_cents
    from customers c left join invoices i on i.customer_id = c.id
    group by c.id;
create unique index customer_balances_id_idx on customer_balances (id);

alter table profiles enable row level security;
alter table customers enable row level security;
alter table jobs enable row level security;
alter table invoices enable row level security;
alter table messages enable row level security;
alter table uploads enable row level security;
alter table audit_log enable row level security;
alter table api_keys enable row level security;
alter table api_keys force row level security;
create policy "own profile" on profiles using (id = auth.uid()) with check (id = auth.uid());
create policy "own row, or staff" on customers for select to authenticated using (account_id = auth.uid() or is_staff());
create policy "staff may change" on customers for update to authenticated using (is_staff()) with check (is_staff());
create policy "own jobs, or staff" on jobs to authenticated using (is_staff() or exists (
    select from customers c where c.id = customer_id and c.account_id = auth.uid()));
create policy "own invoices" on invoices for select to authenticated using (exists (
    select from customers c where c.id = customer_id and c.account_id = auth.uid()));
create policy "staff reads messages" on messages as restrictive for select to authenticated using (is_staff());
create policy "staff reads the log" on audit_log for select to authenticated using (is_staff());

-- The default privileges gave these to everybody, and they were taken back.
revoke all on api_keys, audit_log, app_settings, "Site Visits" from anon, authenticated;
revoke all on customers, jobs, invoices, messages from anon;
revoke insert, update, delete, truncate on feature_flags, message_templates from anon, authenticated;
revoke all on function free_slots(date, integer) from public;
grant select (id, name) on technicians to anon;
grant usage on schema "Legacy CRM" to service_role;
grant select on "Legacy CRM"."Contacts Old" to service_role;

alter table messages replica identity full;
alter publication supabase_realtime add table jobs, reminders;
create publication invoices_paid for table invoices where (paid_at is not null) with (publish = 'insert');
alter table customers alter column notes set storage external;
alter table audit_log set (autovacuum_vacuum_scale_factor = 0.01);
