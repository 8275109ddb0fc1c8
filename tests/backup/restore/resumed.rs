//! Restores that go on with what an earlier one has loaded; and those that must not.

use std::fs;

use crate::support::{Session, Target, shared, until};

const MIGRATION: &str = "supabase/migrations/20270101000000_next.sql";
const GOOD: &str = "create table public.next as select 7 as id";
const BAD: &str = "create table public.next as select 1 / 0 as id";

fn own((one, other): (&str, &str)) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

fn pages(target: &Target) -> String {
    let folders = fs::read_dir(target.project.path().join("reports")).unwrap().flatten();
    folders.flat_map(|entry| fs::read_to_string(entry.path().join("failure.md"))).collect()
}

/// The number that the server gives a database: it keeps it under every name.
fn number(target: &Target, like: &str) -> Vec<String> {
    let asked = format!("select oid::text from pg_database where datname ~ '{like}'");
    Session::open(&target.staging.empty_url()).texts(&asked)
}

#[test]
fn where_a_migration_was_mended_the_same_restore_goes_on_and_says_what_it_took_over() {
    let site = shared();
    let target = Target::new(&site);
    Session::open(&target.staging.superuser_url()).texts("create table public.of_before ()");
    target.project.write(MIGRATION, BAD);
    let place = "migration check: 20270101000000_next.sql:1, statement 1: division";
    let ran = target.restore(&[]);
    ran.is_red("restore::migrations", &[place]);
    // What was made and proved before it stands, and is told so.
    for id in ["restore::made", "masking::no-production-value-survives", "integrity::checksums"] {
        assert_eq!(ran.outcome(id), "passed", "{id}");
    }
    assert_eq!(ran.reason("restore::swapped"), "needs `restore::migrations`");
    let page = pages(&target);
    assert!(page.contains("RESUME=1`") && page.contains("_failed_"), "{page}");
    assert!(page.contains(place), "{page}");
    let loaded = number(&target, "_failed_");
    // Somebody has changed what was loaded: nothing of it is taken on trust.
    let name = target.databases().into_iter().find(|name| name.contains("_failed_")).unwrap();
    let (head, options) = target.staging.empty_url().rsplit_once("/empty").map(own).unwrap();
    let kept = format!("{head}/{name}{options}");
    target.psql(
        &kept,
        "set session_replication_role = replica; update customers set tags = tags || '{x}' where id = (select id from customers where email like 'test-%' order by id limit 1)",
    );
    target.restore(&["--resume"]).is_red("integrity::checksums", &["customers.tags"]);
    let name = target.databases().into_iter().find(|name| name.contains("_failed_")).unwrap();
    let kept = format!("{head}/{name}{options}");
    target.psql(&kept, "set session_replication_role = replica; update customers set tags = array_remove(tags, 'x') where 'x' = any (tags)");
    // It fails once more, and is kept once more.
    target.restore(&["--resume"]).is_red("restore::migrations", &["migration check"]);
    assert_eq!(number(&target, "_failed_"), loaded);
    target.project.write(MIGRATION, GOOD);
    let ran = target.restore(&["--resume"]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    assert_eq!(ran.ended("skipped"), Vec::<String>::new());
    assert_eq!(number(&target, "^postgres$"), loaded, "it was loaded again");
    let staging = Session::open(&target.staging.superuser_url());
    let now = "select id::text || (to_regclass('public.of_before') is null) from public.next";
    assert_eq!(staging.texts(now), ["7true"]);
    assert_eq!(target.databases().len(), 2, "{:?}", target.databases());
    let told = fs::read_to_string(target.project.path().join("reports/summary.md")).unwrap();
    for text in ["gone on with what the restore", "loaded before", "since the first attempt began"]
    {
        assert!(told.contains(text), "{text}: {told}");
    }
    for stage in ["data import", "schema recreation"] {
        assert!(!told.contains(stage), "{stage}: {told}");
    }
    // That was loaded for the same recovery, and counts in its time.
    let journal = fs::read(target.project.path().join("reports/journal.json")).unwrap();
    let journal: serde_json::Value = serde_json::from_slice(&journal).unwrap();
    let before = journal["run"]["evidence"]["restore"]["loaded_before"].as_f64();
    assert!(before.is_some_and(|before| before > 0.0), "{before:?}");
    let audit = target.project.run(&["audit", "list"]).stdout;
    for text in ["going on with what an earlier one has loaded", "of what 2"] {
        assert!(audit.contains(text), "{text}: {audit}");
    }
    // What serves now was put there, and is nothing to go on with.
    target.restore(&["--resume"]).is_red("restore::made", &["resume", "nothing to resume"]);
}

#[test]
fn what_a_kill_left_after_everything_was_loaded_is_gone_on_with_and_not_what_lacks_something() {
    let site = shared();
    let target = Target::new(&site);
    let admin = Session::open(&target.staging.empty_url());
    let ours =
        "select 1 from pg_stat_activity where application_name ~ '^smokedrill (restore|proof)'";
    for (stage, resumable) in [
        ("select 1 from pg_stat_activity where query ~* '^copy .* from stdin'", false),
        ("select 1 from pg_stat_activity where application_name = 'smokedrill proof'", true),
    ] {
        let running = target.begin();
        until(stage, || !admin.texts(stage).is_empty());
        running.signal("-KILL");
        running.end();
        until("its sessions end", || admin.texts(ours).is_empty());
        let left = number(&target, "_restoring_");
        assert_eq!(left.len(), 1);
        let ran = target.restore(&["--resume"]);
        if resumable {
            assert_eq!(ran.code, 0, "{}", ran.console());
            assert_eq!(number(&target, "^postgres$"), left);
        } else {
            ran.is_red("restore::made", &["nothing to resume", "not everything was loaded"]);
            assert_eq!(number(&target, "_restoring_"), left, "it was removed");
        }
    }
    assert_eq!(target.databases().len(), 2, "{:?}", target.databases());
}

#[test]
fn nothing_is_gone_on_with_by_other_rules_from_another_backup_or_after_a_migration() {
    let site = shared();
    let target = Target::new(&site);
    Session::open(&target.staging.superuser_url()).texts("create table public.of_before ()");
    // Of two migrations, the first one stays.
    target.project.write(MIGRATION, GOOD);
    target.project.write("supabase/migrations/20270102000000_other.sql", BAD);
    target.restore(&[]).is_red("restore::migrations", &["20270102000000_other.sql:1"]);
    let page = pages(&target);
    assert!(page.contains("the migration 20270101000000 was applied"), "{page}");
    assert!(!page.contains("RESUME"), "{page}");
    let loaded = number(&target, "_failed_");
    let refused = |says: &str| {
        target.restore(&["--resume"]).is_red("restore::made", &["nothing to resume", says]);
        assert_eq!(number(&target, "_failed_"), loaded);
        let serves = Session::open(&target.staging.superuser_url());
        assert_eq!(serves.texts("select to_regclass('public.of_before')::text"), ["of_before"]);
    };
    let (rule, other) = ("notes = \"text\"", "notes = \"null\"");
    target.rules(rule, other);
    refused("masked by other rules");
    target.rules(other, rule);
    refused("the migration 20270101000000 was applied");
    // Another backup is another one, whatever is in it.
    assert_eq!(target.project.drill(&["backup::made"]).code, 0);
    refused("it was loaded from the backup");
    // And without one, a drill would make one.
    let mut command = target.project.command(&["drill", "--env", "staging"]);
    let output = command.env("SMOKEDRILL_RESUME", "1").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && told.contains("--backup latest"), "{told}");
}

#[test]
fn a_hosted_project_has_nothing_to_go_on_with() {
    let site = shared();
    let target = Target::hosted(&site);
    target.restore(&["--resume"]).is_red("restore::made", &["resume", "in one transaction"]);
}
