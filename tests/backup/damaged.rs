//! A backup that was changed where it lies, and one that is encrypted.

use std::fs;
use std::process::Command;

use crate::support::{Project, shared};

/// The files of a backup, by name.
fn files(project: &Project) -> Vec<String> {
    let files = fs::read_dir(project.only_backup()).unwrap().flatten();
    let mut names: Vec<_> =
        files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn whatever_was_changed_cut_or_taken_away_is_named() {
    let site = shared();
    let project = Project::new(&site);
    assert_eq!(project.drill(&["backup::made"]).code, 0);
    let id = project.backups().pop().unwrap();
    for name in files(&project) {
        let path = project.only_backup().join(&name);
        let whole = fs::read(&path).unwrap();
        let damaged = |what: &str| {
            let told = project.run(&["backup", "verify", &id]);
            assert_eq!(told.code, 1, "{name} {what}: {}", told.console());
            assert!(told.stderr.contains(&name), "{name} {what}: {}", told.console());
            // Nobody restores from it unseen; and where it is whole again, all is well.
            let latest = project.run(&["backup", "verify", "latest"]);
            assert_ne!(latest.code, 0, "{name} {what}: {}", latest.console());
            assert!(!latest.stdout.contains("every hash"), "{}", latest.console());
        };
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(&path, &changed).unwrap();
            damaged("changed");
        }
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        damaged("cut");
        fs::remove_file(&path).unwrap();
        damaged("taken away");
        fs::write(&path, &whole).unwrap();
        assert_eq!(project.run(&["backup", "verify", &id]).code, 0);
    }
    assert_eq!(project.run(&["backup", "verify", "latest"]).code, 0);
    // What somebody left beside the files is none of the backup's.
    fs::write(project.only_backup().join("notes.txt"), "mine").unwrap();
    assert_eq!(project.run(&["backup", "verify", "latest"]).code, 0);
    let archive = project.only_backup().join("database.dump.zst");
    let mut changed = fs::read(&archive).unwrap();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    fs::write(&archive, changed).unwrap();
    let ran = project.drill(&["--backup", "latest"]);
    ran.is_red("backup::hashes", &["database.dump.zst"]);
    assert_eq!(ran.outcome("backup::archive"), "skipped", "{}", ran.console());
    assert!(ran.reason("backup::objects").contains("backup::hashes"));
    // From now on it is meant by its name alone.
    let latest = project.drill(&["--backup", "latest"]);
    latest.is_red("backup::made", &["no good backup", "its proof failed: hashes"]);
    // Selected alone, a proof does not hide what it could not look at.
    let id = project.backups().pop().unwrap();
    let alone = project.drill(&["--backup", &id, "backup::objects"]);
    alone.is_red("backup::hashes", &["database.dump.zst"]);
}

#[test]
fn a_manifest_that_was_written_anew_with_its_hash_is_found_by_the_audit_log() {
    let site = shared();
    let project = Project::new(&site);
    assert_eq!(project.drill(&["backup::made"]).code, 0);
    let home = project.only_backup();
    let place = home.join("manifest.json");
    let whole = fs::read_to_string(&place).unwrap();
    let altered = whole.replacen("\"objects\": [", "\"objects\": [ ", 1);
    assert_ne!(altered, whole);
    fs::write(&place, altered).unwrap();
    let hash = Command::new("sha256sum").arg("manifest.json").current_dir(&home).output().unwrap();
    fs::write(home.join("manifest.json.sha256"), hash.stdout).unwrap();
    let told = project.run(&["backup", "verify", "latest"]);
    assert_eq!(told.code, 1, "{}", told.console());
    assert!(told.stderr.contains("the audit log says"), "{}", told.console());
    let audit = project.run(&["audit", "verify"]);
    assert_eq!(audit.code, 1, "{}", audit.console());
    assert!(audit.stderr.contains("the audit log says"), "{}", audit.console());
    let ran = project.drill(&["--backup", "latest"]);
    ran.is_red("backup::made", &["the audit log says"]);
    fs::write(&place, whole).unwrap();
    let sealed =
        project.bare("sha256sum").args(["-c", "manifest.json.sha256"]).current_dir(&home).output();
    assert!(!sealed.unwrap().status.success());
}

#[test]
fn a_manifest_of_a_newer_version_is_told_as_such() {
    let site = shared();
    let project = Project::new(&site);
    assert_eq!(project.drill(&["backup::made"]).code, 0);
    let path = project.only_backup().join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("smokedrill.backup/1", "smokedrill.backup/9")).unwrap();
    // Changed, and not written so.
    let list = project.run(&["backup", "list"]);
    assert!(list.stdout.contains("does not fit"), "{}", list.console());
    let home = project.only_backup();
    let hash = Command::new("sha256sum").arg("manifest.json").current_dir(&home).output().unwrap();
    fs::write(home.join("manifest.json.sha256"), hash.stdout).unwrap();
    let list = project.run(&["backup", "list"]);
    assert!(list.stdout.contains("smokedrill.backup/9"), "{}", list.console());
    let latest = project.run(&["backup", "verify", "latest"]);
    assert_eq!(latest.code, 3, "{}", latest.console());
}

#[test]
fn an_encrypted_backup_needs_its_key_only_for_what_is_in_it() {
    let site = shared();
    let project = Project::new(&site);
    let identity = age::x25519::Identity::generate();
    let recipient = identity.to_public().to_string();
    project.settings(&format!("recipients = [\"{recipient}\"]\n"));
    let ran = project.drill(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    assert_eq!(ran.outcome("backup::hashes"), "passed");
    assert_eq!(ran.outcome("backup::archive"), "skipped");
    assert!(ran.reason("backup::archive").contains("--identity"), "{}", ran.console());
    let plain = |name: &&String| !name.ends_with(".age") && !name.starts_with("manifest.json");
    assert_eq!(files(&project).iter().find(plain), None);
    let key = {
        use age::secrecy::ExposeSecret as _;
        project.write("key.txt", identity.to_string().expose_secret())
    };
    let mut with_key = project.command(&["drill", "--env", "production", "--backup", "latest"]);
    let output = with_key.arg("--identity").arg(&key).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}");
    let archive = told.lines().find(|line| line.starts_with("test backup::archive "));
    assert!(archive.is_some_and(|line| line.ends_with("... ok")), "{told}");
    let verified = project.run(&["backup", "verify", "latest"]);
    assert!(verified.stdout.contains("needs the private key"), "{}", verified.console());
    // A key at hand is no reason to call a backup damaged that was never encrypted.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    project.settings("");
    assert_eq!(project.drill(&["backup::made"]).code, 0);
    let mut verify = project.command(&["backup", "verify", "latest", "--identity"]);
    let output = verify.arg(&key).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && told.contains("read to its end"), "{output:?}");
    let file = project.place().join(&project.backups()[0]).join("database.dump.zst.age");
    // Standard tools read it too, where they are.
    if let Ok(output) = Command::new("age").arg("--decrypt").arg("-i").arg(&key).arg(file).output()
    {
        assert!(output.status.success() && output.stdout.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]));
    }
}
