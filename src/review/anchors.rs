//! What the audit log has of a drill: the hash of its journal, and of each statement.
//!
//! Whoever can write the drill's folder can write all of it anew, and the last lines of a book are
//! bound to nothing in it. The log has them once more, and its own chain and head beside.

use std::path::Path;

use crate::audit::{Audit, Line, verify};
use crate::fault::Fault;

/// How people's statements are called in the log.
const STATEMENTS: [&str; 4] =
    ["review.answer", "review.waive", "review.decide", "rollback.authorize"];

/// What the log has of one drill.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    /// The hash of the journal as the drill has left it.
    journal: Option<String>,
    /// The hash of each statement that was made, in their order.
    statements: Vec<String>,
    /// Whether something is wrong with the log itself.
    damaged: bool,
}

impl Anchors {
    /// Reads them. A log that is not there has none.
    ///
    /// # Errors
    /// The log cannot be read.
    pub(super) fn of(log: &Path, drill: &str) -> Result<Self, Fault> {
        let lines = Audit::lines(log)?;
        let damaged = !lines.is_empty() && verify(log, &[]).is_err();
        let mut anchors = Self { damaged, ..Self::default() };
        for Line { operation, result, manifest, .. } in
            lines.into_iter().filter(|line| line.object.as_deref() == Some(drill))
        {
            let Some(hash) = manifest else { continue };
            match operation.as_str() {
                "drill.run" => anchors.journal = Some(hash),
                // What only began was perhaps never said.
                word if STATEMENTS.contains(&word) && result == "passed" => {
                    anchors.statements.push(hash);
                }
                _ => {}
            }
        }
        Ok(anchors)
    }

    /// Whether a journal is the one that the drill has left.
    pub(super) fn prove_journal(&self, sha256: &str) -> Result<(), String> {
        match &self.journal {
            Some(known) if known != sha256 => {
                Err("it is not the journal that the drill has left: the audit log has another \
                     hash of it"
                    .to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Whether every statement that was made is in a book, given the hashes of its lines.
    pub(super) fn prove_statements(&self, hashes: &[String]) -> Result<(), String> {
        let gone = self.statements.iter().filter(|hash| !hashes.contains(hash)).count();
        match gone {
            0 => Ok(()),
            1 => Err("a statement that the audit log knows is gone, or was altered".to_owned()),
            more => {
                Err(format!("{more} statements that the audit log knows are gone, or were altered"))
            }
        }
    }

    /// What nobody can prove, in a line.
    pub(super) fn note(&self) -> Option<&'static str> {
        match (self.damaged, &self.journal) {
            (true, _) => Some(
                "the audit log was tampered with (`smokedrill audit verify`): it proves nothing of \
                 this drill",
            ),
            (false, None) => Some(
                "the audit log has no hash of this drill's journal: that nothing of it was changed is \
                 not proved",
            ),
            (false, Some(_)) => None,
        }
    }
}
