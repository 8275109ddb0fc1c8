//! The storage API in trouble, and two backups at once.

use std::fs;
use std::io::Read as _;
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use smokedrill_demo::StorageFault;

use crate::support::{Project, Session, Site, shared, until};

#[test]
fn an_api_in_trouble_is_a_prerequisite_that_is_not_met() {
    let site = shared();
    for fault in [
        StorageFault::Unauthorized,
        StorageFault::ServerError,
        StorageFault::TooManyRequests,
        StorageFault::Garbage,
        StorageFault::HalfPage,
    ] {
        let storage = site.production.broken_storage(fault).unwrap();
        let key = storage.service_role_key().to_owned();
        let url = site.production.read_only_url();
        let project = Project::with(&url, Some((storage.project_url(), &key)), "");
        let begun = Instant::now();
        let ran = project.drill(&["prerequisites"]);
        ran.is_red("prerequisites::storage", &["storage"]);
        assert!(begun.elapsed() < Duration::from_secs(60), "{fault:?}: {:?}", begun.elapsed());
        assert_eq!(project.backups(), Vec::<String>::new());
    }
}

#[test]
fn a_page_that_comes_again_for_ever_costs_the_listing_and_not_the_dump() {
    let site = shared();
    let storage = site.production.broken_storage(StorageFault::RepeatingPage).unwrap();
    let key = storage.service_role_key().to_owned();
    let url = site.production.read_only_url();
    let project = Project::with(&url, Some((storage.project_url(), &key)), "");
    let ran = project.drill(&[]);
    assert_eq!(ran.outcome("backup::made"), "passed", "{}", ran.console());
    ran.is_red("backup::buckets", &["storage"]);
    assert_eq!(project.backups().len(), 1);
}

#[test]
fn a_bucket_that_is_not_there_and_a_key_that_does_not_see_are_told() {
    let site = shared();
    let project = Project::new(&site);
    project.settings("buckets = [\"uploads\", \"no-such-bucket\"]\n");
    project
        .drill(&["prerequisites"])
        .is_red("prerequisites::storage", &["no-such-bucket", "`buckets = []`"]);
    let storage = site.production.storage().unwrap();
    let key = storage.anon_key().to_owned();
    let url = site.production.read_only_url();
    let project = Project::with(&url, Some((storage.project_url(), &key)), "");
    let ran = project.drill(&["prerequisites"]);
    ran.is_red("prerequisites::storage", &["not known to see everything"]);
}

#[test]
fn a_second_backup_of_one_source_is_told_who_makes_the_first() {
    let site = shared();
    let (first, second) = (Project::new(&site), Project::new(&site));
    let admin = Session::open(&site.production.superuser_url());
    let holding = Session::open(&site.production.superuser_url());
    holding.texts("begin; lock table customers in access exclusive mode");
    let running = first.begin(&["backup::made"]);
    let waits = "select pid from pg_stat_activity where wait_event_type = 'Lock'
        and application_name like 'smokedrill backup%'";
    until("the first one waits", || !admin.texts(waits).is_empty());
    // From another place, as from another machine: the source itself says so.
    let told = second.drill(&["backup::made"]);
    told.is_red("backup::made", &["another backup of this source is under way", "since"]);
    drop(holding);
    assert_eq!(running.end().code, 0);
    assert_eq!(second.drill(&["backup::made"]).code, 0);
}

#[test]
fn a_project_without_the_second_way_to_list_is_listed_folder_by_folder() {
    let site = shared();
    let storage = site.production.broken_storage(StorageFault::ListV2Disabled).unwrap();
    let key = storage.service_role_key().to_owned();
    let url = site.production.read_only_url();
    let project = Project::with(&url, Some((storage.project_url(), &key)), "");
    let ran = project.drill(&[]);
    // All but the key with `//` in it, which that way of listing cannot show; and it says so.
    ran.is_red("backup::storage-agreement", &["the two listings differ"]);
    let manifest = fs::read(project.only_backup().join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let storage = &manifest["storage"];
    assert_eq!(storage["agreement"]["only_database"], 1, "{storage}");
    assert!(storage["notes"].to_string().contains("keys with `//` in them are not listed"));
    assert!(storage["agreement"]["same"].as_u64().unwrap() > 300, "{storage}");
}

#[test]
fn contents_are_copied_with_their_hashes_where_that_is_asked_for() {
    let site = shared();
    let project = Project::new(&site);
    project.settings("contents = true\n");
    let ran = project.drill(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    assert_eq!(ran.outcome("backup::storage-contents"), "passed");
    let backup = project.only_backup();
    let manifest: Value =
        serde_json::from_slice(&fs::read(backup.join("manifest.json")).unwrap()).unwrap();
    let contents = &manifest["storage"]["contents"];
    let copied = contents["objects"].as_u64().unwrap();
    assert!(copied > 300 && contents["missing"] == 0, "{contents}");
    let hashes =
        zstd::decode_all(&fs::read(backup.join("storage-contents.jsonl.zst")).unwrap()[..]);
    let hashes = String::from_utf8(hashes.unwrap()).unwrap();
    let lines: Vec<Value> =
        hashes.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let tar = zstd::decode_all(&fs::read(backup.join("storage-contents.tar.zst")).unwrap()[..]);
    let mut archive = tar::Archive::new(std::io::Cursor::new(tar.unwrap()));
    let mut found = 0;
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().display().to_string();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let sha256: String = Sha256::digest(&content).iter().map(|b| format!("{b:02x}")).collect();
        let line = lines.iter().find(|line| line["entry"] == path.as_str());
        assert_eq!(line.unwrap()["sha256"], sha256.as_str(), "{path}");
        found += 1;
    }
    assert_eq!(found, copied);
}

#[test]
fn contents_that_cannot_be_had_are_told_with_bucket_status_and_where_they_are_named() {
    let site = shared();
    let storage = site.production.broken_storage(StorageFault::LostBytes).unwrap();
    let key = storage.service_role_key().to_owned();
    let url = site.production.read_only_url();
    let project = Project::with(&url, Some((storage.project_url(), &key)), "contents = true\n");
    let ran = project.drill(&[]);
    let texts = ["1 could not be copied: 1 in the bucket maintenance (HTTP 500)"];
    ran.is_red("backup::storage-contents", &texts);
    let told = ran.reason("backup::storage-contents");
    let backup = project.only_backup();
    let file = format!("{}/storage-contents.jsonl.zst", project.backups()[0]);
    assert!(told.contains(&file), "{told}");
    let lines = zstd::decode_all(&fs::read(backup.join("storage-contents.jsonl.zst")).unwrap()[..]);
    let lines = String::from_utf8(lines.unwrap()).unwrap();
    let lost: Vec<Value> = lines
        .lines()
        .filter(|line| line.contains("\"missing\""))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lost.len(), 1);
    // A key may be somebody's name.
    assert!(!ran.console().contains(lost[0]["name"].as_str().unwrap()), "{}", ran.console());
}

#[test]
fn contents_count_for_the_room_that_a_backup_takes_and_need_an_api() {
    let site = Site::own();
    let admin = Session::open(&site.production.superuser_url());
    admin.texts(
        "update storage.objects set metadata = metadata || '{\"size\": 90000000000000000}'
         where id = (select min(id::text)::uuid from storage.objects where bucket_id = 'uploads')",
    );
    let project = Project::new(&site);
    assert_eq!(project.drill(&["prerequisites"]).code, 0);
    project.settings("contents = true\n");
    let ran = project.drill(&["prerequisites"]);
    ran.is_red("prerequisites::location", &["too little room"]);
    project.settings("contents = true\nbuckets = [\"invoices\"]\n");
    assert_eq!(project.drill(&["prerequisites"]).code, 0);
    let without = Project::with(&site.production.read_only_url(), None, "contents = true\n");
    let ran = without.drill(&["prerequisites"]);
    ran.is_red("prerequisites::storage", &["no storage API to copy them from", "contents = false"]);
}
