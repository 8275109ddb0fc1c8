//! Migrations of the project after a restore: what they write is proved, and their order counts.

use std::fs;

use crate::support::{Session, Site, Target, shared};

const NEXT: &str = "supabase/migrations/20270101000000_next.sql";
const EARLY: &str = "supabase/migrations/20000101000000_early.sql";

/// Somebody of production, by the address in its own database.
fn somebody(site: &Site) -> String {
    let production = Session::open(&site.production.superuser_url());
    production
        .texts(
            "select email from customers where email ~ '^[a-z0-9.]+@[a-z.]+$' order by id limit 1",
        )
        .concat()
}

#[test]
fn what_a_migration_writes_is_proved_and_one_out_of_order_keeps_the_old_staging() {
    let site = shared();
    let mut target = Target::new(&site);
    let of_before = "select to_regclass('public.of_before')::text";
    Session::open(&target.staging.superuser_url()).texts("create table public.of_before ()");
    let before = |target: &Target| {
        let serves = Session::open(&target.staging.superuser_url()).texts(of_before);
        assert_eq!(serves, ["of_before"]);
    };
    target.project.write(NEXT, "create table public.next as select 7 as id");
    target.project.write(EARLY, "create table public.early ()");
    let ran = target.restore(&[]);
    ran.is_red("restore::migrations", &["20000101000000_early.sql", "newer version"]);
    assert_eq!(ran.reason("restore::swapped"), "needs `restore::migrations`");
    before(&target);
    fs::remove_file(target.project.path().join(EARLY)).unwrap();

    // One that brings somebody back, into a table that no rule knows.
    let email = somebody(&site);
    assert!(email.contains('@'), "{email}");
    target
        .project
        .write(NEXT, &format!("create table public.next as select 'ask {email}' as note"));
    let ran = target.restore(&["--resume"]);
    let no = ["masking::no-production-value-survives", "public.next.note (1)", "a migration has"];
    ran.is_red("restore::proved-after-migrations", &no);
    assert_eq!(ran.outcome("masking::no-production-value-survives"), "passed");
    assert_eq!(ran.outcome("restore::migrations"), "passed");
    before(&target);
    target.project.secret(&email);

    // Of what failed the newest alone is kept, and nobody else is let in.
    let kept = target.databases();
    assert_eq!(kept.iter().filter(|name| name.contains("_failed_")).count(), 1, "{kept:?}");
    let doors = "select has_database_privilege('anon', oid, 'connect')::text from pg_database
        where datname ~ '_failed_'";
    assert_eq!(Session::open(&target.staging.empty_url()).texts(doors), ["false"]);
    target.project.write(NEXT, "create table public.next as select 7 as id");
    let ran = target.restore(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    assert_eq!(ran.outcome("restore::proved-after-migrations"), "passed");
    assert_eq!(target.databases().len(), 2, "{:?}", target.databases());
}
