//! Restore: staging from a backup, with nobody of production in it.
//!
//! `guard` and `marker` tell staging from production; `plain` makes a database beside the old one
//! and puts it in its place; `failure` leaves evidence where something went wrong.

pub(crate) mod failure;
pub(crate) mod guard;
pub(crate) mod marker;
pub(crate) mod plain;
