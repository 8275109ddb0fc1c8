//! Both ways list the same, and say how far they can be believed.

use serde_json::json;
use smokedrill_demo::{Demo, StorageFault};

use super::{
    Api, PRODUCTION, QUICK, Stop, Wanted, by_api, by_database, connect, lines, named, over_http,
    over_sql, quick, runtime, sendable, snapshot,
};
use crate::backup::storage::Role;
use crate::fault::{Fault, FaultKind};

#[test]
fn sql_lists_every_bucket_and_object() {
    let (listed, text) = over_sql(&PRODUCTION.owner_url(), &Wanted::All).unwrap().unwrap();
    let ids: Vec<_> = listed.buckets.iter().map(|bucket| bucket.id.as_str()).collect();
    assert_eq!(ids, ["avatars", "invoices", "maintenance", "uploads"]);
    assert!(listed.conclusive && listed.notes.is_empty());
    let lines = lines(&text);
    let objects: u64 = listed.buckets.iter().map(|bucket| bucket.objects).sum();
    assert_eq!(objects, lines.len() as u64);
    let sizes = lines.values().filter_map(|line| line["size"].as_u64());
    assert_eq!(listed.buckets.iter().map(|bucket| bucket.bytes).sum::<u64>(), sizes.sum::<u64>());
    runtime().block_on(async {
        let client = connect(&PRODUCTION.superuser_url()).await;
        let sql = "select count(*), sum((metadata ->> 'size')::bigint)::bigint from storage.objects where bucket_id = 'uploads'";
        let row = client.query_one(sql, &[]).await.unwrap();
        let uploads = &listed.buckets[3];
        assert_eq!((uploads.objects, uploads.bytes), (row.get::<_, i64>(0) as u64, row.get::<_, i64>(1) as u64));
        assert_eq!(uploads.file_size_limit, Some(20_000_000));
    });
    let settings = &listed.settings["buckets"][0];
    assert_eq!(
        (&settings["id"], &settings["public"], &settings["type"]),
        (&json!("avatars"), &json!(true), &json!("STANDARD"))
    );

    let line = &lines[&("uploads".to_owned(), "umlaute/Übergröße Zählerstand.pdf".to_owned())];
    let fields: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        fields[..12],
        [
            "bucket",
            "name",
            "id",
            "version",
            "size",
            "mimetype",
            "etag",
            "created_at",
            "updated_at",
            "metadata",
            "user_metadata",
            "owner_id"
        ]
    );
    assert!(!fields.contains(&"path_tokens") && fields.contains(&"archived_at"), "{fields:?}");
    assert_eq!((&line["size"], &line["mimetype"]), (&json!(777), &json!("application/pdf")));
    assert!(line["updated_at"].as_str().unwrap().ends_with('Z'), "{line}");
    assert!(lines.values().any(|line| line["user_metadata"].is_object()));
    for name in [
        "odd//double slash.txt",
        "odd/tab\tand \"quotes\".txt",
        "odd/spaces [and] brackets (1).pdf",
    ] {
        assert!(lines.contains_key(&("uploads".to_owned(), name.to_owned())), "{name}");
    }
}

#[test]
fn http_lists_the_same_with_keys_of_both_formats() {
    let storage = PRODUCTION.storage().unwrap();
    let wanted = named(&["uploads", "maintenance", "invoices"]);
    let (one, text) = over_sql(&PRODUCTION.owner_url(), &wanted).unwrap().unwrap();
    let by_sql = lines(&text);
    for key in [storage.service_role_key(), storage.secret_key()] {
        let (other, text) = over_http(&storage, key, &wanted).unwrap();
        assert_eq!(other.buckets, one.buckets);
        assert!(other.conclusive && other.notes.is_empty());
        assert_eq!(other.settings["buckets"][0]["id"], "invoices");
        let by_http = lines(&text);
        assert_eq!(by_http.keys().collect::<Vec<_>>(), by_sql.keys().collect::<Vec<_>>());
        for (key, line) in &by_http {
            for field in ["id", "size", "mimetype", "etag", "metadata"] {
                assert_eq!(line[field], by_sql[key][field], "{key:?} {field}");
            }
        }
    }
}

#[test]
fn a_key_that_may_see_little_proves_nothing() {
    let storage = PRODUCTION.storage().unwrap();
    for key in [storage.anon_key(), storage.publishable_key()] {
        for wanted in [Wanted::All, named(&["uploads"])] {
            let (listed, text) = over_http(&storage, key, &wanted).unwrap();
            assert!(!listed.conclusive && !listed.listing("file").conclusive);
            assert_eq!((listed.buckets.len(), text.len()), (0, 0));
            assert_eq!(listed.notes.len(), usize::from(wanted != Wanted::All));
        }
    }
}

#[test]
fn a_bucket_that_is_not_there_is_named_with_those_that_are() {
    let storage = PRODUCTION.storage().unwrap();
    let wanted = named(&["uploads", "receipts"]);
    let check = |fault: Fault, stage: &str| {
        assert_eq!(fault.kind(), FaultKind::Failed);
        let there = "avatars, invoices, maintenance, uploads";
        let text = format!("{stage}: bucket receipts: there is no such bucket; there are: {there}");
        assert_eq!(fault.line(), text);
    };
    check(
        over_http(&storage, storage.secret_key(), &wanted).unwrap_err(),
        "storage manifest (HTTP)",
    );
    check(over_sql(&PRODUCTION.owner_url(), &wanted).unwrap_err(), "storage manifest (SQL)");
}

#[test]
fn a_role_that_row_security_hides_rows_from_gets_an_error() {
    let fault = over_sql(&PRODUCTION.plain_reader_url(), &Wanted::All).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Errored);
    let text = fault.to_string();
    assert!(text.contains("row-level security") && text.contains("help: connect as"), "{text}");
}

#[test]
fn a_database_with_less_of_it_or_nothing_is_read_too() {
    let demo = Demo::start().unwrap();
    let url = demo.database_url();
    // As an older server has made them, with a few of the columns.
    let older = "alter table storage.objects drop version, drop user_metadata;
                 alter table storage.buckets drop name, drop owner, drop type, drop file_size_limit,
                     drop allowed_mime_types, drop created_at, drop updated_at";
    runtime().block_on(async { connect(&url).await.batch_execute(older).await }).unwrap();
    let (listed, text) = over_sql(&url, &named(&["uploads"])).unwrap().unwrap();
    let found = lines(&text);
    let line = found.values().next().unwrap();
    assert_eq!((listed.buckets[0].objects, found.len()), (200, 200));
    assert_eq!((line.get("version"), line.get("user_metadata")), (None, None));
    assert!(line["etag"].is_string() && line["created_at"].is_string() && line["size"].is_u64());
    assert_eq!(listed.settings, json!({ "buckets": [{ "id": "uploads", "public": false }] }));
    let (server, _) = url.rsplit_once('/').unwrap();
    assert_eq!(over_sql(&format!("{server}/postgres"), &named(&["uploads"])), Ok(None));
}

#[test]
fn the_first_version_of_the_listing_serves_too() {
    let storage = PRODUCTION.broken_storage(StorageFault::ListV2Disabled).unwrap();
    let (sql, text) = over_sql(&PRODUCTION.owner_url(), &Wanted::All).unwrap().unwrap();
    let mut by_sql = lines(&text);
    // The one key that a walk through folders cannot reach.
    let lost = ("uploads".to_owned(), "odd//double slash.txt".to_owned());
    assert!(by_sql.remove(&lost).is_some());
    let (http, text) = over_http(&storage, storage.secret_key(), &Wanted::All).unwrap();
    let by_http = lines(&text);
    assert_eq!(by_http.keys().collect::<Vec<_>>(), by_sql.keys().collect::<Vec<_>>());
    assert!(by_http.iter().all(|(key, line)| line["etag"] == by_sql[key]["etag"]));
    assert_eq!(http.buckets[3].objects, sql.buckets[3].objects - 1);
    assert_eq!(http.buckets[..3], sql.buckets[..3]);
    assert_eq!(http.notes.len(), 1);
    assert!(http.notes[0].starts_with("bucket uploads: keys with `//`"), "{}", http.notes[0]);
}

#[test]
fn a_stop_is_heeded() {
    let storage = PRODUCTION.storage().unwrap();
    let stop = Stop::default();
    stop.set(Fault::interrupted());
    let api = Api::new(storage.project_url(), storage.secret_key(), &quick()).unwrap();
    assert_eq!((api.role(), api.patience.tries), (Role::Service, QUICK.tries));
    runtime().block_on(async {
        let mut out = Vec::new();
        let found = sendable(by_api(&api, &Wanted::All, &mut out, &stop)).await;
        assert_eq!(found.unwrap_err().kind(), FaultKind::Interrupted);
        let client = snapshot(&PRODUCTION.owner_url()).await;
        let found = sendable(by_database(&client, &Wanted::All, &mut out, &stop)).await;
        assert_eq!(found.unwrap_err().kind(), FaultKind::Interrupted);
        assert!(out.is_empty());
    });
}
