//! The settings of backups and drills: `suites/drill.toml`, with the runbook's own figures where
//! it says nothing.
//!
//! ```toml
//! #:schema schemas/drill.schema.json
//!
//! [objectives]
//! rpo = "1h"
//!
//! [backup]
//! location = "s3://acme-backups/production"
//! minimum_size = "100MB"
//!
//! [backup.retention]
//! keep = "14d"
//!
//! [[backup.exclude]]
//! table = "vault.secrets"
//! data_only = true
//! reason = "sealed with a key of this project: worthless anywhere else"
//! ```
//!
//! `model` is the file's form, `resolve` fills in the defaults and finds what does not fit
//! together, `exclude` reads the names of tables, `hooks` and `s3` look up webhooks and what belongs to an object
//! store. The file may be missing: then every default holds.

mod exclude;
mod hooks;
pub(crate) mod model;
mod resolve;
mod s3;
#[cfg(test)]
mod tests;

pub(crate) use exclude::{Excluded, quoted_name, table_name};
pub(crate) use resolve::{LEAST_RETENTION, Settings};
