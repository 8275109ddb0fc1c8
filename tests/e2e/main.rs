//! The whole program against real servers: what it says, leaves behind and exits with.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

mod access;
mod checklist;
mod configuration;
mod demo;
mod interrupt;
mod library;
mod outcomes;
mod pages;
mod queries;
mod readiness;
mod records;
mod reports;
mod runbook;
mod schema;
mod secrets;
mod selection;
mod support;
mod tls;
