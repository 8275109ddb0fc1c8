//! Real dumps through the pipe, out again, and into an empty database.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use smokedrill_demo::Staging;

use super::super::verify;
use super::{compress, expanded, packed};
use crate::backup::archive::tests::real::rows;
use crate::backup::archive::tests::source::{ask, counts, dump, odd, pg_dump, production};
use crate::backup::progress::Progress;
use crate::backup::stop::Stop;

/// A dump that is compressed while it is made, and what `zstd -dc` makes of it.
fn through_the_pipe(arguments: &[&str], folder: &Path) -> (super::Held, std::path::PathBuf) {
    let mut child = pg_dump(arguments).spawn().unwrap();
    let progress = Progress::default();
    let stop = Stop::default();
    let output = child.stdout.take().unwrap();
    let (held, packed, bytes) = compress(output, Vec::new(), &progress, &stop).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(progress.reached().bytes, bytes);
    assert_eq!(progress.reached().tables, held.tables.len() as u64);
    // Read back, it is the same to the last offset.
    assert_eq!(verify(packed.as_slice(), &Progress::default(), &stop).unwrap(), held);
    // The library's own reader knows nothing of our frames.
    let plain = zstd::stream::decode_all(packed.as_slice()).unwrap();
    assert_eq!(expanded(&packed).unwrap(), plain);
    assert_eq!(plain.len() as u64, bytes);
    let file = folder.join("database.dump");
    fs::write(&file, plain).unwrap();
    (held, file)
}

fn pg_restore(arguments: &[&str], file: &Path) -> std::process::Output {
    let mut command = Command::new(production().bin_dir().join("pg_restore"));
    command.args(arguments).arg(file).stderr(Stdio::piped()).output().unwrap()
}

#[test]
fn pg_restore_alone_restores_it() {
    let folder = tempfile::tempdir().unwrap();
    let (held, file) = through_the_pipe(&[], folder.path());
    let listed = pg_restore(&["--list"], &file);
    assert!(listed.status.success());
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.contains(&format!("TOC Entries: {}\n", held.toc.entries.len())), "{listed}");
    assert!(pg_restore(&["--file=/dev/null"], &file).status.success());

    let staging = Staging::start().unwrap();
    let url = staging.empty_url();
    let restored = pg_restore(&["--no-owner", &format!("--dbname={url}")], &file);
    let said = String::from_utf8_lossy(&restored.stderr).into_owned();
    assert_eq!(counts(&url), rows(&held), "{said}");
    let large = ask(&url, "select count(*) from pg_largeobject_metadata");
    assert_eq!(large.trim(), held.large_objects.to_string());
}

#[test]
fn a_reader_may_begin_at_a_table() {
    let archive = dump(odd());
    let (held, packed) = packed(archive);
    assert_eq!(held.tables.len(), 10);
    for table in &held.tables {
        let frame = &packed[usize::try_from(table.offset).unwrap()..];
        let block = expanded(frame).unwrap();
        let number = u8::try_from(table.entry & 0xff).unwrap();
        assert_eq!(block[..3], [1, 0, number], "{}", table.name);
        assert!(archive.ends_with(&block));
    }
}

#[test]
fn a_dump_that_fails_halfway_is_cut_off() {
    let mut child = pg_dump(&["--table=public.no_such"]).stderr(Stdio::null()).spawn().unwrap();
    let output = child.stdout.take().unwrap();
    let fault = compress(output, Vec::new(), &Progress::default(), &Stop::default()).unwrap_err();
    assert!(!child.wait().unwrap().success());
    assert!(fault.to_string().starts_with("header: the archive is cut off at byte 0"), "{fault}");
}
