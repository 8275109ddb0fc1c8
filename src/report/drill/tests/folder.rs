//! The folder of a report: whole, sealed, and never written over.

use std::fs;
use std::path::Path;

use jiff::tz::TimeZone;

use sha2::{Digest as _, Sha256};

use super::super::folder::{amend, write};
use super::super::section::{Block, Cell, Fact, Place, Section, Tone};
use super::super::{Inputs, runs};
use super::journal;
use crate::journal::Journal;
use crate::redact::Redactor;
use crate::report::{Changes, Reports};
use crate::suite::source::hex;

fn reports(journal: &Journal) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    Reports::open(place.path()).unwrap().write(journal, &Changes::default()).unwrap();
    place
}

fn written(place: &Path, journal: &Journal) -> Result<String, String> {
    let inputs =
        Inputs { journal, zone: TimeZone::UTC, sections: Vec::new(), pictures: Vec::new() };
    write(place, &inputs, &Redactor::new(&[], Vec::new()), true)
}

fn section(text: &str) -> Section {
    let facts = vec![Fact::new("Go / no-go", Cell::text(text).tone(Tone::Good))];
    let (id, title) = ("decisions".to_owned(), "Decisions".to_owned());
    Section { id, title, place: Place::Top, blocks: vec![Block::Facts { facts }] }
}

/// Every file that the seal names is as it says, and it names every file.
fn sealed(folder: &Path) {
    let sums = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
    let mut named = 0;
    for line in sums.lines() {
        let (hash, name) = line.split_once("  ").unwrap();
        assert_eq!(hash, hex(&Sha256::digest(fs::read(folder.join(name)).unwrap())), "{name}");
        named += 1;
    }
    let files = fs::read_dir(folder).unwrap().flatten().filter(|entry| entry.path().is_file());
    assert_eq!(files.count(), named + 1);
}

#[test]
fn it_is_written_whole_with_what_the_run_left_beside() {
    let journal = journal("passed");
    let place = reports(&journal);
    let page = written(place.path(), &journal).unwrap();
    let folder = place.path().join("drill/20261124T034125Z-4f2a99cc");
    assert_eq!(Path::new(&page), folder.join("report.html"));
    for name in
        ["report.md", "report.json", "report.html", "summary.md", "junit.xml", "journal.json"]
    {
        assert!(folder.join(name).is_file(), "{name}");
    }
    sealed(&folder);
    assert_eq!(fs::read_dir(place.path().join("drill")).unwrap().count(), 1);
    assert_eq!(runs::read(place.path()).lines.len(), 1);
}

#[test]
fn an_amended_report_keeps_what_it_said_and_is_never_written_over() {
    let journal = journal("passed");
    let place = reports(&journal);
    written(place.path(), &journal).unwrap();
    let folder = place.path().join("drill/20261124T034125Z-4f2a99cc");
    let first = fs::read(folder.join("report.html")).unwrap();
    for text in ["go, by ann", "no-go, by ben"] {
        amend(place.path(), &journal.run.id, |report| report.put(section(text))).unwrap();
        let page = fs::read_to_string(folder.join("report.html")).unwrap();
        assert!(page.contains(text) && page.contains("Decisions"), "{text}");
        sealed(&folder);
    }
    let page = fs::read_to_string(folder.join("report.md")).unwrap();
    assert!(!page.contains("go, by ann\n") || page.contains("no-go, by ben"), "{page}");
    assert_eq!(fs::read(folder.join("revisions/0/report.html")).unwrap(), first);
    assert!(fs::read_to_string(folder.join("revisions/1/report.md")).unwrap().contains("by ann"));
    let refused = written(place.path(), &journal).unwrap_err();
    assert!(refused.contains("is not overwritten"), "{refused}");
}

#[test]
fn a_report_that_was_altered_is_not_sealed_anew() {
    let journal = journal("passed");
    let place = reports(&journal);
    written(place.path(), &journal).unwrap();
    let folder = place.path().join("drill/20261124T034125Z-4f2a99cc");
    let amended =
        || amend(place.path(), &journal.run.id, |report| report.put(section("go, by ann")));
    for name in ["report.json", "journal.json", "SHA256SUMS"] {
        let path = folder.join(name);
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, whole.replacen('a', "b", 1)).unwrap();
        assert!(amended().unwrap_err().contains("is not as it was written"), "{name}");
        fs::remove_file(&path).unwrap();
        assert!(amended().is_err(), "{name}");
        fs::write(&path, whole).unwrap();
    }
    // One that a kill has left half amended is amended by the next.
    let sums = fs::read(folder.join("SHA256SUMS")).unwrap();
    amended().unwrap();
    let next = fs::read(folder.join("SHA256SUMS")).unwrap();
    fs::write(folder.join("SHA256SUMS.next"), next).unwrap();
    fs::write(folder.join("SHA256SUMS"), sums).unwrap();
    amended().unwrap();
    sealed(&folder);
}

#[test]
fn a_report_that_cannot_be_written_leaves_nothing_half_done() {
    let journal = journal("passed");
    let place = reports(&journal);
    fs::write(place.path().join("drill"), "in the way").unwrap();
    let told = written(place.path(), &journal).unwrap_err();
    assert!(told.contains("drill"), "{told}");
    assert!(runs::read(place.path()).lines.is_empty());
}

#[test]
fn no_secret_of_the_run_is_in_any_file() {
    let mut journal = journal("failed");
    let secret = "s3cr3t-\"value\"";
    journal.run.notes.push(format!("a note with {secret}"));
    let evidence = journal.run.evidence.as_mut().unwrap();
    evidence.actor = format!("ann {secret}");
    journal.entries[0].reason = Some(secret.to_owned());
    let place = tempfile::tempdir().unwrap();
    for name in ["summary.md", "junit.xml", "journal.json"] {
        fs::write(place.path().join(name), "without").unwrap();
    }
    let redactor = Redactor::new(&[], Vec::new());
    assert!(redactor.learn(secret));
    let inputs = Inputs {
        journal: &journal,
        zone: TimeZone::UTC,
        sections: vec![section(secret)],
        pictures: Vec::new(),
    };
    write(place.path(), &inputs, &redactor, true).unwrap();
    let folder = place.path().join("drill/20261124T034125Z-77aa00bb");
    for name in ["report.md", "report.json", "report.html"] {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        assert!(!text.contains("s3cr3t") && text.contains("***"), "{name}");
    }
    assert!(!fs::read_to_string(place.path().join(runs::FILE)).unwrap().contains("s3cr3t"));
}
