-- People, rooms and messages for the schema of a Matrix homeserver.
create temporary table folk (n int, login text, shown text, mail text, phone text);
insert into folk values
    (1, 'ada.archer', 'Ada Archer', 'ada.archer@mail.test', '447911000101'),
    (2, 'ben_baker', 'Ben Baker', 'ben@baker.test', '447911000102'),
    (3, 'chloe-carter', 'Chloë Carter', 'chloe.carter@mail.test', '447911000103'),
    (4, 'dodger', 'Daniel O''Neill', 'dan@oneill.test', '447911000104'),
    (5, 'e.everett', 'Eve Everett', 'eve+matrix@mail.test', null),
    (6, 'fenn', 'Sinéad Ní Fhloinn', 'sinead@fhloinn.test', '447911000106');
alter table folk add column id text;
update folk set id = '@' || login || ':brook.test';

insert into users (name, password_hash, creation_ts, admin)
    select id, '$2b$12$' || encode(sha256(login::bytea), 'base64'), 1700000000 + n, (n = 1)::int from folk;
insert into profiles (user_id, displayname, avatar_url)
    select id, shown, 'mxc://brook.test/avatar' || n from folk;
insert into user_threepids (user_id, medium, address, validated_at, added_at)
    select id, 'email', mail, 1700000000000, 1700000000000 from folk
    union all select id, 'msisdn', phone, 1700000000000, 1700000000000 from folk where phone is not null;
insert into user_threepid_id_server (user_id, medium, address, id_server)
    select id, 'email', mail, 'id.brook.test' from folk;
insert into user_external_ids (auth_provider, external_id, user_id)
    select 'oidc', 'employee-' || login, id from folk;
insert into access_tokens (id, user_id, device_id, token)
    select n, id, 'DEV' || n, 'syt_' || encode(login::bytea, 'base64') || '_' || md5(login) from folk;
insert into refresh_tokens (id, user_id, device_id, token)
    select n, id, 'DEV' || n, 'syr_' || encode(login::bytea, 'base64') || '_' || md5(id) from folk;
insert into devices (user_id, device_id, display_name, last_seen, ip, user_agent)
    select id, 'DEV' || n, 'Telephone of ' || shown, 1700000000000, '203.0.113.' || n, 'Element/1.6' from folk;
insert into user_ips (user_id, access_token, device_id, ip, user_agent, last_seen)
    select id, 'syt_' || md5(login), 'DEV' || n, '203.0.113.' || n, 'Element/1.6', 1700000000000 from folk;
insert into user_daily_visits (user_id, device_id, "timestamp", user_agent)
    select id, 'DEV' || n, 1700000000000, 'Element/1.6' from folk;
insert into pushers (id, user_name, access_token, profile_tag, kind, app_id, app_display_name,
        device_display_name, pushkey, ts, lang, data)
    select n, id, n, '', 'email', 'm.email', 'Email Notifications', mail, mail, 1700000000000, 'en',
        json_build_object('brand', 'Element', 'format', 'of ' || shown)::text from folk;
insert into push_rules (id, user_name, rule_id, priority_class, conditions, actions)
    select n, id, 'global/override/.m.rule.contains_display_name', 5,
        json_build_array(json_build_object('kind', 'event_match', 'pattern', shown))::text, '["notify"]' from folk;
insert into account_data (user_id, account_data_type, stream_id, content)
    select id, 'm.direct', n,
        json_build_object((select id from folk f where f.n = folk.n % 6 + 1), json_build_array('!direct:brook.test'))::text
    from folk;
insert into ignored_users (ignorer_user_id, ignored_user_id)
    values ('@ada.archer:brook.test', '@spam:elsewhere.test');
insert into user_directory (user_id, display_name, avatar_url)
    select id, shown, 'mxc://brook.test/avatar' || n from folk;
insert into user_directory_search (user_id, vector)
    select id, to_tsvector('simple', id || ' ' || shown) from folk;
insert into presence_stream (stream_id, user_id, state, status_msg)
    select n, id, 'online', 'ask ' || mail from folk;
insert into local_media_repository (media_id, media_type, media_length, created_ts, upload_name, user_id)
    select 'media' || n, 'image/jpeg', 1000, 1700000000000, 'passport of ' || shown || '.jpg', id from folk;

insert into rooms (room_id, is_public, creator, room_version)
    values ('!family:brook.test', false, '@ada.archer:brook.test', '10'),
           ('!direct:brook.test', false, '@ben_baker:brook.test', '10');
insert into room_aliases (room_alias, room_id, creator)
    values ('#ada_archer-and-friends:brook.test', '!family:brook.test', '@ada.archer:brook.test');
insert into room_alias_servers (room_alias, server)
    values ('#ada_archer-and-friends:brook.test', 'brook.test');
insert into room_stats_state (room_id, name, canonical_alias, topic)
    values ('!family:brook.test', 'Ada Archer and friends', '#ada_archer-and-friends:brook.test',
        'Ring +44 7911 000101 or write to ada.archer%40mail.test');
insert into users_who_share_private_rooms (user_id, other_user_id, room_id)
    select a.id, b.id, '!family:brook.test' from folk a join folk b on a.n <> b.n;

-- Who is in the room: of each membership an event, with the document that it was sent as.
insert into events (topological_ordering, event_id, type, room_id, processed, outlier, depth,
        origin_server_ts, received_ts, sender, contains_url, stream_ordering, state_key)
    select n, '$member' || n, 'm.room.member', '!family:brook.test', true, false, n,
        1700000000000 + n, 1700000000000 + n, id, false, n, id from folk;
insert into event_json (event_id, room_id, internal_metadata, json, format_version)
    select '$member' || n, '!family:brook.test', '{"stream_ordering": 1}',
        json_build_object('type', 'm.room.member', 'sender', id, 'state_key', id, 'depth', n,
            'content', json_build_object('membership', 'join', 'displayname', shown,
                'avatar_url', 'mxc://brook.test/avatar' || n))::text, 3 from folk;
insert into room_memberships (event_id, user_id, sender, room_id, membership, display_name, avatar_url)
    select '$member' || n, id, id, '!family:brook.test', 'join', shown, 'mxc://brook.test/avatar' || n from folk;
insert into local_current_membership (room_id, user_id, event_id, membership)
    select '!family:brook.test', id, '$member' || n, 'join' from folk;
insert into current_state_events (event_id, room_id, type, state_key, membership)
    select '$member' || n, '!family:brook.test', 'm.room.member', id, 'join' from folk;
insert into state_events (event_id, room_id, type, state_key)
    select '$member' || n, '!family:brook.test', 'm.room.member', id from folk;
insert into state_groups (id, room_id, event_id) values (1, '!family:brook.test', '$member6');
insert into state_groups_state (state_group, room_id, type, state_key, event_id)
    select 1, '!family:brook.test', 'm.room.member', id, '$member' || n from folk;

-- What they say: 600 messages that name each other, by name, address, number and account.
create temporary table said as
    select 100 + i as i, a.id, b.shown, b.mail, b.phone, b.id as other,
        (array['Has %s seen this? Write to %s', 'Tell %s, or <a href="mailto:%s">write</a>',
            '%s is out; see https://brook.test/p?of=%s', 'Dear %s,' || chr(10) || 'cc: %s'])[i % 4 + 1] as form
    from generate_series(1, 600) i join folk a on a.n = i % 6 + 1 join folk b on b.n = (i / 6) % 6 + 1;
alter table said add column body text;
update said set body = format(form, shown, replace(mail, '@', case i % 4 when 2 then '%40' else '@' end))
    || case when i % 3 = 0 then ', or +' || phone else '' end || case when i % 5 = 0 then ' (' || other || ')' else '' end;
update said set body = 'hello' where body is null;
insert into events (topological_ordering, event_id, type, room_id, processed, outlier, depth,
        origin_server_ts, received_ts, sender, contains_url, stream_ordering)
    select i, '$message' || i, 'm.room.message', '!family:brook.test', true, false, i,
        1700000000000 + i, 1700000000000 + i, id, false, i from said;
insert into event_json (event_id, room_id, internal_metadata, json, format_version)
    select '$message' || i, '!family:brook.test', '{}',
        json_build_object('type', 'm.room.message', 'sender', id, 'depth', i, 'content',
            json_build_object('msgtype', 'm.text', 'body', body, 'formatted_body', '<b>' || body || '</b>',
                'm.mentions', json_build_object('user_ids', json_build_array(other))))::text, 3 from said;
insert into event_search (event_id, room_id, sender, key, vector, stream_ordering)
    select '$message' || i, '!family:brook.test', id, 'content.body', to_tsvector('english', body), i from said;
insert into event_edges (event_id, prev_event_id)
    select '$message' || i, '$message' || i - 1 from said where i > 101;
insert into event_reports (id, received_ts, room_id, event_id, user_id, reason, content)
    values (1, 1700000000000, '!family:brook.test', '$message101', '@ben_baker:brook.test',
        'Ada Archer gave away +447911000104', '{"score": -100, "by": "dan@oneill.test"}');
insert into receipts_linearized (stream_id, room_id, receipt_type, user_id, event_id, data)
    select n, '!family:brook.test', 'm.read', id, '$message700', '{"ts": 1700000000000}' from folk;
select setval('user_id_seq', 100), setval('events_stream_seq', 1000);
analyze;
