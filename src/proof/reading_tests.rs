//! Rows that were loaded wrongly, and values of production planted in fields.

use super::testing::{known, manifest, proved_of, red};
use super::*;
use crate::backup::manifest::Table;
use crate::backup::stop::Stop;
use crate::database::testing::{database, writer};
use crate::masking::harvest::Harvester;
use crate::masking::people::{Harvest, Trait};
use crate::masking::plan::{Action, ColumnPlan, Rows, TablePlan, Template};
use crate::masking::table::TableMasker;
use crate::masking::text::Known;

pub(super) fn table(columns: &[(&str, Action)]) -> TablePlan {
    let columns = columns.iter().map(|(name, action)| ColumnPlan {
        name: (*name).to_owned(),
        array: false,
        text: true,
        length: None,
        action: action.clone(),
        passed: None,
    });
    TablePlan { rows: Rows::Load, columns: columns.collect(), links: Vec::new() }
}

pub(super) fn key(name: &str) -> (String, String) {
    ("public".to_owned(), name.to_owned())
}

pub(super) fn recorded(name: &str, rows: u64) -> Table {
    let (schema, name) = key(name);
    Table { schema, name, entry: 1, rows, bytes: 0, offset: 0 }
}

/// A masker of other rules than those that hold: one that changes what is to stay.
#[tokio::test(flavor = "multi_thread")]
async fn a_masker_that_changes_what_is_kept_is_found() {
    let text = database("broken_masker").await;
    let client = writer(&text).await;
    client.batch_execute("create table public.t (id int, status text, note text)").await.unwrap();
    let rows = "1\topen\tx\n2\tdone\t\\N\n3\t\\N\t\n";
    let right = [("id", Action::Keep), ("status", Action::Keep), ("note", Action::Null)];
    let holds = table(&right);
    for (status, broken) in [
        (Action::Keep, None),
        (Action::Value(Template::new("open")), Some("integrity::checksums")),
        (Action::Null, Some("integrity::nulls")),
    ] {
        let mut changed = right.clone();
        changed[1].1 = status;
        let used = table(&changed);
        let (people, allowed) = known();
        let known_ones = Known { people: &people, allowed: &allowed, stop: &Stop::default() };
        let mut masker = TableMasker::new("public.t", &used, known_ones);
        let mut out = Vec::new();
        masker.part(rows.as_bytes(), 1, &mut out).unwrap();
        let mut sums = Sums::new();
        sums.insert(key("t"), masker.finish());
        client.batch_execute("truncate public.t").await.unwrap();
        for row in String::from_utf8(out).unwrap().lines() {
            let fields = row.split('\t').map(|field| match field {
                "\\N" => "null".to_owned(),
                text => format!("'{text}'"),
            });
            let fields = fields.collect::<Vec<_>>().join(", ");
            let insert = format!("insert into public.t values ({fields})");
            client.batch_execute(&insert).await.unwrap();
        }
        let mut manifest = manifest(&text).await;
        manifest.database.as_mut().unwrap().tables = vec![recorded("t", 3)];
        let plan = MaskPlan { tables: [(key("t"), holds.clone())].into(), allowed: Vec::new() };
        let found = red(&proved_of(&text, &manifest, known, plan, sums).await);
        let ids: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
        match broken {
            None => assert_eq!(ids, Vec::<&str>::new(), "{found:?}"),
            Some(id) => assert!(ids.contains(&id), "{id}: {found:?}"),
        }
    }
}

/// Ada Archer, Zoë Weiß and Cher; and an address that was in nothing but a note.
fn people() -> (People, Allowed) {
    let mut harvest = Harvest::new();
    for name in ["Ada Archer", "Zoë Weiß", "Cher"] {
        harvest.stray(Trait::Name, name);
    }
    let plan = table(&[("note", Action::Keep)]);
    let (allowed, rows) = (Allowed::default(), b"ask\\nada@mail.test or +1 555 200 0001\n");
    Harvester::new(&plan, &allowed, &Stop::default()).unwrap().part(rows, &mut harvest);
    harvest.stray(Trait::Phone, "+15552000001");
    (harvest.finish().unwrap(), allowed)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_planted_in_fields_is_found_in_each_kind_of_column() {
    let text = database("planted_fields").await;
    let client = writer(&text).await;
    let setup = "create type public.pair as (a text, b text);
        create table public.t (id int, plain text, list text[], doc json, words tsvector, bytes bytea,
            pair public.pair, number bigint,
            found tsvector generated always as (to_tsvector('simple', coalesce(plain, ''))) stored)";
    client.batch_execute(setup).await.unwrap();
    let names = ["id", "plain", "list", "doc", "words", "bytes", "pair", "number"];
    let plan = table(&names.map(|name| (name, Action::Keep)));
    let mut manifest = manifest(&text).await;
    manifest.database.as_mut().unwrap().tables = vec![recorded("t", 1)];
    for (column, value, found) in [
        ("plain", "'nothing'", None),
        ("plain", "'to=ada@mail.test&x'", Some("plain")),
        ("plain", "'to=ada%40mail.test'", Some("plain")),
        ("plain", "'Cher'", Some("plain")),
        ("plain", "'it is cher'", None),
        ("plain", "'Zoe Weiss'", Some("plain")),
        ("plain", "'ask Ada, Archer'", Some("found")),
        ("list", "array['x', 'cher']", Some("list")),
        ("doc", r#"'{"a": "x\nada@mail.test"}'"#, Some("doc")),
        ("doc", r#"'["Zo\u00eb Wei\u00df"]'"#, Some("doc")),
        ("doc", r#"'{"a": [{"b": "Cher"}]}'"#, Some("doc")),
        ("doc", r#"'{"cher": "x"}'"#, None),
        ("words", "to_tsvector('simple', 'the bill of Ada Archer')", Some("words")),
        ("words", "to_tsvector('simple', 'call +1 555 200 0001')", Some("words")),
        ("words", "to_tsvector('simple', 'x ada@mail.test')", Some("words")),
        ("words", "strip(to_tsvector('simple', 'Ada Archer'))", Some("words")),
        ("words", "to_tsvector('simple', 'Archer of Ada')", None),
        ("bytes", "'ada@mail.test'", Some("bytes")),
        ("pair", "('+1 (555) 200-0001', '')", Some("pair")),
        ("number", "15552000001", Some("number")),
    ] {
        let plant =
            format!("truncate public.t; insert into public.t (id, {column}) values (1, {value})");
        client.batch_execute(&plant).await.unwrap();
        let plan = MaskPlan { tables: [(key("t"), plan.clone())].into(), allowed: Vec::new() };
        let all = red(&proved_of(&text, &manifest, people, plan, Sums::new()).await);
        let id = "masking::no-production-value-survives";
        let told = all.iter().find(|(red, _)| red == id).map(|(_, line)| line.as_str());
        match found {
            None => assert_eq!(told, None, "{plant}"),
            Some(found) => {
                let place = format!("public.t.{found} (1)");
                assert!(told.is_some_and(|line| line.contains(&place)), "{plant}: {told:?}");
            }
        }
    }
}
