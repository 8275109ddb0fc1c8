//! Adding lines: many at once, killed, torn, and to a log that was tampered with.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::finding::What;
use super::{Audit, Operation, Record, Standing, verify};

/// A folder with the path of a log in it.
pub(super) fn place() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("reports/audit.jsonl");
    (folder, path)
}

pub(super) fn record(detail: &str) -> Record {
    Record {
        operation: Operation::BackupCreate,
        source: "production".to_owned(),
        object: Some("20261124T034125Z-9f31c2aa".to_owned()),
        result: Standing::Passed,
        detail: detail.to_owned(),
        manifest: None,
    }
}

pub(super) fn head(path: &Path) -> PathBuf {
    path.with_extension("jsonl.head")
}

/// A log of so many lines.
pub(super) fn log_of(path: &Path, lines: usize) -> Audit {
    let audit = Audit::open(path).unwrap();
    for number in 1..=lines {
        audit.append(&record(&format!("line {number}"))).unwrap();
    }
    audit
}

#[test]
fn a_line_is_bound_to_the_one_before_and_says_all() {
    let (_folder, path) = place();
    let audit = Audit::open(&path).unwrap();
    assert_eq!(audit.last().unwrap(), None);
    let first = audit.append(&record("one\ntwo")).unwrap();
    let second = audit.append(&Record { object: None, ..record("") }).unwrap();
    let lines = Audit::lines(&path).unwrap();
    assert_eq!((lines[0].seq, lines[0].previous.as_deref()), (1, None));
    assert_eq!((lines[1].seq, lines[1].previous.as_deref()), (2, Some(first.as_str())));
    assert_eq!(
        (lines[0].operation.as_str(), lines[0].result.as_str()),
        ("backup.create", "passed")
    );
    assert_eq!((lines[0].detail.as_str(), lines[1].object.as_deref()), ("one two", None));
    assert_eq!(audit.last().unwrap().unwrap().hash, second);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("{\"format\":\"smokedrill.audit/1\",\"seq\":1,\"time\":\""), "{text}");
    for path in [&path, &head(&path)] {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn standard_tools_find_the_same_hash() {
    let (_folder, path) = place();
    let hash = log_of(&path, 2).last().unwrap().unwrap().hash;
    let script =
        r#"sed -n 2p "$0" | sed -E 's/,"hash":"[0-9a-f]{64}"\}$/}/' | tr -d '\n' | sha256sum"#;
    let output = Command::new("sh").args(["-c", script]).arg(&path).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).starts_with(&hash), "{output:?}");
}

#[test]
fn threads_add_to_one_chain() {
    let (_folder, path) = place();
    let audit = Audit::open(&path).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (audit, path) = (&audit, &path);
            scope.spawn(move || {
                // With one handle for all, and with one of their own.
                let own = Audit::open(path).unwrap();
                for number in 0..10 {
                    let audit = if number % 2 == 0 { audit } else { &own };
                    audit.append(&record(&format!("{thread} {number}"))).unwrap();
                }
            });
        }
    });
    assert_eq!(verify(&path, &[]).unwrap().lines, 80);
    let lines = Audit::lines(&path).unwrap();
    let details: BTreeSet<_> = lines.into_iter().map(|line| line.detail).collect();
    assert_eq!(details.len(), 80);
}

/// Tells a child process of this very test where to write, and how often.
const CHILD: &str = "SMOKEDRILL_TEST_AUDIT_CHILD";

fn child(path: &Path, lines: &str) -> std::process::Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "audit::log_tests::what_a_child_does"]);
    command.env(CHILD, path).env("SMOKEDRILL_TEST_AUDIT_LINES", lines);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// No test: what the children of the others do.
#[test]
fn what_a_child_does() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let lines: usize = std::env::var("SMOKEDRILL_TEST_AUDIT_LINES").unwrap().parse().unwrap();
    log_of(Path::new(&path), lines);
}

#[test]
fn processes_add_to_one_chain() {
    let (_folder, path) = place();
    let children: Vec<_> = (0..4).map(|_| child(&path, "10")).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(verify(&path, &[]).unwrap().lines, 40);
}

#[test]
fn a_killed_process_leaves_a_log_that_goes_on() {
    let (_folder, path) = place();
    for after in 1..=6 {
        let mut child = child(&path, "100000");
        while std::fs::read(&path).unwrap_or_default().len() < after * 4_000 {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        log_of(&path, 1);
        assert!(verify(&path, &[]).unwrap().lines > 5);
    }
}

#[test]
fn a_torn_line_is_closed_told_and_never_mended() {
    let (_folder, path) = place();
    log_of(&path, 2);
    let (two, head_of_two) = (std::fs::read(&path).unwrap(), std::fs::read(head(&path)).unwrap());
    log_of(&path, 1);
    let three = std::fs::read(&path).unwrap();
    // Killed after each byte of the third line.
    for cut in two.len()..three.len() {
        std::fs::write(&path, &three[..cut]).unwrap();
        std::fs::write(head(&path), &head_of_two).unwrap();
        let torn = !(cut == two.len() || cut == three.len() - 1);
        assert_eq!(
            verify(&path, &[]).unwrap().torn.len(),
            usize::from(torn),
            "before, cut at {cut}"
        );
        let audit = log_of(&path, 2);
        assert!(audit.damage().is_empty(), "{:?}", audit.damage());
        let now = std::fs::read(&path).unwrap();
        assert!(now.starts_with(&three[..cut]), "cut at {cut}");
        let verified = verify(&path, &[]).unwrap();
        assert_eq!(verified.torn, if torn { vec![3] } else { vec![] }, "after, cut at {cut}");
        assert_eq!(verified.lines, if cut == three.len() - 1 { 5 } else { 4 }, "cut at {cut}");
    }
}

#[test]
fn a_line_torn_again_behind_a_torn_one_is_told_too() {
    let (_folder, path) = place();
    log_of(&path, 1);
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"format\":\"smo\n{\"form").unwrap();
    log_of(&path, 1);
    let verified = verify(&path, &[]).unwrap();
    assert_eq!((verified.lines, verified.torn), (2, vec![2, 3]));
    // And a torn piece is evidence as well.
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("{\"form\n", "")).unwrap();
    assert!(verify(&path, &[]).is_err());
    std::fs::write(&path, text.replace("{\"format\":\"smo\n{\"form\n", "")).unwrap();
    assert_eq!(verify(&path, &[]).unwrap_err()[0].what, What::Removed);
}

/// Whatever is done to a log before, a line that is added hides none of it.
#[test]
fn a_log_that_was_tampered_with_goes_on_but_never_looks_whole_again() {
    type Tamper = fn(&Path);
    fn cut(path: &Path, lines: usize) {
        let text = std::fs::read_to_string(path).unwrap();
        let kept: String = text.split_inclusive('\n').take(lines).collect();
        std::fs::write(path, kept).unwrap();
    }
    let tampers: [(&str, Tamper, What); 8] = [
        ("last lines removed", |path| cut(path, 3), What::Removed),
        ("all lines removed", |path| cut(path, 0), What::Removed),
        ("log removed", |path| std::fs::remove_file(path).unwrap(), What::Removed),
        ("head removed", |path| std::fs::remove_file(head(path)).unwrap(), What::Unproved),
        ("head damaged", |path| std::fs::write(head(path), "x").unwrap(), What::Unproved),
        (
            "last lines and head removed",
            |path| {
                cut(path, 3);
                std::fs::remove_file(head(path)).unwrap();
            },
            What::Unproved,
        ),
        (
            "last line altered",
            |path| {
                let text = std::fs::read_to_string(path).unwrap();
                std::fs::write(path, text.replace("line 5", "line 6")).unwrap();
            },
            What::Altered,
        ),
        (
            "line added by hand",
            |path| {
                let text = std::fs::read_to_string(path).unwrap();
                std::fs::write(path, format!("{text}all is well\n")).unwrap();
            },
            What::Inserted,
        ),
    ];
    for (name, tamper, what) in tampers {
        let (_folder, path) = place();
        log_of(&path, 5);
        tamper(&path);
        let before = verify(&path, &[]).expect_err(name);
        assert!(before.iter().any(|finding| finding.what == what), "{name}: {before:?}");
        let audit = log_of(&path, 3);
        assert_eq!(audit.damage(), before, "{name}");
        let after = verify(&path, &[]).expect_err(name);
        assert!(after.iter().any(|finding| finding.what == what), "{name}: {after:?}");
        assert_eq!(audit.last().unwrap().unwrap().hash.len(), 64);
    }
}

#[test]
fn a_log_that_cannot_be_written_is_an_error_with_its_place() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for path in [file.join("audit.jsonl"), folder.path().to_owned()] {
        let told = Audit::open(&path).unwrap_err().to_string();
        assert!(told.starts_with("audit log: ") && told.contains("suites/drill.toml"), "{told}");
    }
}

#[test]
fn an_end_whose_beginning_is_gone_is_on_record_and_an_error() {
    let (_folder, path) = place();
    let audit = log_of(&path, 2);
    let begun = audit.append(&record("begins")).unwrap();
    audit.conclude(&begun, &record("ends")).unwrap();
    std::fs::remove_file(&path).unwrap();
    let told = audit.conclude(&begun, &record("ends again")).unwrap_err();
    assert!(told.to_string().contains("is gone from the audit log"), "{told}");
    let lines = Audit::lines(&path).unwrap();
    assert_eq!((lines.len(), lines[0].detail.as_str()), (1, "ends again"));
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    assert!(audit.conclude(&begun, &record("ends")).is_err());
}
