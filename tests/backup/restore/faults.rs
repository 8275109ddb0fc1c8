//! What goes wrong on the way: told with its stage, nothing lost, and the next run well.

use std::fs;
use std::time::{Duration, Instant};

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
    let rule = "the rule `value` of public.profiles.marketing_email";
    ran.is_red("restore::made", &["data import", "public.profiles", "line", rule]);
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
    let stages = ["schema recreation", "data import", "indexes and keys", "proof"];
    // Tables are altered from the beginning on.
    let first = |stage: &str| match stage {
        stage if stage == loading => 1,
        stage if stage == proving => 3,
        _ => 0,
    };
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
        if signal == "-KILL" {
            // Which stage it was at, or one that it came to before the signal did.
            let told = target.project.run(&["drill-status"]).console();
            let was = told.split_once("at the stage `").and_then(|(_, rest)| rest.split_once('`'));
            let was = was.and_then(|(was, _)| stages.iter().position(|name| *name == was));
            assert!(was.is_some_and(|was| was >= first(stage)), "{stage}: {told}");
        }
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
fn a_field_of_many_megabytes_is_masked_or_passes_in_pieces_and_a_stop_is_heard_within_it() {
    let site = shared();
    let target = Target::unmarked(&site);
    assert_eq!(target.mark(&target.shown()).code, 0);
    let url = site.production.superuser_url();
    let large = "create table public.large as
            select 1 as id, repeat(md5('x') || E'\\t\\\\\\n', 300000) as plan, b.body, d.doc, f.file
            from (select string_agg(md5(n::text) || ' ada.of.old' || n % 7 || '@mail.test' || E'\\n', '') body
                from generate_series(1, 50000) n) b,
            (select json_agg(json_build_object('mail', 'bo' || n % 7 || '@mail.test', 'size', n, 'text', md5(n::text)))::text::json doc
                from generate_series(1, 25000) n) d,
            (select decode(repeat(md5('y'), 300000), 'hex') as file) f;
        insert into public.large values (2, null, null, null, null), (3, '', '', '{}', '')";
    target.psql(&url, large);
    let path = target.project.path().join("suites/masking.toml");
    let text = fs::read_to_string(&path).unwrap();
    let rules = "[[table]]\nname = \"public.large\"\n[table.columns]\n\
        plan = { keep = \"plans of buildings\" }\nbody = \"text\"\n\
        doc = { json = {}, leaves = \"text\" }\nfile = { keep = \"pictures\" }\n";
    fs::write(&path, format!("{text}\n{rules}")).unwrap();
    let ran = target.project.drill(&["backup::made"]);
    target.psql(&url, "drop table public.large");
    assert_eq!(ran.code, 0, "{}", ran.console());
    let admin = Session::open(&target.staging.empty_url());
    for stage in [
        "select 1 from pg_stat_activity where query ~* '^copy public.large .*from stdin'",
        "select 1 from pg_stat_activity where query ~* '^copy .*large.* to stdout'",
    ] {
        let running = target.begin();
        until(stage, || !admin.texts(stage).is_empty());
        running.signal("-INT");
        let begun = Instant::now();
        assert_eq!(running.end().code, 130);
        assert!(begun.elapsed() < Duration::from_secs(8), "{stage}: {:?}", begun.elapsed());
    }
    let ran = target.restore(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    let staging = Session::open(&target.staging.superuser_url());
    let found = staging.texts(
        "select concat_ws(' ', length(plan), octet_length(file),
            (select count(*) from regexp_matches(body, 'test-[0-9]+@example[.]com', 'g')), body ~ 'mail[.]test',
            json_array_length(doc), doc::text ~ 'mail[.]test')
         from public.large where id = 1
         union all select concat_ws(' ', id, plan, body, doc, file) from public.large where id > 1 order by 1",
    );
    assert_eq!(found, ["10500000 4800000 50000 f 25000 f", "2", "3   {} \\x"]);
}

#[test]
fn an_audit_log_that_is_gone_by_the_end_is_an_error_though_the_new_staging_serves() {
    let site = shared();
    let target = Target::new(&site);
    let admin = Session::open(&target.staging.empty_url());
    let running = target.begin();
    until("it loads", || {
        !admin.texts("select 1 from pg_database where datname ~ '_restoring_'").is_empty()
    });
    fs::remove_file(target.project.path().join("reports/audit.jsonl")).unwrap();
    let ran = running.end();
    ran.is_red("restore::swapped", &["the new staging serves", "gone from the audit log"]);
    assert_eq!(ran.outcome("smoke::ready"), "passed", "it serves");
}
