//! What breaks a backup halfway leaves no backup, no session on the server, and a reason.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::stopped::{dumping, hold};
use crate::support::{Project, Ran, Session, Site, shared, until};

/// Nothing is left: neither here nor on the server.
#[track_caller]
fn nothing_is_left(project: &Project, site: &Site) {
    assert_eq!(project.drafts().len(), 0);
    assert_eq!(project.backups(), Vec::<String>::new());
    let admin = Session::open(&site.production.superuser_url());
    until("no session is left", || admin.sessions() == 0);
    let audit = project.run(&["audit", "verify"]);
    assert_eq!(audit.code, 0, "{}", audit.console());
}

/// The process of the session that waits for a lock as `pg_dump` does.
fn waiting_dump(admin: &Session) -> Option<String> {
    let sql = "select pid from pg_stat_activity where application_name like 'smokedrill backup%'
        and wait_event_type = 'Lock'";
    admin.texts(sql).pop()
}

#[test]
fn a_connection_that_is_killed_halfway_leaves_no_backup() {
    let site = shared();
    let project = Project::new(&site);
    let admin = Session::open(&site.production.superuser_url());
    let locking = Session::open(&site.production.superuser_url());
    locking.texts("begin; lock table customers in access exclusive mode");
    let running = project.begin(&[]);
    until("pg_dump waits for the lock", || waiting_dump(&admin).is_some());
    let pid = waiting_dump(&admin).unwrap();
    admin.texts(&format!("select pg_terminate_backend({pid})"));
    let ran = running.end();
    ran.is_red("backup::made", &["terminating connection due to administrator command", "help: "]);
    assert_eq!(ran.code, 3, "{}", ran.console());
    drop(locking);
    nothing_is_left(&project, &site);
    // And the next one is none the worse for it.
    assert_eq!(project.drill(&["backup::hashes"]).code, 0);
}

#[test]
fn a_lock_that_is_not_granted_in_time_names_the_table_and_the_setting() {
    let site = shared();
    let project = Project::new(&site);
    project.settings("lock_timeout = \"500ms\"\n");
    let locking = Session::open(&site.production.superuser_url());
    locking.texts("begin; lock table customers in access exclusive mode");
    let ran = project.drill(&[]);
    drop(locking);
    ran.is_red("backup::made", &["customers", "lock_timeout", "another session"]);
    assert_eq!(ran.outcome("backup::archive"), "skipped");
    assert!(ran.reason("backup::archive").contains("backup::made"));
    nothing_is_left(&project, &site);
}

#[test]
fn an_error_of_pg_dump_counts_whatever_its_exit_code() {
    let site = shared();
    let project = Project::new(&site);
    let real = site.production.bin_dir();
    let tools = project.path().join("tools");
    fs::create_dir(&tools).unwrap();
    for tool in ["pg_dump", "pg_dumpall", "pg_restore", "psql"] {
        wrap(&tools.join(tool), &real.join(tool), tool == "pg_dump");
    }
    project.settings("tools = \"tools\"\n");
    let ran = project.drill(&[]);
    ran.is_red("backup::made", &["pg_dump", "invented for a test"]);
    nothing_is_left(&project, &site);
}

/// A program that calls the real one, and then tells of an error and ends well.
fn wrap(path: &Path, real: &Path, lies: bool) {
    let error = "case \"$1\" in --version) ;; *)
        echo 'pg_dump: error: invented for a test' >&2;; esac\nexit 0";
    let rest = if lies { error } else { "exit $?" };
    fs::write(path, format!("#!/bin/sh\n{} \"$@\"\n{rest}\n", real.display())).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A run whose files may not grow beyond so many blocks of 512 bytes.
fn limited(project: &Project, blocks: u32) -> Ran {
    let mut command = project.bare("/bin/sh");
    // Beyond the limit comes a signal, which by default kills; a full disk sends none.
    let program = env!("CARGO_BIN_EXE_smokedrill");
    let script =
        format!("trap '' XFSZ; ulimit -f {blocks}; exec '{program}' drill --env production");
    command.args(["-c", &script]);
    Ran::new(project, command.output().unwrap())
}

#[test]
fn a_file_that_cannot_grow_any_more_is_named() {
    let site = shared();
    let project = Project::new(&site);
    let ran = limited(&project, 200);
    ran.is_red("backup::made", &["database.dump.zst", "File too large"]);
    nothing_is_left(&project, &site);
}

/// A disk of that size in the place of the project's backups; nothing where none can be mounted.
fn small_disk(project: &Project, size: &str) -> Option<PathBuf> {
    let place = project.place();
    fs::create_dir(&place).unwrap();
    let size = format!("size={size}");
    let mounted =
        Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&place).output();
    if mounted.is_ok_and(|output| output.status.success()) {
        return Some(place);
    }
    eprintln!("skipped: no tmpfs can be mounted here");
    None
}

#[test]
fn too_little_room_is_told_before_anything_is_made() {
    let site = shared();
    let project = Project::new(&site);
    let Some(place) = small_disk(&project, "1m") else { return };
    let tight = project.drill(&[]);
    let left = project.drafts();
    assert!(Command::new("umount").arg(&place).status().unwrap().success());
    tight.is_red("prerequisites::location", &["too little room", "prune"]);
    assert_eq!(left.len(), 0);
}

#[test]
fn a_disk_that_fills_up_on_the_way_is_told_as_such_and_nothing_is_left() {
    let site = shared();
    let project = Project::new(&site);
    let Some(place) = small_disk(&project, "64m") else { return };
    let holding = hold(&site);
    let running = dumping(&project, &site);
    // Somebody else's file takes all that is left.
    let filling = place.join("filling");
    let filled = fs::File::create(&filling).map(|mut file| {
        let block = vec![1; 64 * 1024];
        while file.write_all(&block).is_ok() {}
    });
    drop(holding);
    let ran = running.end();
    let (drafts, backups) = (project.drafts().len(), project.backups().len());
    assert!(Command::new("umount").arg(&place).status().unwrap().success());
    filled.unwrap();
    ran.is_red("backup::made", &["the disk is full"]);
    assert_eq!((drafts, backups), (0, 0));
}

#[test]
fn a_source_that_suffers_stops_the_backup() {
    let site = shared();
    let project = Project::new(&site);
    project.settings(
        "[backup.impact]\nprobe = \"select pg_sleep(0.2)\"\nlatency = \"50ms\"\n\
         interval = \"20ms\"\npatience = 1\n",
    );
    // So that it is still at work when it is looked at.
    let locking = Session::open(&site.production.superuser_url());
    locking.texts("begin; lock table customers in access exclusive mode");
    let begun = Instant::now();
    let ran = project.drill(&[]);
    drop(locking);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    ran.is_red("backup::made", &["the probe took", "over 50 ms", "quieter hour"]);
    nothing_is_left(&project, &site);
}
