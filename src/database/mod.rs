//! PostgreSQL: how it is reached, what it is, and what is in it.
//!
//! ```text
//! ConnectionUrl -> Session -> SourceLock     one backup at a time
//!                          -> Snapshot       one moment, for all that read
//!                          -> identity, catalogue, privileges, counters
//!                  Watch                     on a session of its own: what the source feels
//!               -> PgTools                   pg_dump and its siblings
//! ```
//!
//! Every [`Session`] is read-only and says who it is; a [`Writer`] writes, and takes a [`Permit`],
//! which is given for what was proved to be no production. What is asked is asked of the catalogue and of
//! the statistics, never of a table's rows; the search path is empty, so that nobody's function
//! answers in place of PostgreSQL's.

mod catalogue;
pub(crate) mod clock;
mod connect;
mod counters;
mod excluded;
mod handed_on;
mod identity;
mod impact;
mod lock;
mod parameters;
mod parts;
mod permit;
mod pooling;
mod privileges;
mod process;
mod read_only;
mod refusal;
mod session;
mod snapshot;
#[cfg(test)]
pub(crate) mod testing;
mod tls;
mod tools;
mod url;
mod waited;
mod writer;

pub(crate) use catalogue::{catalogue, estimate, fingerprint, roles};
pub(crate) use counters::{counters, written};
pub(crate) use excluded::Excluded;
pub(crate) use handed_on::{told_by_tool, without_rows};
pub(crate) use identity::{identify, identity};
pub(crate) use impact::{Thresholds, Watch, When, quiesced};
pub(crate) use lock::{SourceLock, application_name};
pub(crate) use permit::Permit;
pub(crate) use privileges::privileges;
pub(crate) use process::Process;
pub(crate) use read_only::{Keeper, keeper};
pub(crate) use refusal::said;
pub(crate) use session::Session;
pub(crate) use snapshot::Snapshot;
pub(crate) use tools::{PgTools, major};
pub(crate) use url::{ConnectionUrl, SourceKind};
pub(crate) use waited::{explained, patient};
pub(crate) use writer::{Writer, quoted};
