//! What the API can do wrong: each ends soon, says what it is, and gives nothing away.

use std::time::{Duration, Instant};

use serde_json::json;
use smokedrill_demo::StorageFault;

use super::fake::{Fake, answer};
use super::{
    Api, Network, PRODUCTION, Stop, Wanted, by_api, lines, named, over_http, over_sql, quick,
    runtime,
};
use crate::fault::{Fault, FaultKind};

#[test]
fn each_fault_is_told_for_what_it_is() {
    let wanted = named(&["uploads"]);
    let (_, text) = over_sql(&PRODUCTION.owner_url(), &wanted).unwrap().unwrap();
    let names: Vec<String> = lines(&text).into_keys().map(|(_, name)| name).collect();
    for fault in StorageFault::ALL {
        let expected = match fault {
            StorageFault::Unauthorized => "buckets, page 1: it answers 401: Invalid API key",
            StorageFault::TooManyRequests => {
                "buckets, page 1: it answers 429, SlowDown (tried 4 times)"
            }
            StorageFault::ServerError => {
                "buckets, page 1: it answers 500, InternalError (tried 4 times)"
            }
            StorageFault::Garbage => {
                "buckets, page 1: the answer is no JSON, and calls itself text/html"
            }
            StorageFault::HalfPage => "buckets, page 1: the answer broke off",
            StorageFault::RepeatingPage => "bucket uploads, page 2: the page repeats",
            // A listing does not meet the others.
            _ => continue,
        };
        let storage = PRODUCTION.broken_storage(fault).unwrap();
        for key in [storage.service_role_key(), storage.secret_key()] {
            let started = Instant::now();
            let found = over_http(&storage, key, &wanted).unwrap_err();
            assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
            assert_eq!(found.kind(), FaultKind::Errored);
            let text = found.to_string();
            assert!(text.starts_with(&format!("storage manifest (HTTP): {expected}")), "{text}");
            assert!(text.contains("\n  help: "), "{text}");
            let whole = format!("{text} {found:?}");
            assert!(!whole.contains(key), "{text}");
            let named = names.iter().find(|name| whole.contains(name.as_str()));
            assert_eq!(named, None, "{text}");
        }
    }
}

#[test]
fn the_wait_for_a_better_time_ends_when_told() {
    let storage = PRODUCTION.broken_storage(StorageFault::TooManyRequests).unwrap();
    let api = Api::new(storage.project_url(), storage.secret_key(), &Network::default()).unwrap();
    let (stop, started) = (Stop::default(), Instant::now());
    let teller = stop.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        teller.set(Fault::interrupted());
    });
    let found = runtime().block_on(by_api(&api, &Wanted::All, &mut Vec::new(), &stop));
    assert_eq!(found.unwrap_err().kind(), FaultKind::Interrupted);
    // The server asks for a second before each of three more tries.
    assert!(started.elapsed() < Duration::from_millis(900), "{:?}", started.elapsed());
    thread.join().unwrap();
}

#[test]
fn nobody_there_is_told() {
    let api = Api::new("http://127.0.0.1:1", "sb_secret_hush", &quick()).unwrap();
    let found = runtime().block_on(by_api(&api, &Wanted::All, &mut Vec::new(), &Stop::default()));
    let text = found.unwrap_err().to_string();
    assert!(text.contains("refused") && text.contains("help: check the project's URL"), "{text}");
    assert!(!text.contains("hush"), "{text}");
}

/// The fault of a listing by a server that answers so.
fn fault(respond: impl Fn(&str, usize) -> String + Send + 'static) -> (String, usize) {
    let fake =
        Fake::start(move |request, number| answer(200, &[], &respond(&request.path, number)));
    let api = Api::new(&fake.url, "sb_secret_hush", &quick()).unwrap();
    let found = runtime().block_on(by_api(&api, &Wanted::All, &mut Vec::new(), &Stop::default()));
    let text = found.unwrap_err().to_string();
    assert!(!text.contains("jane"), "{text}");
    (text, fake.requests())
}

const BUCKET: &str = r#"[{"id":"b","name":"b"}]"#;

#[test]
fn pages_that_do_not_rise_end_the_listing() {
    let page = |names: [&str; 2], cursor: usize| {
        let objects = names.map(|name| json!({ "name": name, "id": "1", "metadata": null }));
        json!({ "hasNext": true, "objects": objects, "nextCursor": cursor.to_string() }).to_string()
    };
    for (pages, number) in [
        // Two pages that take turns; with a cursor that is another each time.
        (vec![["a", "jane"], ["k", "z"], ["a", "jane"]], 3),
        (vec![["jane", "jane"]], 1),
        (vec![["z", "jane"]], 1),
        (vec![["a", "jane"], ["jane", "z"]], 2),
    ] {
        let (text, _) = fault(move |path, number| match path.contains("list-v2") {
            true => page(pages[number - 2], number),
            false => BUCKET.to_owned(),
        });
        let expected =
            format!("storage manifest (HTTP): bucket b, page {number}: the page repeats");
        assert!(text.starts_with(&expected), "{text}");
    }
    let empty = json!({ "hasNext": true, "objects": [], "nextCursor": "c" }).to_string();
    let (text, _) = fault(move |path, _| match path.contains("list-v2") {
        true => empty.clone(),
        false => BUCKET.to_owned(),
    });
    assert!(text.contains("page 1: the page repeats"), "{text}");
}

#[test]
fn what_is_no_listing_is_not_taken_for_an_empty_one() {
    for nonsense in ["{}", "[]", "null", r#"{"objects":[{"id":"jane"}],"hasNext":false}"#] {
        let (text, _) = fault(move |path, _| match path.contains("list-v2") {
            true => nonsense.to_owned(),
            false => BUCKET.to_owned(),
        });
        assert!(text.contains("bucket b, page 1: the answer is not a page"), "{text}");
    }
    for nonsense in ["{}", "null", "[1]", r#"[{"name":"jane"}]"#] {
        let (text, _) = fault(move |_, _| nonsense.to_owned());
        assert!(text.contains("buckets, page 1: the answer is not a list of buckets"), "{text}");
    }
    let (text, requests) = fault(|_, _| "jane ".repeat(4_000_000));
    assert!(text.contains("longer than 16777216 bytes"), "{text}");
    assert_eq!(requests, 1);
}

#[test]
fn buckets_that_come_again_end_the_listing() {
    let all: Vec<_> = (0..1000).map(|n| json!({ "id": n.to_string() })).collect();
    let all = json!(all).to_string();
    let (text, requests) = fault(move |_, _| all.clone());
    assert!(text.contains("buckets, page 2: the page repeats"), "{text}");
    assert_eq!(requests, 2);
}

#[test]
fn a_level_of_folders_that_comes_again_ends_the_listing() {
    let level: Vec<_> =
        (0..1500).map(|n| json!({ "name": format!("jane {n}"), "id": n.to_string() })).collect();
    let level = json!(level).to_string();
    let fake = Fake::start(move |request, _| match request.path.as_str() {
        path if path.contains("list-v2") => {
            answer(404, &[], r#"{"statusCode":404,"error":"Not Found"}"#)
        }
        path if path.contains("object/list/") => answer(200, &[], &level),
        _ => answer(200, &[], BUCKET),
    });
    let api = Api::new(&fake.url, "sb_secret_hush", &quick()).unwrap();
    let found = runtime().block_on(by_api(&api, &Wanted::All, &mut Vec::new(), &Stop::default()));
    let text = found.unwrap_err().to_string();
    assert!(
        text.contains("bucket b, page 2: the page repeats") && !text.contains("jane"),
        "{text}"
    );
    assert_eq!(fake.requests(), 4);
}
