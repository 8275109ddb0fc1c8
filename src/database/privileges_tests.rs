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
        assert!(privileges.fault(|_| true).is_none() && privileges.bypasses_row_security);
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
    let said = privileges.fault(|_| true).unwrap().to_string();
    assert!(said.starts_with("privileges: the role report_reader lacks the right to bypass row security on the tables auth.audit_log_entries, auth."), "{said}");
    assert!(
        said.contains("ALTER ROLE report_reader BYPASSRLS;") && said.contains("more"),
        "{said}"
    );
    assert_eq!(said.matches("bypass row security").count(), 1);
    let hidden = privileges.fault(|text| text != "report_reader").unwrap().to_string();
    assert!(!hidden.contains("report_reader") && hidden.contains("ALTER ROLE ROLE BYPASSRLS;"));
    assert!(hidden.contains("ROLE stands for the user of the URL"), "{hidden}");
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

    let said = privileges.fault(|_| true).unwrap().to_string();
    assert!(
        said.contains("[[backup.exclude]]\n    schema = '\"Shut Up\"'\n    reason = \"…\""),
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
    for grant in &privileges.grants("meagre") {
        assert!(said.contains(grant), "{said}");
        admin.batch_execute(grant).await.unwrap();
    }
    assert!(of(&url, &Excluded::default()).await.sufficient());
    dumps(&url).unwrap();
}

/// The lines of a help that stand for `suites/drill.toml`, as they are.
fn pasted(help: &str) -> String {
    let (_, lines) = help.split_once("in suites/drill.toml\n").unwrap();
    lines.to_owned()
}

#[tokio::test]
async fn what_it_says_to_leave_out_is_what_the_settings_take() {
    let text = database("odd_names").await;
    let admin = writer(&text).await;
    let setup = "create role odd_reader login password 'odd-reader-1';
        create schema open; grant usage on schema open to odd_reader;
        create schema \"Secret HR\"; create table \"Secret HR\".t (i int);
        create schema \"o'clock\"; create table \"o'clock\".t (i int);
        create table open.\"Old \"\"Jobs\"\" [a-z]*\" (i int);
        create table open.\"Größe\" (i int);
        create table open.\"user\" (i int);
        create table open.\"old \"\"jobs\"\" [a-z]*\" (i int);
        create table open.kept (i int);
        grant select on open.kept, open.\"old \"\"jobs\"\" [a-z]*\" to odd_reader;";
    admin.batch_execute(setup).await.unwrap();
    let port = owner().port();
    let url = format!("postgres://odd_reader:odd-reader-1@127.0.0.1:{port}/odd_names");
    let url = ConnectionUrl::parse(&url).unwrap();
    let said = of(&url, &Excluded::default()).await.fault(|_| true).unwrap().to_string();

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("drill.toml"), pasted(&said)).unwrap();
    let settings = crate::backup::settings::Settings::load(folder.path());
    let settings = settings.map_err(|problems| format!("{said}\n{problems}")).unwrap();
    let named: Vec<String> = settings.exclude.iter().map(ToString::to_string).collect();
    let wanted = ["Secret HR", "o'clock", "open.Größe", "open.Old \"Jobs\" [a-z]*", "open.user"];
    let mut sorted = named.clone();
    sorted.sort();
    assert_eq!(sorted, wanted);

    // And so it reaches the questions of the catalogue, and pg_dump's patterns.
    let left = crate::backup::make::left_out(&settings.exclude, crate::backup::make::Left::Whole);
    assert!(of(&url, &left).await.sufficient());
    let tools = PgTools::find(Some(production().bin_dir()), 150_000).unwrap();
    let mut dump = tools.command("pg_dump", &url, "smokedrill test");
    crate::backup::make::exclude(&mut dump, &settings.exclude, Default::default());
    let output = dump.args(["--schema-only", "--no-sync"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let sql = String::from_utf8(output.stdout).unwrap();
    let tables: Vec<&str> = sql.lines().filter(|line| line.starts_with("CREATE TABLE")).collect();
    let kept = ["CREATE TABLE open.kept (", "CREATE TABLE open.\"old \"\"jobs\"\" [a-z]*\" ("];
    assert_eq!(tables, kept);
}

#[tokio::test]
async fn many_rights_are_given_all_at_once() {
    let text = database("many_rights").await;
    let admin = writer(&text).await;
    let setup = "create role lacking login password 'lacking-1';
        do $$ begin for i in 1..15 loop
            execute format('create schema \"S %s\"; create table \"S %1$s\".t (i serial)', i);
            perform lo_create(i);
        end loop; end $$;
        alter table \"S 1\".t enable row level security";
    admin.batch_execute(setup).await.unwrap();
    let port = owner().port();
    let url = format!("postgres://lacking:lacking-1@127.0.0.1:{port}/many_rights");
    let url = ConnectionUrl::parse(&url).unwrap();
    let mut privileges = of(&url, &Excluded::default()).await;
    let newer = privileges.grants("lacking");
    assert_eq!(newer.len(), 3, "{newer:#?}");
    assert_eq!(newer[0], "GRANT pg_read_all_data TO lacking;");
    privileges.version = 130_000;
    let older = privileges.grants("lacking");
    assert!(!older.iter().any(|line| line.contains("pg_read_all_data")), "{older:#?}");
    let undo = "revoke pg_read_all_data from lacking; alter role lacking nobypassrls;
        do $$ declare o oid; begin for o in select oid from pg_largeobject_metadata loop
            execute format('revoke all on large object %s from lacking', o);
        end loop; end $$";
    for (lines, undo) in [(newer, undo), (older, "")] {
        let said = privileges.fault(|_| true).unwrap().to_string();
        for line in lines {
            admin.batch_execute(&line).await.unwrap_or_else(|error| panic!("{error}: {line}"));
        }
        assert!(of(&url, &Excluded::default()).await.sufficient(), "{said}");
        dumps(&url).unwrap();
        admin.batch_execute(undo).await.unwrap();
    }
}

/// The blocks of SQL in the README's chapter on the role that backups are made by.
#[tokio::test]
async fn the_readme_s_lines_make_a_role_that_reads_everything() {
    let readme = include_str!("../../README.md");
    let (_, chapter) = readme.split_once("### The role that reads").unwrap();
    let (chapter, _) = chapter.split_once("\n### ").unwrap();
    let blocks: Vec<&str> =
        chapter.split("```sql\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    let [newer, older, large] = blocks.as_slice() else { panic!("{blocks:?}") };
    let text = database("of_the_readme").await;
    let admin = writer(&text).await;
    let setup = "create schema \"Of Sales\"; create table \"Of Sales\".t (i serial);
        alter table \"Of Sales\".t enable row level security;
        create table public.t (i serial); select lo_create(17)";
    admin.batch_execute(setup).await.unwrap();
    let port = owner().port();
    let url = |role: &str| {
        let url = format!("postgres://{role}:of-the-readme@127.0.0.1:{port}/of_the_readme");
        ConnectionUrl::parse(&url).unwrap()
    };
    for (index, lines) in [newer, older].into_iter().enumerate() {
        let role = format!("backup_reader_{index}");
        let named =
            |lines: &str| lines.replace("backup_reader", &role).replace("'…'", "'of-the-readme'");
        admin.batch_execute(&named(lines)).await.unwrap();
        let lacking = of(&url(&role), &Excluded::default()).await;
        assert_eq!((lacking.lacking.len(), lacking.large_objects.len()), (1, 1), "{lacking:?}");
        admin.batch_execute(&named(large)).await.unwrap();
        assert!(of(&url(&role), &Excluded::default()).await.sufficient());
        dumps(&url(&role)).unwrap();
    }
}
