//! Databases that are not in UTF-8.

use std::fs;

use smokedrill_demo::Production;

use crate::support::{Project, Session};

/// A database of that encoding beside the demo's, as its superuser's URL.
fn database(production: &Production, name: &str, encoding: &str) -> String {
    let url = production.superuser_url();
    Session::open(&url).texts(&format!(
        "create database {name} template template0 encoding '{encoding}' locale 'C'"
    ));
    let (server, _) = url.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

#[test]
fn names_with_umlauts_are_found_in_the_backup_of_a_database_in_latin_1() {
    let production = Production::start(0).unwrap();
    for (name, encoding) in [("latin1", "LATIN1"), ("win1250", "WIN1250")] {
        let url = database(&production, name, encoding);
        let session = Session::open(&url);
        session.texts(
            "create schema \"Büro\"; create table \"Büro\".\"Größe\" (\"Maß\" text primary key);
             insert into \"Büro\".\"Größe\" select 'klöße ' || n from generate_series(1, 200) n;
             create view \"Büro\".\"Übersicht\" as select * from \"Büro\".\"Größe\";
             create table \"Büro\".\"Geheim ä\" (id int)",
        );
        session.texts(&format!("create role \"Jörg {name}\""));
        let project = Project::with(
            &url,
            None,
            "buckets = []\n[[backup.exclude]]\ntable = '\"Büro\".\"Geheim ä\"'\nreason = \"x\"\n",
        );
        let ran = project.drill(&[]);
        assert_eq!(ran.code, 0, "{}", ran.console());
        let manifest = fs::read_to_string(project.only_backup().join("manifest.json")).unwrap();
        assert!(manifest.contains("Größe") && !manifest.contains('\u{fffd}'), "{manifest}");
        let archive = project.only_backup().join("database.dump.zst");
        let archive = zstd::decode_all(&fs::read(archive).unwrap()[..]).unwrap();
        let found = |text: &[u8]| memchr::memmem::find(&archive, text).is_some();
        assert!(found(b"CREATE TABLE \"B\xfcro\".\"Gr\xf6\xdfe\"") && !found(b"Geheim"));
        assert_eq!(project.drill(&["--backup", "latest"]).code, 0);
    }
}

#[test]
fn bytes_of_no_encoding_at_all_are_backed_up_as_they_are() {
    let production = Production::start(0).unwrap();
    let url = database(&production, "anything", "SQL_ASCII");
    let session = Session::open(&url);
    session.texts(
        "create table t (b text); set client_encoding = 'SQL_ASCII'; 
         insert into t select E'\\xfc\\xff' from generate_series(1, 400)",
    );
    let project = Project::with(&url, None, "buckets = []\n");
    let ran = project.drill(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
}
