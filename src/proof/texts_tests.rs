//! Values and keys of production, planted in every kind of text that the catalogue has.

use crate::database::testing::{database, writer};
use crate::proof::testing::{Whole, known, manifest, proved_whole, red};

/// What is planted in the place of `VALUE`, how it is undone, and where it is told of.
const PLANTS: [(&str, &str, &str); 26] = [
    (
        "create function public.f() returns text begin atomic select 'VALUE'; end",
        "drop function public.f()",
        "function public.f()",
    ),
    (
        "create function public.f() returns text language plpgsql as $$ begin return 'VALUE'; end $$",
        "drop function public.f()",
        "function public.f()",
    ),
    (
        "create function public.f(a text default 'VALUE') returns text language sql as 'select a'",
        "drop function public.f(text)",
        "function public.f(text)",
    ),
    (
        "create function public.f() returns int language sql set app.who = 'VALUE' as 'select 1'",
        "drop function public.f()",
        "function public.f()",
    ),
    (
        "create aggregate public.a(text) (sfunc = textcat, stype = text, initcond = 'VALUE')",
        "drop aggregate public.a(text)",
        "function public.a(text)",
    ),
    ("create view public.v as select 'VALUE' as x", "drop view public.v", "view public.v"),
    (
        "create rule r as on insert to public.t where new.note = 'VALUE' do instead nothing",
        "drop rule r on public.t",
        "rule r on public.t",
    ),
    ("create index i on public.t ((note || 'VALUE'))", "drop index public.i", "index public.i"),
    (
        "create index i on public.t (id) where note <> 'VALUE'",
        "drop index public.i",
        "index public.i",
    ),
    (
        "alter table public.t add constraint c check (note <> 'VALUE')",
        "alter table public.t drop constraint c",
        "constraint c",
    ),
    (
        "create domain public.d as text default 'VALUE'",
        "drop domain public.d",
        "default of public.d",
    ),
    (
        "create policy p on public.t using (note = 'VALUE')",
        "drop policy p on public.t",
        "policy p on public.t",
    ),
    (
        "alter table public.t alter note set default 'VALUE'",
        "alter table public.t alter note drop default",
        "default of public.t.note",
    ),
    (
        "create table public.part partition of public.parted for values in ('VALUE')",
        "drop table public.part",
        "bounds of public.part",
    ),
    (
        "create table public.odd (note text) partition by list ((note || 'VALUE'))",
        "drop table public.odd",
        "partitioning of public.odd",
    ),
    (
        "create trigger t before insert on public.t for each row when (new.note = 'VALUE') execute function public.fired()",
        "drop trigger t on public.t",
        "trigger t on public.t",
    ),
    (
        "create trigger t before insert on public.t for each row execute function public.fired('x', 'VALUE')",
        "drop trigger t on public.t",
        "trigger t on public.t",
    ),
    (
        "comment on schema public is 'VALUE'",
        "comment on schema public is null",
        "comment on schema public",
    ),
    (
        "create event trigger e on ddl_command_end execute function public.watch(); comment on event trigger e is 'VALUE'",
        "drop event trigger e",
        "comment on event trigger e",
    ),
    (
        "create publication p for table public.keyed where (note <> 'VALUE')",
        "drop publication p",
        "publication p of public.keyed",
    ),
    (
        "create statistics public.s on id, (note || 'VALUE') from public.t",
        "drop statistics public.s",
        "statistics public.s",
    ),
    ("create server s type 'VALUE' foreign data wrapper nothing", "drop server s", "server s"),
    (
        "create server s foreign data wrapper nothing options (host 'x', path 'VALUE')",
        "drop server s",
        "server s",
    ),
    (
        "create server s foreign data wrapper nothing; create user mapping for public server s options (password 'VALUE')",
        "drop server s cascade",
        "user mapping of s",
    ),
    (
        "create server s foreign data wrapper nothing; create foreign table public.far (id int options (c 'VALUE')) server s options (t 'y')",
        "drop server s cascade",
        "options of public.far.id",
    ),
    (
        "alter database planted_texts set app.key = 'VALUE'",
        "alter database planted_texts reset app.key",
        "setting of planted_texts",
    ),
];

/// An address, a name, and a key that no form betrays, each also within something.
const VALUES: [&str; 5] = [
    "ada@mail.test",
    "ask Ada Archer",
    "hunter2-of-production",
    "https://x.test/?key=hunter2-of-production&z=1",
    "sk_live_0123456789",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_planted_in_a_definition_is_found_in_each_kind_of_object() {
    let text = database("planted_texts").await;
    let client = writer(&text).await;
    let setup = "create table public.t (id int, note text); create table public.keyed (note text primary key);
        create table public.parted (note text) partition by list (note);
        create function public.fired() returns trigger language plpgsql as 'begin return new; end';
        create function public.watch() returns event_trigger language plpgsql as 'begin end';
        create foreign data wrapper nothing";
    client.batch_execute(setup).await.unwrap();
    let manifest = manifest(&text).await;
    let id = "masking::definitions";
    for (index, (plant, undo, place)) in PLANTS.iter().enumerate() {
        // Each value in some of the kinds, and each kind with an address and a key.
        for value in [VALUES[index % 2], VALUES[2 + index % 3]] {
            client.batch_execute(&plant.replace("VALUE", value)).await.unwrap();
            let found = red(&proved_whole(&text, &manifest, known, Whole::default()).await);
            let told = found.iter().find(|(red, _)| red == id);
            let is_told = told.is_some_and(|(_, line)| line.contains(place));
            assert!(is_told, "{plant} {value}: {found:?}");
            assert!(!told.unwrap().1.contains(value), "{found:?}");
            client.batch_execute(undo).await.unwrap();
        }
    }
    // What something is called after somebody is told of, and by its kind and table alone.
    let named = "create policy \"ada@mail.test reads all\" on public.t using (true)";
    client.batch_execute(named).await.unwrap();
    let found = red(&proved_whole(&text, &manifest, known, Whole::default()).await);
    let told = found.iter().find(|(red, _)| red == id);
    let is_told = told.is_some_and(|(_, line)| line.contains("policy … on public.t"));
    assert!(is_told && !told.unwrap().1.contains("ada@"), "{found:?}");
    client.batch_execute("drop policy \"ada@mail.test reads all\" on public.t").await.unwrap();
    // A word of another meaning is no key, but where it is all there is.
    let word = "create function public.f() returns text language sql as 'select ''an ordinary word''::text'";
    client.batch_execute(word).await.unwrap();
    let found = red(&proved_whole(&text, &manifest, known, Whole::default()).await);
    assert_eq!(found, []);
    client.batch_execute("comment on table public.t is 'ordinary'").await.unwrap();
    let found = red(&proved_whole(&text, &manifest, known, Whole::default()).await);
    assert!(found.iter().any(|(red, line)| red == id && line.contains("comment on table")));
}
