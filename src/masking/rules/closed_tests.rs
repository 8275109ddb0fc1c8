//! Nothing is passed over: rules that would do nothing, and columns that nobody looked at.

use std::process::Command;

use super::tests::{demo, rules, suites};
use super::*;
use crate::database::testing::{database, production, session, writer};
use crate::database::{ConnectionUrl, Excluded, catalogue};
use crate::masking::plan::Action;

/// As pg_cron and Vault have it: a table of an extension, whose rows are dumped.
#[tokio::test]
async fn rows_of_an_extension_s_table_are_ruled_too() {
    let text = database("of_extension").await;
    let client = writer(&text).await;
    client
        .batch_execute(
            "create schema cron; create extension citext;
             create table cron.job (jobid bigint, command text, active boolean);
             insert into cron.job values (1, 'select ''key''', true);
             alter extension citext add table cron.job;
             update pg_extension set extconfig = array['cron.job'::regclass::oid], extcondition = array['']
             where extname = 'citext';",
        )
        .await
        .unwrap();
    let dumped = Command::new(production().bin_dir().join("pg_dump"))
        .args(["--data-only", &text])
        .output()
        .unwrap();
    let dumped = String::from_utf8_lossy(&dumped.stdout).into_owned();
    assert!(dumped.contains("COPY cron.job (jobid, command, active)"), "{dumped}");
    let url = ConnectionUrl::parse(&text).unwrap();
    let columns = catalogue(&session(&url).await, &Excluded::default()).await.unwrap().columns;
    let table = ArchiveTable {
        schema: "cron".into(),
        name: "job".into(),
        columns: vec!["jobid".into(), "command".into(), "active".into()],
        parents: Vec::new(),
    };
    let none = Rules::load(&std::env::temp_dir().join("nowhere")).unwrap();
    let resolved = none.resolve(&[table], &columns).unwrap();
    let plan = &resolved.plan.tables[&("cron".to_owned(), "job".to_owned())];
    for column in ["command", "active"] {
        let found = plan.columns.iter().find(|c| c.name == column).unwrap();
        assert!(matches!(found.action, Action::Value(_)), "{column}: {:?}", found.action);
    }
}

#[tokio::test]
async fn a_column_that_nothing_is_known_of_is_not_kept() {
    let (mut columns, tables) = demo().await;
    columns.retain(|c| (&*c.table, &*c.name) != ("customers", "notes"));
    let own = std::fs::read_to_string(suites().join("masking.toml")).unwrap();
    let own = own.replace("notes = \"text\"\n", "");
    let resolved = rules(&own).unwrap().resolve(&tables, &columns);
    let passed = resolved.is_ok_and(|resolved| resolved.unclassified.is_empty());
    assert!(!passed, "the archive has a column that the catalogue lacks, and it is kept");
}

#[tokio::test]
async fn a_proposal_to_keep_gives_no_reason_of_its_own() {
    let (columns, tables) = demo().await;
    let none = Rules::load(&std::env::temp_dir().join("nowhere")).unwrap();
    let resolved = none.resolve(&tables, &columns).unwrap();
    let keeps: Vec<_> = resolved.unclassified.iter().map(ToString::to_string).collect();
    let keeps: Vec<_> = keeps.iter().filter(|line| line.contains("keep")).collect();
    assert!(!keeps.is_empty());
    for line in keeps {
        let pasted = format!("[[table]]\nname = \"a.b\"\n[table.columns]\n{line}\n");
        let told = rules(&pasted).unwrap_err();
        assert!(told.contains("a reason"), "{line}: {told}");
    }
}

#[tokio::test]
async fn the_nearer_of_two_paths_counts() {
    let (columns, tables) = demo().await;
    for (near, far) in [
        ("$.name", "$..name"),
        ("$.a.name", "$..name"),
        ("$[*].name", "$..name"),
        // Of two that say as much, the one that masks.
        ("$.name.*", "$.*.name"),
    ] {
        let own = format!(
            "[[table]]\nname = \"public.customers\"\n[table.columns]\n\
             contacts = {{ json = {{ \"{far}\" = {{ keep = \"of a product\" }}, \"{near}\" = \"name\" }} }}\n"
        );
        let resolved = rules(&own).unwrap().resolve(&tables, &columns).unwrap();
        let plan = &resolved.plan.tables[&("public".to_owned(), "customers".to_owned())];
        let found = plan.columns.iter().find(|c| c.name == "contacts").unwrap();
        let Action::Json(json) = &found.action else { panic!() };
        assert_eq!(json.paths[0].1, Action::Name, "{near} and {far}");
    }
}

#[tokio::test]
async fn a_rule_that_does_nothing_is_told() {
    let (columns, tables) = demo().await;
    let mut passed = Vec::new();
    for (what, text) in [
        ("a generated column", "columns.search = \"empty\""),
        ("a key of no table", "person = { id = \"public.custmers\" }"),
        ("empty on jsonb", "columns.contacts = \"empty\""),
        ("a value that is no date", "columns.born_on = { value = \"long ago\" }"),
        ("a value that is no address", "columns.last_ip = { value = \"none\" }"),
        ("a network of too many bits", "columns.last_ip = { value = \"192.0.2.0/33\" }"),
    ] {
        let own = format!("[[table]]\nname = \"public.customers\"\n{text}\n");
        if rules(&own).unwrap().resolve(&tables, &columns).is_ok() {
            passed.push(what);
        }
    }
    assert_eq!(passed, Vec::<&str>::new());
}

#[tokio::test]
async fn what_stays_whole_needs_a_reason() {
    let (columns, tables) = demo().await;
    for (without, with) in [
        ("rows = \"clear\"", "rows = \"clear\"\nreason = \"not for staging\""),
        (
            "columns.contacts = { json = {}, leaves = \"keep\" }",
            "columns.contacts = { json = {}, leaves = \"keep\", reason = \"words of ours\" }",
        ),
    ] {
        let told = |rule: &str| {
            let own = format!("[[table]]\nname = \"public.customers\"\n{rule}\n");
            let loaded = rules(&own)?.resolve(&tables, &columns);
            loaded.map(drop).map_err(|problems| problems.to_string())
        };
        assert_eq!(told(with), Ok(()));
        let found = told(without).unwrap_err();
        assert!(found.contains("nothing says why") && found.contains(".toml:3:"), "{found}");
        let blank = with.replace("not for staging", " ").replace("words of ours", "");
        assert!(told(&blank).unwrap_err().contains("a reason"), "{blank}");
    }
}

#[tokio::test]
async fn enums_ranges_and_uuids_are_asked_for_by_what_they_are() {
    let text = database("asked_for").await;
    let client = writer(&text).await;
    client
        .batch_execute(
            "create type public.word as enum ('a'); create type public.words as range (subtype = text);
             create table public.t (state public.word, gender public.word, said public.words,
                during daterange, born_in daterange, adobe_id int, dob int, reset_token uuid,
                token_id uuid, homephone bigint);
             create table public.parts (note text, size int) partition by list (size);",
        )
        .await
        .unwrap();
    let url = ConnectionUrl::parse(&text).unwrap();
    let columns = catalogue(&session(&url).await, &Excluded::default()).await.unwrap().columns;
    let own = columns.iter().filter(|column| column.table == "t");
    let table = ArchiveTable {
        schema: "public".into(),
        name: "t".into(),
        columns: own.map(|column| column.name.clone()).collect(),
        parents: Vec::new(),
    };
    let none = Rules::load(&std::env::temp_dir().join("nowhere")).unwrap();
    let resolved = none.resolve(std::slice::from_ref(&table), &columns).unwrap();
    let planned = &resolved.plan.tables[&("public".to_owned(), "t".to_owned())];
    let looked = planned.columns.iter().filter(|column| column.passed.is_some());
    let looked: Vec<&str> = looked.map(|column| column.name.as_str()).collect();
    assert_eq!(looked, ["state", "adobe_id"]);
    let asked: Vec<&str> = resolved.unclassified.iter().map(|one| one.column.as_str()).collect();
    assert_eq!(asked, ["gender", "said", "born_in", "dob", "reset_token", "homephone"]);
    // A partitioned table may have no partition yet, but its rules must fit it.
    let of = |rule: &str| {
        let own = format!("[[table]]\nname = \"public.parts\"\n[table.columns]\n{rule}\n");
        let resolved = rules(&own).unwrap().resolve(std::slice::from_ref(&table), &columns);
        resolved.map(drop).map_err(|problems| problems.to_string())
    };
    assert_eq!(of("note = \"text\""), Ok(()));
    assert!(of("notes = \"text\"").unwrap_err().contains("no column `notes`"));
    assert!(of("size = \"text\"").unwrap_err().contains("holds no such text"));
}
