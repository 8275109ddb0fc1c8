//! Every report of every case, held against the file beside the case.

use std::env;
use std::fs;
use std::path::Path;

use crate::report::{Changes, Reports, console, failure, folder, github, junit, summary};

use super::{CASES, Tried, golden_path, history, journal};

fn hold(name: &str, actual: &str) -> Tried {
    let path = golden_path(name);
    if env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        fs::write(&path, actual)?;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if expected == actual {
        return Ok(());
    }
    let line = expected.lines().zip(actual.lines()).take_while(|(old, new)| old == new).count();
    let at = |text: &str| text.lines().nth(line).unwrap_or("(end)").to_owned();
    Err(format!(
        "{name} differs from line {} on\n  file  {}\n  now   {}\nif that is intended: \
         UPDATE_GOLDEN=1 cargo test --lib report",
        line + 1,
        at(&expected),
        at(actual)
    )
    .into())
}

#[test]
fn reports_are_as_kept() -> Tried {
    for case in CASES {
        let journal = journal(case)?;
        let changes = history(case)?.1.changes(&journal);
        hold(&format!("{case}.json"), &folder::json(&journal)?)?;
        hold(&format!("{case}.xml"), &junit::render(&journal)?)?;
        hold(&format!("{case}.md"), &summary::render(&journal, &changes))?;
        let console = console::summary(&journal, &changes, Some(Path::new("reports")));
        hold(&format!("{case}.console.txt"), &console)?;
        hold(&format!("{case}.github.txt"), &github::annotations(&journal))?;
    }
    Ok(())
}

#[test]
fn failure_texts_are_as_kept() -> Tried {
    let texts: Vec<String> = journal("rich")?.entries.iter().map(failure::text).collect();
    hold("rich.failures.txt", &(texts.join("\n\n") + "\n"))
}

#[test]
fn all_reports_are_written_and_replaced() -> Tried {
    let place = tempfile::tempdir()?;
    let reports = Reports::open(place.path())?;
    reports.write(&journal("unfinished")?, &Changes::default())?;
    let read = |name: &str| fs::read_to_string(place.path().join(name));
    assert!(read("junit.xml")?.contains("did not finish"));
    assert!(read("summary.md")?.starts_with("**DID NOT FINISH** smoke against staging: "));
    reports.write(&journal("passed")?, &Changes::default())?;
    assert!(!read("junit.xml")?.contains("did not finish"));
    assert!(read("journal.json")?.contains("\"verdict\": \"passed\""));
    assert_eq!(fs::read_dir(place.path())?.count(), 3);
    Ok(())
}

#[test]
fn a_report_that_cannot_be_written_keeps_no_other_back() -> Tried {
    let place = tempfile::tempdir()?;
    let reports = Reports::open(place.path())?;
    fs::create_dir(place.path().join("junit.xml"))?;
    let error = reports.write(&journal("passed")?, &Changes::default()).err().ok_or("written")?;
    assert!(error.contains("junit.xml") && !error.contains("summary.md"), "{error}");
    assert!(place.path().join("summary.md").exists() && place.path().join("journal.json").exists());
    Ok(())
}
