-- Jobs, and what belongs to one: parts, signatures, reminders, invoices. Times are spread from two
-- years back to a month ahead of the hour of the start.

set session_replication_role = replica;
set search_path = public, extensions;

insert into jobs (id, customer_id, technician_id, title, description, site_contact, status, scheduled_at, arrival,
    completed_at, labour, cost,
                  checklist, updated_at)
select j.job, p.customer, case when k % 31 > 0 then md5('person ' || technician)::uuid end,
       (array['Boiler service', 'Leak repair', 'Meter exchange', 'Safety inspection',
           'Heat pump check'])[1 + seed.dice(k, 62, 5)],
       case k % 20 when 0 then null when 1 then '' else seed.sentence(k, 63)
           || seed.remark(k, 64) || seed.remark(k, 69) end,
       case when k % 4 = 0 then p.name || ', ' || p.phone_written end,
       status::job_status, j.at, case when k % 5 > 0 then tstzrange(j.at - interval '30 minutes',
           j.at + interval '1 hour', '[)') end,
       case status when 'done' then j.at + (30 + seed.dice(k, 65, 150)) * interval '1 minute' end,
       case status when 'done' then (30 + seed.dice(k, 65, 150)) * interval '1 minute' end,
       case k % 97 when 0 then 'NaN' when 1 then 'Infinity' when 2 then null else 49 + seed.dice(k, 66,
           60000) / 100.0 end::numeric,
       jsonb_build_object('arrived', status = 'done', 'photos', seed.dice(k, 67, 6), 'cover', md5('photo ' || k)::uuid,
           'approval', encode(sha256(convert_to('approval ' || k, 'UTF8')), 'base64'), 'steps',
           jsonb_build_array('inspect', 'clean', 'test')),
       j.at
from (
    select *, case when k % 29 = 0 then 'cancelled' when at > @BASE@ then 'scheduled'
        when at > @BASE@ - interval '3 hours' then 'in_progress'
                   else 'done' end as status
    from seed.jobs
) j
join seed.people p on p.n = j.n
order by k;
-- Called a few times more than there are rows, as after transactions that were rolled back.
select setval('job_number', (select max(job) + 7 * 19 from seed.jobs)), setval('countdown', -40),
    setval('round_trip', 98, true);

insert into job_parts (job_id, job_at, line, sku, quantity, unit_price)
select job, at, line, 'P-' || lpad(seed.dice(k, 70 + line, 900)::text, 4, '0'),
    1 + seed.dice(k, 73 + line, 8000) / 1000.0, 3 + seed.dice(k, 76 + line, 20000) / 100.0
from seed.jobs cross join generate_series(1, 3) line
where line <= k % 4;

insert into job_signatures (job_id, job_at, signer, image, signed_at)
select job, j.at, name, sha512(convert_to('signature ' || k, 'UTF8')) || sha512(convert_to('board ' || k, 'UTF8'))
           || substr(sha512(convert_to('end ' || k, 'UTF8')), 1, 1 + seed.dice(k, 79, 60)),
    j.at at time zone 'UTC'
from seed.jobs j join seed.people p using (n)
where k % 5 = 0 and j.at < @BASE@;

insert into reminders (id, job_id, job_at, channel, recipient, due_at, status, attempts, last_error)
overriding system value
select 499 + row_number() over (order by k), job, j.at, case when k % 3 = 0 then 'email'
    else 'sms' end::message_channel, case when k % 3 = 0 then email else phone end,
       j.at - interval '1 day',
       case when j.at - interval '1 day' > @BASE@ - interval '2 hours' then 'pending' when k % 50 = 0 then 'failed'
           else 'sent' end,
       k % 3, case when k % 50 = 0 then '550 mailbox of ' || email || ' is full' end
from seed.jobs j join seed.people p using (n)
where k % 29 > 0
order by k;
select setval('reminders_id_seq', (select max(id) from reminders));

insert into invoices (id, number, job_id, job_at, customer_id, net_cents, tax_cents, billed_to, document_path,
    due_on, paid_at)
select k, 'INV-' || lpad(k::text, 7, '0'), job, j.at, customer, 4900 + seed.dice(k, 80, 300) * 100,
    (4900 + seed.dice(k, 80, 300) * 100) / 5,
       jsonb_build_object('name', name, 'address', string_to_array(address, ', '), 'email', email),
       case when k % 3 > 0 then seed.plain(first) || '-' || seed.plain(last) || '-invoice-' || k || '.pdf' end,
       (j.at + interval '14 days')::date, case when k % 6 > 0 then j.at + interval '5 days' end
from seed.jobs j join seed.people p using (n)
where k % 29 > 0 and k % 4 > 0 and j.at < @BASE@ - interval '3 hours'
order by k;
select setval('invoices_id_seq', (select max(id) from invoices));

insert into telemetry (device, taken_at, celsius, flow, band, flags, payload)
select ('02:00:5e:' || substr(to_hex(16777216 + n), 2, 2) || ':' || substr(to_hex(16777216 + n), 4, 2) || ':'
    || substr(to_hex(16777216 + n), 6, 2))::macaddr,
       @BASE@ - h * interval '7 hours',
       case seed.dice(n * 12 + h, 81, 200) when 0 then 'NaN' when 1 then 'Infinity' when 2 then '-Infinity'
           else 18 + seed.dice(n * 12 + h, 82, 900) / 37.0 end::float8,
       case seed.dice(n * 12 + h, 83, 200) when 0 then 'NaN' when 1 then null else seed.dice(n * 12 + h, 84,
           100000) / 1000.0 end::numeric(8,3),
       temperature_range(18, 18 + seed.dice(n, 85, 30)), seed.dice(n, 86, 4095)::bit(12)::bit varying(12),
       case when h % 4 = 0 then json_build_object('rssi', -40 - seed.dice(n, 87, 50), 'firmware', '2.' || n % 9,
           'owner', name) end
from seed.people cross join generate_series(1, 12) h
where n <= @CUSTOMERS@;
