//! Every feature that a backup, a restore or a mask can stumble over is there.

use smokedrill_demo::{Production, Staging};

use crate::PRODUCTION;
use crate::session::Session;

#[test]
fn every_feature_is_there() {
    let session = Session::open(&PRODUCTION.superuser_url());
    let missing = session.texts(include_str!("features.sql"));
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn deleting_from_storage_and_changing_the_log_is_refused() {
    let session = Session::open(&PRODUCTION.owner_url());
    let refused = |sql: &str| session.run(sql).unwrap_err();
    let error = refused("delete from storage.objects where false");
    assert!(error.contains("Direct deletion from storage tables is not allowed"), "{error}");
    let error = refused("update audit_log set actor = '' where false");
    assert!(error.contains("append-only"), "{error}");
    let error = refused("insert into customers (name) values ('nobody')");
    assert!(error.contains("customers_reachable"), "{error}");
}

#[test]
fn the_triggers_work() {
    // A production of its own: this writes.
    let production = Production::start(0).unwrap();
    let session = Session::open(&production.owner_url());
    session.texts("update customers set status = 'former' where number = 1003");
    let audited = "select old ->> 'status' || ' ' || (new ->> 'status') from audit_log order by id desc limit 1";
    assert!(session.text(audited).ends_with(" former"));
    session.texts("update invoices set paid_at = now() where id = (select min(id) from invoices)");
    assert_eq!(session.text("select count(*) from net.http_request_queue where headers ->> 'Authorization' ~ '^Bearer eyJ'"), "1");
    session.texts("insert into auth.users (id, email, raw_user_meta_data) values (gen_random_uuid(), 'new@mail.test', '{\"full_name\": \"New\"}')");
    assert_eq!(session.text("select count(*) from profiles where full_name = 'New'"), "1");
    session.texts("select nextval('job_number'), nextval('countdown')");
}

#[test]
fn a_staging_is_a_new_project() {
    let staging = Staging::start().unwrap();
    let session = Session::open(&staging.superuser_url());
    assert_eq!(session.text("select count(*) from pg_tables where schemaname = 'public'"), "0");
    for table in [
        "auth.users",
        "auth.identities",
        "storage.buckets",
        "storage.objects",
        "cron.job",
        "vault.secrets",
    ] {
        assert_eq!(session.text(&format!("select count(*) from {table}")), "0", "{table}");
    }
    assert_ne!(session.text("select count(*) from auth.schema_migrations"), "0");
    let roles =
        "select string_agg(rolname, ' ' order by rolname) from pg_roles where rolname !~ '^pg_'";
    let production = Session::open(&PRODUCTION.superuser_url());
    assert_eq!(session.text(roles), production.text(roles));
    let owner = Session::open(&staging.owner_url());
    owner.texts("create table public.t ()");
    owner.texts("create database another");
    let empty = Session::open(&staging.empty_url());
    let names = "select string_agg(nspname, ' ' order by nspname) from pg_namespace where nspname !~ '^pg_'";
    assert_eq!(empty.text(names), "information_schema public");
    assert!(
        staging.data_dir().join("PG_VERSION").is_file()
            && staging.bin_dir().join("pg_dump").is_file()
    );
}
