//! Leaks and faults of each kind, planted, and found by the proof that should.

use super::testing::{Whole, known, manifest, proved_whole, red};
use super::*;
use crate::backup::manifest::Exclusion;
use crate::database::testing::{database, writer};

fn position(name: &str, last: i64, called: bool) -> Position {
    Position { schema: "public".to_owned(), name: name.to_owned(), last, called }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_that_is_planted_in_the_catalogue_is_found_by_the_proof_that_should() {
    let text = database("planted").await;
    let client = writer(&text).await;
    let setup = "create table public.parent (id int primary key, note text check (note <> ''));
        create table public.child (id int generated always as identity unique,
            parent int references public.parent);
        create extension citext with schema public;
        create table public.code (code citext primary key, unique (code));
        create table public.coded (code citext references public.code, a int, b int);
        create table public.pair (a int, b int, primary key (a, b));
        alter table public.coded add foreign key (a, b) references public.pair match full;
        insert into public.code values ('Ab'); insert into public.coded (code) values ('aB');
        create table public.heir () inherits (public.coded);
        insert into public.heir values ('of no code');
        create schema cron; create table cron.job (active boolean);
        create schema auth; create table auth.sessions (); create table auth.mfa_challenges ();
        create schema net; create function net.http_post() returns trigger language plpgsql as 'begin return new; end';
        create sequence public.shared; create sequence public.\"Old one\"; create sequence public.lettered;
        create sequence public.alone; select setval('public.alone', 7);
        create sequence public.down increment -1; select setval('public.down', -7, false);
        create table public.numbered (a int default nextval('public.shared'),
            b int default nextval('\"Old one\"'::text), c text default 'A' || nextval('public.lettered'),
            d int default 10 * nextval('public.lettered'));
        create function public.is_fine(int) returns bool immutable language sql as 'select true';
        create domain public.small as int; create table public.checked (a int constraint fine check (public.is_fine(a)), b public.small);
        insert into public.checked values (5, 5), (7, 7), (9, 9), (null, null);
        alter table public.checked add constraint late check (a > 6) not valid;
        alter domain public.small add constraint later check (value > 8) not valid;
        insert into public.parent values (1, 'a'); insert into public.child (parent) values (1)";
    client.batch_execute(setup).await.unwrap();
    let mut manifest = manifest(&text).await;
    // One table that is left out hides nothing else of its schema.
    manifest.excluded.push(Exclusion {
        schema: "public".into(),
        table: Some("elsewhere".into()),
        data_only: false,
        reason: "a test".into(),
    });
    let positions = [position("alone", 7, true), position("down", -7, false)];
    let proved = async |manifest: &Manifest| {
        let whole = Whole { sequences: positions.to_vec(), ..Whole::default() };
        proved_whole(&text, manifest, known, whole).await
    };
    let all = proved(&manifest).await;
    assert_eq!(red(&all), []);
    // Counted, as those of such foreign keys are.
    let checks = all.iter().find(|proved| proved.id == "integrity::checks").unwrap();
    let never = checks.measures.iter().map(ToString::to_string);
    let never: Vec<String> = never.filter(|told| told.contains("never validated")).collect();
    assert!(never.len() == 1 && never[0].contains('3'), "{never:?}");
    for (plant, undo, id, place) in [
        (
            "create function public.f() returns text language sql as 'select ''ADA@mail.test'''",
            "drop function public.f()",
            "masking::definitions",
            "function public.f()",
        ),
        (
            "comment on column public.parent.note is 'Ask Ada  archer'",
            "comment on column public.parent.note is null",
            "masking::definitions",
            "comment on column",
        ),
        (
            "create view public.v as select '+1 555 2000001' as x",
            "drop view public.v",
            "masking::definitions",
            "view public.v",
        ),
        (
            "alter table public.parent alter note set default 'ada@mail.test'",
            "alter table public.parent alter note drop default",
            "masking::definitions",
            "default of public.parent",
        ),
        (
            "alter database planted set app.key = 'sk_live_0123456789'",
            "alter database planted reset app.key",
            "masking::definitions",
            "setting of planted",
        ),
        (
            "create trigger hook after insert on public.parent for each row execute function net.http_post('ada@mail.test')",
            "drop trigger hook on public.parent",
            "masking::webhooks-disabled",
            "hook on public.parent",
        ),
        (
            "create function public.tell() returns trigger language plpgsql as 'begin perform net.http_post(); return new; end';
             create function public.pass() returns trigger language plpgsql as 'begin return public.tell(); end';
             create trigger own after insert on public.parent for each row execute function public.pass()",
            "drop trigger own on public.parent; drop function public.pass(); drop function public.tell()",
            "masking::webhooks-disabled",
            "own on public.parent",
        ),
        (
            "create function public.told() returns event_trigger language plpgsql as 'begin perform net.http_post(); end';
             create event trigger heard on ddl_command_end when tag in ('ALTER OPERATOR') execute function public.told()",
            "drop event trigger heard; drop function public.told()",
            "masking::webhooks-disabled",
            "the event trigger heard",
        ),
        (
            "create function public.tell() returns int language plpgsql as 'begin perform net.http_post(); return 1; end';
             create rule also as on insert to public.coded do also select public.tell()",
            "drop rule also on public.coded; drop function public.tell()",
            "masking::webhooks-disabled",
            "the rule also on public.coded",
        ),
        (
            "create function public.f() returns text language plpgsql as 'begin /* to nobody@of-the-rows.test */ return null; end'",
            "drop function public.f()",
            "masking::definitions",
            "function public.f()",
        ),
        (
            "insert into cron.job values (true)",
            "truncate cron.job",
            "masking::jobs-disabled",
            "cron.job",
        ),
        (
            "insert into auth.sessions default values",
            "truncate auth.sessions",
            "masking::sessions-empty",
            "auth.sessions",
        ),
        (
            "insert into auth.mfa_challenges default values",
            "truncate auth.mfa_challenges",
            "masking::sessions-empty",
            "auth.mfa_challenges",
        ),
        (
            "set session_replication_role = replica; insert into public.child (parent) values (7)",
            "delete from public.child where parent = 7; reset session_replication_role",
            "integrity::foreign-keys",
            "public.child child_parent_fkey (1)",
        ),
        (
            "set session_replication_role = replica; insert into public.coded values ('c')",
            "delete from public.coded where code = 'c'; reset session_replication_role",
            "integrity::foreign-keys",
            "public.coded coded_code_fkey (1)",
        ),
        (
            "set session_replication_role = replica; insert into public.coded (a) values (1)",
            "delete from public.coded where a = 1; reset session_replication_role",
            "integrity::foreign-keys",
            "public.coded coded_a_b_fkey (1)",
        ),
        (
            "insert into public.child (id, parent) overriding system value values (99, 1)",
            "delete from public.child where id = 99",
            "integrity::sequences",
            "public.child_id_seq",
        ),
        (
            "create or replace function public.is_fine(int) returns bool immutable language sql as 'select $1 < 7'",
            "create or replace function public.is_fine(int) returns bool immutable language sql as 'select true'",
            "integrity::checks",
            "public.checked fine (2)",
        ),
        (
            "create table public.beside (id int, note text); insert into public.beside values (1, 'to ada@mail.test')",
            "drop table public.beside",
            "masking::no-production-value-survives",
            "public.beside.note (1)",
        ),
        (
            "create materialized view public.stored as select 'ask Ada Archer' as who, 1 as id",
            "drop materialized view public.stored",
            "masking::no-production-value-survives",
            "public.stored.who (1)",
        ),
        (
            "create materialized view public.stored as select array['x', 'hunter2-of-production'] as keys",
            "drop materialized view public.stored",
            "masking::no-secret-survives",
            "public.stored.keys (1)",
        ),
        (
            "insert into public.numbered values (8, 1, 'A9', 90)",
            "truncate public.numbered",
            "integrity::sequences",
            "public.shared of public.numbered.a",
        ),
        (
            "insert into public.numbered values (1, 8, 'A9', 90)",
            "truncate public.numbered",
            "integrity::sequences",
            "public.\"Old one\" of public.numbered.b",
        ),
        (
            "select setval('public.alone', 6)",
            "select setval('public.alone', 8)",
            "integrity::sequences",
            "public.alone of the backup (1)",
        ),
        (
            "select setval('public.down', -6)",
            "select setval('public.down', -7)",
            "integrity::sequences",
            "public.down of the backup (1)",
        ),
        (
            "update pg_index set indisvalid = false where indexrelid = 'public.child_id_key'::regclass",
            "update pg_index set indisvalid = true where indexrelid = 'public.child_id_key'::regclass",
            "integrity::indexes",
            "public.child_id_key",
        ),
        (
            "alter table public.parent drop constraint parent_note_check",
            "alter table public.parent add constraint parent_note_check check (note <> '')",
            "integrity::objects",
            "table public.parent",
        ),
        (
            "grant select on public.parent to anon",
            "revoke all on public.parent from anon; revoke all on public.parent from supabase_admin; grant all on public.parent to supabase_admin",
            "integrity::objects",
            "granted in another way: table public.parent",
        ),
    ] {
        client.batch_execute(plant).await.unwrap();
        let found = red(&proved(&manifest).await);
        let told = found.iter().find(|(red, _)| red == id);
        assert!(told.is_some_and(|(_, line)| line.contains(place)), "{plant}: {found:?}");
        client.batch_execute(undo).await.unwrap();
    }
    client.batch_execute("drop table public.child").await.unwrap();
    let found = red(&proved(&manifest).await);
    assert!(
        found
            .iter()
            .any(|(id, line)| id == "integrity::objects" && line.contains("table public.child"))
    );
}
