//! Real archives, against what the server and the tools say.

use std::process::{Command, Stdio};

use super::plain::Plain;
use super::read_all;
use super::source::{ask, counts, dump, odd, production};
use crate::backup::archive::{Held, Reader};
use crate::backup::progress::Progress;
use crate::backup::stop::Stop;
use crate::fault::{Fault, FaultKind};

/// The rows by table, in the form of [`counts`].
pub(crate) fn rows(held: &Held) -> Vec<String> {
    let line = |table: &crate::backup::manifest::Table| {
        format!("{}.{}|{}", table.schema, table.name, table.rows)
    };
    let text: Vec<String> = held.tables.iter().map(line).collect();
    let mut lines: Vec<String> = text.join("\n").lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn counts_the_rows_of_each_table() {
    let held = read_all(dump(&[])).unwrap();
    assert_eq!(rows(&held), counts(&production().superuser_url()));
    assert_eq!(held.bytes, dump(&[]).len() as u64);
    assert!(held.tables.iter().any(|table| table.name == "jobs_recent"), "partitions too");
    let has = |desc: &str| held.toc.entries.iter().any(|entry| entry.desc == desc);
    assert!(has("VIEW") && has("FUNCTION") && has("TRIGGER") && has("POLICY") && has("ACL"));
}

#[test]
fn counts_large_objects() {
    let held = read_all(dump(&[])).unwrap();
    let url = production().superuser_url();
    let sum = ask(
        &url,
        "select (select count(*) from pg_largeobject_metadata) || ' ' || \
                (select sum(length(data)) from pg_largeobject)",
    );
    assert_eq!(format!("{} {}\n", held.large_objects, held.large_object_bytes), sum);
    assert!(held.large_objects >= 4);
}

#[test]
fn shows_each_row_as_it_is() {
    let archive = dump(odd());
    let tool = production().bin_dir().join("pg_restore");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), archive).unwrap();
    let output = Command::new(tool)
        .args(["--data-only", "--file=-"])
        .arg(file.path())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let mut text = output.stdout.as_slice();
    let (progress, stop) = (Progress::default(), Stop::default());
    // A buffer that is smaller than most rows would hide nothing either: the source lends 1 byte.
    let plain = Plain::new(Slow(archive), &progress, &stop);
    let mut reader = Reader::begin(plain, &progress).unwrap();
    let mut tables = 0;
    loop {
        let (mut shown, mut copy) = (Vec::new(), None);
        let more = reader.next(|entry, bytes| {
            shown.extend_from_slice(bytes);
            copy = entry.copy.clone();
            Ok(())
        });
        if !more.unwrap() {
            break;
        }
        let Some(copy) = copy.filter(|copy| !copy.is_empty()) else { continue };
        let at = memchr::memmem::find(text, copy.as_bytes()).unwrap() + copy.len();
        text = &text[at..];
        assert!(text.starts_with(&shown), "{copy}");
        tables += 1;
    }
    assert_eq!(tables, 10);
    let reached = progress.reached();
    assert_eq!((reached.tables, reached.of_tables, reached.table), (10, 10, None));
    assert_eq!(reached.bytes, archive.len() as u64);
}

#[test]
fn what_showing_brings_ends_the_reading() {
    let (progress, stop) = (Progress::default(), Stop::default());
    let mut reader = Reader::begin(Plain::new(dump(odd()), &progress, &stop), &progress).unwrap();
    let fault = Fault::errored("enough");
    let ended = loop {
        match reader.next(|_, _| Err(fault.clone())) {
            Ok(true) => {}
            other => break other,
        }
    };
    assert!(ended.unwrap_err().line().ends_with("enough"));
}

#[test]
fn stops_when_it_is_told_to() {
    let stop = Stop::default();
    stop.set(Fault::interrupted());
    let ended = super::plain::read(dump(odd()), &Progress::default(), &stop);
    assert_eq!(ended.unwrap_err().kind(), FaultKind::Interrupted);
}

#[test]
fn an_archive_of_inserts_is_refused() {
    let fault = read_all(dump(&["--schema=odd", "--inserts"])).unwrap_err();
    assert!(fault.to_string().contains("without `--inserts`"), "{fault}");
}

#[test]
fn an_archive_that_pg_dump_compressed_is_refused() {
    let fault = read_all(dump(&["--schema=odd", "--compress=1"])).unwrap_err();
    assert!(fault.to_string().contains("--compress=0"), "{fault}");
}

#[test]
fn an_archive_without_data_is_read() {
    let held = read_all(dump(&["--schema-only"])).unwrap();
    assert!(held.tables.is_empty() && held.toc.entries.len() > 100);
}

/// Lends one byte, then two, then three, and so on up to a few.
struct Slow<'a>(&'a [u8]);

impl std::io::Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let some = (self.0.len() % 7 + 1).min(self.0.len());
        buffer[..some].copy_from_slice(&self.0[..some]);
        self.0 = &self.0[some..];
        Ok(some)
    }
}

#[test]
fn pg_restore_makes_of_the_contents_alone_all_but_the_data() {
    let archive = dump(&[]);
    let toc = read_all(archive).unwrap().toc;
    let folder = tempfile::tempdir().unwrap();
    let (whole, alone) = (folder.path().join("whole"), folder.path().join("alone"));
    std::fs::write(&whole, archive).unwrap();
    std::fs::write(&alone, toc.write()).unwrap();
    let script = |file: &std::path::Path, section: &str| {
        let output = Command::new(production().bin_dir().join("pg_restore"))
            .args(["--file=-", &format!("--section={section}")])
            .arg(file)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        // Each script has a key of its own.
        let lines = text.lines().filter(|line| !line.contains("restrict "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    for section in ["pre-data", "post-data"] {
        let made = script(&alone, section);
        assert!(made.len() > 300, "{section}: {}", made.len());
        let expected = script(&whole, section);
        for (line, expected) in made.iter().zip(&expected) {
            assert_eq!(line, expected, "{section}");
        }
        assert_eq!(made.len(), expected.len());
    }
    let data = script(&alone, "data").join("\n");
    assert!(data.contains("pg_catalog.setval('public.job_number'") && !data.contains("COPY "));
}
