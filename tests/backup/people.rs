//! What people do by hand: a look at production, and which environment is meant.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use smokedrill_demo::Pooler;

use crate::support::{Project, Session, Site, shared, until};

#[test]
fn psql_on_production_cannot_write_and_is_on_record() {
    let site = shared();
    let project = Project::new(&site);
    let read = project.run(&["psql", "--", "-At", "-c", "select count(*) > 0 from customers"]);
    assert_eq!((read.code, read.stdout.trim()), (0, "t"), "{}", read.console());
    let write = project.run(&["psql", "--env", "production", "--", "-c", "create table x ()"]);
    assert_ne!(write.code, 0);
    assert!(write.stderr.contains("read-only transaction"), "{}", write.console());
    let log = project.run(&["audit", "list"]);
    assert_eq!(log.stdout.matches("access.production started").count(), 2, "{}", log.stdout);
    assert_eq!(project.run(&["audit", "verify"]).code, 0);
}

#[test]
fn psql_that_does_not_open_is_on_record_too() {
    let site = shared();
    let url = site.production.read_only_url();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (user, address) = url.split_once('@').unwrap();
    let (_, database) = address.split_once('/').unwrap();
    let (name, _) = user.rsplit_once(':').unwrap();
    for url in [format!("{user}@{free}/{database}"), format!("{name}:wrong-pa55word@{address}")] {
        let project = Project::with(&url, None, "");
        let opened = project.run(&["psql", "--", "-c", "select 1"]);
        assert_eq!(opened.code, 3, "{}", opened.console());
        let log = project.run(&["audit", "list"]).stdout;
        let lines: Vec<&str> = log.lines().collect();
        assert_eq!(lines.len(), 2, "{log}");
        assert!(lines[0].contains("access.production started"), "{log}");
        assert!(lines[1].contains("access.production errored"), "{log}");
        assert!(lines[1].contains("not opened: "), "{log}");
        assert_eq!(project.run(&["audit", "verify"]).code, 0);
    }
}

#[test]
fn who_only_connects_or_reads_backups_needs_nothing_of_the_storage() {
    let site = shared();
    let project = Project::with(&site.production.read_only_url(), None, "");
    let path = project.path().join("suites/environments.toml");
    let mut text = std::fs::read_to_string(&path).unwrap();
    text += "[environment.production.storage]\n\
             url = { env = \"SMOKEDRILL_NO_URL\", secret = false }\n\
             key = { env = \"SMOKEDRILL_NO_KEY\" }\n";
    std::fs::write(&path, text).unwrap();
    let ran = project.drill(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    let told = ran.reason("prerequisites::storage");
    assert!(told.contains("neither `SMOKEDRILL_NO_URL` nor `SMOKEDRILL_NO_KEY` is set"), "{told}");
    // One alone is a mistake, for whoever would use it.
    let with_one = |words: &[&str]| {
        let mut command = project.command(words);
        command.env("SMOKEDRILL_NO_URL", "https://abc.test");
        crate::support::Ran::new(&project, command.output().unwrap())
    };
    let texts = ["`SMOKEDRILL_NO_KEY` is not set, and `SMOKEDRILL_NO_URL` is"];
    with_one(&["drill", "--env", "production"]).is_red("prerequisites::credentials", &texts);
    for words in [
        &["psql", "--", "-c", "select 1"][..],
        &["backup", "list"],
        &["backup", "verify", "latest"],
    ] {
        let ran = with_one(words);
        assert_eq!(ran.code, 0, "{}", ran.console());
    }
}

#[test]
fn a_backup_alone_is_of_the_source_and_of_no_other_environment() {
    let site = shared();
    let project = Project::new(&site);
    let path = project.path().join("suites/environments.toml");
    let mut text = std::fs::read_to_string(&path).unwrap();
    text += "[environment.mine]\nbase_url = \"http://127.0.0.1:9\"\n";
    std::fs::write(&path, text).unwrap();
    let ran = project.run(&["drill", "--env", "mine", "--tag", "backup"]);
    assert_eq!(ran.code, 2, "{}", ran.console());
    for part in ["`mine` is not what is backed up", "`source = \"mine\"`", "ENV=production"] {
        assert!(ran.console().contains(part), "{}", ran.console());
    }
    assert_eq!(project.run(&["drill", "--env", "production", "--tag", "backup"]).code, 0);
    let misspelt = project.run(&["psql", "--env", "prodution"]);
    assert_eq!(misspelt.code, 2, "{}", misspelt.console());
    assert!(misspelt.stderr.contains("did you mean `production`"), "{}", misspelt.console());
    let local = project.run(&["psql", "--env", "local"]);
    assert_eq!(local.code, 2, "{}", local.console());
    assert!(local.stderr.contains("known: mine, production"), "{}", local.console());
}

#[test]
fn of_two_projects_that_share_a_place_neither_counts_for_the_other() {
    let (site, other) = (shared(), Site::own());
    let (ours, theirs) = (Project::new(&site), Project::new(&other));
    let shared = format!("location = {:?}\n[backup.retention]\nat_least = 1\n", ours.place());
    theirs.settings(&shared);
    ours.settings("[backup.retention]\nat_least = 1\n");
    assert_eq!(ours.drill(&["backup::made"]).code, 0);
    let first = ours.backups().pop().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert_eq!(theirs.drill(&["backup::made"]).code, 0);
    // Both are `production`, on one host: the port is what differs here.
    let latest = ours.run(&["backup", "verify", "latest"]);
    assert!(latest.stdout.contains(&first), "{}", latest.console());
    let kept = ours.run(&["backup", "remove", &first]);
    assert_eq!(kept.code, 2, "{}", kept.console());
    for project in [&ours, &theirs] {
        let log = project.run(&["audit", "verify"]);
        assert_eq!(log.code, 0, "{}", log.console());
        assert!(log.stdout.contains("1 backups name a line of it"), "{}", log.console());
        assert!(log.stdout.contains("1 name lines of other logs"), "{}", log.console());
    }
    let local = ours.run(&["backup", "verify", "latest", "--env", "local"]);
    assert_eq!(local.code, 2, "{}", local.console());
    assert!(local.stderr.contains("no environment `local`"), "{}", local.console());
}

#[test]
fn what_is_done_is_on_record_before_it_is_and_what_was_refused_too() {
    let site = shared();
    let project = Project::new(&site);
    project.settings("buckets = [\"no-such-bucket\"]\n");
    project.drill(&["backup::made"]).is_red("prerequisites::storage", &["no-such-bucket"]);
    let log = || std::fs::read_to_string(project.path().join("reports/audit.jsonl")).unwrap();
    assert!(log().contains("not begun: prerequisites::storage"), "{}", log());
    project.settings("");
    assert_eq!(project.drill(&["backup::made"]).code, 0);
    let id = project.backups().pop().unwrap();
    std::fs::write(project.place().join(&id).join("manifest.json"), "{}").unwrap();
    assert_eq!(project.run(&["backup", "verify", &id]).code, 1);
    assert_eq!(project.run(&["backup", "remove", &id]).code, 0);
    let listed = project.run(&["audit", "list"]).stdout;
    let of = |mark: &str| listed.lines().position(|line| line.contains(mark));
    for (first, second) in [
        ("backup.verify started", "backup.verify failed"),
        ("backup.remove started", "backup.remove passed"),
    ] {
        assert!(of(first).is_some() && of(first) < of(second), "{first}: {listed}");
    }
    // What a killed run left is removed by the next, on record too.
    let draft = project.place().join(".draft-20260101T000000Z-00000000");
    std::fs::create_dir(&draft).unwrap();
    assert_eq!(project.drill(&["backup::made"]).code, 0);
    assert!(!draft.exists());
    assert!(log().contains("backup.tidy") && log().contains("20260101T000000Z-00000000"));
}

#[test]
fn the_last_good_backup_stays_and_another_may_go() {
    let site = shared();
    let project = Project::new(&site);
    assert_eq!(project.drill(&["backup::made"]).code, 0);
    let only = project.backups().pop().unwrap();
    let kept = project.run(&["backup", "remove", &only]);
    assert_eq!(kept.code, 2, "{}", kept.console());
    assert_eq!(project.drill(&["backup::made"]).code, 0);
    assert_eq!(project.run(&["backup", "remove", &only]).code, 0);
    assert_eq!(project.backups().len(), 1);
    let none = project.run(&["backup", "verify", &only]);
    assert_eq!(none.code, 3, "{}", none.console());
}

#[test]
fn through_a_pooler_that_drops_options_nothing_is_opened_that_could_write() {
    let site = shared();
    let owner = site.production.owner_url();
    let pooler = Pooler::start(&owner).unwrap();
    let project = Project::with(&pooler.url(&owner), None, "buckets = []\n");
    let wrote = project.run(&["psql", "--", "-c", "create table public.written ()"]);
    let admin = Session::open(&site.production.superuser_url());
    let written = admin.texts("select to_regclass('public.written')");
    assert_eq!(written, ["NULL"], "{}", wrote.console());
    assert_eq!(wrote.code, 3, "{}", wrote.console());
    assert!(wrote.stderr.contains("SET default_transaction_read_only = on"), "{}", wrote.console());
    let ran = project.drill(&[]);
    ran.is_red("prerequisites::read-only", &["pooler", "ALTER ROLE postgres SET"]);
    assert_eq!(project.backups(), Vec::<String>::new());
    // A role that may not write needs no setting.
    let reader = pooler.url(&site.production.read_only_url());
    let project = Project::with(&reader, None, "buckets = []\n");
    let ran = project.drill(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    // But what every role may do is kept from it, too.
    let wrote = project.run(&[
        "psql",
        "--",
        "-Atc",
        "select 1",
        "-c",
        "alter role current_user set work_mem = '5MB'",
    ]);
    assert!(
        wrote.stdout.contains('1') && wrote.stderr.contains("read-only"),
        "{}",
        wrote.console()
    );
    assert_ne!(wrote.code, 0, "{}", wrote.console());
}

#[test]
fn ctrl_c_in_psql_is_psql_s_own() {
    let site = shared();
    let project = Project::new(&site);
    let admin = Session::open(&site.production.superuser_url());
    let mut command = project.command(&["psql", "--", "-c", "select pg_sleep(60)"]);
    // A group of its own, as a terminal gives to what it runs.
    let mut running = command.process_group(0).stderr(Stdio::null()).spawn().unwrap();
    let asleep = "select pid from pg_stat_activity where query like 'select pg_sleep(60)%'
        and application_name like 'smokedrill psql%'";
    until("psql sleeps", || !admin.texts(asleep).is_empty());
    let group = format!("-{}", running.id());
    assert!(Command::new("kill").args(["-INT", "--", &group]).status().unwrap().success());
    assert_eq!(running.wait().unwrap().code(), Some(1));
    let log = project.run(&["audit", "list"]);
    assert!(log.stdout.contains("psql ended"), "{}", log.stdout);
}
