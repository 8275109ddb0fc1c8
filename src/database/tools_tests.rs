use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::database::testing::{owner, production};

fn fake(folder: &Path, version: &str) {
    fs::create_dir_all(folder).unwrap();
    for name in NAMES {
        let program = folder.join(name);
        fs::write(&program, format!("#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn at(major: i32, release: &str, folder: &str) -> PgTools {
    let version = format!("{release} (Debian)");
    let versions = vec![manifest::Tool { name: "pg_dump".into(), version }];
    PgTools { folder: folder.into(), major, versions }
}

#[test]
fn the_same_version_is_best_then_the_next() {
    let found = vec![
        at(17, "17.2", "/17"),
        at(15, "15.9", "/a"),
        at(15, "15.18", "/b"),
        at(14, "14.1", "/14"),
    ];
    let choose = |server| PgTools::choose(found.clone(), None, server).map(|tools| tools.folder);
    assert_eq!(choose(15).unwrap(), Path::new("/b"));
    assert_eq!(choose(16).unwrap(), Path::new("/17"));
    assert_eq!(choose(13).unwrap(), Path::new("/14"));
    let said = choose(18).unwrap_err().to_string();
    assert!(
        said.contains("version 18, and only older programs are found: 17 in /17, 15 in /a"),
        "{said}"
    );
    assert!(said.contains("postgresql-client-18"), "{said}");
}

#[test]
fn the_machine_s_own_programs_are_found_without_the_wrapper() {
    let tools = PgTools::find(None, 150_000).unwrap();
    assert!(tools.major() >= 15 && !target(&tools.folder).ends_with("pg_wrapper"), "{tools:?}");
    let given = PgTools::find(Some(production().bin_dir()), 150_000).unwrap();
    assert_eq!(given.versions().len(), 4);
}

#[test]
fn an_older_or_incomplete_folder_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let old = scratch.path().join("old");
    fake(&old, "14.1 (Debian 14.1-1)");
    let said = PgTools::find(Some(&old), 150_018).unwrap_err().to_string();
    assert!(
        said.contains("the server is of version 15, and only older programs are found: 14 in"),
        "{said}"
    );
    fs::remove_file(old.join("psql")).unwrap();
    let said = PgTools::find(Some(&old), 140_000).unwrap_err().to_string();
    assert!(said.contains("of one version are not in"), "{said}");
    assert_eq!(major("18beta1"), Some(18));
}

#[test]
fn a_program_reads_in_the_name_of_the_backup_and_cannot_write() {
    let tools = PgTools::find(Some(production().bin_dir()), 150_000).unwrap();
    let url = owner();
    let asked = "select current_user || ' ' || current_setting('application_name') || ' ' \
                 || current_setting('default_transaction_read_only')";
    let mut command = tools.command("psql", &url, "smokedrill backup x");
    let output =
        command.args(["--tuples-only", "--no-align", "--command", asked]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert_eq!(said, "postgres smokedrill backup x on", "{output:?}");
    let mut command = tools.command("psql", &url, "smokedrill backup x");
    let output = command.args(["--command", "create table public.t ()"]).output().unwrap();
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("read-only transaction"),
        "{output:?}"
    );
    let mut command = tools.command("pg_dumpall", &url, "smokedrill backup x");
    let output = command.args(["--roles-only", "--no-role-passwords"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("CREATE ROLE anon"), "{output:?}");
}

#[test]
fn the_user_s_own_settings_do_not_reach_it() {
    let tools = PgTools::find(None, 150_000).unwrap();
    let command = tools.command("pg_dump", &owner(), "x");
    let set: Vec<_> =
        command.get_envs().map(|(name, value)| (name.to_owned(), value.is_some())).collect();
    let has = |name: &str, set_to| set.contains(&(name.into(), set_to));
    assert!(has("LC_ALL", true) && has("PGPASSWORD", true) && has("PGOPTIONS", true));
    let text = format!("{:?}", command.get_args().collect::<Vec<_>>());
    assert_eq!(text, "[\"--no-password\"]");
    // None of those that the test itself is run with is left over.
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG"))
    {
        assert!(set.iter().any(|(known, _)| *known == name));
    }
}
