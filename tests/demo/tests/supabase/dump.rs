//! A production can be dumped by those who may, and restored by those who can.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use smokedrill_demo::{Production, Staging};

use crate::PRODUCTION;
use crate::session::{Session, program};

/// A path that no other test uses, removed when the value goes.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        Scratch(env::temp_dir().join(format!("smokedrill-test-{}-{name}", std::process::id())))
    }

    fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn dump(url: &str, file: &str) -> Output {
    program(
        PRODUCTION.bin_dir(),
        "pg_dump",
        &["--format=custom", "--no-sync", "--file", file, "--dbname", url],
    )
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Every table with the number of its rows and a hash over them.
fn contents(session: &Session) -> Vec<String> {
    let tables = session.texts(
        "select format('%I.%I', nspname, relname) from pg_class c join pg_namespace n on n.oid = relnamespace
         where relkind = 'r' and nspname !~ '^pg_' and nspname <> 'information_schema' order by 1",
    );
    let sum = |table: &String| {
        let sql = format!(
            "select count(*) || ' ' || coalesce(md5(string_agg(t::text, ',' order by t::text)), '') from {table} t"
        );
        format!("{table} {}", session.text(&sql))
    };
    tables.iter().map(sum).collect()
}

#[test]
fn owner_and_reader_dump_it_without_a_word() {
    let forbidden_to_write = "?options=-c%20default_transaction_read_only%3Don";
    for url in [PRODUCTION.owner_url(), PRODUCTION.read_only_url()] {
        let output = dump(&(url + forbidden_to_write), "/dev/null");
        assert!(output.status.success() && output.stderr.is_empty(), "{}", said(&output));
    }
}

#[test]
fn a_reader_under_row_security_cannot_dump_it() {
    let output = dump(&PRODUCTION.plain_reader_url(), "/dev/null");
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(
        said.contains("query would be affected by row-level security policy for table"),
        "{said}"
    );
}

#[test]
fn a_dump_restores_into_an_empty_database_equal() {
    let file = Scratch::new("whole.dump");
    let output = dump(&PRODUCTION.owner_url(), file.text());
    assert!(output.status.success(), "{}", said(&output));
    let staging = Staging::start().unwrap();
    let url = staging.empty_url();
    let output = program(staging.bin_dir(), "pg_restore", &["--dbname", &url, file.text()]);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", said(&output));
    let restored = contents(&Session::open(&url));
    assert_eq!(contents(&Session::open(&PRODUCTION.superuser_url())), restored);
}

#[test]
fn a_plain_restore_by_the_owner_into_a_project_has_errors() {
    let file = Scratch::new("owner.dump");
    assert!(dump(&PRODUCTION.read_only_url(), file.text()).status.success());
    let staging = Staging::start().unwrap();
    let url = staging.owner_url();
    let output = program(staging.bin_dir(), "pg_restore", &["--dbname", &url, file.text()]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1));
    for expected in
        ["schema \"auth\" already exists", "must be owner of table users", "permission denied"]
    {
        assert!(said.contains(expected), "{expected} is not in\n{said}");
    }
    println!("{}", said.lines().last().unwrap_or_default());
    // The default privileges of the new project gave away what production had taken back.
    let session = Session::open(&url);
    assert_eq!(session.text("select has_table_privilege('anon', 'api_keys', 'select')"), "t");
}

#[test]
#[ignore = "is run by another test, in a process of its own and as another user"]
fn start_as_whoever_we_are() {
    let production = Production::start(0).unwrap();
    let session = Session::open(&production.owner_url());
    assert_eq!(session.text("select count(*) > 0 from customers"), "t");
}

#[test]
fn it_starts_as_root_and_as_another_user() {
    let id = Command::new("id").arg("-u").output().unwrap();
    let we_are_root = id.stdout.trim_ascii() == b"0";
    // The build's folder may be closed to others.
    let program = Scratch::new("program");
    // By a program: a file that we had written might still be open in a child of another test.
    let copied = Command::new("cp").arg(env::current_exe().unwrap()).arg(&program.0).status();
    assert!(copied.unwrap().success());
    fs::set_permissions(&program.0, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(&program.0);
    command.args(["--exact", "dump::start_as_whoever_we_are", "--ignored"]).current_dir("/");
    if we_are_root {
        // The number of `nobody` on most systems, and nobody's on the others.
        command.uid(65534).gid(65534).env("HOME", "/").env("TMPDIR", "/tmp");
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    // And as ourselves.
    assert!(PRODUCTION.data_dir().is_dir());
}
