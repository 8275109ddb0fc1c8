//! What must be so before a backup is begun: each a test, all found out once.
//!
//! One that cannot be looked at for want of another says so, and is no red of its own.

use super::gather::{self, Gathered};
use super::proofs::failure;
use super::state::State;
use crate::fault::Fault;
use crate::harness::{Blocked, Context, Failure};
use crate::journal::Measure;

/// A prerequisite's name, and what it is for.
pub(super) struct Named {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
}

/// Every prerequisite, in the order in which they need each other.
pub(super) const ALL: [Named; 10] = [
    Named { name: "credentials", about: "The source's credentials are there." },
    Named { name: "source", about: "The source answers, and takes a read-only session." },
    Named { name: "read-only", about: "Nothing of a backup can write to the source." },
    Named { name: "privileges", about: "The role may read every table, past row security." },
    Named { name: "tools", about: "pg_dump and its kin are there, and fit the server." },
    Named { name: "location", about: "The backups' location can be written to, and has room." },
    Named { name: "retention", about: "Backups are kept for 7 days or longer." },
    Named { name: "encryption", about: "The public keys can be encrypted to." },
    Named { name: "storage", about: "The storage API answers, and the buckets are there." },
    Named { name: "supabase-cli", about: "The Supabase CLI is configured, where it is used." },
];

/// What was found out, and what a backup needs of it.
pub(super) struct Findings {
    list: Vec<Finding>,
    pub(super) gathered: Gathered,
}

/// What was found out of one prerequisite.
pub(super) struct Finding {
    pub(super) name: &'static str,
    pub(super) measured: Vec<Measure>,
    pub(super) result: Result<(), Trouble>,
}

/// Why a prerequisite did not pass.
pub(super) enum Trouble {
    /// It is not met.
    Fault(Fault),
    /// It does not apply.
    Skipped(String),
    /// It cannot be looked at without this one.
    Needs(&'static str),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Findings {
    /// Finds everything out, once a run.
    pub(super) fn of<'a>(state: &'a State, context: &Context) -> &'a Self {
        state.findings.get_or_init(|| {
            let (list, gathered) = gather::all(state, context);
            Self { list, gathered }
        })
    }

    /// The first that is not met.
    pub(super) fn red(&self) -> Option<Blocked> {
        self.list.iter().find_map(|finding| match &finding.result {
            Err(Trouble::Fault(fault)) => {
                Some(Blocked { id: id(finding.name), fault: fault.clone() })
            }
            _ => None,
        })
    }
}

/// Tells of one prerequisite, in its own trial.
pub(super) fn tell(state: &State, context: &Context, name: &str) -> Result<(), Failure> {
    let findings = Findings::of(state, context);
    let Some(finding) = findings.list.iter().find(|finding| finding.name == name) else {
        return Err(Failure::errored(format!("{name} was not looked at")));
    };
    for measure in &finding.measured {
        context.measure(measure.clone());
    }
    match &finding.result {
        Ok(()) => Ok(()),
        Err(Trouble::Fault(fault)) => Err(failure(fault)),
        Err(Trouble::Skipped(reason)) => Err(Failure::skipped(reason)),
        Err(Trouble::Needs(other)) => Err(Failure::skipped(format!("needs `{}`", id(other)))),
    }
}

fn id(name: &str) -> String {
    format!("prerequisites::{name}")
}
