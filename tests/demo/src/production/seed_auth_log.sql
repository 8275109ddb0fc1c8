-- The log that the auth service keeps: who did what, with name and address in the payload.

set session_replication_role = replica;
set search_path = auth;

insert into auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
select '00000000-0000-0000-0000-000000000000', md5('audit ' || n || '/' || e)::uuid,
       json_build_object(
           'action', action, 'actor_id', id, 'actor_name', name,
           'actor_username', case when n % 9 = 0 then ltrim(phone, '+') else email end, 'actor_via_sso', false,
           'log_type', case when action in ('login', 'logout') then 'account' when action like 'user_%' then 'team'
               else 'token' end,
           'traits', case action when 'login' then json_build_object('provider', 'email')
                                 when 'user_signedup' then json_build_object('provider', 'email', 'user_id', id,
                                     'user_email', email, 'user_phone', phone) end),
       @BASE@ - seed.dice(n, 30 + e, 17000) * interval '1 hour',
       case when e % 4 = 0 then host(ip) when e % 4 = 1 then '' else '2001:db8:' || left(md5('from ' || n || '/' || e), 4)
           || ':' || substr(md5('from ' || n || '/' || e), 5, 4) || '::' || right(md5('from ' || n || '/' || e), 4) end
from seed.people
cross join generate_series(1, 7) e
cross join lateral (select (array['user_signedup', 'login', 'token_refreshed', 'token_revoked', 'login',
    'token_refreshed', 'logout'])[e] as action) done;
