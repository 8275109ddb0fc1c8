//! Told to stop, or killed, in each phase: nothing is left that could be taken for a backup.

use std::time::{Duration, Instant};

use smokedrill_demo::StorageFault;

use crate::support::{Project, Running, Session, Site, shared, until};

/// Holds a table, so that a dump waits for it.
pub(crate) fn hold(site: &Site) -> Session {
    let session = Session::open(&site.production.superuser_url());
    session.texts("begin; lock table customers in access exclusive mode");
    session
}

/// A backup that has got as far as `pg_dump`, which waits.
pub(crate) fn dumping<'a>(project: &'a Project, site: &Site) -> Running<'a> {
    let admin = Session::open(&site.production.superuser_url());
    let running = project.begin(&[]);
    let waits = "select pid from pg_stat_activity where wait_event_type = 'Lock'
        and application_name like 'smokedrill backup%'";
    until("pg_dump waits", || !admin.texts(waits).is_empty());
    running
}

#[test]
fn ctrl_c_and_sigterm_end_it_within_seconds_and_leave_nothing() {
    let site = shared();
    let admin = Session::open(&site.production.superuser_url());
    for (signal, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 143)] {
        let project = Project::new(&site);
        let holding = hold(&site);
        let running = dumping(&project, &site);
        let told = Instant::now();
        running.signal(signal);
        let ran = running.end();
        assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
        assert_eq!(ran.code, code, "{}", ran.console());
        assert_eq!(admin.sessions(), 0, "the server still works for it");
        drop(holding);
        assert_eq!(project.drafts().len(), 0);
        assert_eq!(project.backups(), Vec::<String>::new());
        assert_eq!(ran.journal()["run"]["verdict"], "interrupted");
        assert_eq!(ran.outcome("backup::made"), "skipped");
        let audit = project.run(&["audit", "verify"]);
        assert_eq!(audit.code, 0, "{}", audit.console());
        let log = std::fs::read_to_string(project.path().join("reports/audit.jsonl")).unwrap();
        assert!(log.lines().last().unwrap().contains("interrupted"), "{log}");
    }
}

#[test]
fn who_was_started_by_nohup_outlives_the_terminal() {
    let site = shared();
    let project = Project::new(&site);
    let holding = hold(&site);
    let mut command = project.bare("nohup");
    command.arg(env!("CARGO_BIN_EXE_smokedrill")).args(["drill", "--env", "production"]);
    let running = Running::begin(&project, command);
    let admin = Session::open(&site.production.superuser_url());
    let waits = "select pid from pg_stat_activity where wait_event_type = 'Lock'
        and application_name like 'smokedrill backup%'";
    until("pg_dump waits", || !admin.texts(waits).is_empty());
    running.signal("-HUP");
    std::thread::sleep(Duration::from_millis(300));
    drop(holding);
    let ran = running.end();
    assert_eq!(ran.code, 0, "{}", ran.console());
}

/// Kills a run at once, and looks at what is there; then a second run must be well.
fn killed(project: &Project, running: Running<'_>, site: &Site, drafts: usize) {
    running.signal("-KILL");
    assert_eq!(running.end().code, -1);
    assert_eq!(project.drafts().len(), drafts);
    assert_eq!(project.backups(), Vec::<String>::new(), "a half backup is taken for one");
    let latest = project.run(&["backup", "verify", "latest"]);
    assert_eq!(latest.code, 3, "{}", latest.console());
    let admin = Session::open(&site.production.superuser_url());
    until("the server has noticed", || admin.sessions() == 0);
}

#[test]
fn killed_while_it_dumps_it_is_tidied_up_by_the_next_which_leaves_the_living_alone() {
    let site = shared();
    let project = Project::new(&site);
    let holding = hold(&site);
    let running = dumping(&project, &site);
    running.signal("-KILL");
    // pg_dump outlives its parent until the lock is granted; then nobody reads what it writes.
    drop(holding);
    killed_already(&project, running, &site);
}

fn killed_already(project: &Project, running: Running<'_>, site: &Site) {
    killed(project, running, site, 1);
    let ran = project.drill(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    assert_eq!(project.drafts().len(), 0, "the next run tidies up");
    assert_eq!(project.backups().len(), 1);
}

#[test]
fn killed_while_the_storage_api_is_waited_for_it_has_begun_nothing() {
    let site = shared();
    // One that asks to wait is waited for, as a prerequisite.
    let storage = site.production.broken_storage(StorageFault::TooManyRequests).unwrap();
    let api = (storage.project_url(), storage.service_role_key());
    let project = Project::with(&site.production.read_only_url(), Some(api), "");
    let running = project.begin(&["backup"]);
    std::thread::sleep(Duration::from_millis(500));
    killed(&project, running, &site, 0);
}

#[test]
fn killed_at_any_moment_there_is_a_whole_backup_or_none() {
    let site = shared();
    let project = Project::new(&site);
    let begun = Instant::now();
    assert_eq!(project.drill(&["backup::made"]).code, 0);
    let whole = begun.elapsed();
    let mut made = project.backups().len();
    for step in 1..=12 {
        let running = project.begin(&["backup::made"]);
        std::thread::sleep(whole * step / 12);
        running.signal("-KILL");
        running.end();
        let backups = project.backups();
        assert!(backups.len() - made <= 1);
        made = backups.len();
        let last = project.run(&["backup", "verify", "latest"]);
        assert_eq!(last.code, 0, "{}", last.console());
        let audit = project.run(&["audit", "verify"]);
        assert_eq!(audit.code, 0, "{}", audit.console());
    }
    let ran = project.drill(&["backup"]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    assert_eq!(project.drafts().len(), 0, "the next run tidies up");
    assert_eq!(project.backups().len(), made + 1);
}

#[test]
fn a_draft_that_somebody_is_at_work_on_is_left_alone() {
    let (site, other) = (shared(), Site::own());
    let project = Project::new(&site);
    let elsewhere = Project::new(&other);
    let location = project.place();
    fs_settings(&elsewhere, &location);
    let holding = hold(&site);
    let running = dumping(&project, &site);
    // Another source, kept in the same place: it may go on meanwhile, and tidies up.
    let ran = elsewhere.drill(&["backup::hashes"]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    assert_eq!(project.drafts().len(), 1, "the draft of another was removed");
    drop(holding);
    let ran = running.end();
    assert_eq!(ran.code, 0, "{}", ran.console());
    assert_eq!(project.backups().len(), 2);
}

fn fs_settings(project: &Project, location: &std::path::Path) {
    project.settings(&format!("location = {:?}\n", location.display().to_string()));
}
