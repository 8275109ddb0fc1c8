//! Contents come as they are, and what cannot be had is told.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use smokedrill_demo::StorageFault;

use super::fake::{Fake, answer};
use super::{Api, PRODUCTION, Stop, Wanted, named, over_sql, quick, runtime, sendable};
use crate::backup::manifest::{Cause, Contents};
use crate::backup::storage::copy;
use crate::fault::{Fault, FaultKind};
use crate::suite::source::hex;

/// Counts, entries of the archive, lines of hashes.
type Found = (Contents, BTreeMap<String, Vec<u8>>, Vec<Value>);

fn copied(api: &Api, lines: &[u8]) -> Result<Found, Fault> {
    let (mut archive, mut hashes) = (Vec::new(), Vec::new());
    let (stop, runtime) = (Stop::default(), runtime());
    let contents =
        runtime.block_on(sendable(copy(api, lines, &mut archive, &mut hashes, &stop)))?;
    let mut entries = BTreeMap::new();
    for entry in tar::Archive::new(&archive[..]).entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_string_lossy().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        assert_eq!(entries.insert(name, content), None);
    }
    let hashes = String::from_utf8(hashes).unwrap();
    let named = contents.absent.len() as u64;
    let contents = contents.contents;
    assert!(named <= contents.missing);
    Ok((contents, entries, hashes.lines().map(|line| line.parse().unwrap()).collect()))
}

#[test]
fn every_content_is_copied_with_its_hash() {
    let storage = PRODUCTION.storage().unwrap();
    let api = Api::new(storage.project_url(), storage.secret_key(), &quick()).unwrap();
    let (listed, text) = over_sql(&PRODUCTION.owner_url(), &Wanted::All).unwrap().unwrap();
    let (contents, entries, hashes) = copied(&api, &text).unwrap();
    let listed: u64 = listed.buckets.iter().map(|bucket| bucket.objects).sum();
    assert_eq!((contents.objects, contents.missing, contents.causes.len()), (listed, 0, 0));
    assert_eq!((entries.len() as u64, hashes.len() as u64), (contents.objects, listed));
    assert_eq!(entries.values().map(|content| content.len() as u64).sum::<u64>(), contents.bytes);
    for (line, listed) in hashes.iter().zip(super::lines(&text).into_values()) {
        assert_eq!((&line["bucket"], &line["name"]), (&listed["bucket"], &listed["name"]));
        let entry = line["entry"].as_str().unwrap();
        let id = listed["id"].as_str().unwrap();
        assert_eq!(entry, format!("{}/{id}", listed["bucket"].as_str().unwrap()));
        let content = &entries[entry];
        // What the stand-in says that an object's content is.
        let expected: Vec<u8> =
            format!("object {id}\n").bytes().cycle().take(content.len()).collect();
        assert!(*content == expected, "{entry}");
        assert_eq!(line["bytes"], listed["size"]);
        assert_eq!(line["sha256"], hex(&Sha256::digest(content)));
        assert_eq!(line.get("changed"), None);
    }
}

#[test]
fn an_object_whose_bytes_are_lost_is_told_by_its_bucket_and_the_answer() {
    let storage = PRODUCTION.broken_storage(StorageFault::LostBytes).unwrap();
    let api = Api::new(storage.project_url(), storage.secret_key(), &quick()).unwrap();
    let (_, text) = over_sql(&PRODUCTION.owner_url(), &named(&["maintenance"])).unwrap().unwrap();
    let (contents, entries, hashes) = copied(&api, &text).unwrap();
    let cause = Cause { bucket: "maintenance".to_owned(), status: Some(500), objects: 1 };
    assert_eq!((contents.missing, &contents.causes[..]), (1, &[cause][..]));
    assert_eq!(entries.len() + 1, hashes.len());
    let lost = &hashes[0];
    assert_eq!(
        (&lost["status"], &lost["missing"]),
        (&json!(500), &json!("it answers 500, InternalError"))
    );
}

#[test]
fn one_that_was_deleted_meanwhile_is_missing_no_more() {
    let mut contents = Contents::default();
    for (bucket, status) in [("a", Some(404)), ("a", Some(404)), ("b", Some(404)), ("a", None)] {
        contents.miss(bucket, status);
    }
    contents.found_deleted("a");
    contents.found_deleted("b");
    let left: Vec<_> = contents.causes.iter().map(|one| (&*one.bucket, one.status)).collect();
    assert_eq!(left, [("a", Some(404)), ("a", None)]);
    assert_eq!((contents.missing, contents.deleted, contents.causes[0].objects), (2, 2, 1));
}

#[test]
fn a_key_that_may_not_read_and_an_api_out_of_order_end_it() {
    let (_, text) = over_sql(&PRODUCTION.owner_url(), &named(&["uploads"])).unwrap().unwrap();
    for fault in StorageFault::ALL {
        // These break no content, or but one.
        if matches!(
            fault,
            StorageFault::RepeatingPage | StorageFault::ListV2Disabled | StorageFault::LostBytes
        ) {
            continue;
        }
        let storage = PRODUCTION.broken_storage(fault).unwrap();
        let api = Api::new(storage.project_url(), storage.service_role_key(), &quick()).unwrap();
        let started = Instant::now();
        let found = copied(&api, &text).unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        assert_eq!(found.kind(), FaultKind::Errored, "{fault:?}");
        let text = found.to_string();
        assert!(text.starts_with("storage contents: buckets, page 1: "), "{text}");
        assert!(!text.contains(storage.service_role_key()));
    }
    // With a key that sees nothing, nothing is there: each is missing, none is taken for empty.
    let storage = PRODUCTION.storage().unwrap();
    let api = Api::new(storage.project_url(), storage.anon_key(), &quick()).unwrap();
    let (contents, entries, hashes) = copied(&api, &text).unwrap();
    assert_eq!((contents.objects, entries.len()), (0, 0));
    assert_eq!(contents.missing, hashes.len() as u64);
    assert!(hashes.iter().all(|line| line["status"] == 404));
}

const LARGE: usize = 3_000_000;

fn content() -> String {
    ('a'..='z').cycle().take(LARGE).collect()
}

fn line(size: usize, etag: &str) -> String {
    json!({ "bucket": "b", "name": "jane.jpg", "id": "1", "size": size, "etag": etag }).to_string()
}

/// Copies one object of a server that answers so to requests for it; the number counts those.
fn one(
    line: &str,
    respond: impl Fn(Option<usize>, usize) -> Vec<u8> + Send + 'static,
) -> Result<Found, Fault> {
    let fake = Fake::start(move |request, number| {
        if !request.path.contains("/object/") {
            return answer(200, &[], "[]");
        }
        let range = request.headers.iter().find_map(|line| line.strip_prefix("range: bytes="));
        let from = range.map(|range| range.trim_end_matches('-').parse().unwrap());
        respond(from, number - 1)
    });
    let api = Api::new(&fake.url, "sb_secret_hush", &quick()).unwrap();
    copied(&api, line.as_bytes())
}

/// The content from there on, of which no more than so much arrives.
fn part(from: usize, arrives: usize, etag: &str) -> Vec<u8> {
    let range = format!("Content-Range: bytes {from}-{}/{LARGE}", LARGE - 1);
    let status = if from > 0 { 206 } else { 200 };
    let etag = format!("ETag: {etag}");
    let headers = if from > 0 { vec![range.as_str(), &etag] } else { vec![etag.as_str()] };
    let mut whole = answer(status, &headers, &content()[from..]);
    whole.truncate(whole.len() - (LARGE - from) + arrives.min(LARGE - from));
    whole
}

#[test]
fn a_large_content_that_breaks_off_goes_on_where_it_was() {
    let respond = |from: Option<usize>, number| {
        assert_eq!(from.is_some(), number > 1);
        part(from.unwrap_or(0), 1_100_000, "\"e\"")
    };
    let (contents, entries, hashes) = one(&line(LARGE, "\"e\""), respond).unwrap();
    assert_eq!((contents.objects, contents.bytes), (1, LARGE as u64));
    assert!(entries["b/1"] == content().as_bytes());
    assert_eq!(hashes[0]["sha256"], hex(&Sha256::digest(content())));
}

#[test]
fn a_large_content_that_is_another_halfway_is_refused() {
    for respond in [
        // Replaced meanwhile; and a server that begins again, whatever part is asked for.
        (|from: Option<usize>, number: usize| {
            part(from.unwrap_or(0), 1_000_000, &format!("\"{number}\""))
        }) as fn(Option<usize>, usize) -> Vec<u8>,
        |_, _| part(0, 1_000_000, "\"e\""),
    ] {
        let text = one(&line(LARGE, "\"e\""), respond).unwrap_err().to_string();
        assert!(text.starts_with("storage contents: bucket b: an object was replaced"), "{text}");
    }
    let broken = |from: Option<usize>, _| part(from.unwrap_or(0), 0, "\"e\"");
    let text = one(&line(LARGE, "\"e\""), broken).unwrap_err().to_string();
    assert!(text.contains("broke off (tried 4 times)") || text.contains("broke off:"), "{text}");
    assert!(!text.contains("jane") && !text.contains("hush"), "{text}");
}

#[test]
fn a_small_content_that_breaks_off_is_asked_for_again() {
    let respond = |_: Option<usize>, number| {
        let mut whole = answer(200, &["ETag: \"e\""], "0123456789");
        whole.truncate(whole.len() - if number < 3 { 4 } else { 0 });
        whole
    };
    let (_, entries, _) = one(&line(10, "\"e\""), respond).unwrap();
    assert_eq!(entries["b/1"], b"0123456789");
}

#[test]
fn a_content_of_another_size_is_replaced_or_damaged() {
    let respond = |_: Option<usize>, _| answer(200, &["ETag: W/\"e\""], "0123456789");
    // The hash is another too: somebody replaced it since.
    let (contents, entries, hashes) = one(&line(7, "\"f\""), respond).unwrap();
    assert_eq!((contents.objects, contents.missing, entries["b/1"].len()), (1, 0, 10));
    assert_eq!(hashes[0]["changed"], true);
    // It calls itself the same.
    let (contents, entries, hashes) = one(&line(7, "\"e\""), respond).unwrap();
    assert_eq!((contents.objects, contents.missing, entries.len()), (0, 1, 0));
    assert_eq!(hashes[0]["missing"], "it has 10 bytes, and the listing says otherwise");
    // Nobody said how large it would be.
    let unsized_line = json!({ "bucket": "..", "name": "jane", "id": "../../x" }).to_string();
    let (_, entries, _) =
        one(&unsized_line, |_, _| answer(200, &[], "x")).unwrap_or_else(|_| panic!());
    assert!(entries.is_empty(), "a bucket that steps back cannot be asked for");
    let odd = json!({ "bucket": "a b", "name": "jane", "id": "../../x" }).to_string();
    let (_, entries, _) = one(&odd, |_, _| answer(200, &[], "x")).unwrap();
    let name = entries.keys().next().unwrap();
    assert!(name.starts_with("a_b/") && name.len() == 36 && !name.contains(".."), "{name}");
}
