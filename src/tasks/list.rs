//! What all changes come to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A change of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) format: String,
    pub(super) time: Timestamp,
    pub(super) actor: String,
    pub(super) host: String,
    /// Its number: `T1` and so on.
    pub(super) task: String,
    #[serde(flatten)]
    pub(super) change: Change,
}

/// What changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "lowercase")]
pub(super) enum Change {
    /// It is opened: after a drill, or by somebody.
    Opened {
        /// The activity that it is of, if it is one of each drill.
        key: Option<String>,
        title: String,
        owner: Option<String>,
        drill: Option<String>,
    },
    /// It is somebody's.
    Assigned { owner: String },
    /// It is done, or will not be.
    Done { note: Option<String> },
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) key: Option<String>,
    pub(crate) title: String,
    pub(crate) owner: Option<String>,
    /// The drill after which it was opened.
    pub(crate) drill: Option<String>,
    pub(crate) opened: Timestamp,
    /// When it was closed, and by whom.
    pub(crate) closed: Option<(Timestamp, String)>,
    pub(crate) note: Option<String>,
}

impl Task {
    pub(crate) fn is_open(&self) -> bool {
        self.closed.is_none()
    }
}

/// What the lines come to, oldest task first. A change of a task that there is not changes nothing.
pub(super) fn tasks(lines: &[Line]) -> Vec<Task> {
    let mut tasks: Vec<Task> = Vec::new();
    for Line { time, actor, task: id, change, .. } in lines {
        let known = tasks.iter_mut().find(|task| task.id == *id);
        match (change, known) {
            (Change::Opened { key, title, owner, drill }, None) => tasks.push(Task {
                id: id.clone(),
                key: key.clone(),
                title: title.clone(),
                owner: owner.clone(),
                drill: drill.clone(),
                opened: *time,
                closed: None,
                note: None,
            }),
            (Change::Assigned { owner }, Some(task)) => task.owner = Some(owner.clone()),
            (Change::Done { note }, Some(task)) => {
                task.closed = Some((*time, actor.clone()));
                task.note.clone_from(note);
            }
            _ => {}
        }
    }
    tasks
}
