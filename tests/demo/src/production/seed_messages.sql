-- What was written to and by customers, and the business's own audit log.

set session_replication_role = replica;
set search_path = public, extensions;

insert into messages (customer_id, channel, outbound, sender, recipient, subject, body, provider, sent_at)
select customer, channel::message_channel, m % 3 > 0,
       case when m % 3 > 0 then 'help@brook.test' when channel = 'email' then email else phone end,
       case when m % 3 = 0 then 'help@brook.test' when channel = 'email' then email else phone end,
       case channel when 'email' then (array['Your appointment', 'Your invoice', 'Question about the visit',
           ''])[1 + seed.dice(n * 9 + m, 90, 4)] end,
       case when m % 3 > 0 then 'Hello ' || first || ', ' else 'Hello, this is ' || name || '. ' end
       || seed.sentence(n * 9 + m, 91) || seed.remark(n * 9 + m, 92)
       || case m % 4 when 0 then 'Call me back on ' || phone_written || '.' when 1 then 'Answer to ' || email
           || ', please.' else 'Kind regards, Brook & Sons' end,
       case when m % 3 > 0 then jsonb_build_object('id', 'SM' || md5(n || '/' || m), 'to',
           case when channel = 'email' then email else phone end, 'status', 'delivered', 'trace', md5('trace ' || m || '/' || n)::uuid,
           'signature', encode(sha256(convert_to('signed ' || n || '/' || m, 'UTF8')), 'base64'))
       else jsonb_build_object('message_id', '<' || md5(m || '/' || n)::uuid || '@mail.test>') end,
       @BASE@ - seed.dice(n * 9 + m, 94, 17000) * interval '1 hour'
from seed.people
cross join generate_series(1, 9) m
cross join lateral (select (array['sms', 'email', 'sms', 'call', 'email'])[1 + seed.dice(n * 9 + m, 95,
    5)] as channel) by
where not staff
order by m, n;
-- To a customer who is no more: the foreign key `messages_customer_id_fkey` was added NOT VALID.
insert into messages (customer_id, channel, outbound, sender, recipient, body, sent_at)
values (md5('customer of old')::uuid, 'email', true, 'help@brook.test', 'gone.for.good@mail.test', 'Good-bye.',
    @BASE@ - interval '700 days');

insert into audit_log (at, actor, actor_id, action, table_name, row_id, old, new, ip)
select @BASE@ - seed.dice(n * 8 + a, 96, 17000) * interval '1 hour', s.email, s.id,
       case a when 1 then 'insert' when 8 then 'delete' else 'update' end, 'customers', p.customer::text,
       case when a > 1 then jsonb_build_object('id', p.customer, 'name', p.name, 'email', p.email, 'phone', p.phone,
           'address', p.address,
                                               'status', 'lead', 'notes', seed.remark(n, 97 + a),
                                                   'version', a - 1, 'revision', encode(sha256(convert_to('revision ' || n || '/' || a - 1, 'UTF8')), 'hex')) end,
       case when a < 8 then jsonb_build_object('id', p.customer, 'name', p.name, 'email', p.email, 'phone', p.phone,
           'address', p.address,
                                               'status', 'active', 'notes', seed.remark(n, 98 + a),
                                                   'version', a,
                                               'revision', encode(sha256(convert_to('revision ' || n || '/' || a, 'UTF8')), 'hex'),
                                               'request', md5('request ' || n || '/' || a)::uuid,
                                               'session', encode(sha256(convert_to('session ' || n || '/' || a, 'UTF8')), 'base64'),
                                               'contacts', jsonb_build_array(jsonb_build_object('email', p.email,
                                                   'phone', p.phone_written))) end,
       case when a % 2 = 0 then s.ip else ('2001:db8::' || left(md5('ip ' || n || '/' || a), 4) || ':'
           || right(md5('ip ' || n || '/' || a), 4))::inet end
from (select *, @CUSTOMERS@ + 1 + seed.dice(n, 99, @TECHNICIANS@) as by_whom from seed.people where not staff) p
join (select n as staff_number, email, id, ip from seed.people where staff) s on s.staff_number = p.by_whom
cross join generate_series(1, 8) a
order by a, n;
