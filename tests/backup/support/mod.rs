//! What the tests share: a source, a project folder, the real program, and what it left behind.

mod project;
mod query;
mod ran;
mod running;
mod site;
mod target;

pub(crate) use project::Project;
pub(crate) use query::{Session, contents};
pub(crate) use ran::{Ran, files_below};
pub(crate) use running::{Running, until};
pub(crate) use site::{Site, shared};
pub(crate) use target::{Target, shown};
