//! A hosted project, restored in place by its owner, who is no superuser.

use std::fs;

use smokedrill_demo::Storage;

use crate::support::{Session, Target, contents, shared, until};

/// What a project may have gathered before it is restored into.
const BEFORE: &str = "
    insert into auth.users (id, email) values (gen_random_uuid(), 'old@staging.test');
    insert into auth.sessions (id, user_id) select gen_random_uuid(), id from auth.users;
    insert into storage.buckets (id, name) values ('old', 'old');
    insert into storage.objects (bucket_id, name) values ('old', 'old.pdf');
    insert into vault.secrets (name, secret) values ('of staging', 'x');
    set role postgres;
    create table public.of_before (id uuid references auth.users, n serial);
    create view public.seen as select id from public.of_before;
    create materialized view public.stored as select id from public.of_before;
    create type public.mood as enum ('well');
    create domain public.small as int check (value < 10);
    create function public.twice(n int) returns int language sql as 'select 2 * n';
    create aggregate public.total(int4) (sfunc = int4pl, stype = int4, initcond = '0');
    create function public.on_sign_up() returns trigger language plpgsql as 'begin return new; end';
    create trigger on_sign_up after insert on auth.users for each row execute function public.on_sign_up();
    create schema \"Own one\" create table inner_one (id int);
    create publication old for table public.of_before;
    create server old foreign data wrapper postgres_fdw;
    select lo_from_bytea(4711, 'x');
    alter default privileges grant select on tables to anon;
    alter default privileges revoke execute on functions from public;
    grant create on schema public to authenticated";

#[test]
fn a_hosted_project_is_restored_in_place_by_its_owner_again_and_again() {
    let site = shared();
    let before = contents(&site.production.superuser_url());
    let target = Target::hosted(&site);
    let url = target.staging.superuser_url();
    target.psql(&url, BEFORE);
    let pending = "create table public.next (id int); insert into public.next values (7)";
    target.project.write("supabase/migrations/20270101000000_next.sql", pending);
    for _ in 0..2 {
        let ran = target.restore(&[]);
        assert_eq!(ran.code, 0, "{}", ran.console());
        assert_eq!(ran.ended("skipped"), Vec::<String>::new());
        let passed = ran.ended("passed");
        for id in ["restore::made", "restore::migrations", "restore::swapped", "smoke::ready"] {
            assert!(passed.iter().any(|name| name == id), "{id}: {passed:?}");
        }
    }
    assert_eq!(contents(&site.production.superuser_url()), before, "production was touched");
    assert_eq!(target.databases(), ["postgres"]);
    let (staging, production) =
        (Session::open(&url), Session::open(&site.production.superuser_url()));
    let one = |sql: &str| staging.texts(sql).concat();
    for (sql, is) in [
        ("select count(*) from customers where email !~ '^test-[0-9]+@example.com$'", "0"),
        ("select count(*) from auth.users where email !~ '^test-[0-9]+@example.com$'", "0"),
        ("select count(*) from auth.sessions", "0"),
        ("select count(*) from cron.job where active", "0"),
        ("select count(*) from storage.buckets where id = 'old'", "0"),
        ("select id from public.next", "7"),
        // What was there is gone.
        (
            "select coalesce(to_regclass('public.of_before')::text, to_regtype('public.mood')::text)",
            "NULL",
        ),
        ("select count(*) from pg_namespace where nspname = 'Own one'", "0"),
        ("select count(*) from pg_publication where pubname = 'old'", "0"),
        ("select count(*) from pg_foreign_server where srvname = 'old'", "0"),
        ("select count(*) from pg_largeobject_metadata where oid = 4711", "0"),
        ("select count(*) from pg_default_acl where defaclnamespace = 0", "0"),
        // What is the platform's stays.
        ("select name from vault.secrets", "of staging"),
        ("select count(*) from auth.schema_migrations", "9"),
        ("select count(*) from smokedrill.marker", "1"),
    ] {
        assert_eq!(one(sql), is, "{sql}");
    }
    let values = production.texts("select email from auth.users where email is not null");
    assert!(target.in_files(&values).iter().all(|count| *count == 0), "unmasked on its disk");
    // Who may do what is as in production, and the default privileges of both made nothing wider.
    for sql in [
        "select relname || ' ' || coalesce(array_to_string(array(select unnest(relacl)::text order by 1), ' '), '')
         from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'S') and relname <> 'next' order by 1",
        "select defaclrole::regrole || defaclobjtype::text || defaclacl::text from pg_default_acl order by 1",
        "select nspname || array(select unnest(nspacl)::text order by 1)::text from pg_namespace
         where nspname in ('public', 'Legacy CRM') order by 1",
        "select tgname || tgenabled::text from pg_trigger where tgrelid = 'auth.users'::regclass and not tgisinternal",
    ] {
        assert_eq!(staging.texts(sql), production.texts(sql), "{sql}");
    }
    let told = fs::read_to_string(target.project.path().join("reports/summary.md")).unwrap();
    for text in ["policy storage.objects own folder: must be owner", "replaced in place"] {
        assert!(told.contains(text), "{text}: {told}");
    }
}

#[test]
fn another_version_of_the_platform_takes_what_it_can_and_the_rest_is_told() {
    let site = shared();
    // In production, a table of another role's, on which a third one gives rights.
    let production = site.production.superuser_url();
    Session::open(&production).texts(
        "create table public.lent (id int); alter table public.lent owner to report_reader;
         revoke all on public.lent from public, anon, authenticated;
         grant select on public.lent to authenticated with grant option;
         set role authenticated; grant select on public.lent to anon",
    );
    let target = Target::hosted(&site);
    let url = target.staging.superuser_url();
    target.psql(&production, "drop table public.lent");
    target.psql(
        &url,
        "alter table auth.users drop column is_anonymous, add column country text;
         alter table storage.objects drop column archived_at;
         drop table auth.webauthn_credentials, auth.oauth_consents;
         insert into cron.job (schedule, command) values ('* * * * *', 'select 1');
         revoke insert, update, delete, truncate on cron.job, storage.vector_indexes, storage.buckets_vectors from postgres;
         create function cron.unschedule(bigint) returns bool language sql security definer
             as 'delete from cron.job where jobid = $1 returning true';
         grant supabase_storage_admin to postgres;
         create table extensions.heard (tag text);
         create function extensions.hear() returns event_trigger language plpgsql security definer
             as 'begin insert into extensions.heard values (tg_tag); end';
         create policy stale on storage.objects for select to anon using (true);
         create event trigger hear on ddl_command_end execute function extensions.hear()",
    );
    let summary = target.project.path().join("reports/summary.md");
    let restored = || {
        let ran = target.restore(&[]);
        assert_eq!(ran.code, 0, "{}", ran.console());
        fs::read_to_string(&summary).unwrap()
    };
    // The second time there are none any more.
    let jobs = "the jobs of before were taken out of cron.job";
    let told = restored();
    assert!(told.contains(jobs), "{told}");
    let told = restored();
    assert!(!told.contains(jobs), "{told}");
    for text in [
        "auth.users: the target lacks the columns is_anonymous",
        "storage.objects: the target lacks the columns archived_at",
        "rows of cron.job: the role may not replace them",
    ] {
        assert!(told.contains(text), "{text}: {told}");
    }
    let staging = Session::open(&url);
    let one = |sql: &str| staging.texts(sql).concat();
    assert_eq!(one("select count(*) from cron.job"), "0");
    assert_eq!(one("select count(*) > 50 from auth.users"), "t");
    assert_eq!(one("select relowner::regrole from pg_class where relname = 'lent'"), "postgres");
    assert_eq!(one("select has_table_privilege('anon', 'public.lent', 'select')"), "t");
    assert!(told.contains("table public.lent: its owner is postgres, not report_reader"), "{told}");
    // What listens to changes hears of two, and not of a thousand.
    assert_eq!(one("select count(*) from extensions.heard"), "4");
    // Where the platform lets the role, its policies are made.
    let policies =
        "select polname from pg_policy where polrelid = 'storage.objects'::regclass order by 1";
    assert_eq!(staging.texts(policies), ["own folder", "staff uploads"]);
    assert!(!told.contains("left out: policy"), "{told}");
    // A column that must have a value, and gets none from the backup.
    let held = contents(&url);
    target.psql(&url, "alter table auth.identities add column realm text not null default ''; alter table auth.identities alter column realm drop default");
    let ran = target.restore(&[]);
    ran.is_red(
        "restore::made",
        &["prerequisites", "auth.identities", "realm", "nothing was touched"],
    );
    let column = |line: &&String| !line.starts_with("auth.identities") && !line.contains(".heard ");
    let now = contents(&url);
    assert!(now.iter().filter(column).eq(held.iter().filter(column)));
}

#[test]
fn a_right_that_lacks_is_told_before_anything_is_touched() {
    let site = shared();
    let target = Target::hosted(&site);
    let url = target.staging.superuser_url();
    target.psql(&url, "set role postgres; create table public.of_before (id int)");
    let held = contents(&url);
    for (take, give, says) in [
        (
            "revoke insert, truncate on auth.users from postgres; insert into auth.users (id) values (gen_random_uuid())",
            "delete from auth.users; grant all on auth.users to postgres",
            &["auth.users (INSERT, TRUNCATE)"][..],
        ),
        (
            "alter role postgres nobypassrls; revoke set on parameter session_replication_role from postgres",
            "alter role postgres bypassrls; grant set on parameter session_replication_role to postgres",
            &["bypassrls", "triggers off", "grant set on parameter"],
        ),
        (
            "create table public.other (id int); create schema \"Legacy CRM\"; drop extension citext cascade",
            "drop table public.other; drop schema \"Legacy CRM\"; create extension citext schema extensions",
            &["Legacy CRM", "extension \"citext\" with schema \"extensions\""],
        ),
        (
            "create table public.other (id int); alter table public.other owner to report_reader",
            "drop table public.other",
            &["table public.other (of report_reader)"],
        ),
    ] {
        target.psql(&url, take);
        let ran = target.restore(&[]);
        target.psql(&url, give);
        ran.is_red("restore::made", &["prerequisites", "nothing was touched"]);
        ran.is_red("restore::made", says);
        assert_eq!(contents(&url), held, "{take}");
    }
    // With a storage's key that may not set anything up.
    let storage = target.staging.storage().unwrap();
    let api = |key: &str| {
        let lines = format!(
            "kind = \"supabase\"\n[environment.staging.storage]\nurl = {:?}\nkey = {key:?}\n",
            storage.project_url()
        );
        target.leads_to_more(&target.staging.owner_url(), &lines);
    };
    api(storage.anon_key());
    target.restore(&[]).is_red("restore::made", &["prerequisites", "may not set buckets up"]);
    assert_eq!(contents(&url), held);
    api(storage.service_role_key());
    let ran = target.restore(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
}

#[test]
fn a_policy_that_restricts_and_cannot_be_made_lets_nobody_in() {
    let site = shared();
    let production = Session::open(&site.production.superuser_url());
    production.texts(
        "create policy \"not (these) ON x\" on storage.objects as restrictive for select to anon using (false)",
    );
    let target = Target::hosted(&site);
    production.texts("drop policy \"not (these) ON x\" on storage.objects");
    let staging = Session::open(&target.staging.superuser_url());
    // Where there is no other, nobody is let in anyway.
    let ran = target.restore(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    staging.texts("create policy open on storage.objects for select to anon using (true)");
    let says = ["indexes and keys", "not (these) ON x", "restricts others"];
    target.restore(&[]).is_red("restore::made", &says);
    staging.texts(
        "create policy \"not (these) ON x\" on storage.objects as restrictive for select to anon using (false)",
    );
    let ran = target.restore(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
}

#[test]
fn what_fails_on_the_way_is_undone_and_the_old_staging_serves() {
    let site = shared();
    let target = Target::hosted(&site);
    let url = target.staging.superuser_url();
    target.psql(&url, "set role postgres; create table public.of_before as select 1 as id");
    target.psql(
        &url,
        "insert into auth.users (id, email) values (gen_random_uuid(), 'old@staging.test')",
    );
    let held = contents(&url);
    let pages = || {
        let folders = fs::read_dir(target.project.path().join("reports")).unwrap().flatten();
        folders
            .flat_map(|entry| fs::read_to_string(entry.path().join("failure.md")))
            .collect::<Vec<_>>()
    };
    // A domain's check is the server's word, in the middle of the import.
    let (good, bad) =
        ("marketing_email = \"email\"", "marketing_email = { value = \"no address\" }");
    target.rules(good, bad);
    let ran = target.restore(&[]);
    ran.is_red("restore::made", &["data import", "public.profiles", "line"]);
    target.rules(bad, good);
    assert_eq!(contents(&url), held);
    let page = pages().concat();
    for text in
        ["data import", "all of it was undone", "the staging of before", "make restore-staging"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    // A proof that does not hold, and a migration that is refused.
    let (good, bad) = ("notes = \"text\"", "notes = { keep = \"x\" }");
    target.rules(good, bad);
    target.restore(&[]).is_red("masking::no-production-value-survives", &["customers.notes"]);
    target.rules(bad, good);
    assert_eq!(contents(&url), held);
    let migration = "supabase/migrations/20270101000000_next.sql";
    target.project.write(migration, "create table public.next (); select 1 / 0");
    target.restore(&[]).is_red("restore::migrations", &["20270101000000_next.sql:1, statement 2"]);
    target.project.write(migration, "create table public.next ()");
    assert_eq!(contents(&url), held);
    // Killed, stopped, or cut off in the middle.
    let admin = Session::open(&target.staging.empty_url());
    let ours = "select pid from pg_stat_activity where datname = 'postgres' and application_name ~ '^smokedrill'";
    let loading = format!("{ours} and query ~* '^copy .* from stdin'");
    let proving = format!("{ours} and query ~* '^copy .* to stdout'");
    for (stage, signal, code) in [
        (&loading, "-KILL", -1),
        (&proving, "-KILL", -1),
        (&loading, "-INT", 130),
        (&proving, "-TERM", 143),
    ] {
        let running = target.begin();
        until(stage, || !admin.texts(stage).is_empty());
        running.signal(signal);
        let ran = running.end();
        assert_eq!(ran.code, code, "{stage}: {}", ran.console());
        until("its sessions end", || admin.texts(ours).is_empty());
        assert_eq!(contents(&url), held, "{stage} {signal}");
    }
    let running = target.begin();
    let end = format!("select pg_terminate_backend(pid) from ({loading}) c");
    until("it loads", || !admin.texts(&end).is_empty());
    running.end().is_red("restore::made", &["data import"]);
    assert_eq!(contents(&url), held);
    // A second one is told of the first.
    let first = target.begin();
    until("the first one loads", || !admin.texts(&loading).is_empty());
    target.restore(&[]).is_red("restore::made", &["another restore", "since"]);
    assert_eq!(first.end().code, 0);
    assert_ne!(contents(&url), held);
}

#[test]
fn buckets_are_set_up_by_the_storage_s_api_and_the_restore_stands_where_that_fails() {
    let site = shared();
    let target = Target::hosted(&site);
    let (own, url) = (target.staging.owner_url(), target.staging.superuser_url());
    let with = |storage: &Storage| {
        let (url, key) = (storage.project_url(), storage.service_role_key());
        let storage = format!("[environment.staging.storage]\nurl = {url:?}\nkey = {key:?}\n");
        target.leads_to_more(&own, &format!("kind = \"supabase\"\n{storage}"));
    };
    let storage = target.staging.storage().unwrap();
    with(&storage);
    let ran = target.restore(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    let told = fs::read_to_string(target.project.path().join("reports/summary.md")).unwrap();
    assert!(told.contains("buckets: 0 created, 0 updated, 3 were as they should be"), "{told}");
    // Production's, which has the same in it.
    let held = (contents(&url), contents(&site.production.superuser_url()));
    with(&site.storage);
    target.restore(&[]).is_red("restore::made", &["prerequisites", "not that of this database"]);
    assert_eq!((contents(&url), contents(&site.production.superuser_url())), held);
    // One that goes away when all is proved.
    with(&storage);
    let made = "select oid::text from pg_class where relname = 'customers'";
    let before = Session::open(&url).texts(made);
    let admin = Session::open(&target.staging.empty_url());
    let running = target.begin();
    until("it proves", || {
        !admin
            .texts("select 1 from pg_stat_activity where query ~* '^copy .* to stdout'")
            .is_empty()
    });
    drop(storage);
    let ran = running.end();
    ran.is_red("restore::swapped", &["the new staging serves", "storage set-up"]);
    // It serves, and what was proved of it is told.
    let passed = ran.ended("passed");
    for id in ["restore::made", "masking::rules-held", "smoke::ready"] {
        assert!(passed.iter().any(|name| name == id), "{id}: {passed:?}");
    }
    let journal = fs::read(target.project.path().join("reports/journal.json")).unwrap();
    let journal: serde_json::Value = serde_json::from_slice(&journal).unwrap();
    let restore = &journal["run"]["evidence"]["restore"];
    assert_eq!(restore["serves"], true, "{restore}");
    let folders = fs::read_dir(target.project.path().join("reports")).unwrap().flatten();
    let pages = folders.flat_map(|entry| fs::read_to_string(entry.path().join("failure.md")));
    let page: String = pages.collect();
    assert!(page.contains("the restored staging, which was proved"), "{page}");
    assert_ne!(Session::open(&url).texts(made), before);
}
