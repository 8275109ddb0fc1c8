use std::path::Path;

use super::*;
use crate::backup::manifest::Column;
use crate::database::testing::{owner, session};
use crate::database::{Excluded, catalogue};
use crate::masking::plan::{Action, Rows};

/// The demo's columns, and its tables as an archive has them.
pub(super) async fn demo() -> (Vec<Column>, Vec<ArchiveTable>) {
    let columns = catalogue(&session(&owner()).await, &Excluded::default()).await.unwrap().columns;
    let mut tables: Vec<ArchiveTable> = Vec::new();
    for column in &columns {
        let same = |t: &&mut ArchiveTable| (&t.schema, &t.name) == (&column.schema, &column.table);
        let part = column.table.starts_with("jobs_").then(|| ("public".into(), "jobs".into()));
        let name = column.name.clone();
        match tables.iter_mut().find(same) {
            _ if column.generated || column.table == "jobs" => {}
            Some(table) => table.columns.push(name),
            None => tables.push(ArchiveTable {
                schema: column.schema.clone(),
                name: column.table.clone(),
                columns: vec![name],
                parents: part.into_iter().collect(),
            }),
        }
    }
    (columns, tables)
}

pub(super) fn suites() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("suites")
}

pub(super) fn rules(text: &str) -> Result<Rules, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("masking.toml"), text).unwrap();
    Rules::load(folder.path()).map_err(|problems| problems.to_string())
}

#[tokio::test]
async fn the_demo_s_rules_name_every_column_that_needs_one() {
    let (columns, tables) = demo().await;
    let resolved = Rules::load(&suites()).unwrap().resolve(&tables, &columns);
    let resolved = resolved.unwrap_or_else(|problems| panic!("{problems}"));
    let left: Vec<_> = resolved.unclassified.iter().map(|u| format!("{}: {u}", u.table)).collect();
    assert_eq!(left, Vec::<String>::new());
    assert!(resolved.kept.len() > 10 && resolved.kept.values().all(|reason| !reason.is_empty()));
    let of = |schema: &str, table: &str| &resolved.plan.tables[&(schema.into(), table.into())];
    assert_eq!(of("auth", "sessions").rows, Rows::Clear);
    let recent = of("public", "jobs_recent");
    let action = |name: &str| &recent.columns.iter().find(|c| c.name == name).unwrap().action;
    assert_eq!((action("description"), action("title")), (&Action::Text, &Action::Keep));
    let objects = of("storage", "objects");
    let name = objects.columns.iter().find(|c| c.name == "name").unwrap();
    assert!(matches!(&name.action, Action::ObjectKey(folders) if folders.len() == 4));
}

#[tokio::test]
async fn without_a_rule_a_column_is_told_with_the_line_to_paste() {
    let (columns, tables) = demo().await;
    let text = std::fs::read_to_string(suites().join("masking.toml")).unwrap();
    for (gone, table, told) in [
        ("phone = \"phone\"\nother_emails", "public.customers", "phone = \"phone\""),
        ("born_on = \"null\"", "public.customers", "born_on = \"null\""),
        ("\"E-Mail\" = \"email\"", "public.\"Site Visits\"", "E-Mail = \"email\""),
        ("bucket = \"text\"", "public.rate_limits", "bucket = { keep"),
    ] {
        assert!(text.contains(gone), "{gone}");
        let less = text.replace(gone, if gone.contains("other") { "other_emails" } else { "" });
        let resolved = rules(&less).unwrap().resolve(&tables, &columns).unwrap();
        let [found] = &resolved.unclassified[..] else { panic!("{:?}", resolved.unclassified) };
        assert_eq!(found.table, table);
        assert!(found.to_string().starts_with(told), "{found}");
    }
    let none = Rules::load(&std::env::temp_dir().join("nowhere")).unwrap();
    let resolved = none.resolve(&tables, &columns).unwrap();
    assert!(resolved.unclassified.len() > 50, "{}", resolved.unclassified.len());
    let auth = resolved.unclassified.iter().find(|found| found.table.starts_with("auth."));
    assert_eq!(auth, None);
}

#[tokio::test]
async fn a_column_that_supabase_adds_is_not_passed_over() {
    let (mut columns, mut tables) = demo().await;
    let mut added = columns.iter().find(|c| c.table == "users" && c.name == "aud").unwrap().clone();
    added.name = "nickname".into();
    columns.push(added);
    let users = tables.iter_mut().find(|t| (&*t.schema, &*t.name) == ("auth", "users")).unwrap();
    users.columns.push("nickname".into());
    let resolved = Rules::load(&suites()).unwrap().resolve(&tables, &columns).unwrap();
    assert_eq!(resolved.unclassified.len(), 1);
    assert_eq!(resolved.unclassified[0].column, "nickname");
}

#[tokio::test]
async fn a_rule_that_matches_nothing_or_cannot_apply_is_told_with_its_line() {
    let (columns, tables) = demo().await;
    for (text, says) in [
        ("name = \"public.custmers\"", "has no rows of public.custmers"),
        ("name = \"customers\"", "a schema and a table"),
        ("name = \"public.customers\"\ncolumns.nme = \"name\"", "did you mean `name`"),
        ("name = \"public.customers\"\nperson = { idd = \"x\" }", "no column `idd`"),
        ("name = \"public.customers\"\ncolumns.number = \"email\"", "bigint holds no such text"),
        ("name = \"public.customers\"\ncolumns.name = \"null\"", "NOT NULL"),
        ("name = \"public.customers\"\ncolumns.born_on = \"json\"", "holds no JSON"),
        (
            "name = \"public.customers\"\ncolumns.name = { value = \"x\", of = \"auth.users\" }",
            "there is no `{id}`",
        ),
        (
            "name = \"public.customers\"\ncolumns.name = { value = \"x{id}\", of = \"auth.usrs\" }",
            "`auth.usrs` is no table",
        ),
        (
            "name = \"public.customers\"\ncolumns.contacts = { json = { \"a.b\" = \"name\" } }",
            "begins with `$`",
        ),
    ] {
        let text = format!("[[table]]\n{text}\n");
        let problems = rules(&text).unwrap().resolve(&tables, &columns).unwrap_err().to_string();
        assert!(
            problems.contains(says) && problems.contains(".toml:2:")
                || problems.contains(".toml:3:"),
            "{text}{problems}"
        );
        assert!(problems.contains(says), "{says}: {problems}");
    }
    for (text, says) in [
        ("[[table]]\nname = \"a.b\"\ncolumns.c = \"emial\"\n", "emial"),
        ("[[table]]\nname = \"a.b\"\ncolumns.c = { keep = \" \" }\n", "masking.toml:3"),
        ("[[allow]]\nvalue = \"x@y.z\"\n", "`reason` is missing"),
        (
            "[[table]]\nname = \"a.b\"\ncolumns.c = \"mail\"\n",
            "did you mean `email`? known: contact, email, empty, json, name, null, object-key",
        ),
        (
            "[[table]]\nname = \"a.b\"\ncolumns.c = { kep = \"x\" }\n",
            "did you mean `keep`? known: ",
        ),
        ("[[table]]\nname = \"a.b\"\ncolumns.c = { valu = \"x\" }\n", "did you mean `value`?"),
    ] {
        let told = rules(text).unwrap_err();
        assert!(told.contains(says), "{told}");
        assert_eq!(told.matches("error: ").count(), 1, "one slip is told once: {told}");
    }
    let mut twice =
        rules("[[table]]\nname = \"public.jobs\"\n[[table]]\nname = \"public.jobs\"\n").unwrap();
    let told = twice.resolve(&tables, &columns).unwrap_err().to_string();
    assert!(told.contains("has rules already"), "{told}");
    twice.own = None;
    assert!(twice.resolve(&tables, &columns).is_ok());
}

#[tokio::test]
async fn a_rule_for_columns_of_a_name_is_for_those_without_a_rule_of_their_own() {
    let (columns, tables) = demo().await;
    let unclassified = |text: &str| {
        let resolved = rules(text).unwrap().resolve(&tables, &columns).unwrap();
        resolved.unclassified.iter().map(|one| one.to_string()).collect::<Vec<_>>()
    };
    let all = unclassified("");
    let fewer = unclassified("columns.phone = \"phone\"\n");
    let phones = all.iter().filter(|line| line.trim_start().starts_with("phone =")).count();
    assert!(phones >= 2, "{all:?}");
    assert_eq!(fewer.len(), all.len() - phones, "{fewer:?}");
    for (text, says) in [
        ("columns.phoney = \"phone\"", "no table has a column `phoney`"),
        ("columns.number = \"email\"", "public.customers.number: a column of type bigint holds"),
    ] {
        let problems = rules(text).unwrap().resolve(&tables, &columns).unwrap_err().to_string();
        assert!(problems.contains(says), "{says}: {problems}");
    }
}
