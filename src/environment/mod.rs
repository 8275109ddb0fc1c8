//! Environments: where checks run, as which user, and what may be said of it.
//!
//! `model` is the file's form, `load` reads it, `lookup` fetches values from outside (a
//! variable, a file, a vault's command), `credential` makes them into what a request carries,
//! rightly or falsely, `target` is one environment with all of that in hand, and `source` is one
//! as that from which backups are made, with `password` for that of its connection.

pub(crate) mod credential;
pub(crate) mod load;
pub(crate) mod lookup;
pub(crate) mod model;
mod password;
pub(crate) mod source;
pub(crate) mod target;

pub(crate) use model::{CredentialSpec, EnvironmentsFile};
