//! Disaster-recovery runbooks as tests.
//!
//! Endpoint checks are data, in `suites/*.toml`. Each becomes a test of libtest's kind, and a
//! run of them is the gate after each deploy:
//!
//! ```text
//! cargo test --test smoke -- --env staging
//! ```
//!
//! Production is backed up as a fixture, restored into staging with personal data masked, and what
//! is proved of both are tests too:
//!
//! ```text
//! cargo test --test drill -- --env staging
//! ```
//!
//! # How data flows
//!
//! ```text
//! suites/*.toml -> load -> Suite -> plan(environment, arguments) -> Trial
//!               -> Observation -> judge -> Outcome -> Journal -> reports
//!
//! production --pg_dump, one snapshot--> draft (compressed, [encrypted], hashed)
//!            --manifest last--> Backup -> proofs -> Outcome -> Journal -> reports
//!
//! Backup --read for its people--> People, masking.toml -> MaskPlan
//!        --rows | mask--> staging beside the old one -> proofs -> swap by rename -> smoke checks
//! ```
//!
//! One direction. Loading, planning, judging and rendering touch nothing but their own files;
//! only a running trial touches the network, and nothing here writes to production: a session
//! that writes takes a permit, which is given for what was proved to be staging.
//!
//! # Words
//!
//! - **suite**: one data file of checks.
//! - **check**: one request with its **expectations** and its latency **budget**.
//! - **environment**: where: `local`, `staging`, `production`, with credentials.
//! - **fixture**: what tests need and is made once: a started environment, a backup.
//! - **plan**: what a run will do; **trial**: one planned test.
//! - **observation**: what came back; **outcome**: passed, failed, errored or skipped.
//! - **journal**: the record of a run; **report**: a view of it.
//! - **source**: the database that is backed up, with its storage.
//! - **backup**: what standard tools can restore, with a **manifest** that proves it.
//! - **proof**: a named test of a backup or a restore, with what it measured and its threshold.
//! - **target**: the database that is restored into; it carries a **marker**.
//! - **objective**: recovery time or recovery point, as promised; **evidence**: what proves a claim.
//! - **rule**: what becomes of a column; **plan** of masking: the rules, held against a backup.
//! - **person**: whoever rows, addresses, numbers and names belong to; each has a number.
//!
//! *Failed* means that what was judged is wrong; *errored*, that it could not be judged.
//!
//! # The house
//!
//! `suite` and `environment` read the files, `check` sends requests and judges answers,
//! `database` asks PostgreSQL, `backup` makes, keeps and proves backups, `masking` says what becomes
//! of data and does it, `restore` brings them into staging, `proof` looks at what came of it, `drill`
//! makes tests of all that, `review` is what people add to it, `notify` tells them of it, `page` opens
//! a browser, `tasks` is what is to be done after it, `bundle` the evidence in one file, `schedule` when
//! the next is due. `harness` runs tests of all kinds, `report` shows what came of it, and `audit` keeps
//! what was done. `rotation` replaces a Twilio account's token, `scrub` looks what Sentry keeps, and
//! `service` asks both.
//!
//! # For other crates
//!
//! [`Harness`] makes a `tests/smoke.rs` of a few lines, [`Drill`] a `tests/drill.rs`.
//! [`journal`] is what the reports are made of, and what `reports/journal.json` holds;
//! [`drill_report`] is what a drill's `report.json` holds;
//! [`backup::manifest`] is what a backup's `manifest.json` holds.

mod access;
mod actor;
mod audit;
pub mod backup;
mod bundle;
mod check;
mod database;
mod drill;
mod environment;
mod evidence;
mod fault;
mod harness;
pub mod journal;
mod masking;
mod measure;
mod notify;
mod page;
mod pattern;
mod project;
mod proof;
mod redact;
mod report;
mod restore;
mod review;
mod rotation;
mod schedule;
mod scrub;
mod service;
mod staging;
mod suite;
mod tasks;
mod windows;

pub use access::psql;
pub use backup::Backups;
pub use bundle::{check_evidence, pack_evidence};
pub use drill::Drill;
pub use fault::{Fault, FaultKind};
pub use harness::{Context, Failure, Harness, Running};
pub use project::reports_folder;
pub use report::drill::model::schema as drill_report_schema;
pub use report::drill::retention::prune_reports;
pub use report::drill::trend::show as drill_history;
pub use report::drill::{model as drill_report, section as drill_section};
pub use review::{Answers, Desk, review_key};
pub use rotation::{RotateOptions, rotate_twilio};
pub use schedule::drill_status;
pub use scrub::test_scrubbing;
pub use staging::{check_masking, mark_staging};
pub use suite::{drill_schema, environments_schema, masking_schema, suite_schema};
pub use tasks::Tasks;

/// The README's examples are compiled too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
