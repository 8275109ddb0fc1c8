//! What is proved of a restored staging, before it takes the old one's place.
//!
//! ```text
//! manifest, what was loaded ── reading (COPY … TO STDOUT) ── rows, NULLs, checksums, rules, leaks
//! catalogue ────────────────── structure (SQL) ──────────── keys, sequences, indexes, objects, jobs
//! ```
//!
//! Nothing of it relies on the masker: what is looked for, `leaks` finds in ways of its own. Of
//! production only hashes are kept, and no proof tells a value: a table, a column and a count.

pub(crate) mod again;
mod alone;
#[cfg(test)]
mod alone_tests;
mod fields;
mod held;
mod judge;
mod keys;
mod leaks;
mod outside;
mod reading;
#[cfg(test)]
mod reading_tests;
mod sequences;
mod structure;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod texts;
mod views;

use std::collections::BTreeSet;

use tokio::runtime::Handle;

use crate::backup::manifest::Manifest;
use crate::backup::stop::Stop;
use crate::database::{ConnectionUrl, Session};
use crate::fault::Fault;
use crate::journal::Measure;
use crate::masking::people::People;
use crate::masking::plan::MaskPlan;
use crate::masking::text::Allowed;
use crate::restore::hosted::left::Left;
use crate::restore::load::Sums;
use crate::restore::positions::Position;

/// What is proved, and by what.
pub(crate) struct Subject<'a> {
    pub(crate) url: &'a ConnectionUrl,
    pub(crate) manifest: &'a Manifest,
    pub(crate) plan: &'a MaskPlan,
    pub(crate) people: &'a People,
    pub(crate) allowed: &'a Allowed,
    pub(crate) sums: &'a Sums,
    /// Where the backup has its sequences stand.
    pub(crate) sequences: &'a [Position],
    /// Objects whose definitions were rewritten on purpose: kind, schema, name.
    pub(crate) rewritten: &'a BTreeSet<(String, Option<String>, String)>,
    /// What need not be there as it was.
    pub(crate) left: &'a Left,
    /// The only session that sees it, where it is not committed yet.
    pub(crate) within: Option<&'a Session>,
    /// Connections that read at once.
    pub(crate) workers: usize,
    pub(crate) runtime: &'a Handle,
    pub(crate) stop: &'a Stop,
}

impl Subject<'_> {
    /// A session that sees what is proved.
    async fn session(&self) -> Result<Session, Fault> {
        match self.within {
            Some(session) => Ok(session.shared()),
            None => Session::open(self.url, "smokedrill proof").await,
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Proved {
    /// `integrity::rows`, `masking::rules-held` and so on.
    pub(crate) id: String,
    pub(crate) measures: Vec<Measure>,
    pub(crate) result: Result<(), Fault>,
    /// Every place that is wrong, with its count; the result tells the first few.
    #[serde(default)]
    pub(crate) places: Vec<(String, u64)>,
}

/// The proofs' names, and what each shows.
pub(crate) const ALL: [(&str, &str); 16] = [
    ("integrity::rows", "Every table has the rows of the backup."),
    ("integrity::checksums", "Columns that were kept are equal to production's."),
    ("integrity::nulls", "NULL is where it was, and nowhere else."),
    ("integrity::foreign-keys", "No row refers to one that is not there."),
    ("integrity::checks", "No row stands against a check."),
    ("integrity::sequences", "Sequences stand beyond the columns that they number."),
    ("integrity::indexes", "Every index is valid: what must be unique is, masked too."),
    ("integrity::objects", "Every object, policy, grant and extension of the source is there."),
    ("integrity::buckets", "Every bucket of the manifest is there, with its settings."),
    ("masking::rules-held", "Every masked value has the form of its rule."),
    ("masking::sessions-empty", "Nobody is signed in."),
    (
        "masking::no-production-value-survives",
        "No address, telephone number or name of production is in any field.",
    ),
    ("masking::no-secret-survives", "No key or token of production is in any field."),
    ("masking::definitions", "None is in a function, view, trigger, comment or setting."),
    ("masking::webhooks-disabled", "No webhook calls out by itself."),
    ("masking::jobs-disabled", "No job runs by the clock."),
];

/// Proves everything, in the order of [`ALL`].
///
/// # Errors
/// Staging cannot be connected to, or it is to stop. What is wrong with it is in the list; and what
/// the server refuses to one proof is that one's.
pub(crate) fn prove(subject: &Subject<'_>) -> Result<Vec<Proved>, Fault> {
    let (read, structure) = match subject.within {
        // One connection does one thing after the other.
        Some(_) => (reading::read(subject), structure::prove(subject)),
        None => std::thread::scope(|scope| {
            let structure = scope.spawn(|| structure::prove(subject));
            let read = reading::read(subject);
            let died = |_| Err(Fault::errored("a thread that proves died"));
            (read, structure.join().unwrap_or_else(died))
        }),
    };
    subject.stop.check()?;
    let mut all = judge::judge(subject, &read?);
    all.extend(structure?);
    all.sort_by_key(|proved| ALL.iter().position(|(id, _)| *id == proved.id));
    Ok(all)
}

impl Proved {
    /// A proof that holds where a count is nought; `what` says where it is not.
    fn none(
        id: &'static str,
        measure: &str,
        list: &[(String, u64)],
        mut measures: Vec<Measure>,
    ) -> Self {
        let count = list.iter().map(|(_, count)| count).sum();
        let zero = Measure::count(measure, count).at_most(0.0);
        measures.push(zero);
        let result = match list.is_empty() {
            true => Ok(()),
            false => Err(Fault::failed(some(list))),
        };
        Self { id: id.to_owned(), measures, result, places: list.to_vec() }
    }
}

/// The first few places, each with its count.
fn some(list: &[(String, u64)]) -> String {
    const MOST: usize = 12;
    let shown = list.iter().take(MOST).map(|(place, count)| format!("{place} ({count})"));
    let shown = shown.collect::<Vec<_>>().join(", ");
    match list.len() > MOST {
        true => {
            let more = list.len() - MOST;
            format!(
                "{shown} and {more} more places: all of them are in places.txt beside failure.md"
            )
        }
        false => shown,
    }
}
