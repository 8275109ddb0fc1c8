//! A restore that is as it should be.

use crate::support::{Session, Target, contents, shared};

#[test]
fn staging_comes_up_complete_with_nobody_of_production_in_it() {
    let site = shared();
    let before = contents(&site.production.superuser_url());
    let target = Target::new(&site);
    let url = target.staging.superuser_url();
    Session::open(&url).texts("create table public.of_before ()");
    let versions = Session::open(&site.production.superuser_url())
        .texts("select version || '_' || name from supabase_migrations.schema_migrations");
    for version in versions {
        target.project.write(&format!("supabase/migrations/{version}.sql"), "select 1 / 0");
    }
    let pending = "create table public.next (id int); insert into public.next values (7)";
    target.project.write("supabase/migrations/20270101000000_next.sql", pending);
    let ran = target.restore(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    let passed = ran.ended("passed");
    assert_eq!(ran.ended("skipped"), Vec::<String>::new());
    for id in [
        "restore::made",
        "restore::swapped",
        "smoke::ready",
        "smoke::upcoming-reminders",
        "database::no-job-without-customer",
    ] {
        assert!(passed.iter().any(|name| name == id), "{id}: {passed:?}");
    }
    assert!(passed.iter().filter(|id| id.starts_with("masking::")).count() >= 7, "{passed:?}");
    assert_eq!(contents(&site.production.superuser_url()), before, "production was touched");

    let staging = Session::open(&url);
    let one = |sql: &str| staging.texts(sql).concat();
    assert_eq!(
        one("select count(*) from customers where email !~ '^test-[0-9]+@example.com$'"),
        "0"
    );
    assert_eq!(one("select count(*) from customers where phone !~ '^[+]1000000[0-9]+$'"), "0");
    assert_eq!(one("select count(*) from auth.users where phone !~ '^1000000[0-9]+$'"), "0");
    assert_eq!(one("select count(*) from auth.identities where email !~ '^test-'"), "0");
    assert_eq!(one("select count(*) from cron.job where active"), "0");
    assert_eq!(one("select id from public.next"), "7");
    // One person is the same one everywhere.
    assert_eq!(
        one("select count(*) from customers c join auth.users u on u.id = c.account_id
             where c.email is not null
               and (c.email <> u.email or c.name <> u.raw_user_meta_data ->> 'full_name'
                 or c.name <> 'Test Customer ' || substring(u.email from '[0-9]+'))"),
        "0"
    );
    // What the server computes follows the masked values.
    assert_eq!(
        one("select count(*) from customers where search::text ~ 'mail.test|home.example'"),
        "0"
    );
    let databases = target.databases();
    assert_eq!(databases.len(), 2, "{databases:?}");
    assert!(databases[1].starts_with("postgres_before_"), "{databases:?}");
    // The next one takes the place of this one, which is the one of before then.
    assert_eq!(target.restore(&[]).code, 0);
    let after = target.databases();
    assert_eq!(after.len(), 2, "{after:?}");
    assert_ne!(after[1], databases[1]);
    let audit = target.project.run(&["audit", "list"]);
    assert!(audit.stdout.contains("restore.run passed"), "{}", audit.console());
    assert!(audit.stdout.contains("staging.mark passed"), "{}", audit.console());
    assert_eq!(target.project.run(&["audit", "verify"]).code, 0);
}

#[test]
fn unmasked_data_never_reach_staging_s_disk() {
    let site = shared();
    let target = Target::new(&site);
    let production = Session::open(&site.production.superuser_url());
    let mut values = production.texts("select email from auth.users where email is not null");
    values.extend(production.texts("select phone from customers where phone is not null"));
    values.extend(production.texts("select name from customers"));
    values.extend(production.texts("select secret from api_keys"));
    assert!(values.len() > 150, "{}", values.len());
    assert_eq!(target.restore(&[]).code, 0);
    let found = target.in_files(&values);
    let leaked: Vec<&String> = values
        .iter()
        .zip(&found)
        .filter(|(_, count)| **count > 0)
        .map(|(value, _)| value)
        .collect();
    assert!(leaked.is_empty(), "{} values are in its files: {leaked:?}", leaked.len());
    // And the search finds what is there.
    let masked = Session::open(&target.staging.superuser_url());
    let masked = masked.texts("select email from auth.users where email is not null limit 5");
    assert!(target.in_files(&masked).iter().all(|count| *count > 0));
}
