//! The harness: from arguments to an exit code.
//!
//! ```text
//! builder -> arguments -> load -> plan -> libtest-mimic -> trial -> state (journal) -> finish
//! ```
//!
//! `builder` is what other crates see, with `custom` for what they bring along. `run` puts a run
//! together from its `pieces`: everything that can be wrong with files, arguments, secrets and
//! folders is found here, before anything acts. `plan` says which trials there are and which of
//! them are selected.
//!
//! `trial` runs one: `check` sends what `prepare` makes ready, `rust_check` is for checks written
//! in Rust, and a `finding` is what others may need of it. `fixture` brings the environment up
//! for the first that needs it, `interrupt` lets go of what is under way, and `state` is what
//! all of them share. `finish` drops the environment, finds the verdict and writes the reports,
//! which `compliance` searches for secrets.
//! `shared` serves runners that give each trial a process.

mod arguments;
mod builder;
mod check;
mod compliance;
mod custom;
mod exit;
mod finding;
mod finish;
mod fixture;
mod interrupt;
mod loaded;
mod page;
mod pieces;
mod plan;
mod prepare;
mod query;
mod run;
mod rust_check;
mod shared;
mod state;
mod trial;

pub(crate) use arguments::{CommandLine, Kind};
pub use builder::Harness;
pub(crate) use custom::{Blocked, Custom, Fixture, Turn};
pub use custom::{Context, Failure, Running};
pub(crate) use fixture::answers;
pub(crate) use interrupt::stop_by_signal;
pub(crate) use loaded::{Ending, Exercised, Hooks, Opened, Recorder};
pub(crate) use plan::RESTORE;
