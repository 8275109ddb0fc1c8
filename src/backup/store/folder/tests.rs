use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::backup::encryption::{Identities, Recipients};
use crate::backup::manifest::Manifest;
use crate::backup::stop::Stop;
use crate::backup::store::testing::{self, ID, LATER};
use crate::backup::store::{REMOVAL, Store, verify_file};
use crate::fault::FaultKind;

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = testing::folder(&folder.path().join("backups"));
    (folder, store)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn nothing_is_made_by_looking() {
    let (folder, store) = store();
    assert!(store.list().unwrap().is_empty());
    assert!(store.tidy().unwrap().is_empty());
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_folder_is_made_and_those_above_it_are_not() {
    let (folder, _) = store();
    let below = folder.path().join("not mounted/backups");
    let store = testing::folder(&below);
    assert!(store.list().unwrap().is_empty());
    for told in [
        store.probe().map(drop).unwrap_err(),
        store.begin(ID, &testing::holder()).map(drop).unwrap_err(),
    ] {
        let told = told.to_string();
        for part in ["not mounted/backups: there is no folder", "not mounted?", "mkdir -p"] {
            assert!(told.contains(part), "{told}");
        }
    }
    assert!(names(folder.path()).is_empty(), "nothing was made");
    fs::create_dir(folder.path().join("not mounted")).unwrap();
    store.probe().unwrap();
    assert!(below.is_dir());
}

#[test]
fn a_backup_is_seen_whole_or_not_at_all() {
    let (folder, store) = store();
    let home = folder.path().join("backups");
    let draft = store.begin(ID, &testing::holder()).unwrap();
    let record = testing::write(&draft, "a.zst", b"some bytes", None);
    assert!(store.list().unwrap().is_empty());
    assert!(store.manifest(ID).is_err());
    draft.publish(&testing::manifest(ID, vec![record.clone()])).unwrap();
    assert_eq!(names(&home), [".locks", ID]);
    assert_eq!(names(&home.join(ID)), ["a.zst", "manifest.json", "manifest.json.sha256"]);
    let listed = store.list().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].manifest.as_ref().unwrap().files, std::slice::from_ref(&record));
    verify_file(&store, ID, &record, &Stop::default()).unwrap();
    let mut text = String::new();
    store.open_file(ID, "a.zst").unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "some bytes");
}

#[test]
fn files_and_folders_are_private() {
    let (folder, store) = store();
    let draft = store.begin(ID, &testing::holder()).unwrap();
    let record = testing::write(&draft, "a.zst", b"x", None);
    draft.publish(&testing::manifest(ID, vec![record])).unwrap();
    let home = folder.path().join("backups");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home), 0o700);
    assert_eq!(mode(&home.join(ID)), 0o700);
    assert_eq!(mode(&home.join(ID).join("a.zst")), 0o600);
    assert_eq!(mode(&home.join(ID).join("manifest.json")), 0o600);
}

#[test]
fn a_manifest_that_was_altered_or_whose_files_are_gone_is_no_good_one() {
    let (folder, store) = store();
    testing::publish(&store, ID, b"some bytes");
    testing::publish(&store, LATER, b"x");
    let home = folder.path().join("backups").join(ID);
    let told = || {
        let listed = store.list().unwrap();
        assert!(listed[0].manifest.is_ok(), "another was hidden");
        listed[1].manifest.clone().unwrap_err()
    };
    let place = home.join("manifest.json");
    let whole = fs::read_to_string(&place).unwrap();
    for (from, to) in [("03:41:25.5Z", "04:41:25.5Z"), ("\"tables\": []", "\"tables\":  []")] {
        assert!(whole.contains(from));
        fs::write(&place, whole.replacen(from, to, 1)).unwrap();
        assert!(told().line().contains("changed since it was written"), "{}", told());
        assert!(store.manifest(ID).is_err());
    }
    // The archive's file without a record: nothing would prove it.
    let mut manifest = testing::manifest(ID, Vec::new());
    manifest.files.clear();
    testing::write_manifest(&home, &manifest.to_json().unwrap());
    assert!(told().line().contains("no record"), "{}", told());
    testing::write_manifest(&home, whole.as_bytes());
    fs::write(home.join("a.zst"), "some").unwrap();
    assert!(told().line().contains("has 4 bytes"), "{}", told());
    assert!(store.manifest(ID).is_ok(), "what differs, its verification says");
    fs::remove_file(home.join("a.zst")).unwrap();
    assert!(told().line().contains("missing"), "{}", told());
    let seal = home.join("manifest.json.sha256");
    let text = fs::read_to_string(&seal).unwrap();
    assert_eq!(text.len(), 64 + "  manifest.json\n".len());
    fs::remove_file(seal).unwrap();
    assert!(told().line().contains("its hash is gone"), "{}", told());
}

#[test]
fn a_dropped_draft_leaves_nothing() {
    let (folder, store) = store();
    let draft = store.begin(ID, &testing::holder()).unwrap();
    let unfinished = draft.create("a.zst", None, 0, &Stop::default()).unwrap();
    testing::write(&draft, "b.zst", b"x", None);
    drop(unfinished);
    let path = folder.path().join("backups").join(format!(".draft-{ID}"));
    assert_eq!(names(&path), [".lock", "b.zst"]);
    drop(draft);
    assert_eq!(names(&folder.path().join("backups")), [".locks"]);
}

#[test]
fn a_manifest_must_be_of_what_was_written() {
    let (folder, store) = store();
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
    assert!(refused(&|manifest| manifest.id = LATER.into()).contains("another backup"));
    assert_eq!(names(&folder.path().join("backups")), [".locks"]);
}

#[test]
fn a_dead_makers_draft_is_tidied_and_a_live_ones_is_not() {
    let (folder, store) = store();
    let home = folder.path().join("backups");
    let live = store.begin(LATER, &testing::holder()).unwrap();
    assert!(store.tidy().unwrap().is_empty());
    // As a killed process leaves it: the files are there, and nobody holds the lock.
    let dead = home.join(format!(".draft-{ID}"));
    fs::create_dir(&dead).unwrap();
    fs::write(dead.join("database.dump.zst"), "half").unwrap();
    fs::write(dead.join(".lock"), serde_json::to_vec(&testing::holder()).unwrap()).unwrap();
    let bare = home.join(".draft-20260101T000000Z-00000000");
    fs::create_dir(&bare).unwrap();
    let removed = home.join(".removed-20260102T000000Z-00000000");
    fs::create_dir_all(removed.join("x")).unwrap();
    fs::write(home.join(".probe-00000000"), "").unwrap();
    let lines = store.tidy().unwrap();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines.iter().any(|line| line.contains(ID) && line.contains("jane on ops-1")));
    assert_eq!(names(&home), [format!(".draft-{LATER}").as_str(), ".locks"]);
    let record = testing::write(&live, "a.zst", b"x", None);
    live.publish(&testing::manifest(LATER, vec![record])).unwrap();
    assert!(store.tidy().unwrap().is_empty());
    assert_eq!(store.list().unwrap().len(), 1);
}

#[test]
fn a_backup_that_lost_its_manifest_is_told_of_and_can_be_removed() {
    let (folder, store) = store();
    testing::publish(&store, ID, b"x");
    fs::remove_file(folder.path().join("backups").join(ID).join("manifest.json")).unwrap();
    assert!(store.tidy().unwrap().is_empty(), "what is left of it may be wanted");
    let told = store.list().unwrap()[0].manifest.clone().unwrap_err();
    assert_eq!(told.kind(), crate::fault::FaultKind::Failed);
    assert!(told.line().contains("manifest.json: the file is missing"), "{told}");
    store.remove(ID).unwrap();
    assert!(store.list().unwrap().is_empty());
}

#[test]
fn a_proof_that_failed_is_noted_until_it_holds() {
    let (_folder, store) = store();
    testing::publish(&store, ID, b"x");
    proof_is_noted(&store);
}

/// In either kind of place.
pub(in super::super) fn proof_is_noted(store: &Store) {
    let listed = || store.list().unwrap().remove(0);
    assert!(listed().refuted.is_empty());
    for proof in ["size", "tables", "size"] {
        store.refute(ID, proof).unwrap();
    }
    assert_eq!(listed().refuted, ["size", "tables"]);
    assert!(listed().manifest.is_ok(), "its files are whole");
    assert_eq!(store.refuted(ID).unwrap(), ["size", "tables"]);
    for _ in 0..2 {
        store.absolve(ID, "size").unwrap();
    }
    assert_eq!(listed().refuted, ["tables"]);
    store.remove(ID).unwrap();
    assert!(store.list().unwrap().is_empty());
}

#[test]
fn what_is_foreign_is_left_alone() {
    let (folder, store) = store();
    testing::publish(&store, ID, b"x");
    let home = folder.path().join("backups");
    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("manifest.json"), "{}").unwrap();
    let link = |name: &str| std::os::unix::fs::symlink(&elsewhere, home.join(name)).unwrap();
    link("20260101T000000Z-00000000");
    link(".draft-20260101T000000Z-00000001");
    link(".removed-20260101T000000Z-00000002");
    fs::create_dir(home.join("20260101T000000Z-00000003")).unwrap();
    fs::create_dir(home.join("photos")).unwrap();
    fs::create_dir(home.join(".draft-of-a-letter")).unwrap();
    fs::write(home.join("20260101T000000Z-00000004"), "a file").unwrap();
    let before = names(&home);
    assert_eq!(store.list().unwrap().len(), 1);
    assert!(store.tidy().unwrap().is_empty());
    for id in ["20260101T000000Z-00000000", "20260101T000000Z-00000003", LATER] {
        let text = store.remove(id).unwrap_err().to_string();
        assert!(text.contains("no such backup"), "{text}");
    }
    assert_eq!(names(&home), before);
    assert_eq!(names(&elsewhere), ["manifest.json"]);
}

#[test]
fn a_removed_backup_is_gone_and_no_name_leads_elsewhere() {
    let (folder, store) = store();
    testing::publish(&store, ID, b"x");
    testing::publish(&store, LATER, b"x");
    for odd in ["..", "../backups", "", ".locks", "/", "photos"] {
        assert!(store.remove(odd).is_err(), "{odd}");
        assert!(store.open_file(odd, "a.zst").is_err(), "{odd}");
    }
    assert!(store.open_file(ID, "../a.zst").is_err());
    // An earlier removal was killed on its way.
    let home = folder.path().join("backups");
    fs::create_dir_all(home.join(format!(".removed-{ID}/x"))).unwrap();
    store.remove(ID).unwrap();
    assert_eq!(names(&home), [".locks", LATER]);
}

#[test]
fn who_removes_backups_is_told_of_another_who_does() {
    let (_folder, store) = store();
    let _removing = store.lock(REMOVAL, &testing::holder()).unwrap();
    let told = store.lock(REMOVAL, &testing::holder()).unwrap_err().to_string();
    assert!(told.contains("being removed from") && told.contains("jane on ops-1"), "{told}");
    // A backup may be made meanwhile.
    store.lock("production", &testing::holder()).unwrap();
}

#[test]
fn what_is_being_read_is_not_removed() {
    let (folder, store) = store();
    testing::publish(&store, ID, b"x");
    let (one, other) = (store.hold(ID).unwrap(), store.hold(ID).unwrap());
    drop(one);
    assert!(store.is_held(ID));
    let text = store.remove(ID).unwrap_err().to_string();
    assert!(text.contains(ID) && text.contains("being read"), "{text}");
    drop(other);
    assert!(!store.is_held(ID));
    store.remove(ID).unwrap();
    assert_eq!(names(&folder.path().join("backups")), [".locks"]);
    assert!(store.hold(ID).is_err());
}

#[test]
fn a_link_in_a_backup_is_not_followed() {
    let (folder, store) = store();
    testing::publish(&store, ID, b"x");
    let path = folder.path().join("backups").join(ID).join("a.zst");
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", &path).unwrap();
    let text = store.open_file(ID, "a.zst").err().unwrap().to_string();
    assert!(text.contains("not a plain file"), "{text}");
}

#[test]
fn the_newest_comes_first_and_a_damaged_manifest_is_told() {
    let (folder, store) = store();
    testing::publish(&store, LATER, b"x");
    testing::publish(&store, ID, b"x");
    let home = folder.path().join("backups").join(ID);
    let text = fs::read_to_string(home.join("manifest.json")).unwrap();
    let told = |text: &str| {
        testing::write_manifest(&home, text.as_bytes());
        let listed = store.list().unwrap();
        assert_eq!(listed.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), [LATER, ID]);
        assert!(listed[0].manifest.is_ok());
        listed[1].manifest.clone().unwrap_err()
    };
    assert_eq!(told(&text[..text.len() / 2]).kind(), FaultKind::Failed);
    assert!(told(&text.replace(ID, LATER)).to_string().contains("another backup"));
    assert_eq!(told(&text.replace("backup/1", "backup/3")).kind(), FaultKind::Errored);
}

#[test]
fn a_changed_byte_a_missing_one_and_a_missing_file_are_found() {
    let (folder, store) = store();
    let bytes: Vec<u8> = (0..700_000_u32).map(|number| (number % 251) as u8).collect();
    let record = testing::publish(&store, ID, &bytes);
    verify_file(&store, ID, &record, &Stop::default()).unwrap();
    let path = folder.path().join("backups").join(ID).join("a.zst");
    let told = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let fault = verify_file(&store, ID, &record, &Stop::default()).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Failed);
        assert!(fault.to_string().contains("a.zst"), "{fault}");
        fault.to_string()
    };
    for place in [0, 350_000, bytes.len() - 1] {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        assert!(told(&changed).contains("SHA-256"));
    }
    assert!(told(&bytes[..bytes.len() - 1]).contains("1 bytes too short"));
    assert!(told(&[&bytes[..], b"x"].concat()).contains("1 bytes too long"));
    assert!(told(b"").contains("too short"));
    fs::remove_file(&path).unwrap();
    let fault = verify_file(&store, ID, &record, &Stop::default()).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Failed);
    assert!(fault.to_string().contains("missing"), "{fault}");
}

#[test]
fn who_comes_second_is_told_who_is_at_work_and_since_when() {
    let (folder, store) = store();
    let lock = store.lock("production", &testing::holder()).unwrap();
    store.lock("staging", &testing::holder()).unwrap();
    let fault = store.lock("production", &testing::holder()).unwrap_err();
    let text = fault.to_string();
    assert!(text.contains("jane on ops-1") && text.contains("2026-11-24T03:41:25Z"), "{text}");
    assert!(text.contains("production: "), "{text}");
    lock.check().unwrap();
    drop(lock);
    let lock = store.lock("production", &testing::holder()).unwrap();
    fs::remove_file(folder.path().join("backups/.locks/source-production")).unwrap();
    assert!(lock.check().unwrap_err().to_string().contains("somebody removed the lock's file"));
}

#[test]
fn a_probe_measures_the_room_and_leaves_nothing() {
    let (folder, store) = store();
    assert!(store.probe().unwrap().free.unwrap() > 0);
    assert_eq!(names(&folder.path().join("backups")), [".locks"]);
}

#[test]
fn a_place_that_cannot_be_written_is_told_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let location = crate::backup::store::Location::Folder(file.clone());
    let text = Store::open(&location, testing::runtime()).unwrap_err().to_string();
    assert!(text.contains("not a folder") && text.contains("help: "), "{text}");
    let location = crate::backup::store::Location::Folder(file.join("below"));
    let text = Store::open(&location, testing::runtime()).unwrap_err().to_string();
    assert!(text.contains("part of the path is a file"), "{text}");
    // Nobody can make a folder there, root included.
    let store = testing::folder(Path::new("/proc/self/backups"));
    let text = store.probe().unwrap_err().to_string();
    assert!(text.starts_with("backup location: /proc/self/backups: cannot be made"), "{text}");
}

#[test]
fn what_a_full_disk_takes_no_more_is_an_error_that_says_so() {
    let Some(small) = testing::small_disk() else { return };
    let store = testing::folder(&small.path().join("backups"));
    let draft = store.begin(ID, &testing::holder()).unwrap();
    let mut file = draft.create("a.zst", None, 0, &Stop::default()).unwrap();
    let block = vec![7; 256 * 1024];
    let error = (0..100).find_map(|_| file.write_all(&block).err()).expect("4 MiB were not full");
    let text = super::super::fault_of(&error, "?").to_string();
    assert!(text.contains("a.zst: cannot be written"), "{text}");
    assert!(text.contains("help: the disk is full: make room"), "{text}");
    drop(file);
    drop(draft);
    assert!(store.tidy().unwrap().is_empty());
    testing::publish(&store, ID, b"there is room again");
}

/// Set for the process that [`killed`] starts: where it is to begin a draft, and how far to go.
const CHILD: &str = "SMOKEDRILL_TEST_STORE_CHILD";

/// Not a test by itself: begins a draft, says how far it is, and waits to be killed.
#[test]
fn child_that_is_killed() {
    let Ok(place) = std::env::var(CHILD) else { return };
    let store = testing::folder(Path::new(&place));
    let _lock = store.lock("production", &testing::holder()).unwrap();
    let draft = store.begin(ID, &testing::holder()).unwrap();
    let mut file = draft.create("a.zst", None, 0, &Stop::default()).unwrap();
    file.write_all(&vec![7; 1_000_000]).unwrap();
    fs::write(Path::new(&place).join("ready"), "").unwrap();
    std::thread::sleep(std::time::Duration::from_secs(60));
}

#[test]
fn a_process_that_is_killed_leaves_no_backup_no_lock_and_soon_no_draft() {
    let (folder, store) = store();
    let home = folder.path().join("backups");
    let child = format!("{}::child_that_is_killed", module_path!().split_once("::").unwrap().1);
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &child, "--nocapture"])
        .env(CHILD, &home)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let began = std::time::Instant::now();
    while !home.join("ready").exists() {
        assert!(began.elapsed().as_secs() < 30, "the child does not begin");
        assert!(child.try_wait().unwrap().is_none(), "the child ended");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // Another process at work: nothing is tidied, and its lock holds.
    assert!(store.tidy().unwrap().is_empty());
    assert!(home.join(format!(".draft-{ID}")).join("a.zst").exists());
    let text = store.lock("production", &testing::holder()).unwrap_err().to_string();
    assert!(text.contains(&format!("(process {})", child.id())), "{text}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(store.list().unwrap().is_empty());
    assert!(home.join(format!(".draft-{ID}")).join("a.zst").exists());
    store.lock("production", &testing::holder()).unwrap();
    let lines = store.tidy().unwrap();
    assert!(lines.len() == 1 && lines[0].contains(ID), "{lines:?}");
    assert_eq!(names(&home), [".locks", "ready"]);
}

#[test]
fn with_encryption_no_plain_byte_is_ever_on_the_disk() {
    let (folder, store) = store();
    let key = age::x25519::Identity::generate();
    let texts = [key.to_public().to_string()];
    let recipients = Recipients::parse(&texts, folder.path()).unwrap();
    let needle = b"NEEDLE jane.doe@example.com";
    let draft = store.begin(ID, &testing::holder()).unwrap();
    let home = folder.path().join("backups").join(format!(".draft-{ID}"));
    let clean = || {
        for name in names(&home) {
            let bytes = fs::read(home.join(&name)).unwrap();
            assert!(!bytes.windows(10).any(|window| window == &needle[..10]), "{name}");
        }
    };
    let mut file = draft.create("a.zst", Some(&recipients), 0, &Stop::default()).unwrap();
    let mut plain: u64 = 0;
    for _ in 0..20_000 {
        file.write_all(needle).unwrap();
        plain += needle.len() as u64;
        if plain.is_multiple_of(1000) {
            clean();
        }
    }
    file.flush().unwrap();
    clean();
    let record = file.finish().unwrap();
    clean();
    assert_eq!((record.name.as_str(), record.uncompressed), ("a.zst.age", plain));
    assert!(record.bytes > plain);
    assert_eq!(names(&home), [".lock", "a.zst.age"]);
    draft.publish(&testing::manifest(ID, vec![record.clone()])).unwrap();
    verify_file(&store, ID, &record, &Stop::default()).unwrap();

    let path = folder.path().join("key.txt");
    fs::write(&path, age::secrecy::ExposeSecret::expose_secret(&key.to_string())).unwrap();
    let identities = Identities::load(&path).unwrap();
    let mut read = Vec::new();
    let stored = store.open_file(ID, "a.zst.age").unwrap();
    identities.decrypt(stored).unwrap().read_to_end(&mut read).unwrap();
    assert!(read == needle.repeat(20_000));
}
