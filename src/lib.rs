//! Disaster-recovery runbooks as tests.
//!
//! Endpoint checks are data, in `suites/*.toml`. Each becomes a test of libtest's kind, and a
//! run of them is the gate after each deploy:
//!
//! ```text
//! cargo test --test smoke -- --env staging
//! ```
//!
//! # How data flows
//!
//! ```text
//! suites/*.toml -> load -> Suite -> plan(environment, arguments) -> Trial
//!               -> Observation -> judge -> Outcome -> Journal -> reports
//! ```
//!
//! One direction. Loading, planning, judging and rendering touch nothing but their own files;
//! only a running trial touches the network.
//!
//! # Words
//!
//! - **suite**: one data file of checks.
//! - **check**: one request with its **expectations** and its latency **budget**.
//! - **environment**: where: `local`, `staging`, `production`, with credentials.
//! - **fixture**: what tests need and is made once, such as a started environment.
//! - **plan**: what a run will do; **trial**: one planned test.
//! - **observation**: what came back; **outcome**: passed, failed, errored or skipped.
//! - **journal**: the record of a run; **report**: a view of it.
//!
//! *Failed* means that the application is wrong; *errored*, that it could not be judged.
//!
//! # For other crates
//!
//! [`Harness`] makes a `tests/smoke.rs` of a few lines. [`journal`] is what the reports are
//! made of, and what `reports/journal.json` holds.

mod access;
mod actor;
mod audit;
pub mod backup;
mod check;
mod database;
mod drill;
mod environment;
mod fault;
mod harness;
pub mod journal;
mod measure;
mod pattern;
mod redact;
mod report;
mod suite;

pub use access::psql;
pub use backup::Backups;
pub use drill::Drill;
pub use fault::{Fault, FaultKind};
pub use harness::{Context, Failure, Harness, Running};
pub use suite::{drill_schema, environments_schema, suite_schema};

/// The README's examples are compiled too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
