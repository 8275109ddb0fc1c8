//! One line a drill: added, read back, compared, shown.

use std::fs;
use std::io::Write as _;

use super::super::model::{RunLine, Status};
use super::super::{runs, trend};
use super::{before, journal, of, report};

#[test]
fn lines_are_added_and_a_torn_one_costs_no_other() {
    let place = tempfile::tempdir().unwrap();
    assert!(runs::read(place.path()).lines.is_empty());
    let lines = before("passed");
    runs::append(place.path(), &lines[0]).unwrap();
    let path = place.path().join(runs::FILE);
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"format\":\"smokedrill.run/1\",\"id\":\"to").unwrap();
    runs::append(place.path(), &lines[1]).unwrap();
    let mut other = serde_json::to_value(&lines[2]).unwrap();
    other["format"] = "smokedrill.run/9".into();
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    writeln!(file, "{other}").unwrap();
    let read = runs::read(place.path());
    assert_eq!(read.lines, lines[..2]);
    assert_eq!(read.notes.len(), 2, "{:?}", read.notes);
    assert!(read.notes[0].contains(":2 ") && read.notes[1].contains("smokedrill.run/9"));
}

#[test]
fn a_drill_is_held_against_those_before_it() {
    let passed = report("passed");
    let restore = passed.stages.iter().find(|stage| stage.name == "restore").unwrap();
    assert_eq!(restore.last_seconds, Some(430.2));
    assert_eq!(restore.usual_seconds, Some(612.0));
    let told = passed.deviations.join("\n");
    for part in [
        "skipped then, and not now: production::answers",
        "suites/masking.toml was changed",
        "pg_dump is 15.8 (Debian 15.8-1.pgdg120+1), and was 15.7 (Debian 15.7-1.pgdg120+1)",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    // Less than half as long again is no news.
    assert!(!told.contains("restore took"), "{told}");
    assert_eq!(passed.history.len(), 7);
    let failed = report("failed");
    assert!(
        failed.deviations.iter().any(|told| told.starts_with("red now, and not then: masking"))
    );
    assert!(failed.deviations.iter().any(|told| told == "it is FAIL, and was PASS"));
    assert!(report("partial").deviations[0].starts_with("nothing to compare with"));
}

#[test]
fn the_trend_is_shown_on_the_terminal() {
    let place = tempfile::tempdir().unwrap();
    let refused = trend::show(place.path(), None).unwrap_err().to_string();
    assert!(refused.contains("no drill is known") && refused.contains("make drill"), "{refused}");
    for line in before("passed") {
        runs::append(place.path(), &line).unwrap();
    }
    let shown = trend::show(place.path(), Some("staging")).unwrap();
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[0].starts_with("2025-05-26 04:00  PASS  staging  rto 20 min 40 s"), "{shown}");
    assert!(lines[1].contains("FAIL") && lines[1].ends_with("red smoke::ready"), "{shown}");
    assert!(shown.contains("recovery time  █ ▇▆▆▆  20 min 40 s … 13 min 32 s\n"), "{shown}");
    assert!(trend::show(place.path(), Some("other")).is_err());
    assert_eq!(trend::word(Status::Partial), "part");
}

#[test]
fn what_serves_after_a_restore_that_failed_is_told_as_it_is() {
    let advice = |serves: bool, serving: &str, kept: Option<&str>| {
        let mut journal = journal("failed");
        let restore = journal.run.evidence.as_mut().unwrap().restore.as_mut().unwrap();
        restore.serves = serves;
        let failure = restore.failure.as_mut().unwrap();
        (failure.serving, failure.kept) = (serving.to_owned(), kept.map(str::to_owned));
        of(&journal, &before("failed")).summary.advice
    };
    let told = advice(false, "the staging of before, as it was", Some("app_failed"));
    assert!(told.contains("staging of before serves on; what failed is kept"), "{told}");
    // In one transaction, nothing is kept.
    let told = advice(false, "the staging of before, as it was", None);
    assert!(told.ends_with("The staging of before serves on."), "{told}");
    let told = advice(true, "the restored staging, which was proved", None);
    assert!(told.contains("restored staging serves") && !told.contains("of before"), "{told}");
    let told = advice(false, "not known: the server does not say", None);
    assert!(told.contains("not known") && !told.contains("serves on"), "{told}");
}

#[test]
fn a_part_of_a_drill_counts_for_nothing_be_it_red_or_green() {
    let mut journal = journal("failed");
    let mut lines = before("failed");
    let plain = of(&journal, &lines);
    assert!(plain.summary.whole && plain.history.last().unwrap().counts());
    journal.filtered_out.push("smoke::ready".to_owned());
    let part = of(&journal, &lines);
    assert!(part.summary.headline.contains("It was no whole one: 1 test was left out."));
    let mut part = part.history.last().unwrap().clone();
    assert!(!part.whole && !part.counts());
    // It is shown as what it is, and the next one is not held against it.
    part.started = lines.last().unwrap().started + jiff::SignedDuration::from_hours(1);
    part.id = "part".to_owned();
    lines.push(part);
    journal.filtered_out.clear();
    assert_eq!(of(&journal, &lines).deviations, plain.deviations);
    let place = tempfile::tempdir().unwrap();
    runs::append(place.path(), lines.last().unwrap()).unwrap();
    let shown = trend::show(place.path(), None).unwrap();
    assert!(shown.contains("  part  staging"), "{shown}");
    // A line from before this was told is taken as it stands.
    let mut old = serde_json::to_value(&lines[0]).unwrap();
    old.as_object_mut().unwrap().remove("whole");
    assert!(serde_json::from_value::<RunLine>(old).unwrap().counts());
}

#[test]
fn a_trend_is_of_drills_that_ended_and_a_stage_is_held_against_the_last() {
    let place = tempfile::tempdir().unwrap();
    let mut lines = before("passed");
    let trend = |lines: &[RunLine]| {
        let _ = fs::remove_file(place.path().join(runs::FILE));
        lines.iter().for_each(|line| runs::append(place.path(), line).unwrap());
        let shown = trend::show(place.path(), Some("staging")).unwrap();
        let row = shown.lines().find(|row| row.starts_with("whole drill")).unwrap().to_owned();
        (row, shown)
    };
    let (row, _) = trend(&lines);
    let mut stopped = lines.last().unwrap().clone();
    stopped.started += jiff::SignedDuration::from_hours(1);
    (stopped.id, stopped.seconds) = ("stopped".to_owned(), Some(10.0));
    stopped.verdict = crate::journal::Verdict::Interrupted;
    lines.push(stopped);
    let (then, shown) = trend(&lines);
    assert!(then == row && shown.contains("  stop  staging"), "{shown}");
    lines.pop();
    lines.last_mut().unwrap().stages.remove("restore");
    let report = of(&journal("passed"), &lines);
    let restore = report.stages.iter().find(|stage| stage.name == "restore").unwrap();
    assert_eq!(restore.last_seconds, None);
    assert!(restore.usual_seconds.is_some());
}
