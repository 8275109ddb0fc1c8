//! The Supabase-like production, staging, and the storage API over them.

mod catalogue;
mod dump;
mod figures;
mod listing;
mod people;
mod session;
mod storage;
#[path = "../support/mod.rs"]
mod support;

use std::sync::LazyLock;

use smokedrill_demo::Production;

/// One small production for the tests that only read. Nobody drops it: its watchdog removes it when
/// the process ends.
static PRODUCTION: LazyLock<Production> = LazyLock::new(|| Production::start(0).unwrap());
