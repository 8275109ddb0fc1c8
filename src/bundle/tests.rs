//! A bundle is as it was packed, or it is told what is not.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use sha2::{Digest as _, Sha256};

use super::{check_evidence, pack_evidence};
use crate::fault::{Fault, FaultKind};
use crate::review::tests::{Project, RUN};
use crate::suite::source::hex;

fn pack(project: &Project, key: &str) -> Result<String, Fault> {
    let [suites, reports, to] = ["suites", "reports", "evidence"].map(|name| project.path(name));
    pack_evidence(&suites, &reports, None, &project.path(key), &to)
}

fn bundle(project: &Project) -> PathBuf {
    project.path("evidence").join(format!("evidence-{RUN}.tar.zst"))
}

fn check(project: &Project) -> Result<String, Fault> {
    check_evidence(&project.path("suites"), &bundle(project), None)
}

#[test]
fn what_is_packed_is_found_whole_and_standard_tools_agree() {
    let project = Project::new(&[]);
    fs::create_dir(project.drill().join("pages")).unwrap();
    fs::write(project.drill().join("pages/app.png"), b"a picture").unwrap();
    project.answer("sms", "yes").unwrap();
    project.decide("Ana", "ana.key", true).unwrap();
    let told = pack(&project, "ana.key").unwrap();
    for name in ["journal.json", "review.jsonl", "pages/app.png", "audit.jsonl", "audit.jsonl.head"]
    {
        assert!(told.contains(&format!("  {name}\n")), "{told}");
    }
    let told = check(&project).unwrap();
    assert!(told.contains("signed by Ana, 5 files"), "{told}");
    assert!(project.drill().join("SHA256SUMS").is_file(), "it is there to be left out");
    let again = pack(&project, "ana.key").unwrap_err();
    assert!(again.to_string().contains("not replaced"), "{again}");
    let log = fs::read_to_string(project.path("reports/audit.jsonl")).unwrap();
    assert_eq!(log.matches("\"evidence.pack\"").count(), 1, "{log}");
    // Whoever has no such program takes tar and sha256sum.
    let unpack = fs::File::open(bundle(&project)).unwrap();
    let plain = zstd::stream::decode_all(unpack).unwrap();
    let folder = project.path("unpacked");
    tar::Archive::new(&plain[..]).unpack(&folder).unwrap();
    let inner = folder.join(format!("evidence-{RUN}"));
    let mut sums = Command::new("sha256sum");
    let sums = sums.args(["--check", "--quiet", "SHA256SUMS"]).current_dir(inner).status();
    assert!(sums.is_ok_and(|status| status.success()));
}

#[test]
fn whatever_is_changed_of_it_is_found() {
    let project = Project::new(&[]);
    pack(&project, "ana.key").unwrap();
    let path = bundle(&project);
    let whole = fs::read(&path).unwrap();
    for at in [0, whole.len() / 2, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&path, changed).unwrap();
        let told = check(&project).unwrap_err();
        assert_eq!(told.kind(), FaultKind::Failed, "{told}");
    }
    fs::write(&path, &whole).unwrap();
    assert!(check(&project).is_ok());
    // Signed by one who is not listed.
    crate::review::review_key(&project.path("eve.key"), |_| Ok(String::new())).unwrap();
    fs::remove_dir_all(project.path("evidence")).unwrap();
    pack(&project, "eve.key").unwrap();
    let told = check(&project).unwrap_err();
    assert!(told.to_string().contains("another key"), "{told}");
    fs::remove_file(format!("{}.minisig", path.display())).unwrap();
    assert_eq!(check(&project).unwrap_err().kind(), FaultKind::Errored);
}

#[test]
fn what_was_altered_is_not_signed() {
    let project = Project::new(&[]);
    project.decide("Ana", "ana.key", false).unwrap();
    let book = project.drill().join("review.jsonl");
    let text = fs::read_to_string(&book).unwrap();
    fs::write(&book, text.replace("\"go\":false", "\"go\":true")).unwrap();
    let told = pack(&project, "ana.key").unwrap_err();
    assert_eq!(told.kind(), FaultKind::Failed, "{told}");
    assert!(!project.path("evidence").exists());
}

#[test]
fn what_a_failed_restore_has_left_is_packed_as_it_was_left() {
    let project = Project::new(&["restore::made"]);
    let left = project.path("reports/restore-x");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("failure.md"), "no space").unwrap();
    let hash = |bytes: &[u8]| hex(&Sha256::digest(bytes));
    let sums = format!("{}  failure.md\n", hash(b"no space"));
    fs::write(left.join("SHA256SUMS"), &sums).unwrap();
    let path = project.drill().join("journal.json");
    let mut journal: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    journal["run"]["evidence"] = serde_json::json!({
        "actor": "ann", "host": "ops-1", "source": "production",
        "objectives": { "rto": 1.0, "rpo": 1.0, "backup": 1.0 },
        "restore": {
            "started": "2026-11-24T03:45:10Z", "stages": [], "serves": false, "people": 0,
            "failure": {
                "serving": "the staging of before", "bundle": "reports/restore-x",
                "sha256": hash(sums.as_bytes()), "options": [],
            },
        },
    });
    fs::write(&path, journal.to_string()).unwrap();
    let told = pack(&project, "ana.key").unwrap();
    assert!(told.contains("  restore-x/failure.md\n"), "{told}");
    assert!(check(&project).is_ok());
    for (file, text) in [("failure.md", "all is well"), ("SHA256SUMS", "")] {
        let whole = fs::read(left.join(file)).unwrap();
        fs::write(left.join(file), text).unwrap();
        let told = pack(&project, "ana.key").unwrap_err();
        assert_eq!(told.kind(), FaultKind::Failed, "{told}");
        assert!(told.to_string().contains(file), "{told}");
        fs::write(left.join(file), whole).unwrap();
    }
}
