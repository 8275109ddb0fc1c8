//! What makes a drill a whole one, and its figures: pages, what an earlier restore loaded, and days.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::super::model::{DrillReport, Status};
use super::super::objectives::is_check;
use super::super::{Inputs, build};
use super::{journal, of};
use crate::journal::{Entry, EntryKind, Journal, Outcome};

/// A check of a page that was opened, from a second on, as long as another.
fn page(journal: &Journal, outcome: Outcome, later: i64) -> Entry {
    let check = journal.entries.iter().rfind(|entry| entry.kind == EntryKind::Check).unwrap();
    let started = check.started.map(|at| at + SignedDuration::from_secs(later));
    let (id, suite) = ("pages::app".to_owned(), "pages".to_owned());
    let (kind, outcome) = (EntryKind::Page, Some(outcome));
    Entry { id, suite, kind, outcome, started, blocking: true, ..check.clone() }
}

#[test]
fn a_page_is_a_check_as_any_other() {
    let mut journal = journal("passed");
    let plain = of(&journal, &[]);
    let rto = |report: &DrillReport| report.objective("rto").unwrap().clone();
    let green = page(&journal, Outcome::Passed, 600);
    journal.entries.push(green);
    let report = of(&journal, &[]);
    assert!(rto(&report).seconds.unwrap() > rto(&plain).seconds.unwrap() + 500.0);
    assert_eq!(report.summary.smoke_total, plain.summary.smoke_total + 1);
    assert_eq!(report.summary.smoke_passed, plain.summary.smoke_passed + 1);
    let at = journal.entries.len() - 1;
    journal.entries[at] = page(&journal, Outcome::Failed, 0);
    assert_eq!(rto(&of(&journal, &[])).how, "not measured: needs `pages::app`");
    // Suites of pages alone are checked, too.
    journal.entries.retain(|entry| !is_check(entry) || entry.kind == EntryKind::Page);
    journal.entries.iter_mut().for_each(|entry| entry.outcome = Some(Outcome::Passed));
    assert_eq!(of(&journal, &[]).summary.status, Status::Pass);
}

#[test]
fn what_an_earlier_restore_loaded_counts() {
    let mut journal = journal("passed");
    let evidence = journal.run.evidence.as_mut().unwrap();
    evidence.restore.as_mut().unwrap().loaded_before = Some(4.0 * 3_600.0);
    let report = of(&journal, &[]);
    let rto = report.objective("rto").unwrap();
    assert!((rto.seconds.unwrap() - 15_191.713).abs() < 0.5, "{rto:?}");
    assert_eq!(rto.met, Some(false));
    assert!(rto.how.ends_with(", and 4 h 00 min in which an earlier one had loaded"), "{rto:?}");
}

#[test]
fn a_drill_is_due_by_the_days_of_the_place() {
    let mut journal = journal("passed");
    journal.run.started = "2027-01-01T02:00:00Z".parse().unwrap();
    let due = |zone: TimeZone| {
        let (sections, pictures) = (Vec::new(), Vec::new());
        let inputs = Inputs { journal: &journal, zone, sections, pictures };
        let report = build::build(&inputs, &[], Timestamp::UNIX_EPOCH);
        report.summary.next_drill.unwrap().to_string()
    };
    assert_eq!(due(TimeZone::UTC), "2027-04-01");
    // There it is New Year's Eve still, and the first quarter's drill is not made.
    assert_eq!(due(TimeZone::fixed(jiff::tz::offset(-8))), "2027-01-01");
}

#[test]
fn what_was_not_shown_has_not_passed() {
    let partial = |why: &str, change: fn(&mut Journal)| {
        let mut journal = journal("passed");
        change(&mut journal);
        let summary = of(&journal, &[]).summary;
        assert_eq!(summary.status, Status::Partial, "{why}");
        assert!(summary.headline.contains(why), "{}", summary.headline);
    };
    partial("no check has passed", |journal| {
        let checks = journal.entries.iter_mut().filter(|entry| is_check(entry));
        checks.for_each(|entry| entry.outcome = Some(Outcome::Skipped));
    });
    partial("no restore has taken its place", |journal| {
        let swapped = journal.entries.iter_mut().find(|entry| entry.id == "restore::swapped");
        swapped.unwrap().outcome = Some(Outcome::Skipped);
    });
    partial("1 test was left out", |journal| journal.filtered_out.push("a::b".to_owned()));
}
