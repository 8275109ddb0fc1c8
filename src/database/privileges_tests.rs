use super::*;
use crate::database::testing::{database, owner, production, session, superuser, writer};
use crate::database::{ConnectionUrl, PgTools};

async fn of(url: &ConnectionUrl, excluded: &Excluded) -> Privileges {
    privileges(&session(url).await, excluded, excluded).await.unwrap()
}

fn dumps(url: &ConnectionUrl) -> Result<(), String> {
    let tools = PgTools::find(Some(production().bin_dir()), 150_000).unwrap();
    let mut dump = tools.command("pg_dump", url, "smokedrill test");
    let output = dump.args(["--format=custom", "--file=/dev/null", "--no-sync"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

#[tokio::test]
async fn owner_superuser_and_reader_see_everything() {
    let reader = ConnectionUrl::parse(&production().read_only_url()).unwrap();
    for (url, superuser) in [(owner(), false), (superuser(), true), (reader, false)] {
        let privileges = of(&url, &Excluded::default()).await;
        assert!(privileges.sufficient(), "{privileges:?}");
        assert!(privileges.fault().is_none() && privileges.bypasses_row_security);
        assert_eq!(privileges.superuser, superuser);
    }
}

#[tokio::test]
async fn a_reader_under_row_security_is_told_how_to_be_free_of_it() {
    let url = ConnectionUrl::parse(&production().plain_reader_url()).unwrap();
    let privileges = of(&url, &Excluded::default()).await;
    assert!(!privileges.bypasses_row_security && privileges.tables.is_empty(), "{privileges:?}");
    assert!(privileges.row_security.contains(&"public.api_keys".to_owned()));
    assert!(!privileges.row_security.contains(&"public.technicians".to_owned()));
    assert_eq!(privileges.large_objects, ["424242"]);
    let said = privileges.fault().unwrap().to_string();
    assert!(said.starts_with("privileges: the role report_reader lacks the right to bypass row security on the tables auth.audit_log_entries, auth."), "{said}");
    assert!(
        said.contains("ALTER ROLE report_reader BYPASSRLS;") && said.contains("more"),
        "{said}"
    );
    assert_eq!(said.matches("bypass row security").count(), 1);
    assert!(!said.contains("[[backup.exclude]]"), "not a list of all that is there: {said}");
}

#[tokio::test]
async fn what_it_says_agrees_with_pg_dump_and_its_remedy_is_enough() {
    let text = database("rights").await;
    let admin = writer(&text).await;
    let setup = "create role meagre login password 'meagre-one';
        create schema open; grant usage on schema open to meagre;
        create schema \"Shut Up\";
        create table \"Shut Up\".t (i int); grant select on \"Shut Up\".t to meagre;
        create table \"Shut Up\".\"In There\" (i int);
        create table open.read (i int); grant select on open.read to meagre;
        create table open.unread (i int);
        create sequence open.numbers;
        create materialized view open.stored as select 1;
        create view open.view as select * from open.unread;
        create function open.f() returns int language sql as 'select 1';
        create table open.rows (i int); alter table open.rows enable row level security;
        grant select on open.rows to meagre;
        create table open.own (i int); alter table open.own enable row level security;
        alter table open.own owner to meagre;
        create table open.forced (i int); alter table open.forced enable row level security;
        alter table open.forced force row level security; alter table open.forced owner to meagre;
        select lo_create(17); select lo_create(18); grant select on large object 18 to public;";
    admin.batch_execute(setup).await.unwrap();
    let port = owner().port();
    let url =
        ConnectionUrl::parse(&format!("postgres://meagre:meagre-one@127.0.0.1:{port}/rights"))
            .unwrap();
    let privileges = of(&url, &Excluded::default()).await;
    assert_eq!(privileges.schemas, ["Shut Up"]);
    assert_eq!(privileges.tables, ["Shut Up.In There", "open.unread"]);
    assert_eq!(privileges.sequences, ["open.numbers"]);
    assert_eq!(privileges.row_security, ["open.forced", "open.rows"]);
    assert_eq!(privileges.large_objects, ["17"]);
    dumps(&url).unwrap_err();

    let said = privileges.fault().unwrap().to_string();
    assert!(
        said.contains("[[backup.exclude]]\n    schema = \"Shut Up\"\n    reason = \"…\""),
        "{said}"
    );
    assert!(
        said.contains("table = \"open.unread\"") && !said.contains("table = \"Shut Up.In There\""),
        "{said}"
    );
    let excluded = Excluded {
        schemas: vec!["Shut Up".into()],
        tables: vec!["open.unread".into(), "open.rows".into(), "open.forced".into()],
    };
    let rest = of(&url, &excluded).await;
    assert_eq!((rest.tables.len(), rest.schemas.len(), rest.row_security.len()), (0, 0, 0));

    // Of rows alone that are left out, the table is locked by pg_dump all the same.
    let nothing = Excluded::default();
    let locked = super::privileges(&session(&url).await, &nothing, &excluded).await.unwrap();
    assert_eq!(locked.schemas, ["Shut Up"]);
    assert_eq!(locked.tables, ["Shut Up.In There", "open.unread"]);
    assert_eq!(locked.row_security, Vec::<String>::new());

    // Pasted as they are.
    for grant in &privileges.grants {
        assert!(said.contains(grant), "{said}");
        admin.batch_execute(grant).await.unwrap();
    }
    assert!(of(&url, &Excluded::default()).await.sufficient());
    dumps(&url).unwrap();
}
