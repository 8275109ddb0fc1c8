//! The program's commands.

use std::path::Path;

use super::book::Book;
use super::list::{Change, Task};
use crate::fault::Fault;
use crate::report::units;

/// The tasks of a folder of reports.
///
/// Texts that are returned are for people, each line ended.
pub struct Tasks(Book);

impl Tasks {
    /// Those of a folder of reports.
    pub fn of(reports: &Path) -> Self {
        Self(Book::of(reports))
    }

    /// The open ones, a line each; with `all`, the closed ones too.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn list(&self, all: bool) -> Result<String, Fault> {
        let tasks = self.0.tasks()?;
        let shown: String = tasks.iter().filter(|task| all || task.is_open()).map(line).collect();
        match (shown.is_empty(), tasks.is_empty()) {
            (true, true) => Ok("there are no tasks: a drill opens them\n".to_owned()),
            (true, false) => Ok("every task is closed\n".to_owned()),
            _ => Ok(shown),
        }
    }

    /// Opens one by hand.
    ///
    /// # Errors
    /// *Usage*: it has no title. *Errored*: it cannot be written.
    pub fn add(&self, title: &str, owner: Option<&str>) -> Result<String, Fault> {
        let title = title.trim().to_owned();
        if title.is_empty() || title.contains(char::is_control) {
            return Err(Fault::usage("a task has a title of one line").stage("tasks"));
        }
        let owner = owner.map(str::to_owned);
        let change = Change::Opened { key: None, title, owner, drill: None };
        self.0.change(|_| Ok(vec![(None, change)]))?;
        self.list(false)
    }

    /// Says whose one is.
    ///
    /// # Errors
    /// *Usage*: there is no such open task. *Errored*: it cannot be written.
    pub fn assign(&self, id: &str, owner: &str) -> Result<String, Fault> {
        let change = Change::Assigned { owner: owner.to_owned() };
        self.of_open(id, change)
    }

    /// Closes one.
    ///
    /// # Errors
    /// As for [`Tasks::assign`].
    pub fn done(&self, id: &str, note: Option<&str>) -> Result<String, Fault> {
        self.of_open(id, Change::Done { note: note.map(str::to_owned) })
    }

    fn of_open(&self, id: &str, change: Change) -> Result<String, Fault> {
        self.0.change(|known| match known.iter().find(|task| task.id == id) {
            Some(task) if task.is_open() => Ok(vec![(Some(id.to_owned()), change)]),
            found => {
                let message = match found {
                    Some(_) => "it is closed already",
                    None => "there is no such task",
                };
                let help = "`smokedrill tasks list` shows those that are open";
                Err(Fault::usage(message).stage("tasks").object(id).help(help))
            }
        })?;
        self.list(false)
    }
}

fn line(task: &Task) -> String {
    let owner = task.owner.as_deref().unwrap_or("nobody's");
    let since = match &task.closed {
        Some((time, by)) => {
            let note = task.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
            format!("done {} by {by}{note}", units::time(*time))
        }
        None => format!("open since {}", units::time(task.opened)),
    };
    format!("{}  {}  {owner}  {since}\n", task.id, task.title)
}
