-- Customers, technicians, profiles, and the small tables. A share of every optional column is
-- NULL, and another the empty string.

set session_replication_role = replica;
set search_path = public, extensions;

insert into profiles (id, full_name, avatar_path, marketing_email, locale, updated_at)
select id, name, case when n % 3 = 0 then 'avatars/' || id || '.jpg' end, case n % 4 when 0 then email when 1
    then '' end,
       (array['en', 'de', 'fr', 'es'])[1 + seed.dice(n, 41, 4)], since
from seed.people order by n;

insert into technicians (id, name, email, phone, skills, hourly_rates, working_hours, window_of_visits,
    emergency_contact, badge_photo, hired_on)
select p.id, p.name, p.email, p.phone,
    (array['{boilers,gas}', '{electric}', '{}', '{"heat pumps",NULL,"a \"quoted\" skill"}'])[1 + p.n % 4]::text[],
       array[42.5, 55, null]::numeric[], int4range(7 + p.n % 3, 17), row('08:00', '16:30')::visit_window,
       jsonb_build_object('name', q.name, 'relation', 'sibling', 'phone', q.phone_written, 'emails',
           jsonb_build_array(q.email)),
       decode(repeat(md5('badge ' || p.n), 8), 'hex'), p.since::date
from seed.people p
join seed.people q on q.n = p.n - @CUSTOMERS@
where p.staff order by p.n;

insert into customers (id, number, account_id, referred_by, name, email, billing_email, phone, other_emails, address,
    contacts, preferences,
                       tags, notes, status, credit, born_on, place, last_ip, created_at, updated_at)
select p.customer, 997 + 3 * p.n, case when p.n % 10 > 0 then p.id end,
       case when p.n % 6 = 0 then md5('customer ' || p.n / 2)::uuid end,
       p.name,
       -- As they wrote it themselves: the auth service keeps it in small letters.
       case when p.n % 13 = 0 then initcap(p.email) else p.email end,
       case p.n % 5 when 0 then null when 1 then '' else upper(p.email) end,
       case when p.n % 19 > 0 then p.phone end,
       case p.n % 4 when 0 then array[p.email, 'office+' || p.email] when 1 then array[null, 'second.' || p.email]
           else '{}' end,
       case p.n % 12 when 0 then null when 1 then '' else p.address end,
       jsonb_build_array(
           jsonb_build_object('kind', 'home', 'name', p.name, 'phone', p.phone, 'email', p.email),
           jsonb_build_object('kind', 'neighbour', 'name', q.name, 'phone', q.phone_written, 'note', 'has the key')),
       case when p.n % 3 > 0 then jsonb_build_object('channel', 'sms', 'quiet', jsonb_build_array('20:00', '07:00'),
           'newsletter', p.n % 2 = 0,
                                                     'reply_to', p.email) end,
       case p.n % 5 when 0 then '{contract,priority}'::text[] when 1 then '{}' else '{private}' end,
       case p.n % 6
           when 0 then null
           when 1 then ''
           when 2 then seed.sentence(p.n, 42) || 'Ring ' || p.name || ' at ' || p.phone_written
               || ' before the visit, or write to ' || p.email || '.'
           when 3 then 'Neighbour: ' || q.name || ' (' || q.phone || '), ' || q.address || '. '
               || seed.remark(p.n, 43)
           when 4 then E'Moved from ' || q.address || E'.\nOld number\t' || q.phone_written || E'\\ ask for '
               || p.first
           else seed.sentence(p.n, 44) || seed.remark(p.n, 45)
       end,
       (array['active', 'active', 'on hold', 'former', 'lead'])[1 + p.n % 5]::customer_status,
       case p.n % 50 when 0 then 'NaN' when 1 then null else seed.dice(p.n, 46, 90000) / 100.0 - 100 end::numeric,
       date '1950-01-01' + seed.dice(p.n, 47, 19000), point(seed.dice(p.n, 48, 1800) / 10.0 - 90,
           seed.dice(p.n, 49, 3600) / 10.0 - 180),
       p.ip, p.since, p.since + interval '1 day'
from seed.people p
join seed.people q on q.n = 1 + p.n % @CUSTOMERS@
where not p.staff order by p.n;
-- One old row that the check `customers_reachable` would refuse today.
update customers set email = null, phone = null where number = 1000;
select setval('customers_number_seq', 1000 + 3 * @CUSTOMERS@);

insert into message_templates values
    ('reminder', 'sms', null, 'Hello {{name}}, {{technician}} comes on {{date}}. Questions: help@brook.test',
        '{name,technician,date}'),
    ('invoice', 'email', 'Your invoice {{number}}',
        E'Dear {{name}},\n\nplease find {{number}} attached.\n\nBrook & Sons', '{name,number}'),
    ('welcome', 'email', 'Welcome', 'Dear {{name}}, good to have you.', '{name}');

insert into api_keys (service, prefix, secret, secret_hash, contact, scopes, expires_at)
select (array['sms', 'mail', 'maps', 'payments'])[1 + n % 4], left(md5('key ' || n), 6),
    'sk_live_' || md5('key ' || n) || md5('more ' || n),
       sha256(convert_to('key ' || n, 'UTF8')), case when n % 2 = 0 then email end, array['send', 'read:' || n],
       case when n % 3 = 0 then 'infinity' else @BASE@ + n * interval '9 days' end
from seed.people where n <= 20 order by n;

insert into feature_flags values
    ('online_booking', true, 100, '{}'), ('sms_reminders', true, 100, '{"countries": ["US", "DE"]}'),
        ('photo_upload', true, 55.5, '{}'),
    ('new_invoices', false, null, '{"staff_only": true}'), ('self_service', false, 0, '{}');

insert into app_settings
select 'business', jsonb_build_object('name', 'Brook & Sons Field Service', 'support', 'help@brook.test', 'owner',
    name), false, email
from seed.people where n = @CUSTOMERS@ + 1
union all
values ('reminders', '{"lead_hours": 24, "channels": ["sms", "email"]}'::jsonb, false, null),
       ('payments', '{"provider": "pay.example", "secret": "whsec_5c1e9f27a4"}', true, ''),
       ('schedule', '{"slots": [8, 10, 13, 15], "travel_minutes": 25.5, "weekend": null}', false, null);

insert into closures values ('[2026-12-24,2026-12-27)', 'Christmas'), ('[2027-01-01,2027-01-02)', null),
    ('empty', 'never'),
    ('[2027-05-01,)', 'to be planned');

insert into "Site Visits"
select n, name, email, case n % 3 when 0 then null when 1 then '' else 'where ' || address end,
    seed.dice(n, 50, 90000) / 100.0, since,
       to_tsvector('simple', name || ' ' || email)
from seed.people where n % 2 = 0;

insert into rate_limits select 'mail:' || email, n, @BASE@ from seed.people where n <= 30;

insert into ops_samples (worker, duration_ms, ok, taken_at)
select (array['reminders', 'invoices', 'thumbnails'])[1 + n % 3], 40 + n * 7919 % 400 + case when n % 40 = 0 then 900
    else 0 end,
       n % 125 > 0, @BASE@ - n * interval '35 seconds'
from generate_series(1, 600) n;

-- What COPY has to escape, and what looks like its end.
insert into "Legacy CRM"."Contacts Old"
select n, left(name, 120),
       case n % 6 when 0 then E'\\N' when 1 then E'\\.' when 2 then E'tab\there\nand a line\r\nand \\ and \\t' when 3
           then ''
                  when 4 then name || ';' || email || ';' || phone else E'\u00e9\u0301 \U0001F527 \u202e' end,
       array[phone, phone_written, null, ''],
           jsonb_build_object('a', jsonb_build_object('b', jsonb_build_array(email, jsonb_build_object('c', name))))
from seed.people where n <= 60;
