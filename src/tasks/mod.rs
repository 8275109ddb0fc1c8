//! What is to be done after a drill: tasks with an owner and a state, carried into the next report
//! until somebody closes them.
//!
//! The runbook's post-drill activities are opened after each drill that ended; one that is still
//! open from an earlier drill is carried on, and not opened twice. `reports/tasks.jsonl` holds a
//! line for each change, and is only ever added to:
//!
//! ```json
//! {"format":"smokedrill.tasks/1","time":"…","actor":"ana","host":"ops-1","task":"T7",
//!  "change":"opened","key":"time-estimates","title":"Revise time estimates …","drill":"20261127T…"}
//! {"format":"smokedrill.tasks/1","time":"…","actor":"ana","host":"ops-1","task":"T7",
//!  "change":"done","note":"restore is 20 min now"}
//! ```
//!
//! `book` reads and writes them, `list` is what they come to, `report` the same as reports hold it, `desk` the program's commands.

mod book;
mod desk;
mod list;
pub(crate) mod model;
mod report;
#[cfg(test)]
mod tests;

pub(crate) use book::Book;
pub use desk::Tasks;
pub(crate) use model::{Activity, activities};
pub(crate) use report::section;
