//! The file of changes.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::list::{Change, Line, Task, tasks};
use super::model::Activity;
use crate::actor::{actor, host};
use crate::fault::Fault;

const FORMAT: &str = "smokedrill.tasks/1";
const FILE: &str = "tasks.jsonl";

/// All changes of all tasks.
pub(crate) struct Book {
    path: PathBuf,
}

impl Book {
    /// That of a folder of reports; it may be missing.
    pub(crate) fn of(reports: &Path) -> Self {
        Self { path: reports.join(FILE) }
    }

    /// All tasks, oldest first.
    ///
    /// # Errors
    /// The file cannot be read, or a line of it is none.
    pub(crate) fn tasks(&self) -> Result<Vec<Task>, Fault> {
        Ok(tasks(&self.lines()?))
    }

    /// Opens the activities of a drill that has ended, but for those that are open already.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub(crate) fn after(&self, drill: &str, activities: &[Activity]) -> Result<(), Fault> {
        self.change(|known| {
            let is_open = |activity: &&Activity| {
                let key = Some(&activity.name);
                !known.iter().any(|task| {
                    let again = task.drill.as_deref() == Some(drill);
                    task.key.as_ref() == key && (task.is_open() || again)
                })
            };
            let opened = activities.iter().filter(is_open).map(|activity| Change::Opened {
                key: Some(activity.name.clone()),
                title: activity.title.clone(),
                owner: activity.owner.clone(),
                drill: Some(drill.to_owned()),
            });
            Ok(opened.map(|change| (None, change)).collect())
        })
    }

    /// Adds the changes that `decide` makes of what there is: each of a task, or of a new one.
    ///
    /// # Errors
    /// `decide`'s own; or the file cannot be read or written.
    pub(super) fn change(
        &self,
        decide: impl FnOnce(&[Task]) -> Result<Vec<(Option<String>, Change)>, Fault>,
    ) -> Result<(), Fault> {
        let fault = |error: io::Error| self.fault(&error, "written");
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).mode(0o600).open(&self.path);
        let mut file = file.map_err(fault)?;
        // Two at once would give one number twice.
        file.lock().map_err(fault)?;
        let known = tasks(&self.lines()?);
        let mut next = known.len();
        let mut text = Vec::new();
        for (task, change) in decide(&known)? {
            let task = task.unwrap_or_else(|| {
                next += 1;
                format!("T{next}")
            });
            let (time, actor, host) = (Timestamp::now(), actor(), host());
            let line = Line { format: FORMAT.to_owned(), time, actor, host, task, change };
            serde_json::to_writer(&mut text, &line).map_err(|error| fault(error.into()))?;
            text.push(b'\n');
        }
        let whole = fs::read(&self.path).map_err(fault)?;
        if whole.last().is_some_and(|byte| *byte != b'\n') {
            text.insert(0, b'\n');
        }
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(fault)
    }

    fn lines(&self) -> Result<Vec<Line>, Fault> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.fault(&error, "read")),
        };
        let mut lines = Vec::new();
        for (index, part) in text.lines().enumerate() {
            if part.is_empty() {
                continue;
            }
            match serde_json::from_str::<Line>(part) {
                Ok(line) if line.format == FORMAT => lines.push(line),
                // What a kill has cut off was never said; the next line closed it.
                Err(error) if error.is_eof() => {}
                _ => {
                    let help = "it is written by this program alone: restore it from a copy";
                    return Err(Fault::failed("not a change of a task")
                        .stage("tasks")
                        .object(format!("{} line {}", self.path.display(), index + 1))
                        .help(help));
                }
            }
        }
        Ok(lines)
    }

    fn fault(&self, error: &io::Error, action: &str) -> Fault {
        Fault::errored(format!("cannot be {action}: {error}"))
            .stage("tasks")
            .object(self.path.display())
            .help("let the user who runs drills own the folder of reports")
    }
}
