//! Both versions of the listing, and what stands behind an entry.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use smokedrill_demo::{Staging, Storage};

use crate::PRODUCTION;
use crate::session::Session;
use crate::storage::{ask, is_error, secret};

/// All keys of a bucket, by the second version.
fn walk(storage: &Storage, bucket: &str, limit: u32) -> Vec<String> {
    let (mut keys, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let body =
            json!({ "prefix": "", "limit": limit, "cursor": cursor, "with_delimiter": false });
        let page = secret(storage, "POST", &format!("/object/list-v2/{bucket}"), &body).json();
        let objects = page["objects"].as_array().unwrap();
        keys.extend(objects.iter().map(|object| object["name"].as_str().unwrap().to_owned()));
        if page["hasNext"] == false {
            assert!(page.get("nextCursor").is_none());
            return keys;
        }
        assert_ne!(page["nextCursor"], cursor);
        cursor = page["nextCursor"].clone();
    }
}

#[test]
fn the_first_version_lists_one_level() {
    let storage = PRODUCTION.storage().unwrap();
    let list = |body: Value| secret(&storage, "POST", "/object/list/uploads", &body).json();
    let top = list(json!({ "prefix": "" }));
    let names: Vec<&str> =
        top.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["customers", "large", "odd", "umlaute", "empty.txt"]);
    assert_eq!((&top[0]["id"], &top[0]["metadata"]), (&Value::Null, &Value::Null));
    assert_eq!((&top[4]["metadata"]["size"], top[4]["id"].is_string()), (&json!(0), true));
    // With and without the closing slash, and with two of them: the endless folder.
    let odd = list(json!({ "prefix": "odd" }));
    assert_eq!(odd, list(json!({ "prefix": "odd/" })));
    assert_eq!(odd, list(json!({ "prefix": "odd//" })));
    assert_eq!((&odd[0]["name"], odd.as_array().unwrap().len()), (&json!(""), 4));
    let searched = list(json!({ "prefix": "odd", "search": "SPACES" }));
    assert_eq!(searched[0]["name"], "spaces [and] brackets (1).pdf");
    let second = list(
        json!({ "prefix": "", "limit": 1, "offset": 1, "sortBy": { "column": "name", "order": "desc" } }),
    );
    assert_eq!(second[0]["name"], "odd");
    assert_eq!(list(json!({ "prefix": "no/such" })), json!([]));
    let unknown = secret(&storage, "POST", "/object/list/unknown", &json!({ "prefix": "" }));
    assert_eq!((unknown.status, unknown.json()), (200, json!([])));
    is_error(
        &secret(&storage, "POST", "/object/list/uploads", &json!({})),
        "400",
        "InvalidRequest",
    );
    let untyped = ask(
        &storage,
        &[("apikey", storage.secret_key())],
        "POST",
        "/object/list/uploads",
        r#"{"prefix":""}"#,
    );
    is_error(&untyped, "400", "InvalidRequest");
    assert_eq!(untyped.json()["message"], "body must be object");
}

#[test]
fn the_second_version_lists_all_by_cursor() {
    let storage = PRODUCTION.storage().unwrap();
    let session = Session::open(&PRODUCTION.superuser_url());
    for bucket in ["uploads", "invoices", "maintenance"] {
        let rows = session.texts(&format!("select name from storage.objects where bucket_id = '{bucket}' order by name collate \"C\""));
        assert_eq!(walk(&storage, bucket, 7), rows);
        assert_eq!(walk(&storage, bucket, 1_000_000), rows);
    }
    let list = |body: Value| secret(&storage, "POST", "/object/list-v2/uploads", &body).json();
    let top = list(json!({ "prefix": "", "with_delimiter": true }));
    let folders: Vec<&str> = top["folders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|folder| folder["name"].as_str().unwrap())
        .collect();
    assert_eq!(folders, ["customers/", "large/", "odd/", "umlaute/"]);
    assert_eq!(top["objects"].as_array().unwrap().len(), 1);
    let (mut times, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let page = list(
            json!({ "prefix": "customers/", "limit": 9, "cursor": cursor, "sortBy": { "column": "created_at", "order": "desc" } }),
        );
        times.extend(
            page["objects"]
                .as_array()
                .unwrap()
                .iter()
                .map(|object| object["created_at"].to_string()),
        );
        cursor = page["nextCursor"].clone();
        if page["hasNext"] == false {
            break;
        }
    }
    assert!(times.len() > 9 && times.is_sorted_by(|one, next| one >= next), "{times:?}");
    let unknown = secret(&storage, "POST", "/object/list-v2/unknown", &json!({}));
    assert_eq!((unknown.status, unknown.json()["hasNext"].clone()), (200, json!(false)));
    is_error(
        &secret(&storage, "POST", "/object/list-v2/uploads", &json!({ "cursor": "?" })),
        "400",
        "InvalidRequest",
    );
}

#[test]
fn pages_are_capped() {
    let staging = Staging::start().unwrap();
    Session::open(&staging.superuser_url()).texts(
        "insert into storage.buckets (id, name) values ('many', 'many');
         insert into storage.objects (bucket_id, name, version) select 'many', lpad(n::text, 6, '0'), 'v' from generate_series(1, 2300) n",
    );
    let storage = staging.storage().unwrap();
    let count = |body: Value| {
        secret(&storage, "POST", "/object/list/many", &body).json().as_array().unwrap().len()
    };
    assert_eq!(count(json!({ "prefix": "" })), 100);
    assert_eq!(count(json!({ "prefix": "", "limit": 9999 })), 1500);
    assert_eq!(count(json!({ "prefix": "", "limit": 9999, "offset": 1500 })), 800);
    let page = secret(&storage, "POST", "/object/list-v2/many", &json!({ "limit": 9999 })).json();
    assert_eq!((page["objects"].as_array().unwrap().len(), &page["hasNext"]), (1000, &json!(true)));
    let keys = walk(&storage, "many", 9999);
    assert_eq!((keys.len(), keys.iter().collect::<BTreeSet<_>>().len()), (2300, 2300));
}

#[test]
fn an_object_has_its_content() {
    let storage = PRODUCTION.storage().unwrap();
    let session = Session::open(&PRODUCTION.superuser_url());
    for (path, name) in [
        (
            "umlaute/%C3%9Cbergr%C3%B6%C3%9Fe%20Z%C3%A4hlerstand.pdf",
            "umlaute/Übergröße Zählerstand.pdf",
        ),
        ("odd//double%20slash.txt", "odd//double slash.txt"),
        ("odd/100%2525%20%26%20more%3F.txt", "odd/100%25 & more?.txt"),
        ("empty.txt", "empty.txt"),
        ("large/scan%20of%20the%20cellar.jpg", "large/scan of the cellar.jpg"),
    ] {
        let info =
            secret(&storage, "GET", &format!("/object/info/uploads/{path}"), &Value::Null).json();
        assert_eq!((&info["name"], &info["bucket_id"]), (&json!(name), &json!("uploads")));
        assert!(info["version"].is_string());
        let content = secret(&storage, "GET", &format!("/object/uploads/{path}"), &Value::Null);
        assert_eq!(
            (content.status, content.header("content-length")),
            (200, Some(content.body.len().to_string().as_str()))
        );
        // The server's MD5 of what came is what the metadata says.
        let md5 = session.text(&format!("select '\"' || md5('{}') || '\"'", content.body));
        assert_eq!(content.header("etag"), Some(md5.as_str()), "{name}");
        assert_eq!(info["size"], json!(content.body.len()));
    }
    let headers = [("apikey", storage.secret_key()), ("Range", "bytes=3-9")];
    let part = ask(
        &storage,
        &headers,
        "GET",
        "/object/authenticated/uploads/large/scan%20of%20the%20cellar.jpg",
        "",
    );
    assert_eq!(
        (part.status, part.header("content-range"), part.body.len()),
        (206, Some("bytes 3-9/3000000"), 7)
    );
    is_error(
        &secret(&storage, "GET", "/object/uploads/nothing.pdf", &Value::Null),
        "404",
        "NoSuchKey",
    );
}
