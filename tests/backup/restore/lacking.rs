//! What staging's server lacks, and what no server takes: one red with its cause, the old staging
//! serves on, and the next run is well.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::support::{Session, Target, shared, until};

#[test]
fn an_extension_that_the_server_does_not_offer_is_told_before_anything_is_made() {
    let site = shared();
    let target = Target::new(&site);
    let url = site.production.superuser_url();
    // One that nobody has; production's catalogue says that it has it.
    let there = "insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
        values (4000000001, 'bookkeeping', 10, 'public'::regnamespace, false, '1.0')";
    target.psql(&url, there);
    let backup = target.project.drill(&["backup::made"]);
    target.psql(&url, "delete from pg_extension where extname = 'bookkeeping'");
    assert_eq!(backup.code, 0, "{}", backup.console());
    let ran = target.restore(&[]);
    ran.is_red("restore::made", &["prerequisites", "does not offer", "bookkeeping"]);
    assert!(ran.console().contains("postgresql-contrib"), "{}", ran.console());
    assert_eq!(target.databases(), ["postgres"]);
    let ran = target.project.drill(&["backup::made"]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    let ran = target.restore(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
}

/// A disk of its own, let go of at the end.
struct Disk {
    _folder: TempDir,
    place: PathBuf,
}

impl Disk {
    /// One that belongs to whom the server runs as; nothing where none can be mounted.
    fn new(target: &Target, size: &str) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        // Others pass through it.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let place = folder.path().join("disk");
        fs::create_dir(&place).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(&place);
        if !mount.output().is_ok_and(|output| output.status.success()) {
            let why = "no tmpfs can be mounted here";
            assert!(std::env::var_os("REQUIRE_PACKAGES").is_none(), "{why}, and CI must");
            eprintln!("skipped: {why}");
            return None;
        }
        let owner = fs::metadata(target.staging.data_dir()).unwrap();
        chown(&place, Some(owner.uid()), Some(owner.gid())).unwrap();
        Some(Self { _folder: folder, place })
    }

    /// How many bytes are free.
    fn free(&self) -> u64 {
        let output = Command::new("df").args(["-B1", "--output=avail"]).arg(&self.place).output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        text.lines().last().unwrap().trim().parse().unwrap()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: whoever still uses it is about to end.
        let _ = Command::new("umount").arg("-l").arg(&self.place).status();
    }
}

#[test]
fn a_disk_that_is_full_on_staging_s_server_is_told_and_the_old_staging_serves() {
    let site = shared();
    let target = Target::unmarked(&site);
    let Some(disk) = Disk::new(&target, "600m") else { return };
    let url = target.staging.superuser_url();
    let admin = Session::open(&target.staging.empty_url());
    admin.texts(&format!("create tablespace small location '{}'", disk.place.display()));
    // Staging is on that disk, and so is what is restored beside it.
    target.psql(&target.staging.empty_url(), "alter database postgres set tablespace small");
    Session::open(&url).texts("create table public.of_before ()");
    assert_eq!(target.mark(&target.shown()).code, 0);
    let production = site.production.superuser_url();
    let large = "create table public.large as select n as id,
        (select string_agg(md5(n || ' ' || i), '') from generate_series(1, 1000) i) as body
        from generate_series(1, 1500) n";
    target.psql(&production, large);
    let path = target.project.path().join("suites/masking.toml");
    let rule =
        "\n[[table]]\nname = \"public.large\"\n[table.columns]\nbody = { keep = \"plans\" }\n";
    fs::write(&path, fs::read_to_string(&path).unwrap() + rule).unwrap();
    let backup = target.project.drill(&["backup::made"]);
    target.psql(&production, "drop table public.large");
    assert_eq!(backup.code, 0, "{}", backup.console());
    // Room for an empty database and its tables, and for less than half of the rows.
    let empty = admin.texts("select pg_database_size('empty')").concat().parse::<u64>().unwrap();
    let filling = disk.place.join("filling");
    let others = vec![1; usize::try_from(disk.free() - empty - (20 << 20)).unwrap()];
    fs::write(&filling, others).unwrap();
    let ran = target.restore(&[]);
    ran.is_red(
        "restore::made",
        &["data import", "public.large", "SQLSTATE 53100", "is full: make room"],
    );
    let serves = Session::open(&url).texts("select to_regclass('public.of_before')::text");
    assert_eq!(serves, ["of_before"]);
    assert!(target.databases().iter().any(|name| name.contains("_failed_")));
    fs::remove_file(&filling).unwrap();
    let ran = target.restore(&[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    let place = "select spcname from pg_database d join pg_tablespace t on t.oid = dattablespace
        where datname = 'postgres'";
    assert_eq!(admin.texts(place), ["small"]);
    // The server ends before its disk does.
    drop((admin, target));
    drop(disk);
}

#[test]
fn rows_that_are_no_utf_8_are_told_by_table_and_line() {
    let site = shared();
    let target = Target::unmarked(&site);
    assert_eq!(target.mark(&target.shown()).code, 0);
    let production = site.production.superuser_url();
    let of = |name: &str| production.replace("/postgres", &format!("/{name}"));
    target.psql(
        &production,
        "create database damaged template template0 encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C'",
    );
    let rows = "create table public.notes (id int primary key, body text);
        insert into public.notes values (1, 'good'), (2, E'caf\\351 Anna'), (3, 'good')";
    target.psql(&of("damaged"), rows);
    let path = target.project.path().join("suites/environments.toml");
    let text = fs::read_to_string(&path).unwrap();
    let (database, rest) = text.split_once("[environment.production.storage]").unwrap();
    let (_, staging) = rest.split_once("[environment.staging]").unwrap();
    let database = database.replace("/postgres\"", "/damaged\"");
    fs::write(&path, format!("{database}\n[environment.staging]{staging}")).unwrap();
    let rule = |rule: &str| {
        let rules = format!("[[table]]\nname = \"public.notes\"\n[table.columns]\nbody = {rule}\n");
        target.project.write("suites/masking.toml", &rules);
    };
    rule("\"text\"");
    let made = |what: &str| {
        let ran = target.project.drill(&["backup::made"]);
        assert_eq!(ran.code, 0, "{what}: {}", ran.console());
    };
    let restore = || target.restore(&["restore::made"]);
    made("SQL_ASCII");
    restore().is_red("restore::made", &["the backup is not in UTF-8"]);
    assert_eq!(target.databases(), ["postgres"]);
    // A database that says UTF-8 of such rows.
    target.psql(&production, "update pg_database set encoding = 6 where datname = 'damaged'");
    made("UTF-8");
    for (masked, told) in [("\"text\"", "row 2"), ("{ keep = \"public notes\" }", "line 2")] {
        rule(masked);
        let ran = restore();
        ran.is_red("restore::made", &["data import", "public.notes", told, "replaces it whole"]);
        assert!(!ran.console().contains("Anna"), "{}", ran.console());
    }
    let serves = Session::open(&target.staging.superuser_url());
    assert_eq!(serves.texts("select (to_regclass('public.notes') is null)::text"), ["true"]);
    drop(serves);
    target.psql(&of("damaged"), "update public.notes set body = 'mended' where id = 2");
    made("mended");
    let ran = restore();
    until("its sessions end", || {
        let there = "select 1 from pg_stat_activity where datname = 'damaged'";
        Session::open(&production).texts(there).is_empty()
    });
    target.psql(&production, "drop database damaged");
    assert_eq!(ran.code, 0, "{}", ran.console());
}
