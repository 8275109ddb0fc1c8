-- Accounts and what hangs on them. Everybody has one; two share an address by single sign-on, one
-- is anonymous, one was deleted.

set session_replication_role = replica;
set search_path = auth;

insert into auth.instances values
    ('00000000-0000-0000-0000-000000000000', null,
        '{"SITE_URL":"https://app.brook.test","SMTP_PASS":"smtp-secret-91f0"}',
     @BASE@ - interval '900 days', @BASE@ - interval '30 days');

insert into auth.users (
    instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, invited_at, confirmation_token,
    confirmation_sent_at, recovery_token, recovery_sent_at, email_change_token_new, email_change, last_sign_in_at,
    raw_app_meta_data, raw_user_meta_data, is_super_admin, created_at, updated_at, phone, phone_confirmed_at,
    phone_change, phone_change_token, email_change_token_current, banned_until, reauthentication_token)
select '00000000-0000-0000-0000-000000000000', id, 'authenticated', 'authenticated', lower(email),
       '$2a$10$' || translate(left(encode(sha256(convert_to('password ' || n, 'UTF8')), 'base64'), 43), '+=', './')
       || substr(md5('salt ' || n), 1, 10),
       case when n % 17 > 0 then since + interval '10 minutes' end,
       case when staff then since end,
       case when n % 17 = 0 then encode(sha224(convert_to('confirm ' || n, 'UTF8')), 'hex') else '' end,
       since,
       case when n % 23 = 0 then encode(sha224(convert_to('recover ' || n, 'UTF8')), 'hex') else '' end,
       case when n % 23 = 0 then @BASE@ - interval '3 days' end,
       case when n % 41 = 0 then encode(sha224(convert_to('change ' || n, 'UTF8')), 'hex') else '' end,
       case when n % 41 = 0 then 'new.' || email else '' end,
       case when n % 11 > 0 then @BASE@ - seed.dice(n, 21, 2000) * interval '1 hour' end,
       jsonb_build_object('provider', 'email', 'providers', case when n % 5 = 0 then '["email", "google"]'::jsonb
           else '["email"]' end,
                          'role', case when staff then 'technician' else 'customer' end),
       jsonb_build_object('sub', id, 'full_name', name, 'email', email, 'phone', phone, 'email_verified', n % 17 > 0,
                          'phone_verified', n % 2 = 0, 'address', jsonb_build_object('street', address)),
       null, since, @BASE@ - seed.dice(n, 22, 400) * interval '1 hour',
       case when n % 2 = 0 then ltrim(phone, '+') end,
       case when n % 2 = 0 then since + interval '1 day' end,
       case when n % 53 = 0 then '15559' || lpad(n::text, 6, '0') else '' end, '', '',
       case when n % 211 = 0 then @BASE@ + interval '100 years' end,
       ''
from seed.people
order by n;

-- Single sign-on: the address of somebody who has an ordinary account too.
insert into auth.users (instance_id, id, aud, role, email, raw_app_meta_data, raw_user_meta_data, created_at,
    updated_at, is_sso_user)
select '00000000-0000-0000-0000-000000000000', md5('sso ' || n)::uuid, 'authenticated', 'authenticated', lower(email),
       '{"provider": "sso:5f8ce5b7"}', jsonb_build_object('custom_claims', jsonb_build_object('display_name', name)),
           since, since, true
from seed.people where n <= 2;
insert into auth.users (instance_id, id, aud, role, raw_app_meta_data, raw_user_meta_data, created_at, updated_at,
    is_anonymous)
values ('00000000-0000-0000-0000-000000000000', md5('anonymous')::uuid, 'authenticated', 'authenticated', '{}', '{}',
    @BASE@, @BASE@, true);
insert into auth.users (instance_id, id, aud, role, email, raw_app_meta_data, raw_user_meta_data, created_at,
    updated_at, deleted_at)
values ('00000000-0000-0000-0000-000000000000', md5('deleted')::uuid, 'authenticated', 'authenticated',
    'gone.for.good@mail.test', '{}',
        null, @BASE@ - interval '80 days', @BASE@, @BASE@ - interval '2 days');

insert into auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at,
    id)
select id::text, id, jsonb_build_object('sub', id, 'email', email, 'full_name', name, 'email_verified', true,
    'phone_verified', false),
       'email', since, since, since, md5('identity ' || n)::uuid
from seed.people
union all
-- A social login: its subject is a number, or the address itself.
select case when n % 2 = 0 then '1' || lpad(n::text, 20, '0') else email end, id,
       jsonb_build_object('iss', 'https://accounts.social.example', 'sub', '1' || lpad(n::text, 20, '0'), 'name',
           name, 'email', initcap(email),
                          'picture', 'https://social.example/a/' || md5('picture ' || n), 'full_name', name, 'phone',
                              phone),
       'google', since, since, since, md5('google ' || n)::uuid
from seed.people where n % 5 = 0;

insert into auth.sessions (id, user_id, created_at, updated_at, aal, refreshed_at, user_agent, ip,
    refresh_token_hmac_key, refresh_token_counter)
select md5('session ' || n || '/' || s)::uuid, id, at, at + interval '2 hours', case when n % 20 = 0 then 'aal2'
    else 'aal1' end::auth.aal_level,
       at + interval '1 hour',
       (array['Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15',
              'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0',
              'BrookApp/3.2 (Android 14)'])[1 + seed.dice(n, 23 + s, 3)],
       ip, case when s = 2 then md5('hmac ' || n) || md5('key ' || n) end, case when s = 2 then n % 50 end
from seed.people
cross join generate_series(1, 2) s
cross join lateral (select @BASE@ - (seed.dice(n, 24 + s, 700) + 1) * interval '1 hour' as at) moment
where s = 1 or n % 3 = 0;

insert into auth.refresh_tokens (instance_id, id, token, user_id, revoked, created_at, updated_at, parent, session_id)
select '00000000-0000-0000-0000-000000000000', n * 2 + t, left(md5('token ' || n || '/' || t), 12 + n % 11),
    id::text, t = 0, since,
       since + interval '1 hour', case when t = 1 then left(md5('token ' || n || '/0'), 12 + n % 11) end,
           md5('session ' || n || '/1')::uuid
from seed.people cross join generate_series(0, 1) t;
select setval('auth.refresh_tokens_id_seq', (select max(id) + 13 from auth.refresh_tokens));

insert into auth.mfa_amr_claims (session_id, created_at, updated_at, authentication_method, id)
select md5('session ' || n || '/1')::uuid, since, since, case when n % 20 = 0 then 'totp' else 'password' end,
    md5('amr ' || n)::uuid
from seed.people;

insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, created_at, updated_at, secret, phone,
    web_authn_credential)
select md5('factor ' || n)::uuid, id, case when n % 40 = 0 then first || '''s phone' else '' end,
       case n % 60 when 0 then 'phone' when 20 then 'webauthn' else 'totp' end::auth.factor_type, 'verified', since,
           since,
       case when n % 60 = 40 then upper(md5('totp ' || n)) end, case when n % 60 = 0 then phone end,
       case when n % 60 = 20 then jsonb_build_object('id', md5('credential ' || n), 'name', email) end
from seed.people where n % 20 = 0;
insert into auth.mfa_challenges (id, factor_id, created_at, verified_at, ip_address, otp_code)
select md5('challenge ' || n)::uuid, md5('factor ' || n)::uuid, since, since + interval '20 seconds', ip,
    lpad(seed.dice(n, 25, 1000000)::text, 6, '0')
from seed.people where n % 20 = 0;

insert into auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to, created_at, updated_at)
select md5('once ' || n)::uuid, id, case when n % 2 = 0 then 'recovery_token'
    else 'confirmation_token' end::auth.one_time_token_type,
       encode(sha224(convert_to('once ' || n, 'UTF8')), 'hex'), case when n % 4 = 0 then ltrim(phone, '+')
           else email end, since, since
from seed.people where n % 15 = 0;

insert into auth.flow_state (id, user_id, auth_code, code_challenge_method, code_challenge, provider_type,
    provider_access_token,
                             provider_refresh_token, created_at, updated_at, authentication_method, invite_token,
                                 referrer)
select md5('flow ' || n)::uuid, id, md5('code ' || n), 's256', md5('pkce ' || n), 'google',
    'ya29.' || md5('access ' || n),
       '1//' || md5('refresh ' || n), since, since, 'oauth', case when staff then md5('invite ' || n) end,
           'https://app.brook.test/welcome?for=' || email
from seed.people where n % 20 = 7;

insert into auth.sso_providers values (md5('sso provider')::uuid, 'brook-partners', @BASE@ - interval '200 days',
    @BASE@, false);
insert into auth.sso_domains values
    (md5('sso domain 1')::uuid, md5('sso provider')::uuid, 'partners.brook.test', @BASE@, @BASE@),
    (md5('sso domain 2')::uuid, md5('sso provider')::uuid, 'firm.test', @BASE@, @BASE@);
insert into auth.saml_providers
select md5('saml')::uuid, md5('sso provider')::uuid, 'https://idp.firm.test/saml',
       '<EntityDescriptor><ContactPerson><EmailAddress>' || email
           || '</EmailAddress></ContactPerson></EntityDescriptor>',
       'https://idp.firm.test/metadata', '{"keys": {"email": {"name": "mail"}}}', since, since, null
from seed.people where n = 3;
insert into auth.saml_relay_states (id, sso_provider_id, request_id, for_email, redirect_to, created_at, updated_at)
select md5('relay ' || n)::uuid, md5('sso provider')::uuid, 'id-' || md5('relay ' || n), email,
    'https://app.brook.test', since, since
from seed.people where n <= 9;

insert into auth.oauth_clients (id, client_secret_hash, registration_type, redirect_uris, grant_types, client_name,
    client_uri)
values (md5('client 1')::uuid, md5('client secret 1'), 'manual', 'https://books.firm.test/callback',
    'authorization_code', 'Bookkeeping', 'https://books.firm.test'),
       (md5('client 2')::uuid, null, 'dynamic', 'http://127.0.0.1/callback', 'authorization_code,refresh_token',
           'Desk assistant', null);
insert into auth.oauth_authorizations (id, authorization_id, client_id, user_id, redirect_uri, scope, state,
    authorization_code, created_at, expires_at)
select md5('authorization ' || n)::uuid, md5('request ' || n), md5('client 1')::uuid, id,
    'https://books.firm.test/callback', 'openid email',
       md5('state ' || n), md5('authorization code ' || n), since, since + interval '3 minutes'
from seed.people where n <= 12;
insert into auth.oauth_consents (id, user_id, client_id, scopes, granted_at)
select md5('consent ' || n)::uuid, id, md5('client 1')::uuid, 'openid email', since from seed.people where n <= 12;
insert into auth.oauth_client_states select md5('client state ' || n)::uuid, 'google', md5('verifier ' || n),
    since from seed.people where n <= 5;
insert into auth.custom_oauth_providers (id, provider_type, identifier, name, client_id, client_secret, issuer)
values (md5('custom provider')::uuid, 'oidc', 'custom:firm', 'Firm login', 'brook',
    'oidc-secret-' || md5('custom provider'), 'https://idp.firm.test');
insert into auth.webauthn_credentials (id, user_id, credential_id, public_key, friendly_name, created_at, updated_at)
select md5('passkey ' || n)::uuid, id, sha256(convert_to('passkey ' || n, 'UTF8')),
    sha512(convert_to('public ' || n, 'UTF8')), first || '''s key', since, since
from seed.people where n % 25 = 4;
insert into auth.webauthn_challenges (id, user_id, challenge_type, session_data, created_at, expires_at)
select md5('passkey challenge ' || n)::uuid, id, 'registration',
    jsonb_build_object('user', jsonb_build_object('name', email, 'displayName', name)),
       since, since + interval '5 minutes'
from seed.people where n <= 6;
