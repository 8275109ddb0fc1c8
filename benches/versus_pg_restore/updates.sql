-- The runbook's five masking rules after a restore: addresses, numbers, names, sessions, keys; and
-- the content of the audit log. Triggers are off, as they would be in anybody's script.
set session_replication_role = replica;
update auth.users set email = case when email <> '' then 'test-' || id || '@example.com' else email end,
    phone = case when phone <> '' then '1000000' || right(phone, 8) end,
    raw_user_meta_data = '{}';
update auth.identities set identity_data = jsonb_build_object('sub', user_id, 'email', 'test-' || abs(hashtext(user_id::text)) || '@example.com');
update auth.audit_log_entries set payload = '{}', ip_address = '';
delete from auth.sessions;
delete from auth.refresh_tokens;
delete from auth.one_time_tokens;
delete from auth.flow_state;
update public.customers set name = 'Test Customer ' || number, email = case when email is not null then 'test-' || number || '@example.com' end,
    billing_email = null, phone = case when phone is not null then '+1000000' || number end, other_emails = '{}', contacts = '[]', notes = null
    where email is not null or phone is not null;
update public.profiles set full_name = 'Test Customer', marketing_email = '';
update public.messages set sender = 'test@example.com', recipient = 'test@example.com', body = 'masked', provider = null;
update public.reminders set recipient = 'test@example.com', last_error = null;
update public.invoices set billed_to = '{}', document_path = null;
update public.uploads set uploaded_by = 'test@example.com', original_name = null;
update public.api_keys set secret = 'staging-' || id, secret_hash = null, contact = null;
update public.audit_log set actor = 'test@example.com', old = case when old is not null then '{}'::jsonb end, new = case when new is not null then '{}'::jsonb end, ip = null;
update public.job_signatures set signer = 'Test Customer', image = '';
update public.jobs set site_contact = null, description = null;
update storage.objects set user_metadata = null;
