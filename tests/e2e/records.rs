//! What drills leave, carried from one run of the quarterly workflow to the next.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn git(folder: &Path, words: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(folder).args(words).output();
    let output = output.expect("git is installed");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A project with one commit, as a runner has it: with no more than its remote.
fn checkout(place: &Path, name: &str) -> PathBuf {
    let folder = place.join(name);
    git(place, &["clone", "--quiet", &place.join("origin").display().to_string(), name]);
    let commit = ["-c", "user.name=x", "-c", "user.email=x@localhost", "commit", "--quiet"];
    fs::write(folder.join(".gitignore"), "reports/\n").expect("it can be written");
    git(&folder, &["add", "."]);
    git(&folder, &[&commit[..], &["--allow-empty", "-m", "code"]].concat());
    folder
}

fn records(folder: &Path, words: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/drill-records");
    let output = Command::new("sh").arg(script).args(words).current_dir(folder).output();
    output.expect("there is a shell")
}

#[track_caller]
fn carried(folder: &Path, what: &str, environment: &str) {
    let output = records(folder, &[what, environment]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_a_drill_leaves_is_there_for_the_next_of_its_environment() {
    let place = tempfile::tempdir().expect("a folder can be made");
    git(place.path(), &["init", "--quiet", "--bare", "origin"]);
    let read = |folder: &Path| fs::read_to_string(folder.join("reports/history.jsonl")).ok();
    let write = |folder: &Path, text: &str| {
        fs::create_dir_all(folder.join("reports/drill/a")).expect("it can be made");
        fs::write(folder.join("reports/drill/a/report.md"), text).expect("it can be written");
        fs::write(folder.join("reports/history.jsonl"), text).expect("it can be written");
    };
    let first = checkout(place.path(), "first");
    carried(&first, "take", "staging");
    write(&first, "one\n");
    let (head, status) = (git(&first, &["rev-parse", "HEAD"]), git(&first, &["status", "--short"]));
    carried(&first, "keep", "staging");
    // The code is as it was, with nothing to be committed.
    assert_eq!(git(&first, &["rev-parse", "HEAD"]), head);
    assert_eq!(git(&first, &["status", "--short"]), status);
    let second = checkout(place.path(), "second");
    carried(&second, "take", "staging");
    assert_eq!(read(&second).as_deref(), Some("one\n"));
    assert!(second.join("reports/drill/a/report.md").is_file());
    write(&second, "one\ntwo\n");
    carried(&second, "keep", "staging");
    let third = checkout(place.path(), "third");
    carried(&third, "take", "other");
    assert_eq!(read(&third), None);
    carried(&third, "take", "staging");
    assert_eq!(read(&third).as_deref(), Some("one\ntwo\n"));
    let commits = git(&third, &["ls-remote", "origin"]);
    assert!(commits.ends_with("refs/heads/drill-records/staging"), "{commits}");
    let bare = place.path().join("origin");
    assert_eq!(git(&bare, &["rev-list", "--count", "drill-records/staging"]), "2");
    // A remote that does not answer is none without drills.
    fs::rename(&bare, place.path().join("gone")).expect("it can be moved");
    for what in ["take", "keep"] {
        assert!(!records(&third, &[what, "staging"]).status.success(), "{what}");
    }
}
