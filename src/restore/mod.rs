//! Restore: staging from a backup, with nobody of production in it.

pub(crate) mod failure;
