//! The drill: backups as a fixture, and what is proved of them, as tests.
//!
//! ```text
//! suites/drill.toml -> settings -> trials
//!   prerequisites::…   what must be so before anything long starts
//!   backup::made       the fixture: a backup, made at most once a run, or one that is there
//!   backup::…          the proofs, each bullet of the runbook a test; one that fails of what the
//!                      backup holds is noted beside it, and nobody takes it for a good one
//!   production::…      the source's application, after it was backed up
//!   restore::…         the fixture: staging, masked, with integrity::… and masking::…
//!   objectives::…      RTO, RPO and the plan, measured when all else has ended
//! journal -> ending -> the drill's report
//! ```
//!
//! One fault is one red: a prerequisite that fails is named by the backup that was not begun,
//! and a backup that failed by the proofs that had nothing to look at.

mod builder;
mod ending;
mod gather;
mod making;
mod objectives;
mod prerequisites;
mod production;
mod proofs;
mod record;
mod restored;
mod restoring;
mod state;
mod storage_proofs;
mod target;
mod trials;

pub use builder::Drill;
pub(crate) use trials::SWAPPED;
