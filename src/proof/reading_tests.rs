//! Rows that were loaded wrongly, and values of production planted in fields.

use super::tests::{known, manifest, proved_of, red};
use super::*;
use crate::backup::manifest::Table;
use crate::database::testing::{database, writer};
use crate::masking::plan::{Action, ColumnPlan, Rows, TablePlan};
use crate::masking::table::TableMasker;
use crate::masking::text::Known;

fn table(columns: &[(&str, Action)]) -> TablePlan {
    let columns = columns.iter().map(|(name, action)| ColumnPlan {
        name: (*name).to_owned(),
        array: false,
        text: true,
        length: None,
        action: action.clone(),
    });
    TablePlan { rows: Rows::Load, columns: columns.collect(), links: Vec::new() }
}

fn key(name: &str) -> (String, String) {
    ("public".to_owned(), name.to_owned())
}

fn recorded(name: &str, rows: u64) -> Table {
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
        (Action::Value("open".to_owned()), Some("integrity::checksums")),
        (Action::Null, Some("integrity::nulls")),
    ] {
        let mut changed = right.clone();
        changed[1].1 = status;
        let used = table(&changed);
        let (people, allowed) = known();
        let known_ones = Known { people: &people, allowed: &allowed };
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
        manifest.database.tables = vec![recorded("t", 3)];
        let plan = MaskPlan { tables: [(key("t"), holds.clone())].into(), allowed: Vec::new() };
        let found = red(&proved_of(&text, &manifest, known, plan, sums).await);
        let ids: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
        match broken {
            None => assert_eq!(ids, Vec::<&str>::new(), "{found:?}"),
            Some(id) => assert!(ids.contains(&id), "{id}: {found:?}"),
        }
    }
}
