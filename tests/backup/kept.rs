//! Where backups are kept, which of them is meant, and the log of what was done.

use std::fs;

use smokedrill_demo::{ObjectStore, ObjectStoreFault};

use crate::support::{Project, shared};

#[test]
fn a_bucket_keeps_backups_as_a_folder_does() {
    let site = shared();
    let store = ObjectStore::start().unwrap();
    let mut project = Project::new(&site);
    project.secret(store.secret_key());
    let settings = format!(
        "location = \"s3://{}/production\"\n[backup.s3]\nendpoint = {:?}\nallow_http = true\n\
         access_key_id = {:?}\nsecret_access_key = {:?}\n",
        store.bucket(),
        store.url(),
        store.access_key(),
        store.secret_key()
    );
    project.settings(&settings);
    let ran = project.drill(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    let listed = project.run(&["backup", "list"]);
    assert_eq!(listed.stdout.lines().count(), 1, "{}", listed.console());
    assert_eq!(project.run(&["backup", "verify", "latest"]).code, 0);
    assert_eq!(project.run(&["backup", "prune"]).code, 0);
    assert_eq!(project.run(&["audit", "verify"]).code, 0);
    store.set_fault(Some(ObjectStoreFault::Forbidden));
    project.drill(&[]).is_red("prerequisites::location", &["help: "]);
    store.set_fault(Some(ObjectStoreFault::Full));
    project.drill(&[]).is_red("prerequisites::location", &["help: "]);
    store.set_fault(None);
    assert_eq!(project.backups().len(), 1, "what was not written whole is listed");
}

#[test]
fn latest_previous_and_a_name_choose_what_is_proved() {
    let site = shared();
    let project = Project::new(&site);
    assert_eq!(project.drill(&["--backup", "latest"]).code, 3);
    for _ in 0..2 {
        assert_eq!(project.drill(&["backup::made"]).code, 0);
        // Names tell the second.
        std::thread::sleep(std::time::Duration::from_millis(1_100));
    }
    let mut names = project.backups();
    names.sort();
    for choice in ["latest", "previous", &names[0]] {
        let ran = project.drill(&["--backup", choice]);
        assert_eq!(ran.code, 0, "{choice}: {}", ran.console());
    }
    assert_eq!(project.backups().len(), 2, "a backup was made where one was to be used");
    assert_eq!(project.drill(&["prerequisites"]).code, 0);
    assert_eq!(project.backups().len(), 2);
    fs::write(project.path().join("backups").join(&names[1]).join("manifest.json"), "{}").unwrap();
    let passed_over = project.run(&["backup", "verify", "latest"]);
    assert!(passed_over.stdout.contains(&names[0]), "{}", passed_over.console());
    assert!(passed_over.stderr.contains(&names[1]), "{}", passed_over.console());
}

#[test]
fn a_log_that_was_altered_cut_or_added_to_is_found() {
    let site = shared();
    let project = Project::new(&site);
    assert_eq!(project.drill(&["backup::made"]).code, 0);
    let path = project.path().join("reports/audit.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    for tampered in [
        whole.replace("\"passed\"", "\"failed\""),
        format!("{}\n", lines[1..].join("\n")),
        format!("{}\n", lines[..lines.len() - 1].join("\n")),
        format!("{whole}{}\n", lines[0]),
    ] {
        fs::write(&path, tampered).unwrap();
        let told = project.run(&["audit", "verify"]);
        assert_eq!(told.code, 1, "{}", told.console());
    }
    fs::write(&path, whole).unwrap();
    assert_eq!(project.run(&["audit", "verify"]).code, 0);
}
