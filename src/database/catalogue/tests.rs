use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use super::*;
use crate::database::testing::{database, owner, production, session, writer};
use crate::database::{ConnectionUrl, PgTools};

const FEATURES: &str = include_str!("features.sql");

type Entry = (String, Option<String>, String);

/// What an archive lists: kind, schema, and schema with tag or tag alone, since both may have
/// blanks in them.
fn listed(url: &ConnectionUrl, arguments: &[&str], file: &Path) -> BTreeSet<String> {
    let tools = PgTools::find(Some(production().bin_dir()), 150_000).unwrap();
    let mut dump = tools.command("pg_dump", url, "smokedrill test");
    let output =
        dump.args(["--format=custom", "--file"]).arg(file).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = tools.plain("pg_restore").arg("--list").arg(file).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with(';'));
    // `4237; 2620 17837 TRIGGER auth users on_auth_user_created supabase_auth_admin`
    lines.map(|line| line.splitn(4, ' ').nth(3).unwrap().to_owned()).collect()
}

/// How `pg_restore --list` begins an object's line; the owner comes after it.
fn line(object: &Object) -> String {
    let schema = object.schema.as_deref().unwrap_or("-");
    format!("{} {schema} {} ", object.kind.to_uppercase(), object.name)
}

fn missing(catalogue: &Catalogue, listed: &BTreeSet<String>) -> Vec<String> {
    let lines = catalogue.objects.iter().map(line);
    let is_listed = |line: &String| listed.iter().any(|entry| entry.starts_with(line));
    lines.filter(|line| !is_listed(line)).collect()
}

/// Kinds of entries that follow from others, or are data.
const FOLLOWS: [&str; 9] = [
    "ACL ",
    "BLOB",
    "COMMENT ",
    "DEFAULT ",
    "MATERIALIZED VIEW DATA ",
    "SEQUENCE OWNED BY ",
    "SEQUENCE SET ",
    "SHELL TYPE ",
    "TABLE DATA ",
];

fn unknown(catalogue: &Catalogue, listed: &BTreeSet<String>) -> Vec<String> {
    let lines: Vec<String> = catalogue.objects.iter().map(line).collect();
    // A view that a key stands in a circle with is made empty, and filled by its rule later.
    let follows = |entry: &&String| {
        entry.starts_with("RULE ") && entry.contains(" _RETURN ")
            || FOLLOWS.iter().any(|kind| entry.starts_with(kind))
                && !entry.starts_with("DEFAULT ACL ")
    };
    let listed = listed.iter().filter(|entry| !follows(entry));
    listed.filter(|entry| !lines.iter().any(|line| entry.starts_with(line))).cloned().collect()
}

#[tokio::test]
async fn the_production_s_catalogue_is_what_its_dump_lists() {
    let url = owner();
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("dump");
    let excluded = Excluded::default();
    let catalogue = catalogue(&session(&url).await, &excluded).await.unwrap();
    let listed = listed(&url, &[], &file);
    assert_eq!(missing(&catalogue, &listed), Vec::<String>::new());
    assert_eq!(unknown(&catalogue, &listed), Vec::<String>::new());
    let has = |kind: &str, schema: Option<&str>, name: &str| {
        let wanted: Entry = (kind.into(), schema.map(str::to_owned), name.into());
        catalogue.objects.iter().any(|object| {
            (object.kind.clone(), object.schema.clone(), object.name.clone()) == wanted
        })
    };
    assert!(has("trigger", Some("public"), "jobs jobs_touch"));
    assert!(has("policy", Some("public"), "jobs own jobs, or staff"));
    assert!(has("function", Some("public"), "free_slots(date, integer)"));
    assert!(has("check constraint", Some("public"), "customers customers_reachable"));
    assert!(!has("check constraint", Some("public"), "jobs jobs_done_is_dated"));
    assert!(has("extension", None, "pgcrypto"));
    assert!(catalogue.objects.is_sorted() && catalogue.roles.contains(&"anon".to_owned()));
    assert!(catalogue.extensions.iter().any(|e| e.name == "citext" && e.schema == "extensions"));
}

#[tokio::test]
async fn so_is_that_of_everything_rare_and_a_restored_one_is_equal() {
    let text = database("rare").await;
    let url = ConnectionUrl::parse(&text).unwrap();
    writer(&text).await.batch_execute(FEATURES).await.unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("dump");
    let excluded = Excluded::default();
    let catalogue_of =
        async |url: &ConnectionUrl| catalogue(&session(url).await, &excluded).await.unwrap();
    let before = catalogue_of(&url).await;
    let listed = listed(&url, &[], &file);
    assert_eq!(missing(&before, &listed), Vec::<String>::new());
    assert_eq!(unknown(&before, &listed), Vec::<String>::new());

    let restored = database("rare_again").await;
    let restore = Command::new(production().bin_dir().join("pg_restore"))
        .args(["--exit-on-error", "--dbname", &restored])
        .arg(&file)
        .output()
        .unwrap();
    assert!(restore.status.success(), "{}", String::from_utf8_lossy(&restore.stderr));
    let after = catalogue_of(&ConnectionUrl::parse(&restored).unwrap()).await;
    let differences: Vec<_> =
        before.objects.iter().filter(|o| !after.objects.contains(o)).collect();
    assert!(differences.is_empty(), "{differences:?}");
    assert_eq!(before, after);
}

#[tokio::test]
async fn what_is_excluded_is_in_neither() {
    let url = owner();
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("dump");
    let excluded = Excluded {
        schemas: vec!["vault".into(), "cron".into()],
        tables: vec![
            "public.jobs_archive".into(),
            "public.messages".into(),
            "Legacy CRM.Contacts Old".into(),
        ],
    };
    let session = session(&url).await;
    let catalogue = catalogue(&session, &excluded).await.unwrap();
    let arguments = [
        "-N",
        "vault",
        "-N",
        "cron",
        "-T",
        "public.jobs_archive",
        "-T",
        "public.messages",
        "-T",
        "\"Legacy CRM\".\"Contacts Old\"",
    ];
    let listed = listed(&url, &arguments, &file);
    assert_eq!(missing(&catalogue, &listed), Vec::<String>::new());
    assert_eq!(unknown(&catalogue, &listed), Vec::<String>::new());
    let estimate = estimate(&session, &excluded).await.unwrap();
    assert!(
        !estimate.tables.iter().any(|table| table.schema == "vault" || table.name == "messages")
    );
}

#[tokio::test]
async fn the_fingerprint_tells_of_definitions_and_not_of_rows() {
    let text = database("prints").await;
    let url = ConnectionUrl::parse(&text).unwrap();
    let writer = writer(&text).await;
    writer.batch_execute(FEATURES).await.unwrap();
    let session = session(&url).await;
    let excluded = Excluded::default();
    let mut last = fingerprint(&catalogue(&session, &excluded).await.unwrap());
    assert_eq!(last.len(), 64);
    for rows in [
        "insert into app.plain (a, b) values (1, 'x')",
        "update app.plain set b = 'y'",
        "select nextval('app.counter')",
        "analyze",
        "vacuum",
        "truncate app.plain",
    ] {
        writer.batch_execute(rows).await.unwrap();
        let now = fingerprint(&catalogue(&session, &excluded).await.unwrap());
        assert_eq!(now, last, "{rows}");
    }
    for definition in [
        "create or replace function app.one() returns int language sql as 'select 2'",
        "alter table app.plain add column c int",
        "alter table app.plain alter column c set default 3",
        "alter table app.plain alter column c set not null",
        "alter table app.plain drop column c",
        "grant select on app.plain to anon",
        "grant select (a) on app.plain to anon",
        "grant usage on schema app to anon",
        "grant usage on schema public to anon",
        "grant execute on function app.one() to anon",
        "alter table app.plain owner to anon",
        "alter table app.plain enable row level security",
        "alter table app.plain force row level security",
        "alter policy p on app.plain using (a > 1)",
        "comment on table app.plain is 'noted'",
        "comment on column app.plain.a is 'noted'",
        "alter table app.plain disable trigger t",
        "alter type app.colour add value 'blue'",
        "alter domain app.small add check (value <> 7)",
        "alter sequence app.counter increment 5",
        "alter table app.plain add constraint plain_a check (a < 1000)",
        "create index on app.plain (b)",
        "alter index app.plain_b_idx set (fillfactor = 50)",
        "create or replace view app.seen as select a + 1 as a from app.plain",
        "alter publication everything set (publish = 'insert')",
        "alter publication \"some\" set table app.plain where (a > 5)",
        "alter default privileges in schema app grant select on tables to anon",
        "alter extension citext set schema app",
    ] {
        writer.batch_execute(definition).await.unwrap();
        let now = fingerprint(&catalogue(&session, &excluded).await.unwrap());
        assert_ne!(now, last, "{definition}");
        last = now;
    }
}

#[tokio::test]
async fn sizes_are_guessed_without_reading() {
    let session = session(&owner()).await;
    let estimate = estimate(&session, &Excluded::default()).await.unwrap();
    assert!(estimate.database_bytes > estimate.bytes() && estimate.bytes() > 1_000_000);
    let customers = estimate.tables.iter().find(|table| table.name == "customers").unwrap();
    assert_eq!(customers.rows, Some(60));
    assert!(estimate.tables.is_sorted_by_key(|table| std::cmp::Reverse(table.bytes)));
}

#[tokio::test]
async fn a_table_that_somebody_holds_is_not_waited_for() {
    let text = database("held").await;
    let writer = writer(&text).await;
    let setup = "create table held as select generate_series(1, 10000); analyze held";
    writer.batch_execute(setup).await.unwrap();
    let hold = "begin; lock table held in access exclusive mode";
    writer.batch_execute(hold).await.unwrap();
    let session = session(&ConnectionUrl::parse(&text).unwrap()).await;
    let begun = std::time::Instant::now();
    let estimate = estimate(&session, &Excluded::default()).await.unwrap();
    assert!(begun.elapsed() < std::time::Duration::from_secs(4));
    let held = estimate.tables.iter().find(|table| table.name == "held").unwrap();
    assert!(held.bytes > 100_000, "{}", held.bytes);
}

#[tokio::test]
async fn columns_are_told_with_what_their_types_come_down_to() {
    let text = database("columns").await;
    let setup = "create domain d as varchar(9); create domain dd as d[]; create type mood as enum ('a');
        create table t (a int generated always as identity, b dd, c text[] not null, d mood[],
            e numeric generated always as (1.5) stored, f varchar(80), g char(3)[], h int4range, i jsonb, dropped text);
        alter table t drop column dropped";
    writer(&text).await.batch_execute(setup).await.unwrap();
    let session = session(&ConnectionUrl::parse(&text).unwrap()).await;
    let found = catalogue(&session, &Excluded::default()).await.unwrap().columns;
    let told: Vec<String> = found
        .iter()
        .map(|c| {
            let flags = [(c.array, "array"), (c.nullable, "null"), (c.generated, "generated")];
            let flags = flags.iter().filter(|(is, _)| *is).map(|(_, name)| format!(" {name}"));
            let flags = flags.collect::<String>();
            format!("{} {} {:?}{flags} {:?} {}", c.name, c.base, c.kind, c.length, c.declared)
        })
        .collect();
    let expected = [
        "a int4 Base None integer",
        "b varchar Base array null Some(9) public.dd",
        "c text Base array None text[]",
        "d public.mood Enum array null None public.mood[]",
        "e numeric Base null generated None numeric",
        "f varchar Base null Some(80) character varying(80)",
        "g bpchar Base array null Some(3) character(3)[]",
        "h int4range Range null None int4range",
        "i jsonb Base null None jsonb",
    ];
    assert_eq!(told, expected);
    assert!(found.iter().all(|c| c.identity == (c.name == "a")));
}
