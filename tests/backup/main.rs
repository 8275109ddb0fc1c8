//! Backups end to end: the real program against real servers, with all that can go wrong.
//!
//! Each test runs `smokedrill` in a project folder of its own against a throw-away production.
//! What every run must hold to is checked for every run, see `support::Ran`: no password and no
//! key in anything that it wrote.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so")]

mod support;

mod alone;
mod broken;
mod damaged;
mod drill;
mod encodings;
mod green;
mod kept;
mod people;
mod refused;
mod restore;
mod standby;
mod stopped;
mod storage;
