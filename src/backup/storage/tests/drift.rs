//! What is planted between the snapshot and the listing over HTTP is found, each for what it is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use smokedrill_demo::Production;

use super::{Api, Stop, Wanted, by_api, by_database, connect, named, quick, runtime, snapshot};
use crate::backup::manifest::Agreement;
use crate::backup::storage::{Listed, compare, is_gone, settings, tables};

/// What happens after the snapshot. Times of rows that a trigger would set are left as they are.
const PLANT: &str = "
    insert into storage.objects (bucket_id, name, metadata) values ('invoices', 'planted new.pdf', '{\"size\": 5}');
    update storage.objects set metadata = metadata || '{\"size\": 78}' where bucket_id = 'uploads' and name = 'empty.txt';
    set session_replication_role = replica;
    insert into storage.objects (bucket_id, name, metadata, created_at, updated_at)
        values ('invoices', 'planted old.pdf', '{\"size\": 5}', '2026-01-01', '2026-01-01');
    update storage.objects set metadata = metadata || '{\"size\": 78}' where name = 'odd//double slash.txt';
    delete from storage.objects where name = 'umlaute/Übergröße Zählerstand.pdf';
    insert into storage.objects (bucket_id, name, is_delete_marker, created_at, updated_at)
        values ('invoices', 'planted marker.pdf', true, '2026-01-01', '2026-01-01');
    update storage.buckets set public = true, file_size_limit = null where id = 'invoices';
    reset session_replication_role;";

#[test]
fn each_planted_difference_is_found() {
    let production = Production::start(0).unwrap();
    let storage = production.storage().unwrap();
    let api = Api::new(storage.project_url(), storage.secret_key(), &quick()).unwrap();
    let wanted = named(&["uploads", "invoices", "maintenance"]);
    let stop = Stop::default();
    runtime().block_on(async {
        let session = snapshot(&production.owner_url()).await;
        let taken = session.query_one("select clock_timestamp()::text", &[]).await.unwrap();
        let taken: Timestamp = taken.get::<_, String>(0).parse().unwrap();
        let (mut one, mut other) = (Vec::new(), Vec::new());
        let by_api_first = by_api(&api, &Wanted::All, &mut other, &stop).await.unwrap();
        let all = by_database(&session, &Wanted::All, &mut one, &stop).await.unwrap().unwrap();
        let (untouched, lines) = compared(&all, &one, &by_api_first, &other, taken);
        assert_eq!(untouched, Agreement { same: untouched.same, ..Agreement::default() });
        assert!(untouched.same > 30 && lines.is_empty());

        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let writer = connect(&production.superuser_url()).await;
        writer.batch_execute(PLANT).await.unwrap();
        (one, other) = (Vec::new(), Vec::new());
        let database = by_database(&session, &wanted, &mut one, &stop).await.unwrap().unwrap();
        let listed = by_api(&api, &wanted, &mut other, &stop).await.unwrap();
        let marker = lines_named(&other, "planted marker.pdf");
        let (found, lines) = compared(&database, &one, &listed, &other, taken);
        assert_eq!((found.different, found.only_database, found.only_api), (1, 1, 1 + marker));
        assert_eq!(found.newer, 2);
        assert_eq!(found.settings, ["invoices: public", "invoices: file_size_limit"]);
        assert_eq!(lines["planted new.pdf"], "newer");
        assert_eq!(lines["empty.txt"], "newer");
        assert_eq!(lines["planted old.pdf"], "only_api");
        assert_eq!(lines["odd//double slash.txt"], "different");
        let deleted = "umlaute/Übergröße Zählerstand.pdf";
        assert_eq!(lines[deleted], "only_database");
        for (name, gone) in [(deleted, true), ("planted old.pdf", false)] {
            assert_eq!(is_gone(&writer, "invoices", name).await, Ok(gone), "{name}");
        }

        // In a snapshot of after it, the two agree again.
        let session = snapshot(&production.owner_url()).await;
        one.clear();
        let database = by_database(&session, &wanted, &mut one, &stop).await.unwrap().unwrap();
        let (found, _) = compared(&database, &one, &listed, &other, taken);
        assert_eq!((found.different, found.only_database, found.only_api), (0, 0, marker));
        assert!(found.settings.is_empty());
    });
}

/// Whether the stand-in shows the mark of a deletion, which the real server does not.
fn lines_named(text: &[u8], name: &str) -> u64 {
    u64::from(String::from_utf8_lossy(text).contains(name))
}

fn compared(
    database: &Listed,
    one: &[u8],
    api: &Listed,
    other: &[u8],
    snapshot: Timestamp,
) -> (Agreement, BTreeMap<String, String>) {
    let mut out = Vec::new();
    let mut gone = |_: &str, _: &str| Ok(false);
    let agreement = compare(one, other, snapshot, &mut gone, &mut out, &Stop::default()).unwrap();
    let settings = settings(&database.buckets, &api.buckets);
    let agreement = Agreement { settings, ..agreement };
    let lines = String::from_utf8(out).unwrap();
    let text = |line: &Value, field: &str| line[field].as_str().unwrap().to_owned();
    let lines = lines.lines().map(|line| line.parse::<Value>().unwrap());
    (agreement, lines.map(|line| (text(&line, "name"), text(&line, "difference"))).collect())
}

#[test]
fn a_role_without_rights_costs_the_listing_and_not_the_snapshot() {
    let production = Production::start(0).unwrap();
    runtime().block_on(async {
        let admin = connect(&production.superuser_url()).await;
        let make = "create role kept_out login password 'of-a-test'; grant usage on schema storage to kept_out;
                    create role locked_out login password 'of-a-test';
                    create database without_storage";
        for statement in make.split(';') {
            admin.batch_execute(statement).await.unwrap();
        }
        let (_, place) = production.owner_url().rsplit_once('@').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        for role in ["kept_out", "locked_out"] {
            let session = snapshot(&format!("postgres://{role}:of-a-test@{place}")).await;
            assert_eq!(tables(&session).await, Ok((true, false)));
            let refused = by_database(&session, &Wanted::All, &mut Vec::new(), &Stop::default()).await;
            let told = refused.unwrap_err().to_string();
            assert!(told.contains("bypasses row security"), "{role}: {told}");
            session.simple_query("select 1").await.unwrap();
        }
        let session = snapshot(&production.owner_url()).await;
        assert_eq!(tables(&session).await, Ok((true, true)));
        let none = named(&["no-such-bucket"]);
        by_database(&session, &none, &mut Vec::new(), &Stop::default()).await.unwrap_err();
        by_database(&session, &Wanted::All, &mut Vec::new(), &Stop::default()).await.unwrap().unwrap();
        let empty = production.owner_url().replace("/postgres", "/without_storage").replacen("/without_storage:", "/postgres:", 1);
        assert_eq!(tables(&snapshot(&empty).await).await, Ok((false, false)));
    });
}
