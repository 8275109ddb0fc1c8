//! Tasks in the form of a drill's report.

use super::list::Task;
use crate::report::drill::section::{Block, Cell, Place, Section, Tone};
use crate::report::units;

/// What is to be done: the open tasks, those of earlier drills too.
pub(crate) fn section(tasks: &[Task], drill: &str) -> Section {
    let row = |task: &Task| {
        let carried = task.drill.as_deref().is_some_and(|of| of != drill);
        let owner = match &task.owner {
            Some(owner) => Cell::text(owner),
            None => Cell::text("nobody's").tone(Tone::Warn),
        };
        let since = Cell::text(units::time(task.opened));
        let since = if carried { since.tone(Tone::Warn) } else { since };
        vec![Cell::code(&task.id), Cell::text(&task.title), owner, since]
    };
    let rows: Vec<_> = tasks.iter().filter(|task| task.is_open()).map(row).collect();
    let blocks = match rows.is_empty() {
        true => vec![Block::Text { text: "Every task is closed.".to_owned() }],
        false => vec![Block::Table {
            caption: "Open tasks; marked, those carried on from earlier drills".to_owned(),
            columns: ["Task", "What", "Owner", "Open since"].map(str::to_owned).to_vec(),
            rows,
        }],
    };
    let (id, title) = ("tasks".to_owned(), "After the drill".to_owned());
    Section { id, title, place: Place::Body, blocks }
}
