//! Backups of storage alone, of a source whose database nobody here may reach.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use smokedrill_demo::{Storage, StorageFault};

use crate::support::{Project, Ran, Target, shared, until};

/// What is said of a database, where there is none.
const OF_A_DATABASE: [&str; 8] =
    ["size", "no-sql-errors", "archive", "objects", "tables", "roles", "untouched", "impact"];

fn alone(storage: &Storage, key: &str, settings: &str) -> Project {
    at(storage.project_url(), key, settings)
}

fn at(url: &str, key: &str, settings: &str) -> Project {
    let mut project = Project::with("", Some((url, key)), settings);
    project.secret(key);
    configure(&project, url, key);
    project
}

fn configure(project: &Project, url: &str, key: &str) {
    let text = format!("[environment.production.storage]\nurl = {url:?}\nkey = {key:?}\n");
    project.write("suites/environments.toml", &text);
}

fn manifest(project: &Project) -> Value {
    let text = fs::read(project.only_backup().join("manifest.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[track_caller]
fn is_skipped(ran: &Ran, id: &str, reason: &str) {
    assert_eq!(ran.outcome(id), "skipped", "{id}: {}", ran.console());
    assert!(ran.reason(id).contains(reason), "{id}: {}", ran.reason(id));
}

#[test]
fn who_has_a_url_and_a_key_alone_can_back_storage_up_and_prove_it() {
    let site = shared();
    for key in [site.storage.service_role_key(), site.storage.secret_key()] {
        let project = alone(&site.storage, key, "");
        let ran = project.drill(&[]);
        assert_eq!(ran.code, 0, "{}", ran.console());
        for passed in ["made", "duration", "hashes", "buckets", "recent"] {
            assert_eq!(ran.outcome(&format!("backup::{passed}")), "passed", "{}", ran.console());
        }
        for name in OF_A_DATABASE {
            is_skipped(
                &ran,
                &format!("backup::{name}"),
                "no database was configured for production",
            );
        }
        is_skipped(&ran, "backup::storage-agreement", "one way only");
        for name in ["credentials", "location", "retention", "storage"] {
            assert_eq!(ran.outcome(&format!("prerequisites::{name}")), "passed", "{name}");
        }
        for name in ["source", "read-only", "privileges", "tools", "supabase-cli"] {
            let id = format!("prerequisites::{name}");
            is_skipped(&ran, &id, "no database is configured for production");
        }
        let manifest = manifest(&project);
        assert_eq!(manifest["format"], "smokedrill.backup/2");
        assert_eq!(manifest["source"]["storage"], site.storage.project_url());
        for none in ["database", "log", "impact", "untouched"] {
            assert!(manifest.get(none).is_none(), "{none}: {manifest:#}");
        }
        let files: Vec<&str> = manifest["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["name"].as_str().unwrap())
            .collect();
        assert_eq!(files, ["storage-api.jsonl.zst", "storage-buckets.json.zst"]);
        let lines = fs::read(project.only_backup().join("storage-api.jsonl.zst")).unwrap();
        let lines = String::from_utf8(zstd::decode_all(&lines[..]).unwrap()).unwrap();
        let listed: u64 = manifest["storage"]["api"]["buckets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|bucket| bucket["objects"].as_u64().unwrap())
            .sum();
        assert!(listed > 300 && lines.lines().count() as u64 == listed, "{listed}");
    }
}

#[test]
fn the_commands_know_such_a_backup_and_its_age() {
    let site = shared();
    let project = alone(&site.storage, site.storage.service_role_key(), "contents = true\n");
    let ran = project.drill(&["backup::"]);
    assert_eq!(ran.outcome("backup::made"), "passed", "{}", ran.console());
    let contents = manifest(&project)["storage"]["contents"].clone();
    assert!(contents["objects"].as_u64().unwrap() > 0, "{contents}");
    assert_eq!(contents["missing"], 0, "{contents}");
    assert_eq!(ran.outcome("backup::storage-contents"), "passed", "{}", ran.console());
    let list = project.run(&["backup", "list"]);
    assert!(list.stdout.contains("storage alone  "), "{}", list.console());
    let shown = project.run(&["backup", "show", "latest"]);
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    let id = shown["id"].as_str().unwrap();
    assert!(list.stdout.starts_with(id), "{}", list.console());
    let verified = project.run(&["backup", "verify", "latest"]);
    assert_eq!(verified.code, 0, "{}", verified.console());
    assert!(
        verified.stdout.contains("every hash as it was; storage alone, "),
        "{}",
        verified.stdout
    );
    assert_eq!(project.drill(&["--backup", "latest"]).code, 0);
    let removed = project.run(&["backup", "remove", id]);
    assert!(removed.console().contains("the last good backup"), "{}", removed.console());
    let pruned = project.run(&["backup", "prune"]);
    assert!(pruned.stdout.contains(&format!("keeps    {id}")), "{}", pruned.console());
    assert_eq!(project.run(&["audit", "verify"]).code, 0);
    let audit = project.run(&["audit", "list"]).stdout;
    assert!(
        audit.contains("storage alone: ") && audit.contains(site.storage.project_url()),
        "{audit}"
    );
    let path = project.place().join(id).join("storage-api.jsonl.zst");
    let mut bytes = fs::read(&path).unwrap();
    bytes[40] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(project.run(&["backup", "verify", id]).code, 1);
    project.drill(&["--backup", id]).is_red("backup::hashes", &["storage-api.jsonl.zst"]);
}

#[test]
fn a_key_that_is_wrong_or_does_not_see_proves_nothing() {
    let site = shared();
    let wrong = "sb_secret_nobody-has-given-this-one-out";
    let project = alone(&site.storage, wrong, "");
    project.drill(&[]).is_red("prerequisites::storage", &["storage manifest (HTTP)"]);
    assert_eq!(project.backups(), Vec::<String>::new());
    // It is answered with an empty listing, and nothing that says so.
    for key in [site.storage.anon_key(), site.storage.publishable_key()] {
        let project = alone(&site.storage, key, "buckets = [\"*\"]\n");
        let ran = project.drill(&[]);
        ran.is_red("prerequisites::storage", &["not known to see everything"]);
        assert_eq!(ran.outcome("backup::buckets"), "skipped", "{}", ran.console());
        assert_eq!(project.backups(), Vec::<String>::new());
    }
    let project = alone(&site.storage, site.storage.service_role_key(), "buckets = []\n");
    project.drill(&[]).is_red("prerequisites::storage", &["nothing to back up"]);
    let storage = site.production.broken_storage(StorageFault::RepeatingPage).unwrap();
    let project = alone(&storage, storage.service_role_key(), "");
    project.drill(&[]).is_red("backup::made", &["storage manifest (HTTP)"]);
    assert_eq!((project.backups(), project.drafts()), (Vec::new(), Vec::new()));
}

#[test]
fn nothing_is_restored_from_it_and_it_never_stands_for_a_database() {
    let site = shared();
    let target = Target::new(&site);
    let project = &target.project;
    let path = project.path().join("suites/environments.toml");
    let both = fs::read_to_string(&path).unwrap();
    let (database, rest) = both.split_once("[environment.production.storage]").unwrap();
    assert!(database.contains("[environment.production.database]"), "{both}");
    let first = project.only_backup();
    let first = first.file_name().unwrap().to_str().unwrap();
    fs::write(&path, format!("[environment.production.storage]{rest}")).unwrap();
    std::thread::sleep(Duration::from_millis(1_100));
    assert_eq!(project.drill(&["backup::made"]).code, 0);
    let newest = project.backups().pop().unwrap();
    assert_ne!(newest, first);
    let id = |ran: &Ran| serde_json::from_str::<Value>(&ran.stdout).unwrap()["id"].clone();
    assert_eq!(id(&project.run(&["backup", "show", "latest"])), *newest);
    let why = "a backup of storage alone: there is no database in it to restore";
    let before = target.databases();
    for backup in [&["--backup", &newest][..], &[]] {
        let ran = project.run(&[&["drill", "--env", "staging"], backup].concat());
        ran.is_red("restore::made", &[why]);
        assert_eq!(target.databases(), before);
    }
    let masking = project.run(&["masking", "check", &newest]);
    assert!(masking.code != 0 && masking.console().contains(why), "{}", masking.console());
    // The newest that has a database is what a restore takes, also where none is configured.
    fs::write(&path, &both).unwrap();
    assert_eq!(id(&project.run(&["backup", "show", "latest"])), *first);
    assert_eq!(project.drill(&["--backup", "latest", "backup::archive"]).code, 0);
    let removed = project.run(&["backup", "remove", first]);
    assert!(removed.console().contains("the last good backup"), "{}", removed.console());
    fs::write(&path, format!("[environment.production.storage]{rest}")).unwrap();
    let ran = target.restore(&[]);
    assert_eq!(ran.outcome("restore::made"), "passed", "{}", ran.console());
}

#[test]
fn a_second_one_of_the_same_project_is_told_who_makes_the_first() {
    let site = shared();
    let gate = Gate::before(&site.storage);
    let key = site.storage.service_role_key();
    let first = at(&gate.url, key, "");
    let second = at(&gate.url, key, "");
    let place = format!("location = {:?}\n", first.place());
    second.settings(&place);
    let running = first.begin(&["backup::made"]);
    until("the first one lists", || gate.waiting.load(Ordering::SeqCst));
    second.drill(&["backup::made"]).is_red("backup::made", &["since"]);
    gate.open.store(true, Ordering::SeqCst);
    assert_eq!(running.end().code, 0);
    assert_eq!(second.drill(&["backup::made"]).code, 0);
}

/// A way to a storage API that lets no listing of objects through until it is opened.
struct Gate {
    url: String,
    open: Arc<AtomicBool>,
    waiting: Arc<AtomicBool>,
}

impl Gate {
    fn before(storage: &Storage) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let behind = storage.project_url().trim_start_matches("http://").to_owned();
        let (open, waiting) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let gate = Self { url, open: Arc::clone(&open), waiting: Arc::clone(&waiting) };
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(&behind).unwrap();
                let (mut answers, mut to) =
                    (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut answers, &mut to);
                    let _ = to.shutdown(Shutdown::Both);
                });
                let (open, waiting) = (Arc::clone(&open), Arc::clone(&waiting));
                std::thread::spawn(move || pass(client, server, &open, &waiting));
            }
        });
        gate
    }
}

fn pass(mut client: TcpStream, mut server: TcpStream, open: &AtomicBool, waiting: &AtomicBool) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(read @ 1..) = client.read(&mut bytes) {
        if String::from_utf8_lossy(&bytes[..read]).contains("/object/list") {
            waiting.store(true, Ordering::SeqCst);
            while !open.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        if server.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
}
