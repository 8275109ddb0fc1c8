//! Restore: staging from a backup, with nobody of production in it.
//!
//! `guard` and `marker` tell staging from production; `plain` makes a database beside the old one
//! and puts it in its place; `hosted` restores a Supabase project in place; `place` is either;
//! `loaded` is what a later restore goes on by; `columns` says what becomes of each column, and
//! `unfit` by which rules no restore could end; `failure` leaves evidence where something went wrong, with `options` for what to do.

pub(crate) mod archive;
pub(crate) mod columns;
pub(crate) mod course;
pub(crate) mod ddl;
pub(crate) mod failure;
pub(crate) mod gather;
pub(crate) mod guard;
pub(crate) mod hosted;
pub(crate) mod load;
pub(crate) mod loaded;
pub(crate) mod marker;
pub(crate) mod migrations;
pub(crate) mod needs;
mod objects;
mod options;
pub(crate) mod outward;
pub(crate) mod place;
pub(crate) mod plain;
pub(crate) mod positions;
mod refused;
pub(crate) mod rehearse;
mod room;
pub(crate) mod sections;
pub(crate) mod serves;
pub(crate) mod stages;
mod unfit;
