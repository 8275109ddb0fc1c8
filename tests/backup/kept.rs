//! Where backups are kept, which of them is meant, and the log of what was done.

use std::fs;

use smokedrill_demo::{ObjectStore, ObjectStoreFault};

use crate::support::{Project, Ran, Target, shared};

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
fn one_whose_proof_failed_is_passed_over_until_the_proof_holds() {
    let site = shared();
    let project = Project::new(&site);
    assert_eq!(project.drill(&["backup::size"]).code, 0);
    let good = project.backups().pop().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    project.write("suites/drill.toml", "[backup]\nminimum_size = \"1TB\"\n");
    project.drill(&["backup::size"]).is_red("backup::size", &["1.0 TB"]);
    let small = project.backups().pop().unwrap();
    let listed = project.run(&["backup", "list"]).stdout;
    assert_eq!(listed.matches("its proof failed: size").count(), 1, "{listed}");
    let latest = project.run(&["backup", "verify", "latest"]);
    assert!(latest.stdout.contains(&good), "{}", latest.console());
    assert!(
        latest.stderr.contains(&small) && latest.stderr.contains("size"),
        "{}",
        latest.console()
    );
    assert_eq!(project.run(&["backup", "remove", &good]).code, 2, "the last good one");
    project.settings("");
    let again = project.drill(&["backup::size", "--backup", &small]);
    assert_eq!(again.code, 0, "{}", again.console());
    let latest = project.run(&["backup", "verify", "latest"]);
    assert!(latest.stdout.contains(&small), "{}", latest.console());
}

#[test]
fn a_backup_of_one_environment_proves_nothing_of_another() {
    let site = shared();
    let project = Project::new(&site);
    let url = site.production.read_only_url();
    let named = |name: &str| format!("[environment.{name}.database]\nurl = {url:?}\n");
    project.write("suites/environments.toml", &(named("production") + &named("preview")));
    project.settings("source = \"preview\"\n");
    assert_eq!(project.run(&["drill", "--env", "preview", "backup::made"]).code, 0);
    let preview = project.backups().pop().unwrap();
    project.settings("");
    let told = project.drill(&["backup::made", "--backup", &preview]);
    assert_eq!(told.code, 3, "{}", told.console());
    told.is_red("backup::made", &["it is of preview", "not of `production`"]);
    let verify = |more: &[&str]| project.run(&[&["backup", "verify", &preview], more].concat());
    assert_eq!(verify(&[]).code, 0, "by its name alone it is what it is");
    assert_eq!(verify(&["--env", "production"]).code, 2);
    let listed = |name: &str| project.run(&["backup", "list", "--env", name]);
    assert!(listed("preview").stdout.contains(&preview));
    assert!(listed("production").stdout.contains("no backup of `production`"));
    assert_eq!(listed("nosuch").code, 2);
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

#[test]
fn every_command_reads_its_settings_where_the_variable_says_and_the_option_goes_before_it() {
    let site = shared();
    let target = Target::new(&site);
    let project = &target.project;
    fs::rename(project.path().join("suites"), project.path().join("elsewhere")).unwrap();
    let shown = target.shown();
    for words in [
        &["backup", "list"][..],
        &["masking", "check"],
        &["audit", "verify"],
        &["staging", "mark", "--env", "staging", "--yes", shown.as_str()],
        &["drill-status"],
    ] {
        let run = |variable: &str, more: &[&str]| {
            let mut command = project.command(&[words, more].concat());
            command.env("SMOKEDRILL_SUITES", variable).output().unwrap().status.code()
        };
        // Whether a drill is overdue is no matter here.
        let well =
            |code: Option<i32>| code == Some(0) || words == ["drill-status"] && code == Some(1);
        assert!(well(run("elsewhere", &[])), "{words:?}");
        assert_eq!(run("nowhere", &[]), Some(2), "{words:?}");
        assert!(well(run("nowhere", &["--suites", "elsewhere"])), "{words:?}");
    }
}

#[test]
fn wherever_it_is_run_paths_begin_in_the_folder_that_holds_the_suites() {
    let site = shared();
    let project = Project::new(&site);
    // As `cargo test` has it: in the package's folder, which is not the project's.
    let package = tempfile::TempDir::new().unwrap();
    let run = |words: &[&str]| {
        let mut command = project.command(words);
        command.env("SMOKEDRILL_SUITES", project.path().join("suites"));
        command.env("CARGO_MANIFEST_DIR", package.path()).current_dir(package.path());
        Ran::new(&project, command.output().unwrap())
    };
    let none = run(&["backup", "verify", "latest"]);
    assert_eq!(none.code, 3, "{}", none.console());
    assert!(none.stderr.contains(&project.place().display().to_string()), "{}", none.console());
    let made = run(&["drill", "--env", "production", "backup::made"]);
    assert_eq!(made.code, 0, "{}", made.console());
    let backup = project.only_backup();
    let backup = backup.file_name().unwrap().to_string_lossy();
    for words in [
        &["backup", "list"][..],
        &["audit", "list"],
        &["drill-history"],
        &["tasks", "list", "--all"],
    ] {
        let told = run(words);
        assert_eq!(told.code, 0, "{words:?}: {}", told.console());
        if matches!(words, ["backup" | "audit", _]) {
            assert!(told.stdout.contains(&*backup), "{words:?}: {}", told.console());
        }
    }
    assert!(project.path().join("reports/audit.jsonl").is_file());
    assert!(project.path().join("reports/summary.md").is_file());
    let elsewhere: Vec<_> = fs::read_dir(package.path()).unwrap().flatten().collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
}
