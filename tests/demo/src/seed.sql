-- The same rows at every start. Only the times move: they hang on the hour of the start, so that
-- there are always reminders to come and samples of the last day. Domains and numbers are of the
-- ranges that are reserved for examples.

insert into schema_migrations (version)
values ('0001_customers'), ('0002_jobs'), ('0003_reminders'), ('0004_invoices'), ('0005_uploads');

insert into settings (key, value) values
    ('business', '{"name": "Brook & Sons Field Service", "support": "help@brook.test"}'),
    ('reminders', '{"lead_hours": 24, "channels": ["sms", "email"]}');

insert into feature_flags (name, enabled)
values ('online_booking', true), ('sms_reminders', true), ('photo_upload', true), ('new_invoices', false);

insert into api_keys (service, secret)
values ('sms', 'sk_demo_' || md5('sms')), ('mail', 'sk_demo_' || md5('mail'));

insert into auth.users (id, email, phone, salt, encrypted_password, user_metadata, created_at)
select md5('user' || n)::uuid,
       case n when 1 then 'staff@brook.test' else 'technician' || n || '@brook.test' end,
       '+1555010' || lpad(n::text, 4, '0'),
       md5('salt' || n),
       encode(sha256(convert_to(md5('salt' || n) || 'demo-password-' || n, 'UTF8')), 'hex'),
       jsonb_build_object('role', case n when 1 then 'dispatcher' else 'technician' end),
       date_trunc('hour', now()) - n * interval '9 days'
from generate_series(1, 12) n;

insert into auth.sessions (user_id, refresh_token, ip, created_at)
select md5('user' || 1 + n % 12)::uuid, md5('session' || n), ('192.0.2.' || n)::inet,
       date_trunc('hour', now()) - n * interval '1 hour'
from generate_series(1, 40) n;

insert into customers (name, email, phone, address, tags, contacts, notes, created_at)
select name, mail, phone,
       1 + n % 90 || ' Mill Lane, ' || (array['Ashford', 'Brookfield', 'Calder', 'Denby'])[1 + n % 4],
       case when n % 5 = 0 then array['contract', 'priority'] else array['private'] end,
       jsonb_build_array(jsonb_build_object('kind', 'home', 'phone', phone, 'email', mail)),
       case when n % 7 = 0 then 'Ring ' || phone || ' before the visit, or write to ' || mail end,
       date_trunc('hour', now()) - n * interval '17 hours'
from (
    select n, first || ' ' || last as name, translate(lower(first || '.' || last), 'ë''', 'e') || n || '@mail.test' as mail,
           '+1555020' || lpad(n::text, 4, '0') as phone
    from (
        select n,
               (array['Ada', 'Bela', 'Chloë', 'Dmitri', 'Elif', 'Femi', 'Grace', 'Hiro', 'Ines'])[1 + n % 9] as first,
               (array['Archer', 'Baker', 'Cooper', 'Fuller', 'Mason', 'O''Neill', 'Sawyer'])[1 + n % 7] as last
        from generate_series(1, 500) n
    ) people
) named;

insert into jobs (customer_id, technician_id, title, status, scheduled_at, completed_at)
select 1 + n % 500, md5('user' || 2 + n % 11)::uuid,
       (array['Boiler service', 'Leak repair', 'Meter exchange', 'Safety inspection'])[1 + n % 4],
       status, at, case status when 'done' then at + (30 + n % 150) * interval '1 minute' end
from (
    select n, at, case when n % 29 = 0 then 'cancelled' when at > now() then 'scheduled'
                       when at > now() - interval '3 hours' then 'in_progress' else 'done' end::job_status as status
    from (
        select n, date_trunc('hour', now()) + (n - 1500) * interval '40 minutes' as at
        from generate_series(1, 2000) n
    ) slots
) planned;

insert into reminders (job_id, channel, due_at, status)
select id, case when id % 3 = 0 then 'email' else 'sms' end, scheduled_at - interval '1 day',
       case when scheduled_at - interval '1 day' > now() - interval '2 hours' then 'pending'
            when id % 50 = 0 then 'failed' else 'sent' end
from jobs
where status <> 'cancelled'
order by id;

insert into storage.buckets (id, name, file_size_limit, allowed_mime_types)
values ('uploads', 'uploads', 20000000, array['image/jpeg', 'application/pdf', 'text/plain']),
       ('invoices', 'invoices', 5000000, array['application/pdf']),
       ('maintenance', 'maintenance', null, null);

insert into storage.objects (id, bucket_id, name, metadata, created_at)
select md5('object' || n)::uuid, bucket, bucket || '/' || n || suffix,
       jsonb_build_object('size', 20000 + n * 37, 'mimetype', kind, 'eTag', md5('content' || n)),
       date_trunc('hour', now()) - n * interval '1 hour'
from generate_series(1, 600) n
cross join lateral (
    select (array['uploads', 'invoices', 'maintenance'])[1 + n % 3] as bucket,
           (array['.pdf', '.pdf', '.jpg'])[1 + n % 3] as suffix,
           (array['application/pdf', 'application/pdf', 'image/jpeg'])[1 + n % 3] as kind
) place;

insert into invoices (job_id, number, amount_cents, paid_at, document)
select id, 'INV-' || lpad(id::text, 6, '0'), 4900 + id % 300 * 100,
       case when id % 6 > 0 then completed_at + interval '5 days' end,
       case when id <= 600 and id % 3 = 1 then md5('object' || id)::uuid end
from jobs
where status = 'done'
order by id;

insert into uploads (job_id, object_id, uploaded_by)
select n, md5('object' || n)::uuid, 'technician' || 2 + n % 11 || '@brook.test'
from generate_series(1, 600) n
where n % 3 <> 1;

insert into messages (customer_id, recipient, body, sent_at)
select c.id, c.phone, 'Hello ' || c.name || ', we come tomorrow. Questions: ' || c.email, c.created_at
from customers c
order by c.id;

insert into audit_log (actor, action, detail, at)
select 'staff@brook.test', 'customer.created', jsonb_build_object('id', id, 'name', name, 'email', email), created_at
from customers
order by id;

insert into ops_samples (worker, duration_ms, ok, taken_at)
select (array['reminders', 'invoices', 'thumbnails'])[1 + n % 3],
       40 + n * 7919 % 400 + case when n % 40 = 0 then 900 else 0 end,
       n % 125 > 0,
       now() - n * interval '35 seconds'
from generate_series(1, 2400) n;

analyze;
