use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use smokedrill_demo::{ObjectStore, ObjectStoreFault};

use super::Pace;
use super::upload::PART;
use crate::backup::manifest::Manifest;
use crate::backup::stop::Stop;
use crate::backup::store::location::Secret;
use crate::backup::store::testing::{self, ID, LATER};
use crate::backup::store::{Location, S3Location, Store, verify_file};
use crate::fault::FaultKind;

const MINUTE: Duration = Duration::from_secs(60);

fn pace() -> Pace {
    Pace {
        connect: Duration::from_secs(5),
        request: Duration::from_secs(20),
        retries: 3,
        retry_for: Duration::from_secs(20),
        beat: Duration::from_secs(3600),
        ..Pace::default()
    }
}

fn address(remote: &ObjectStore, prefix: &str) -> S3Location {
    S3Location {
        bucket: remote.bucket().to_owned(),
        prefix: prefix.to_owned(),
        endpoint: Some(remote.url().to_owned()),
        region: None,
        access_key_id: Some(remote.access_key().to_owned()),
        secret_access_key: Some(Secret::from(remote.secret_key().to_owned())),
        session_token: None,
        allow_http: true,
    }
}

fn at(remote: &ObjectStore, prefix: &str, pace: Pace) -> Store {
    testing::bucket(&address(remote, prefix), pace)
}

fn store() -> (ObjectStore, Store) {
    let remote = ObjectStore::start().unwrap();
    let store = at(&remote, "backups", pace());
    (remote, store)
}

fn of(id: &str, name: &str) -> String {
    format!("backups/{id}/{name}")
}

fn bytes(count: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut bytes = vec![0; count];
    random.fill(&mut bytes);
    bytes
}

#[test]
fn a_backup_is_seen_whole_or_not_at_all() {
    let (remote, store) = store();
    assert!(store.list().unwrap().is_empty());
    let draft = store.begin(ID, &testing::holder()).unwrap();
    let record = testing::write(&draft, "a.zst", b"some bytes", None);
    let empty = testing::write(&draft, "empty", b"", None);
    assert!(store.list().unwrap().is_empty());
    assert!(store.manifest(ID).unwrap_err().to_string().contains("no such backup"));
    draft.publish(&testing::manifest(ID, vec![record.clone(), empty.clone()])).unwrap();
    let kept = ["a.zst", "empty", "manifest.json", "manifest.json.sha256"];
    assert_eq!(remote.keys(), kept.map(|name| of(ID, name)));
    let listed = store.list().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].manifest.as_ref().unwrap().files[0], record);
    verify_file(&store, ID, &record, &Stop::default()).unwrap();
    verify_file(&store, ID, &empty, &Stop::default()).unwrap();
    assert_eq!(store.shown(), format!("s3://{}/backups", remote.bucket()));
}

#[test]
fn what_is_large_goes_in_parts_and_comes_in_blocks() {
    let (remote, store) = store();
    // Exactly two parts, and a byte less and more: each boundary of the two sizes is met.
    for (id, count) in [(ID, 2 * PART), (LATER, 2 * PART + 1)] {
        let bytes = bytes(count);
        let record = testing::publish(&store, id, &bytes);
        assert_eq!(record.bytes, count as u64);
        assert!(remote.get(&of(id, "a.zst")).unwrap() == bytes);
        verify_file(&store, id, &record, &Stop::default()).unwrap();
        let mut read = Vec::new();
        store.open_file(id, "a.zst").unwrap().read_to_end(&mut read).unwrap();
        assert!(read == bytes);
    }
    assert_eq!(remote.parts_taken(), 2 + 3);
    assert_eq!(remote.unfinished_uploads(), 0);
}

#[test]
fn a_dropped_draft_leaves_nothing() {
    let (remote, store) = store();
    let draft = store.begin(ID, &testing::holder()).unwrap();
    testing::write(&draft, "b.zst", b"x", None);
    let mut file = draft.create("a.zst", None, 0, &Stop::default()).unwrap();
    file.write_all(&bytes(2 * PART + 5)).unwrap();
    assert_eq!(remote.unfinished_uploads(), 1);
    drop(file);
    assert_eq!(remote.unfinished_uploads(), 0);
    drop(draft);
    assert!(remote.keys().is_empty(), "{:?}", remote.keys());
}

#[test]
fn it_can_be_dropped_within_a_task() {
    let (remote, store) = store();
    let draft = store.begin(ID, &testing::holder()).unwrap();
    testing::write(&draft, "b.zst", b"x", None);
    testing::runtime().block_on(async { drop(draft) });
    let began = Instant::now();
    while !remote.keys().is_empty() && began.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(remote.keys().is_empty());
}

#[test]
fn a_manifest_must_be_of_what_was_written() {
    let (remote, store) = store();
    let refused = |wrong: &dyn Fn(&mut Manifest)| {
        let draft = store.begin(ID, &testing::holder()).unwrap();
        let record = testing::write(&draft, "a.zst", b"x", None);
        let mut manifest = testing::manifest(ID, vec![record]);
        wrong(&mut manifest);
        draft.publish(&manifest).unwrap_err().to_string()
    };
    assert!(refused(&|manifest| manifest.files.clear()).contains("does not list it"));
    assert!(refused(&|manifest| manifest.files[0].bytes += 1).contains("1 bytes are stored"));
    assert!(refused(&|manifest| manifest.files[0].name.push('x')).contains("was not written"));
    assert!(remote.keys().is_empty());
}

#[test]
fn a_dead_makers_draft_is_tidied_and_a_live_ones_is_not() {
    let (remote, store) = store();
    let dead = store.begin(ID, &testing::holder()).unwrap();
    testing::write(&dead, "a.zst", b"x", None);
    // As if killed: nothing renews the marker any more, and nothing is cleaned up.
    std::mem::forget(dead);
    remote.put("backups/drafts/notes.txt", b"foreign");
    remote.put("backups/removed/20260101T000000Z-00000000.json", b"{}");
    remote.put(&of("20260101T000000Z-00000000", "a.zst"), b"left");
    let lines = store.tidy().unwrap();
    assert_eq!(lines, ["what was left of 20260101T000000Z-00000000, removed before"]);
    assert!(remote.get(&of(ID, "a.zst")).is_some());

    remote.advance(31 * MINUTE);
    let live = store.begin(LATER, &testing::holder()).unwrap();
    let record = testing::write(&live, "a.zst", b"x", None);
    let lines = store.tidy().unwrap();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains(ID) && lines[0].contains("jane on ops-1"), "{lines:?}");
    assert!(remote.get(&of(ID, "a.zst")).is_none());
    live.publish(&testing::manifest(LATER, vec![record])).unwrap();
    assert!(store.tidy().unwrap().is_empty());
    let mut kept: Vec<String> = ["a.zst", "manifest.json", "manifest.json.sha256"]
        .iter()
        .map(|name| of(LATER, name))
        .collect();
    kept.push("backups/drafts/notes.txt".into());
    assert_eq!(remote.keys(), kept);
}

#[test]
fn a_marker_is_renewed_for_as_long_as_the_draft_lives() {
    let remote = ObjectStore::start().unwrap();
    let beat = Duration::from_millis(20);
    let store = at(&remote, "backups", Pace { beat, ..pace() });
    let draft = store.begin(ID, &testing::holder()).unwrap();
    let lock = store.lock("production", &testing::holder()).unwrap();
    let draft_key = format!("backups/drafts/{ID}.json");
    for _ in 0..4 {
        remote.advance(9 * MINUTE);
        for key in [draft_key.as_str(), "backups/locks/production.json"] {
            let (before, began) = (remote.get(key), Instant::now());
            while remote.get(key) == before {
                assert!(began.elapsed() < Duration::from_secs(20), "{key} is not renewed");
                std::thread::sleep(beat);
            }
        }
    }
    assert!(store.tidy().unwrap().is_empty());
    assert!(store.lock("production", &testing::holder()).is_err());
    lock.check().unwrap();
    draft.publish(&testing::manifest(ID, Vec::new())).unwrap();
}

#[test]
fn a_maker_that_was_taken_for_dead_publishes_no_more() {
    let (remote, store) = store();
    let slept = store.begin(ID, &testing::holder()).unwrap();
    let record = testing::write(&slept, "a.zst", b"x", None);
    remote.advance(31 * MINUTE);
    let marker = "backups/drafts/20261124T034125Z-9f31c2aa.json";
    let stale = remote.get(marker).unwrap();
    // Another run has just taken it over, and not removed anything yet.
    let text = String::from_utf8(stale).unwrap().replace("\"beat\": 0", "\"beat\": 1");
    let (from, _) = text.split_once("\"token\": \"").unwrap();
    let taken = format!("{from}\"token\": \"another\", \"beat\": 1}}");
    remote.put(marker, taken.as_bytes());
    let text = slept.publish(&testing::manifest(ID, vec![record])).unwrap_err().to_string();
    assert!(text.contains("taken over by jane"), "{text}");
    assert!(store.list().unwrap().is_empty());
    // What it wrote is left to who took it over.
    assert!(remote.get(&of(ID, "a.zst")).is_some());
}

#[test]
fn a_removal_that_could_not_begin_is_not_done_later() {
    let (remote, store) = store();
    testing::publish(&store, ID, b"x");
    remote.put(&format!("backups/removed/{ID}.json"), b"{}");
    assert!(store.tidy().unwrap().is_empty());
    assert!(remote.get(&format!("backups/removed/{ID}.json")).is_none());
    assert!(store.list().unwrap()[0].manifest.is_ok());
}

#[test]
fn a_backup_whose_marker_outlived_its_maker_stays() {
    let (remote, store) = store();
    let draft = store.begin(ID, &testing::holder()).unwrap();
    let record = testing::write(&draft, "a.zst", b"x", None);
    std::mem::forget(draft);
    let manifest = testing::manifest(ID, vec![record.clone()]).to_json().unwrap();
    remote.put(&of(ID, "manifest.json"), &manifest);
    remote.advance(31 * MINUTE);
    assert!(store.tidy().unwrap().is_empty());
    assert_eq!(remote.keys(), [of(ID, "a.zst"), of(ID, "manifest.json")]);
    verify_file(&store, ID, &record, &Stop::default()).unwrap();
}

#[test]
fn who_comes_second_is_told_who_is_at_work_and_since_when() {
    let (remote, store) = store();
    let lock = store.lock("production", &testing::holder()).unwrap();
    // Another machine: nothing is shared but the bucket.
    let other = at(&remote, "backups", pace());
    other.lock("staging", &testing::holder()).unwrap();
    let text = other.lock("production", &testing::holder()).unwrap_err().to_string();
    assert!(text.contains("jane on ops-1") && text.contains("2026-11-24T03:41:25Z"), "{text}");
    assert!(text.contains("production: ") && text.contains("10 minutes"), "{text}");
    drop(lock);
    drop(other.lock("production", &testing::holder()).unwrap());
    assert!(remote.keys().is_empty(), "{:?}", remote.keys());
}

#[test]
fn an_expired_lock_is_taken_over_once_and_its_holder_learns_of_it() {
    let (remote, store) = store();
    let lost = store.lock("production", &testing::holder()).unwrap();
    remote.advance(9 * MINUTE);
    assert!(store.lock("production", &testing::holder()).is_err());
    remote.advance(2 * MINUTE);
    let mut second = testing::holder();
    second.actor = "joe".into();
    let won: Vec<_> = std::thread::scope(|scope| {
        let tries: Vec<_> =
            (0..6).map(|_| scope.spawn(|| store.lock("production", &second).ok())).collect();
        tries.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(won.len(), 1);
    lost.check().unwrap();
    lost.renew_now();
    let text = lost.check().unwrap_err().to_string();
    assert!(text.contains("taken over by joe"), "{text}");
    // To let go of what one has lost takes nothing from who has it.
    drop(lost);
    assert_eq!(remote.keys(), ["backups/locks/production.json"]);
}

#[test]
fn one_of_many_gets_the_lock() {
    let (_remote, store) = store();
    let won: Vec<_> = std::thread::scope(|scope| {
        let one = || scope.spawn(|| store.lock("production", &testing::holder()).ok());
        let tries: Vec<_> = (0..8).map(|_| one()).collect();
        tries.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(won.len(), 1);
}

#[test]
fn a_prefix_is_a_world_of_its_own() {
    let (remote, store) = store();
    testing::publish(&store, ID, b"x");
    let others = ["back", "backups2", "backups/inner", ""];
    for prefix in others {
        let other = at(&remote, prefix, pace());
        assert!(other.list().unwrap().is_empty(), "{prefix:?}");
        assert!(other.manifest(ID).is_err());
        assert!(other.remove(ID).is_err());
        let _lock = other.lock("production", &testing::holder()).unwrap();
        testing::publish(&other, LATER, b"x");
    }
    assert_eq!(store.list().unwrap().len(), 1);
    store.remove(ID).unwrap();
    for prefix in others {
        assert_eq!(at(&remote, prefix, pace()).list().unwrap().len(), 1, "{prefix:?}");
    }
}

#[test]
fn a_proof_that_failed_is_noted_until_it_holds() {
    let (_remote, store) = store();
    testing::publish(&store, ID, b"x");
    crate::backup::store::folder::tests::proof_is_noted(&store);
}

#[test]
fn more_than_a_page_is_listed_and_removed() {
    let (remote, store) = store();
    for number in 0..1500 {
        remote.put(&format!("backups/photos-{number:04}.jpg"), b"foreign");
        remote.put(&of(ID, &format!("part-{number:04}")), b"x");
        let second = format!("20200101T{:02}{:02}00Z-{number:08x}", number / 60 % 24, number % 60);
        remote.put(&of(&second, "lost-its-manifest"), b"x");
    }
    let manifest = testing::manifest(ID, Vec::new()).to_json().unwrap();
    remote.put(&of(ID, "manifest.json"), &manifest);
    testing::publish(&store, LATER, b"x");
    let (whole, lost): (Vec<_>, Vec<_>) =
        store.list().unwrap().into_iter().partition(|one| !one.id.starts_with("2020"));
    let ids: Vec<String> = whole.into_iter().map(|one| one.id).collect();
    assert_eq!((ids, lost.len()), (vec![LATER.to_owned(), ID.to_owned()], 1500));
    let told = lost[0].manifest.as_ref().unwrap_err().line();
    assert!(told.contains("manifest.json") && told.contains("missing"), "{told}");
    store.remove(&lost[0].id).unwrap();
    store.remove(ID).unwrap();
    let kept = remote.keys();
    assert!(!kept.iter().any(|key| key.contains(ID)), "{kept:?}");
    assert_eq!(kept.len(), 1500 + 1499 + 3);
}

#[test]
fn a_changed_byte_a_missing_one_and_a_missing_file_are_found() {
    let (remote, store) = store();
    let bytes = bytes(5_000_000);
    let record = testing::publish(&store, ID, &bytes);
    let key = of(ID, "a.zst");
    let told = |bytes: &[u8]| {
        remote.put(&key, bytes);
        let fault = verify_file(&store, ID, &record, &Stop::default()).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Failed);
        fault.to_string()
    };
    let mut changed = bytes.clone();
    changed[4_500_000] ^= 1;
    assert!(told(&changed).contains("a.zst: its bytes were changed: SHA-256"));
    assert!(told(&bytes[1..]).contains("1 bytes too short"));
    assert!(told(b"").contains("too short"));
    assert!(remote.remove(&key));
    let fault = verify_file(&store, ID, &record, &Stop::default()).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Failed);
    assert!(fault.to_string().contains("missing"), "{fault}");
    assert!(store.remove("../x").is_err());
}

#[test]
fn a_manifest_that_was_altered_or_whose_files_are_gone_is_no_good_one() {
    let (remote, store) = store();
    testing::publish(&store, ID, b"some bytes");
    assert!(store.list().unwrap()[0].manifest.is_ok());
    let key = of(ID, "manifest.json");
    let whole = remote.get(&key).unwrap();
    let altered = String::from_utf8(whole.clone()).unwrap().replace("03:41:25.5Z", "04:41:25.5Z");
    remote.put(&key, altered.as_bytes());
    let told = |store: &Store| store.list().unwrap()[0].manifest.clone().unwrap_err();
    assert!(told(&store).line().contains("changed since it was written"), "{}", told(&store));
    remote.put(&key, &whole);
    remote.put(&of(ID, "a.zst"), b"some");
    assert!(told(&store).line().contains("has 4 bytes"), "{}", told(&store));
    assert!(store.manifest(ID).is_ok());
    remote.remove(&of(ID, "a.zst"));
    assert!(told(&store).line().contains("missing"), "{}", told(&store));
    remote.remove(&of(ID, "manifest.json.sha256"));
    assert_eq!(store.manifest(ID).unwrap_err().kind(), FaultKind::Failed);
}

#[test]
fn a_file_that_changes_while_it_is_read_is_no_file() {
    let (remote, store) = store();
    testing::publish(&store, ID, &bytes(3 * PART));
    let mut file = store.open_file(ID, "a.zst").unwrap();
    file.read_exact(&mut [0; 100]).unwrap();
    remote.put(&of(ID, "a.zst"), &bytes(3 * PART - 1));
    let error = std::io::copy(&mut file, &mut std::io::sink()).unwrap_err();
    assert!(crate::backup::store::fault_of(&error, "?").to_string().contains("while it was read"));
}

#[test]
fn answers_that_are_lost_on_the_way_change_nothing() {
    let (remote, store) = store();
    remote.set_fault(Some(ObjectStoreFault::LostAnswers));
    let lock = store.lock("production", &testing::holder()).unwrap();
    let record = testing::publish(&store, ID, &bytes(PART + 1));
    drop(lock);
    remote.set_fault(Some(ObjectStoreFault::HalfBody));
    assert_eq!(store.list().unwrap().len(), 1);
    verify_file(&store, ID, &record, &Stop::default()).unwrap();
    remote.set_fault(None);
    let names = ["a.zst", "manifest.json", "manifest.json.sha256"];
    assert_eq!(remote.keys(), names.map(|name| of(ID, name)));
}

#[test]
fn a_probe_tells_what_a_store_cannot_do_and_leaves_nothing() {
    let (remote, store) = store();
    assert_eq!(store.probe().unwrap().free, None);
    for fault in [ObjectStoreFault::NoConditions, ObjectStoreFault::NoIfMatch] {
        remote.set_fault(Some(fault));
        let text = store.probe().unwrap_err().to_string();
        assert!(text.contains("does not honour conditions"), "{text}");
    }
    assert!(remote.keys().is_empty());
}

#[test]
fn each_trouble_has_its_words_and_its_remedy_and_no_secret() {
    let remote = ObjectStore::start().unwrap();
    let impatient = Pace { retries: 1, ..pace() };
    let store = at(&remote, "backups", impatient.clone());
    let hasty = Pace { retries: 1, request: Duration::from_millis(300), ..pace() };
    let hasty = at(&remote, "backups", hasty);
    testing::publish(&store, ID, b"x");
    let told = |store: &Store, words: &[&str]| {
        let began = Instant::now();
        let mut texts = vec![
            store.probe().unwrap_err().to_string(),
            store.begin(LATER, &testing::holder()).unwrap_err().to_string(),
            store.lock("production", &testing::holder()).unwrap_err().to_string(),
        ];
        let (full, garbage) = (words[0].contains("no room"), words[0].contains("no sense"));
        if !full {
            texts.push(store.list().unwrap_err().to_string());
            texts.push(store.manifest(ID).unwrap_err().to_string());
        }
        if !full && !garbage {
            texts.push(store.tidy().unwrap_err().to_string());
            texts.push(store.remove(ID).unwrap_err().to_string());
        }
        assert!(began.elapsed() < Duration::from_secs(40), "{words:?}: {:?}", began.elapsed());
        for text in texts {
            assert!(text.starts_with("backup location: "), "{text}");
            assert!(text.contains("\n  help: "), "{text}");
            assert!(!text.contains(remote.secret_key()), "{text}");
            assert!(!text.contains(remote.access_key()), "{text}");
            // A HEAD's answer has no code.
            assert!(words.iter().any(|word| text.contains(word)), "{words:?}: {text}");
        }
    };
    for (fault, words) in [
        (ObjectStoreFault::Forbidden, vec!["may not do this (403"]),
        (ObjectStoreFault::ServerError, vec!["in trouble, again and again (500"]),
        (ObjectStoreFault::SlowDown, vec!["too busy", "in trouble, again and again (503"]),
        (ObjectStoreFault::NoSuchBucket, vec!["the bucket does not exist"]),
        (ObjectStoreFault::Garbage, vec!["makes no sense", "not what is read", "ETag", "manifest"]),
        (ObjectStoreFault::Full, vec!["there is no room (507 XMinioStorageFull)"]),
    ] {
        remote.set_fault(Some(fault));
        told(&store, &words);
    }
    remote.set_fault(Some(ObjectStoreFault::Hang));
    told(&hasty, &["did not answer in time"]);
    remote.set_fault(None);

    let open = |change: &dyn Fn(&mut S3Location)| {
        let mut location = address(&remote, "backups");
        change(&mut location);
        testing::bucket(&location, impatient.clone())
    };
    let wrong_key = open(&|to| to.secret_access_key = Some(Secret::from("wrong".to_owned())));
    told(&wrong_key, &["the keys are wrong (403 SignatureDoesNotMatch)", "the keys are wrong or"]);
    let wrong_id = open(&|to| to.access_key_id = Some("AKIAWRONG".into()));
    told(&wrong_id, &["the keys are wrong (403 InvalidAccessKeyId)", "the keys are wrong or"]);
    told(&open(&|to| to.bucket = "another".into()), &["the bucket does not exist (404"]);
    // Nobody listens on a port that has just been given back.
    let gone = ObjectStore::start().unwrap().url().to_owned();
    let nobody = open(&|to| to.endpoint = Some(gone.clone()));
    told(&nobody, &["the store cannot be reached: Connection refused"]);
}

#[test]
fn settings_that_cannot_work_are_refused_before_anything_is_sent() {
    let remote = ObjectStore::start().unwrap();
    let refused = |change: &dyn Fn(&mut S3Location)| {
        let mut location = address(&remote, "backups");
        change(&mut location);
        let opened = Store::open(&Location::S3(location), testing::runtime());
        let text = opened.unwrap_err().to_string();
        assert!(text.starts_with("backup location: ") && text.contains("\n  help: "), "{text}");
        assert!(!text.contains(remote.secret_key()) && !text.contains("hidden"), "{text}");
        text
    };
    assert!(refused(&|to| to.allow_http = false).contains("not encrypted"));
    assert!(refused(&|to| to.secret_access_key = None).contains("without the key itself"));
    assert!(refused(&|to| to.access_key_id = None).contains("without its id"));
    assert!(refused(&|to| to.endpoint = Some("example.com".into())).contains("is no endpoint"));
    let secret = "ftp://user:hidden@example.com";
    assert!(refused(&|to| to.endpoint = Some(secret.into())).contains("is no endpoint"));
}

#[test]
fn a_store_that_fails_halfway_ends_the_file_and_leaves_nothing_in_the_end() {
    let (remote, store) = store();
    let draft = store.begin(ID, &testing::holder()).unwrap();
    let mut file = draft.create("a.zst", None, 0, &Stop::default()).unwrap();
    file.write_all(&bytes(PART + 1)).unwrap();
    remote.set_fault(Some(ObjectStoreFault::Forbidden));
    let block = bytes(PART);
    let error = (0..5).find_map(|_| file.write_all(&block).err()).expect("it went on for ever");
    let text = crate::backup::store::fault_of(&error, "?").to_string();
    assert!(text.contains(&of(ID, "a.zst")) && text.contains("403"), "{text}");
    remote.set_fault(None);
    drop(file);
    drop(draft);
    assert!(remote.keys().is_empty() && remote.unfinished_uploads() == 0);
}

#[test]
fn a_store_that_hangs_is_not_waited_for_once_somebody_says_stop() {
    let (remote, store) = store();
    let draft = store.begin(ID, &testing::holder()).unwrap();
    let stop = Stop::default();
    let mut file = draft.create("a.zst", None, 0, &stop).unwrap();
    remote.set_fault(Some(ObjectStoreFault::Hang));
    let later = stop.clone();
    let saying = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        later.set(crate::fault::Fault::interrupted());
    });
    let began = Instant::now();
    let block = bytes(PART);
    let error = (0..9).find_map(|_| file.write_all(&block).err()).expect("it went on for ever");
    let fault = crate::backup::store::fault_of(&error, "?");
    assert_eq!(fault.kind(), FaultKind::Interrupted);
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    saying.join().unwrap();
    remote.set_fault(None);
}

#[test]
fn parts_grow_with_what_is_expected() {
    let (remote, store) = store();
    let draft = store.begin(ID, &testing::holder()).unwrap();
    // Of this many bytes, parts of 8 MiB would be too many.
    let expected = 100 * 1024 * 1024 * 1024;
    let mut file = draft.create("a.zst", None, expected, &Stop::default()).unwrap();
    let all = bytes(PART + 1);
    file.write_all(&all).unwrap();
    assert_eq!(remote.unfinished_uploads(), 0, "it fits into one part of this size");
    let record = file.finish().unwrap();
    assert_eq!(record.bytes, all.len() as u64);
    assert!(remote.get(&of(ID, "a.zst")).is_some());
}
