//! A real source, with what is hard to count.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex};

use smokedrill_demo::Production;

static PRODUCTION: LazyLock<Production> = LazyLock::new(|| {
    let production = Production::start(0).unwrap();
    psql(&production, include_str!("odd.sql"));
    production
});

pub(crate) fn production() -> &'static Production {
    &PRODUCTION
}

/// The arguments of `pg_dump` for the schema of oddities, which is small.
pub(crate) fn odd() -> &'static [&'static str] {
    &["--schema=odd", "--blobs"]
}

/// A dump, made once and kept for as long as the tests run.
pub(crate) fn dump(arguments: &'static [&'static str]) -> &'static [u8] {
    static DUMPS: Mutex<Option<HashMap<Vec<&str>, &'static [u8]>>> = Mutex::new(None);
    let mut dumps = DUMPS.lock().unwrap();
    dumps.get_or_insert_default().entry(arguments.to_vec()).or_insert_with(|| {
        let output = pg_dump(arguments).stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success());
        output.stdout.leak()
    })
}

/// The command for a dump on its standard output, as it is made for a backup.
pub(crate) fn pg_dump(arguments: &[&str]) -> Command {
    let mut command = Command::new(production().bin_dir().join("pg_dump"));
    command.args(["--format=custom", "--compress=0", "--no-sync", "--encoding=UTF8"]);
    command.args(arguments).arg(production().superuser_url()).stdout(Stdio::piped());
    command
}

/// What the server says.
pub(crate) fn ask(url: &str, sql: &str) -> String {
    let mut command = Command::new(production().bin_dir().join("psql"));
    command.args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, url]);
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{sql}");
    String::from_utf8(output.stdout).unwrap()
}

/// The rows of every table that has rows of its own, as `schema.table|rows`.
pub(crate) fn counts(url: &str) -> Vec<String> {
    let tables = "select format('%I.%I', n.nspname, relname), n.nspname || '.' || relname \
        from pg_class c join pg_namespace n on n.oid = relnamespace \
        where relkind = 'r' and n.nspname !~ '^pg_|^information_schema$' \
        and not exists (select from pg_depend d where d.objid = c.oid and deptype = 'e')";
    let counts = format!(
        "select string_agg(format('select %L || ''|'' || count(*) from %s', name, quoted), \
         ' union all ') from ({tables}) as t (quoted, name)"
    );
    let mut counts: Vec<String> =
        ask(url, ask(url, &counts).trim()).lines().map(str::to_owned).collect();
    counts.sort();
    counts
}

fn psql(production: &Production, sql: &str) {
    let mut command = Command::new(production.bin_dir().join("psql"));
    command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql]).stdout(Stdio::null());
    assert!(command.arg(production.superuser_url()).status().unwrap().success());
}
