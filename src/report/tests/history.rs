//! What is remembered from run to run, and what is said of it.

use std::fs;

use crate::journal::Outcome;
use crate::report::history::History;

use super::{Tried, history, journal};

#[test]
fn every_kind_of_change_is_told() -> Tried {
    let changes = history("rich")?.1.changes(&journal("rich")?);
    assert_eq!(changes.newly_failing, ["smoke::ops-samples", "rust::custom"]);
    assert_eq!(changes.fixed, ["smoke::health"]);
    let still: Vec<_> = changes.still_failing.iter().map(|still| still.id.as_str()).collect();
    assert_eq!(still, ["smoke::sign"]);
    assert_eq!(changes.still_failing[0].since.to_string(), "2026-11-20T06:00:00Z");
    assert_eq!(changes.disappeared, ["smoke::gone"]);
    let slower: Vec<_> = changes.slower.iter().map(|slower| slower.id.as_str()).collect();
    assert_eq!(slower, ["smoke::ops-samples", "smoke::upcoming-reminders"]);
    assert!(changes.new.iter().any(|id| id == "a.b::same"));
    assert!(!changes.first && changes.notes.is_empty());
    Ok(())
}

#[test]
fn a_run_is_remembered_and_a_filtered_one_forgets_nothing() -> Tried {
    let (reports, mut history) = history("rich")?;
    let mut run = journal("rich")?;
    history.update(&run);
    history.save()?;
    let again = History::load(reports.path(), "smoke", "staging");
    let changes = again.changes(&run);
    assert!(changes.newly_failing.is_empty() && changes.disappeared.is_empty());
    assert!(changes.new.is_empty() && changes.fixed.is_empty() && changes.slower.is_empty());
    let since = |id: &str| {
        let mut found = changes.still_failing.iter().filter(|still| still.id == id);
        found.next().map(|still| still.since.to_string())
    };
    assert_eq!(since("smoke::sign").as_deref(), Some("2026-11-20T06:00:00Z"));
    assert_eq!(since("smoke::ops-samples").as_deref(), Some("2026-11-23T06:00:00Z"));

    // The same suites with a filter: all but the first are left out, and stay known.
    run.filtered_out.extend(run.entries.drain(2..).map(|entry| entry.id));
    let mut history = again;
    assert!(history.changes(&run).disappeared.is_empty());
    history.update(&run);
    let whole = journal("rich")?;
    assert!(history.changes(&whole).new.is_empty());
    Ok(())
}

#[test]
fn a_skip_between_two_failures_hides_neither() -> Tried {
    let (_reports, mut history) = history("rich")?;
    let mut run = journal("rich")?;
    let mut skipped = run.clone();
    for entry in &mut skipped.entries {
        entry.outcome = Some(Outcome::Skipped);
    }
    history.update(&skipped);
    run.entries.retain(|entry| entry.id == "smoke::sign");
    assert_eq!(history.changes(&run).still_failing.len(), 1);
    Ok(())
}

#[test]
fn what_cannot_be_read_is_a_note_and_no_error() -> Tried {
    let newer = r#"{"format": "smokedrill.history/9", "trials": 3}"#;
    let other = fs::read_to_string(super::golden_path("rich.history.json"))?
        .replace("\"staging\"", "\"production\"");
    let cases = [
        ("", "is not a history"),
        ("\u{0}", "is not a history"),
        ("{}", "does not name its form"),
        ("[]", "does not name its form"),
        (newer, "smokedrill.history/9"),
        (r#"{"format": "smokedrill.history/1", "trials": 3}"#, "is not a history"),
        (&other, "is of \"smoke\" against \"production\""),
    ];
    for (content, expected) in cases {
        let (reports, _) = history("rich")?;
        fs::write(reports.path().join("history/smoke-staging.json"), content)?;
        let mut history = History::load(reports.path(), "smoke", "staging");
        let changes = history.changes(&journal("rich")?);
        assert!(changes.first, "{content}");
        assert!(changes.notes.iter().any(|note| note.contains(expected)), "{:?}", changes.notes);
        history.update(&journal("rich")?);
        history.save()?;
        let history = History::load(reports.path(), "smoke", "staging");
        assert!(!history.changes(&journal("rich")?).first);
    }
    Ok(())
}

#[test]
fn odd_names_of_environments_have_files_of_their_own() -> Tried {
    let reports = tempfile::tempdir()?;
    let long = "x".repeat(500);
    let names = ["staging", "Staging", "../../etc", "a/b", "a:b", "a b", "ä", "", "\0", &long];
    for name in names {
        let mut run = journal("passed")?;
        run.run.environment = name.to_owned();
        let mut history = History::load(reports.path(), "smoke", name);
        assert!(history.changes(&run).first, "{name:?}");
        history.update(&run);
        history.save()?;
    }
    assert_eq!(fs::read_dir(reports.path().join("history"))?.count(), names.len());
    assert_eq!(fs::read_dir(reports.path())?.count(), 1);
    Ok(())
}
