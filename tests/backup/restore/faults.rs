//! What goes wrong on the way: told with its stage, nothing lost, and the next run well.

use std::fs;

use crate::support::{Session, Target, shared, until};

#[test]
fn a_damaged_backup_is_not_restored() {
    let site = shared();
    let target = Target::new(&site);
    let archive = target.project.only_backup().join("database.dump.zst");
    let whole = fs::read(&archive).unwrap();
    for at in [whole.len() / 3, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&archive, changed).unwrap();
        target.restore(&[]).is_red("backup::hashes", &["database.dump.zst"]);
    }
    fs::write(&archive, &whole[..whole.len() / 2]).unwrap();
    target.restore(&[]).is_red("backup::made", &["no good backup", "database.dump.zst"]);
    assert_eq!(target.databases(), ["postgres"]);
}

#[test]
fn roles_that_the_server_lacks_are_told_before_anything_is_made() {
    let site = shared();
    let target = Target::unmarked(&site);
    let url = site.production.superuser_url();
    target.psql(&url, "create role bookkeeper; grant select on invoices to bookkeeper");
    assert_eq!(target.mark(&target.shown()).code, 0);
    assert_eq!(target.project.drill(&["backup::made"]).code, 0);
    let ran = target.restore(&[]);
    target.psql(&url, "revoke all on invoices from bookkeeper; drop role bookkeeper");
    ran.is_red("restore::made", &["prerequisites", "bookkeeper"]);
    assert!(ran.console().contains("create role \"bookkeeper\" nologin;"), "{}", ran.console());
    assert_eq!(target.databases(), ["postgres"]);
}

#[test]
fn a_masked_value_that_a_check_refuses_is_told_by_stage_table_and_line() {
    let site = shared();
    let target = Target::new(&site);
    target.rules("locale = { keep = \"a language\" }", "locale = \"null\"");
    target.restore(&[]).is_red("restore::made", &["masking rules", "NOT NULL"]);
    target.rules("locale = \"null\"", "locale = { keep = \"a language\" }");
    // A domain's check is the server's word, in the middle of the import.
    target.rules("marketing_email = \"email\"", "marketing_email = { value = \"no address\" }");
    let ran = target.restore(&[]);
    ran.is_red("restore::made", &["data import", "public.profiles", "line"]);
    assert!(!ran.reason("restore::made").contains("no address"), "{}", ran.console());
    let databases = target.databases();
    assert!(databases.iter().any(|name| name.contains("_failed_")), "{databases:?}");
    let folders = fs::read_dir(target.project.path().join("reports")).unwrap().flatten();
    let mut pages = folders.flat_map(|entry| fs::read_to_string(entry.path().join("failure.md")));
    let page = pages.find(|page| page.contains("data import")).unwrap();
    for text in ["data import", "BACKUP=previous", "_failed_", "the staging of before"] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[test]
fn killed_or_stopped_in_each_stage_the_old_staging_serves_and_the_next_run_is_well() {
    let site = shared();
    let target = Target::new(&site);
    let url = target.staging.superuser_url();
    Session::open(&url).texts("create table public.of_before ()");
    let admin = Session::open(&target.staging.empty_url());
    let begun = "select 1 from pg_database where datname ~ '_restoring_'";
    let loading = "select 1 from pg_stat_activity where query ~* '^copy .* from stdin'";
    let indexing = "select 1 from pg_stat_activity where query ~* '^ *(create index|alter table)'
        and application_name ~ 'smokedrill restore'";
    let proving = "select 1 from pg_stat_activity where application_name = 'smokedrill proof'";
    for (stage, signal) in [
        (begun, "-KILL"),
        (loading, "-KILL"),
        (indexing, "-KILL"),
        (proving, "-KILL"),
        (loading, "-INT"),
        (proving, "-TERM"),
    ] {
        let running = target.begin();
        until(stage, || !admin.texts(stage).is_empty());
        running.signal(signal);
        let ran = running.end();
        let code = match signal {
            "-KILL" => -1,
            "-INT" => 130,
            _ => 143,
        };
        assert_eq!(ran.code, code, "{stage}: {}", ran.console());
        let serves = Session::open(&url).texts("select to_regclass('public.of_before')::text");
        assert_eq!(serves, ["of_before"], "{stage} {signal}");
        until("its sessions end", || {
            let ours = "select 1 from pg_stat_activity where application_name ~ '^smokedrill (restore|proof)'";
            admin.texts(ours).is_empty()
        });
    }
    assert_eq!(target.restore(&[]).code, 0);
    assert_eq!(target.databases().len(), 2, "{:?}", target.databases());
}

#[test]
fn a_second_restore_is_told_who_makes_the_first_and_a_dead_connection_is_told() {
    let site = shared();
    let target = Target::new(&site);
    let admin = Session::open(&target.staging.empty_url());
    let loading = "select 1 from pg_database where datname ~ '_restoring_'";
    let first = target.begin();
    until("the first one loads", || !admin.texts(loading).is_empty());
    let second = target.restore(&[]);
    second.is_red("restore::made", &["another restore", "since"]);
    assert_eq!(first.end().code, 0);
    let copies = "select pid from pg_stat_activity where query ~* '^copy .* from stdin'";
    let running = target.begin();
    until("it loads", || {
        !admin.texts(&format!("select pg_terminate_backend(pid) from ({copies}) c")).is_empty()
    });
    let ran = running.end();
    ran.is_red("restore::made", &["data import"]);
    assert_eq!(target.restore(&[]).code, 0);
}

#[test]
fn an_encrypted_backup_is_restored_with_its_key_and_not_without() {
    let site = shared();
    let target = Target::unmarked(&site);
    assert_eq!(target.mark(&target.shown()).code, 0);
    let identity = age::x25519::Identity::generate();
    target.project.settings(&format!("recipients = [\"{}\"]\n", identity.to_public()));
    let key = target
        .project
        .write("key.txt", age::secrecy::ExposeSecret::expose_secret(&identity.to_string()));
    assert_eq!(target.project.drill(&["backup::made"]).code, 0);
    let without = target.restore(&[]);
    without.is_red("restore::made", &["encrypted"]);
    assert!(without.console().contains("--identity"), "{}", without.console());
    let with = target.restore(&["--identity", key.to_str().unwrap()]);
    assert_eq!(with.code, 0, "{}", with.console());
}

#[test]
fn a_field_of_many_megabytes_passes_in_pieces_where_it_stays_and_is_refused_where_it_is_masked() {
    let site = shared();
    let target = Target::unmarked(&site);
    assert_eq!(target.mark(&target.shown()).code, 0);
    let url = site.production.superuser_url();
    let large = "create table public.large as select 1 as id, repeat(md5('x') || E'\\t\\\\\\n', 2000000) as body
        union all select 2, null union all select 3, ''";
    target.psql(&url, large);
    let path = target.project.path().join("suites/masking.toml");
    let text = fs::read_to_string(&path).unwrap();
    let rule = |rule: &str| {
        let more =
            format!("{text}\n[[table]]\nname = \"public.large\"\n[table.columns]\nbody = {rule}\n");
        fs::write(&path, more).unwrap();
    };
    rule("{ keep = \"plans of buildings\" }");
    let ran = target.project.drill(&["backup::made"]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    let restored = target.restore(&[]);
    rule("\"text\"");
    let refused = target.restore(&[]);
    target.psql(&url, "drop table public.large");
    assert_eq!(restored.code, 0, "{}", restored.console());
    let staging = Session::open(&target.staging.superuser_url());
    let found =
        staging.texts("select coalesce(length(body)::text, 'none') from public.large order by id");
    assert_eq!(found, ["70000000", "none", "0"]);
    refused.is_red("restore::made", &["public.large", "too long to be masked"]);
}
