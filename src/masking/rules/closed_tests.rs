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
