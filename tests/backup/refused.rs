//! What cannot be backed up is refused before anything long starts, with the remedy.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use smokedrill_demo::Production;

use crate::support::{Project, Session, Site, shared};

/// A project whose source is that database, without a storage API.
fn project(database: &str) -> Project {
    Project::with(database, None, "buckets = []\n")
}

/// Nothing of a backup was begun.
#[track_caller]
fn nothing_was_made(project: &Project) {
    assert_eq!(project.backups(), Vec::<String>::new());
    assert_eq!(project.drafts().len(), 0);
}

/// A database's URL with another part: user, password, host, port, database.
fn changed(url: &str, from: &str, to: &str) -> String {
    assert!(url.contains(from), "{from} is not there");
    url.replacen(from, to, 1)
}

#[test]
fn who_is_not_let_in_is_told_so() {
    let site = shared();
    let url = site.production.read_only_url();
    let (user, rest) = url.split_once("://").unwrap().1.split_once(':').unwrap();
    let (password, address) = rest.split_once('@').unwrap();
    let database = address.split_once('/').unwrap().1.split('?').next().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = address.split_once('/').unwrap().0;
    for (from, to, texts) in [
        (password, "wrong-pa55word", ["password authentication failed", user]),
        (nobody, &free.to_string(), ["refused", &free.port().to_string()]),
        (&format!("/{database}"), "/no_such_database", ["no_such_database", "does not exist"]),
        (user, "no_such_role", ["no_such_role", "password"]),
    ] {
        let project = project(&changed(&url, from, to));
        let ran = project.drill(&[]);
        ran.is_red("prerequisites::source", &texts);
        assert!(ran.reason("prerequisites::source").contains("help: "), "{}", ran.console());
        assert_eq!(ran.outcome("backup::made"), "skipped");
        assert!(ran.reason("backup::hashes").contains("prerequisites::source"));
        nothing_was_made(&project);
    }
}

#[test]
fn no_url_or_no_variable_is_told_with_its_place() {
    let site = shared();
    let project = Project::new(&site);
    for (text, expected) in [
        ("[environment.production]\n", "environment.production.database"),
        ("[environment.production.database]\nurl = { env = \"NO_SUCH_URL\" }\n", "NO_SUCH_URL"),
        ("[environment.production.database]\nurl = \"mysql://x/y\"\n", "postgres"),
    ] {
        project.write("suites/environments.toml", text);
        let ran = project.drill(&[]);
        ran.is_red("prerequisites::credentials", &[expected]);
        nothing_was_made(&project);
    }
}

#[test]
fn a_password_that_is_not_encoded_is_told_with_the_variable_and_not_shown() {
    let site = shared();
    let project = Project::new(&site);
    let text = "[environment.production.database]\nurl = { env = \"THE_DB_URL\" }\n";
    project.write("suites/environments.toml", text);
    for password in ["hunt@er22", "hunt/er22", "hunt#er22", "hunt?er22", "hunt%er22", "a/b"] {
        for words in [&["drill", "--env", "production"][..], &["psql"]] {
            let mut command = project.command(words);
            command.env("THE_DB_URL", format!("postgresql://reader:{password}@db.test:5432/app"));
            let ran = crate::support::Ran::new(&project, command.output().unwrap());
            assert_ne!(ran.code, 0);
            let told = ran.console();
            for part in ["`THE_DB_URL`", "percent-encoded", "`@` as `%40`"] {
                assert!(told.contains(part), "{told}");
            }
            for part in ["er22", "reader", "db.test", "secret = false"] {
                assert!(!told.contains(part), "{told}");
            }
        }
    }
}

#[test]
fn a_short_password_is_good_enough_to_connect() {
    let production = Production::start(0).unwrap();
    let admin = Session::open(&production.superuser_url());
    admin.texts("create role brief login superuser password 'pw'");
    let address = production.superuser_url();
    let address = address.split_once('@').unwrap().1;
    let project = Project::with("postgres://nobody@nowhere/x", None, "buckets = []\n");
    let text = "[environment.production.database]\nurl = { env = \"THE_DB_URL\" }\n";
    project.write("suites/environments.toml", text);
    let mut command = project.command(&["drill", "--env", "production"]);
    command.env("THE_DB_URL", format!("postgres://brief:pw@{address}"));
    let ran = crate::support::Ran::new(&project, command.output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.console());
    for path in crate::support::files_below(&project.path().join("reports")) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(":pw@"), "{}", path.display());
    }
}

#[test]
fn what_it_says_to_leave_out_is_left_out() {
    let production = Production::start(0).unwrap();
    let admin = Session::open(&production.superuser_url());
    admin.texts("create schema \"Secret HR\"; create table \"Secret HR\".\"Pay Rise\" (id int)");
    let url = production.read_only_url();
    admin.texts(
        "create schema \"secret hr\"; create table \"secret hr\".kept (id int);
         revoke pg_read_all_data from supabase_read_only_user",
    );
    for schema in admin.texts(
        "select format('%I', nspname) from pg_namespace
         where nspname !~ '^pg_' and nspname not in ('information_schema', 'Secret HR')",
    ) {
        admin.texts(&format!(
            "grant usage on schema {schema} to supabase_read_only_user;
             grant select on all tables in schema {schema} to supabase_read_only_user;
             grant select on all sequences in schema {schema} to supabase_read_only_user"
        ));
    }
    let project = project(&url);
    let told = project.drill(&[]).reason("prerequisites::privileges");
    let (_, lines) = told.split_once("in suites/drill.toml\n").unwrap();
    assert!(lines.contains("schema = '\"Secret HR\"'"), "{told}");
    project.settings(&format!("buckets = []\n{lines}\n"));
    let ran = project.drill(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    let manifest = fs::read_to_string(project.only_backup().join("manifest.json")).unwrap();
    assert!(manifest.contains("secret hr") && !manifest.contains("Pay Rise"), "{manifest}");
}

#[test]
fn a_database_that_is_small_is_told_how_that_is_said() {
    let site = shared();
    let project = Project::new(&site);
    project.write("suites/drill.toml", "");
    let ran = project.drill(&[]);
    ran.is_red("backup::size", &["uncompressed data", "lower `minimum_size`"]);
}

#[test]
fn a_role_under_row_security_is_told_how_to_get_past_it() {
    let site = shared();
    let project = project(&site.production.plain_reader_url());
    let ran = project.drill(&[]);
    let texts = ["bypass row security on the tables auth.", "ALTER ROLE report_reader BYPASSRLS"];
    ran.is_red("prerequisites::privileges", &texts);
    assert!(ran.reason("backup::archive").contains("prerequisites::privileges"));
    nothing_was_made(&project);
}

#[test]
fn a_privilege_that_one_schema_lacks_is_named_with_the_line_that_grants_it() {
    let production = Production::start(0).unwrap();
    let admin = Session::open(&production.superuser_url());
    admin.texts("create schema ledger; create table ledger.entries (id int)");
    admin.texts("create role narrow login bypassrls in role pg_monitor; alter role narrow password 'narrow-pa55'");
    let schemas = "select format('%I', nspname) from pg_namespace
        where nspname !~ '^pg_' and nspname not in ('information_schema', 'ledger')";
    for schema in admin.texts(schemas) {
        admin.texts(&format!(
            "grant usage on schema {schema} to narrow;
             grant select on all tables in schema {schema} to narrow;
             grant select on all sequences in schema {schema} to narrow"
        ));
    }
    admin.texts(
        "do $$ declare o oid; begin for o in select oid from pg_largeobject_metadata
        loop execute format('grant select on large object %s to narrow', o); end loop; end $$",
    );
    let url = production.superuser_url();
    let (scheme, address) = url.split_once("://").unwrap();
    let address = address.split_once('@').unwrap().1;
    let project = project(&format!("{scheme}://narrow:narrow-pa55@{address}"));
    let ran = project.drill(&[]);
    let texts = ["USAGE on the schema ledger", "GRANT USAGE ON SCHEMA ledger TO narrow;"];
    ran.is_red("prerequisites::privileges", &texts);
    nothing_was_made(&project);
    // What the error says to run is enough.
    admin.texts(
        "grant usage on schema ledger to narrow; grant select on table ledger.entries to narrow",
    );
    let ran = project.drill(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
}

#[test]
fn older_programs_than_the_server_are_refused() {
    let site = shared();
    let project = project(&site.production.read_only_url());
    for tool in ["pg_dump", "pg_dumpall", "pg_restore", "psql"] {
        let script = format!("#!/bin/sh\necho '{tool} (PostgreSQL) 9.6.1'\n");
        let path = project.write(&format!("old/{tool}"), &script);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    project.settings("buckets = []\ntools = \"old\"\n");
    let ran = project.drill(&[]);
    ran.is_red(
        "prerequisites::tools",
        &["only older programs are found: 9 in", "postgresql-client"],
    );
    nothing_was_made(&project);
    project.settings("buckets = []\ntools = \"nowhere\"\n");
    project.drill(&[]).is_red("prerequisites::tools", &["pg_dump", "nowhere"]);
}

#[test]
fn a_location_that_cannot_be_written_to_is_named() {
    let site = shared();
    let project = Project::new(&site);
    project.write("backups", "a file");
    let ran = project.drill(&[]);
    ran.is_red("prerequisites::location", &["backups", "not a folder"]);
    // Where not even root may write.
    for location in ["/proc/backups", "/dev/null/backups"] {
        project.settings(&format!("location = \"{location}\"\n"));
        project.drill(&[]).is_red("prerequisites::location", &[location]);
    }
}

#[test]
fn a_location_whose_disk_is_not_mounted_is_not_made() {
    let site = shared();
    let project = Project::new(&site);
    let disk = project.path().join("disk");
    project.settings(&format!("location = {:?}\n", disk.join("backups")));
    let ran = project.drill(&[]);
    ran.is_red("prerequisites::location", &["there is no folder", "not mounted?", "mkdir -p"]);
    assert!(!disk.exists());
    fs::create_dir(&disk).unwrap();
    assert_eq!(project.drill(&["backup::made"]).code, 0);
}

#[test]
fn a_retention_below_seven_days_is_refused() {
    let site = shared();
    let project = Project::new(&site);
    project.settings("[backup.retention]\nkeep = \"1d\"\n");
    let ran = project.drill(&["prerequisites"]);
    assert_ne!(ran.code, 0);
    assert!(ran.console().contains("7"), "{}", ran.console());
    assert!(ran.console().contains("keep"), "{}", ran.console());
    // Without a setting that is refused, so that the backups can be listed.
    project.settings("");
    nothing_was_made(&project);
}

#[test]
fn the_supabase_cli_is_a_prerequisite_where_it_is_used() {
    let site = Site::own();
    let project = Project::new(&site);
    project.settings("[supabase]\ncli = true\n");
    let mut command = project.command(&["drill", "--env", "production", "prerequisites"]);
    let empty = project.path().join("empty");
    fs::create_dir(&empty).unwrap();
    command.env("PATH", &empty).env("HOME", &empty).env_remove("SUPABASE_ACCESS_TOKEN");
    let output = command.output().unwrap();
    let ran = crate::support::Ran::new(&project, output);
    ran.is_red("prerequisites::supabase-cli", &["supabase --version", "cli = false"]);
}
