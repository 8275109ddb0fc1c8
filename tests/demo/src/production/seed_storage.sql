-- Buckets, objects and the application's list of uploads. The content of an object is a line with
-- its id, repeated to its size: that is what the storage stand-in serves, so size and MD5 are true.

set session_replication_role = replica;
set search_path = storage;

insert into storage.buckets (id, name, created_at, updated_at, public, file_size_limit, allowed_mime_types, owner_id)
values ('uploads', 'uploads', @BASE@ - interval '800 days', @BASE@ - interval '90 days', false, 20000000,
    array['image/jpeg', 'application/pdf', 'text/plain'], null),
       ('invoices', 'invoices', @BASE@ - interval '800 days', @BASE@ - interval '90 days', false, 5000000,
           array['application/pdf'], null),
       ('maintenance', 'maintenance', @BASE@ - interval '700 days', @BASE@ - interval '700 days', false, null, null,
           null),
       ('avatars', 'avatars', @BASE@ - interval '300 days', @BASE@ - interval '300 days', true, 1000000,
           array['image/*'], null);

create table seed.objects as
select bucket, name, owner, title, email, at, size, kind
from (
    -- One photograph or document in three jobs, in folders named after people.
    select 'uploads' as bucket,
           'customers/' || replace(name, ' ', '-') || '/' || to_char(j.at, 'YYYY') || '/'
           || case when k % 2 = 0 then 'photo-' || k || '.jpg' else 'letter ' || k || '.pdf' end as name,
           p.id as owner, p.name as title, email, j.at, 200 + seed.dice(k, 110, 5000) as size,
           case when k % 2 = 0 then 'image/jpeg' else 'application/pdf' end as kind
    from seed.jobs j join seed.people p using (n)
    where k % 3 = 0
    union all
    select 'invoices', seed.plain(first) || '-' || seed.plain(last) || '-invoice-' || k || '.pdf',
           p.id, p.name, email, j.at + interval '1 hour', 900 + seed.dice(k, 111, 3000), 'application/pdf'
    from seed.jobs j join seed.people p using (n)
    where k % 29 > 0 and k % 4 > 0 and k % 3 > 0 and j.at < @BASE@ - interval '3 hours'
    union all
    select 'maintenance',
           (array['before', 'after'])[side] || '/' || job || '/' || seed.plain(last) || '-' || side || '.jpg',
           md5('person ' || technician)::uuid, null, null, j.at, 300 + seed.dice(k, 112 + side, 7000), 'image/jpeg'
    from seed.jobs j join seed.people p using (n)
    cross join generate_series(1, 2) side
    where k % 7 = 0 and j.at < @BASE@
    union all
    select 'avatars', 'avatars/' || id || '.jpg', id, name, email, since, 400 + seed.dice(n, 115, 900), 'image/jpeg'
    from seed.people
    where n % 3 = 0
    union all
    -- Keys that trip up those who take a key for a path.
    select 'uploads', key, null, null, null, @BASE@ - interval '50 days', size, kind
    from (values ('odd//double slash.txt', 40, 'text/plain'),
                 ('umlaute/Übergröße Zählerstand.pdf', 777, 'application/pdf'),
                 ('empty.txt', 0, 'text/plain'),
                 ('odd/spaces [and] brackets (1).pdf', 1234, 'application/pdf'),
                 ('odd/100%25 & more?.txt', 55, 'text/plain'),
                 ('odd/tab' || E'\t' || 'and "quotes".txt', 66, 'text/plain'),
                 ('large/scan of the cellar.jpg', 3000000, 'image/jpeg')) odd (key, size, kind)
) all_of_them;

insert into storage.objects (id, bucket_id, name, owner, created_at, updated_at, last_accessed_at, metadata, version,
                             owner_id, user_metadata)
select id, bucket, name, owner, at, at + interval '1 second', at + interval '1 day',
       jsonb_build_object(
           'eTag', '"' || md5(left(repeat(line, size / length(line) + 1), size)) || '"',
           'size', size, 'mimetype', kind, 'cacheControl', 'max-age=3600',
           'lastModified', to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.000"Z"'),
           'contentLength', size, 'httpStatusCode', 200),
       md5('version ' || bucket || name)::uuid::text, owner::text,
       case when title is not null and size % 2 = 0
            then jsonb_build_object('uploaded_by', title, 'reply_to', email,
                'camera', md5('camera ' || name), 'sha256', encode(sha256(convert_to(name, 'UTF8')), 'base64')) end
from (select *, md5(bucket || '/' || name)::uuid as id from seed.objects) o
cross join lateral (select 'object ' || id || E'\n' as line) content
order by bucket, name;

insert into public.uploads (id, customer_id, bucket, path, original_name, uploaded_by, bytes, checksum)
select md5('upload ' || name)::uuid, p.customer, bucket, o.name,
       case when size % 9 > 0 then split_part(o.name, '/', -1) end, coalesce(o.email, ''), size,
       sha256(convert_to(o.name, 'UTF8'))
from (select bucket, name, owner, email, size from seed.objects where bucket = 'uploads' and owner is not null) o
join (select id, customer from seed.people) p on p.id = o.owner;

insert into storage.s3_multipart_uploads (id, upload_signature, bucket_id, key, version, owner_id, user_metadata)
select md5('multipart'), 'signature', 'uploads', 'customers/' || name || '/film.mp4', 'v1', id::text,
    jsonb_build_object('uploaded_by', name) from seed.people where n = 4;
insert into storage.s3_multipart_uploads_parts (id, upload_id, size, part_number, bucket_id, key, etag, version)
select md5('part')::uuid, md5('multipart'), 5242880, 1, 'uploads', 'customers/' || name || '/film.mp4', md5('part'),
    'v1' from seed.people where n = 4;
insert into storage.buckets_analytics (id, name) values (md5('analytics')::uuid, 'reports');
