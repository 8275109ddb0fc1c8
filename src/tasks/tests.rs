//! Tasks are opened once, carried on, and closed by somebody.

use std::fs;

use super::{Book, Tasks, activities};

#[test]
fn what_is_still_open_is_carried_on_and_not_opened_twice() {
    let reports = tempfile::tempdir().unwrap();
    let (book, tasks) = (Book::of(reports.path()), Tasks::of(reports.path()));
    assert!(tasks.list(false).unwrap().contains("no tasks"));
    let activities = activities(Vec::new());
    book.after("d1", &activities).unwrap();
    book.after("d1", &activities).unwrap();
    assert_eq!(book.tasks().unwrap().len(), 8, "the runbook's");
    tasks.assign("T2", "Ben").unwrap();
    let left = tasks.done("T1", Some("written down")).unwrap();
    assert_eq!(left.lines().count(), 7);
    assert!(left.contains("T2  Revise time estimates based on actual performance  Ben  open"));
    // Told again of the same drill, what was done stays done.
    book.after("d1", &activities).unwrap();
    assert_eq!(book.tasks().unwrap().len(), 8);
    book.after("d2", &activities).unwrap();
    let all = book.tasks().unwrap();
    assert_eq!(all.len(), 9, "only the closed one is opened anew");
    assert_eq!((all[8].id.as_str(), all[8].drill.as_deref()), ("T9", Some("d2")));
    assert_eq!(all[1].drill.as_deref(), Some("d1"), "carried on");
    let shown = tasks.list(true).unwrap();
    assert!(shown.contains("T1  Update runbook") && shown.contains(": written down"), "{shown}");
}

#[test]
fn one_is_added_by_hand_and_what_is_not_there_is_told() {
    let reports = tempfile::tempdir().unwrap();
    let tasks = Tasks::of(reports.path());
    assert!(tasks.add("Order a second disk", Some("Ana")).unwrap().contains("T1  Order"));
    assert!(tasks.add(" ", None).is_err());
    for told in [tasks.done("T9", None), tasks.assign("x", "Ana")] {
        assert!(told.unwrap_err().to_string().contains("no such task"));
    }
    tasks.done("T1", None).unwrap();
    assert!(tasks.done("T1", None).unwrap_err().to_string().contains("closed already"));
    assert_eq!(tasks.list(false).unwrap(), "every task is closed\n");
}

#[test]
fn a_line_that_was_cut_off_loses_nothing_and_a_foreign_one_is_told() {
    let reports = tempfile::tempdir().unwrap();
    let (tasks, path) = (Tasks::of(reports.path()), reports.path().join("tasks.jsonl"));
    tasks.add("One", None).unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{whole}{{\"format\":\"smoke")).unwrap();
    assert!(tasks.add("Two", None).unwrap().contains("T2  Two"));
    fs::write(&path, format!("{whole}{{\"a\":1}}\n")).unwrap();
    let told = tasks.list(true).unwrap_err().to_string();
    assert!(told.contains("tasks.jsonl line 2"), "{told}");
}
