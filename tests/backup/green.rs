//! A backup that is as it should be, and what standard tools alone make of it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use smokedrill_demo::Staging;

use crate::support::{Project, contents, files_below, shared};

#[test]
fn a_backup_is_proved_and_restored_by_standard_tools_alone() {
    let site = shared();
    let project = Project::new(&site);
    let before = contents(&site.production.superuser_url());
    let ran = project.drill(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    for proof in ["size", "no-sql-errors", "duration", "hashes", "archive", "objects", "tables"] {
        assert_eq!(ran.outcome(&format!("backup::{proof}")), "passed");
    }
    for proof in ["roles", "buckets", "storage-agreement", "recent", "untouched", "impact"] {
        assert_eq!(ran.outcome(&format!("backup::{proof}")), "passed");
    }
    let made = project.only_backup();
    for path in files_below(&project.place()) {
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }

    let staging = Staging::start().unwrap();
    let url = staging.empty_url();
    restore(staging.bin_dir(), &made, &url);
    assert_eq!(contents(&url), before);
    assert_eq!(contents(&site.production.superuser_url()), before, "production was touched");
}

/// What the README says: `zstd -dc database.dump.zst | pg_restore`.
fn restore(programs: &Path, backup: &Path, url: &str) {
    let archive = backup.join("database.dump.zst");
    let expanded = match Command::new("zstd").args(["-dc"]).arg(&archive).output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        }
        // The crate reads the same format.
        Err(_) => zstd::decode_all(fs::File::open(&archive).unwrap()).unwrap(),
    };
    let plain = backup.join("expanded");
    fs::write(&plain, expanded).unwrap();
    let output = Command::new(programs.join("pg_restore"))
        .args(["--exit-on-error", "--dbname", url])
        .stdin(Stdio::from(fs::File::open(&plain).unwrap()))
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::remove_file(plain).unwrap();
}
