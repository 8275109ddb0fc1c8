//! The storage stand-in answers as the real server does.

use std::time::Duration;

use serde_json::{Value, json};
use smokedrill_demo::{Staging, Storage, StorageFault};

use crate::PRODUCTION;
use crate::session::Session;
use crate::support::{Answer, request};

pub(crate) fn ask(
    storage: &Storage,
    headers: &[(&str, &str)],
    method: &str,
    path: &str,
    body: &str,
) -> Answer {
    let path = format!("/storage/v1{path}");
    let answer = request(storage.project_url(), method, &path, headers, body);
    let answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
    assert!(answer.elapsed < Duration::from_secs(20), "{:?}", answer.elapsed);
    answer
}

/// A request with a key of the newer format.
fn with(storage: &Storage, key: &str, method: &str, path: &str, body: &Value) -> Answer {
    let headers = [("apikey", key), ("Content-Type", "application/json")];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    ask(storage, &headers, method, path, &body)
}

pub(crate) fn secret(storage: &Storage, method: &str, path: &str, body: &Value) -> Answer {
    with(storage, storage.secret_key(), method, path, body)
}

/// Status, inner status and code of an error.
fn error(answer: &Answer) -> (u16, String, String) {
    let body = answer.json();
    let text = |name: &str| body[name].as_str().unwrap_or("not a text").to_owned();
    (answer.status, text("statusCode"), text("code"))
}

pub(crate) fn is_error(answer: &Answer, status: &str, code: &str) {
    assert_eq!(error(answer), (400, status.to_owned(), code.to_owned()), "{}", answer.body);
}

#[test]
fn keys_of_both_formats_open_it_and_others_do_not() {
    let storage = PRODUCTION.storage().unwrap();
    let get = |headers: &[(&str, &str)]| ask(&storage, headers, "GET", "/bucket", "");
    let legacy = storage.service_role_key().to_owned();
    let bearer = format!("Bearer {legacy}");
    let newer = storage.secret_key();
    let all = get(&[("apikey", &legacy), ("Authorization", &bearer)]);
    assert_eq!((all.status, all.json().as_array().unwrap().len()), (200, 4));
    assert_eq!(get(&[("apikey", newer)]).json(), all.json());

    assert_eq!(get(&[]).status, 401);
    assert_eq!(get(&[("apikey", "wrong")]).status, 401);
    assert_eq!(get(&[("apikey", newer), ("User-Agent", "Mozilla/5.0")]).status, 401);
    is_error(&get(&[("apikey", &legacy)]), "400", "InvalidRequest");
    let not_a_token = get(&[("apikey", newer), ("Authorization", &format!("Bearer {newer}"))]);
    is_error(&not_a_token, "403", "AccessDenied");
    assert_eq!(not_a_token.json()["message"], "Invalid Compact JWS");
    let forged = get(&[
        ("apikey", &legacy),
        ("Authorization", &format!("{}AAAA", &bearer[..bearer.len() - 4])),
    ]);
    is_error(&forged, "403", "AccessDenied");
}

#[test]
fn too_little_privilege_looks_like_emptiness() {
    let storage = PRODUCTION.storage().unwrap();
    let anon = storage.anon_key();
    let bearer = format!("Bearer {anon}");
    let legacy = [
        ("apikey", anon),
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    for headers in [
        &legacy[..],
        &[("apikey", storage.publishable_key()), ("Content-Type", "application/json")],
    ] {
        assert_eq!(ask(&storage, headers, "GET", "/bucket", "").json(), json!([]));
        let list = ask(&storage, headers, "POST", "/object/list/uploads", r#"{"prefix":""}"#);
        assert_eq!((list.status, list.json()), (200, json!([])));
        let list = ask(&storage, headers, "POST", "/object/list-v2/uploads", "{}").json();
        assert_eq!(list, json!({ "hasNext": false, "folders": [], "objects": [] }));
        is_error(
            &ask(&storage, headers, "GET", "/object/info/uploads/empty.txt", ""),
            "404",
            "NoSuchKey",
        );
        is_error(
            &ask(&storage, headers, "POST", "/bucket", r#"{"name":"mine"}"#),
            "403",
            "AccessDenied",
        );
    }
}

#[test]
fn buckets_are_shown_as_they_are() {
    let storage = PRODUCTION.storage().unwrap();
    let page = secret(
        &storage,
        "GET",
        "/bucket?limit=2&offset=1&sortColumn=name&sortOrder=desc",
        &Value::Null,
    )
    .json();
    assert_eq!((&page[0]["id"], &page[1]["id"]), (&json!("maintenance"), &json!("invoices")));
    let mut uploads = secret(&storage, "GET", "/bucket?search=upl", &Value::Null).json()[0].clone();
    assert_eq!(uploads["file_size_limit"], 20_000_000);
    assert_eq!(uploads["type"], "STANDARD");
    assert_eq!((&uploads["owner"], &uploads["public"]), (&json!(""), &json!(false)));
    uploads.as_object_mut().unwrap().remove("type");
    assert_eq!(secret(&storage, "GET", "/bucket/uploads", &Value::Null).json(), uploads);
    is_error(&secret(&storage, "GET", "/bucket/nothing", &Value::Null), "404", "NoSuchBucket");
    is_error(&secret(&storage, "GET", "/bucket?limit=x", &Value::Null), "400", "InvalidRequest");
    let route = secret(&storage, "GET", "/nothing/at/all", &Value::Null);
    assert_eq!((route.status, &route.json()["statusCode"]), (404, &json!(404)));
    let status = ask(&storage, &[], "GET", "/status", "");
    assert_eq!((status.status, status.body.as_str()), (200, ""));
}

#[test]
fn buckets_are_made_changed_and_deleted() {
    let staging = Staging::start().unwrap();
    let storage = staging.storage().unwrap();
    let send = |method: &str, path: &str, body: Value| secret(&storage, method, path, &body);
    let made = send(
        "POST",
        "/bucket",
        json!({ "name": "uploads", "public": false, "file_size_limit": "20MB", "allowed_mime_types": ["image/*"] }),
    );
    assert_eq!((made.status, made.json()), (200, json!({ "name": "uploads" })));
    let shown = send("GET", "/bucket/uploads", Value::Null).json();
    assert_eq!(
        (&shown["file_size_limit"], &shown["allowed_mime_types"]),
        (&json!(20_000_000), &json!(["image/*"]))
    );
    is_error(&send("POST", "/bucket", json!({ "name": "uploads" })), "409", "BucketAlreadyExists");
    is_error(&send("POST", "/bucket", json!({ "name": " /" })), "400", "InvalidBucketName");
    is_error(&send("POST", "/bucket", json!({})), "400", "InvalidRequest");
    let changed =
        send("PUT", "/bucket/uploads", json!({ "public": true, "file_size_limit": null }));
    assert_eq!(changed.json(), json!({ "message": "Successfully updated" }));
    let shown = send("GET", "/bucket/uploads", Value::Null).json();
    assert_eq!(
        (&shown["public"], &shown["file_size_limit"], &shown["allowed_mime_types"]),
        (&json!(true), &Value::Null, &json!(["image/*"]))
    );
    let session = Session::open(&staging.superuser_url());
    session.texts("insert into storage.objects (bucket_id, name) values ('uploads', 'a')");
    is_error(&send("DELETE", "/bucket/uploads", Value::Null), "409", "ResourceNotEmpty");
    session.texts("truncate storage.objects");
    assert_eq!(send("DELETE", "/bucket/uploads", Value::Null).status, 200);
    is_error(&send("DELETE", "/bucket/uploads", Value::Null), "404", "NoSuchBucket");
}

#[test]
fn each_fault_breaks_what_it_says() {
    for fault in StorageFault::ALL {
        let storage = PRODUCTION.broken_storage(fault).unwrap();
        let list = |version: &str, more: Value| {
            let body = json!({ "prefix": "", "limit": 2, "offset": more["offset"], "cursor": more["cursor"] });
            secret(&storage, "POST", &format!("/object/{version}/uploads"), &body)
        };
        let (first, second) = (list("list", json!({})), list("list-v2", json!({})));
        match fault {
            StorageFault::Unauthorized => assert_eq!((first.status, second.status), (401, 401)),
            StorageFault::TooManyRequests => {
                assert_eq!((first.status, first.header("retry-after")), (429, Some("1")));
            }
            StorageFault::ServerError => assert_eq!((first.status, second.status), (500, 500)),
            StorageFault::Garbage => {
                assert!(first.status == 200 && first.body.starts_with("<html>"))
            }
            StorageFault::HalfPage => {
                let promised: usize = second.header("content-length").unwrap().parse().unwrap();
                assert!(
                    second.status == 200 && second.body.len() == promised / 2,
                    "{}",
                    second.body
                );
            }
            StorageFault::RepeatingPage => {
                assert_eq!(first.json(), list("list", json!({ "offset": 2 })).json());
                let again =
                    list("list-v2", json!({ "cursor": second.json()["nextCursor"] })).json();
                assert_eq!((again.clone(), &again["hasNext"]), (second.json(), &json!(true)));
            }
            StorageFault::ListV2Disabled => {
                is_error(&second, "400", "FeatureNotEnabled");
                assert_eq!(first.status, 200);
            }
            StorageFault::LostBytes => {
                let body = json!({ "prefix": "", "limit": 2 });
                let listed = secret(&storage, "POST", "/object/list-v2/maintenance", &body).json();
                let status = |at: usize| {
                    let name = listed["objects"][at]["name"].as_str().unwrap();
                    secret(&storage, "GET", &format!("/object/maintenance/{name}"), &Value::Null)
                        .status
                };
                assert_eq!((first.status, second.status), (200, 200));
                assert_eq!((status(0), status(1)), (500, 200));
            }
            other => panic!("{other:?} is not among them"),
        }
    }
}

/// An upload of a text, with the newer key or without one.
fn upload(storage: &Storage, key: Option<&str>, path: &str, more: &[(&str, &str)]) -> Answer {
    let mut headers = vec![("Content-Type", "text/plain")];
    headers.extend(key.map(|key| ("apikey", key)));
    headers.extend(more);
    ask(storage, &headers, "POST", &format!("/object/{path}"), "bytes of it\r\n")
}

#[test]
fn what_is_uploaded_comes_back_and_can_be_removed() {
    let staging = Staging::start().unwrap();
    let storage = staging.storage().unwrap();
    let bucket =
        json!({ "name": "uploads", "file_size_limit": 20, "allowed_mime_types": ["text/*"] });
    assert_eq!(secret(&storage, "POST", "/bucket", &bucket).status, 200);
    let key = storage.secret_key();
    let sent = upload(&storage, Some(key), "uploads/a/b.txt", &[]);
    assert_eq!((sent.status, &sent.json()["Key"]), (200, &json!("uploads/a/b.txt")));
    let get = |path: &str| secret(&storage, "GET", path, &Value::Null);
    let content = get("/object/uploads/a/b.txt");
    assert_eq!((content.status, content.body.as_str()), (200, "bytes of it\r\n"));
    assert_eq!(content.header("content-type"), Some("text/plain"));
    let headers = [("apikey", key), ("Range", "bytes=6-7")];
    assert_eq!(ask(&storage, &headers, "GET", "/object/uploads/a/b.txt", "").body, "of");
    let info = get("/object/info/uploads/a/b.txt").json();
    assert_eq!(
        (&info["size"], &info["etag"]),
        (&json!(13), &json!(content.header("etag").unwrap()))
    );

    let again = upload(&storage, Some(key), "uploads/a/b.txt", &[]);
    is_error(&again, "409", "KeyAlreadyExists");
    let over = upload(&storage, Some(key), "uploads/a/b.txt", &[("x-upsert", "true")]);
    assert_eq!((over.status, &over.json()["Id"]), (200, &sent.json()["Id"]));
    is_error(&upload(&storage, Some(key), "nowhere/a.txt", &[]), "404", "NoSuchBucket");
    let other = [("apikey", key), ("Content-Type", "application/json")];
    let refused = ask(&storage, &other, "POST", "/object/uploads/c.json", "{}");
    is_error(&refused, "415", "InvalidMimeType");
    let long = [("apikey", key), ("Content-Type", "text/plain")];
    let refused = ask(&storage, &long, "POST", "/object/uploads/c.txt", &"x".repeat(21));
    is_error(&refused, "413", "EntityTooLarge");
    let publishable = storage.publishable_key();
    is_error(&upload(&storage, Some(publishable), "uploads/d.txt", &[]), "403", "AccessDenied");
    assert_eq!(upload(&storage, None, "uploads/d.txt", &[]).status, 401);

    let delete = |path: &str| secret(&storage, "DELETE", path, &Value::Null);
    assert_eq!(delete("/object/uploads/a/b.txt").json()["message"], "Successfully deleted");
    is_error(&delete("/object/uploads/a/b.txt"), "404", "NoSuchKey");
    is_error(&get("/object/uploads/a/b.txt"), "404", "NoSuchKey");

    for fault in StorageFault::OF_WRITING {
        let storage = staging.broken_storage(fault).unwrap();
        let key = Some(storage.secret_key());
        let headers = [("x-upsert", "true")];
        assert_eq!(upload(&storage, key, "uploads/f.txt", &headers).status, 200);
        let content = |headers: &[(&str, &str)]| {
            let answer = ask(&storage, headers, "GET", "/object/uploads/f.txt", "");
            (answer.status, answer.body == "bytes of it\r\n")
        };
        let bare = upload(&storage, None, "uploads/f.txt", &headers).status;
        let seen = content(&[("apikey", storage.secret_key())]);
        let unseen = content(&[]);
        let gone = secret(&storage, "DELETE", "/object/uploads/f.txt", &Value::Null).status;
        let after = content(&[("apikey", storage.secret_key())]).0;
        let told = (bare == 200, seen == (200, true), unseen == (200, true), after == 200);
        let expected = match fault {
            StorageFault::OpenUploads => (true, true, false, false),
            StorageFault::OpenDownloads => (false, true, true, false),
            StorageFault::ChangedBytes => (false, false, false, false),
            _ => (false, true, false, true),
        };
        assert_eq!((told, gone), (expected, 200), "{fault:?}");
    }
}
