//! What all statements of a drill come to: what is open, and whether it may be a go.

use std::collections::BTreeMap;

use super::settings::{GO_NO_GO, ROLLBACK, ReviewSettings};
use super::statement::{Holds, Said, Statement};
use crate::journal::{Journal, Outcome, Verdict};
use crate::report::drill::whole::{shown, whole};

/// The name under which the run as a whole is waived.
pub(crate) const VERDICT: &str = "verdict";

/// The name under which it is waived that the run was no whole drill.
pub(crate) const WHOLE: &str = "whole";

/// What all statements come to.
pub(crate) struct Standing<'a> {
    /// Each item of the checklist with how it stands.
    pub(crate) items: Vec<(String, String, Stand<'a>)>,
    /// What is waived, and by which statement.
    pub(crate) waived: BTreeMap<&'a str, &'a Statement>,
    /// The blocking tests that are red, with the reason.
    pub(crate) red: Vec<(&'a str, &'a str)>,
    /// The run's own verdict, where that is no pass and no red test says why.
    pub(crate) verdict: Option<Verdict>,
    /// Why the run was no whole drill, or has not shown a recovery.
    pub(crate) lacking: Option<String>,
    /// The last decision.
    pub(crate) decision: Option<&'a Statement>,
    /// The last word on rolling back.
    pub(crate) rollback: Option<&'a Statement>,
}

/// How an item of the checklist stands.
pub(crate) enum Stand<'a> {
    /// Somebody has answered.
    Answered(Holds, &'a Statement),
    /// A test has.
    Tested(&'a str, Outcome),
    /// Nobody has.
    Open,
}

impl<'a> Standing<'a> {
    pub(crate) fn of(
        journal: &'a Journal,
        statements: &'a [Statement],
        settings: &'a ReviewSettings,
    ) -> Self {
        let (mut answers, mut waived) = (BTreeMap::new(), BTreeMap::new());
        let (mut decision, mut rollback) = (None, None);
        for statement in statements {
            match &statement.said {
                Said::Answer { item, holds, .. } => {
                    answers.insert(item.as_str(), (*holds, statement));
                }
                // Only who answers for the decision waives, and only with a signature.
                Said::Waiver { of, .. } if may(settings, statement, GO_NO_GO) => {
                    waived.insert(of.as_str(), statement);
                }
                Said::Decision { .. } if may(settings, statement, GO_NO_GO) => {
                    decision = Some(statement);
                }
                Said::Rollback { .. } if may(settings, statement, ROLLBACK) => {
                    rollback = Some(statement);
                }
                Said::Waiver { .. } | Said::Decision { .. } | Said::Rollback { .. } => {}
            }
        }
        let tested = |by: &'a str| {
            let entry = journal.entries.iter().find(|entry| entry.id == by)?;
            let outcome = entry.outcome.filter(|outcome| *outcome != Outcome::Skipped)?;
            Some(Stand::Tested(by, outcome))
        };
        let items = settings.manual.iter().map(|item| {
            let answered = answers.get(item.name.as_str());
            let stand = match (answered, item.by.as_deref().and_then(tested)) {
                // What a test has seen fail, nobody's word makes right: it takes a waiver.
                (None | Some((Holds::Yes, _)), Some(Stand::Tested(by, outcome)))
                    if outcome != Outcome::Passed =>
                {
                    Stand::Tested(by, outcome)
                }
                (Some((holds, statement)), _) => Stand::Answered(*holds, statement),
                (None, tested) => tested.unwrap_or(Stand::Open),
            };
            (item.name.clone(), item.item.clone(), stand)
        });
        let red: Vec<_> = journal
            .entries
            .iter()
            .filter(|entry| entry.blocking)
            .filter(|entry| {
                matches!(entry.outcome, Some(Outcome::Failed | Outcome::Errored) | None)
            })
            .map(|entry| (entry.id.as_str(), entry.reason.as_deref().unwrap_or("it did not end")))
            .collect();
        let verdict = journal.run.verdict;
        let verdict = (verdict != Verdict::Passed && red.is_empty()).then_some(verdict);
        let lacking = whole(journal).and_then(|()| shown(journal)).err();
        Self { items: items.collect(), waived, red, verdict, lacking, decision, rollback }
    }

    /// What stands in the way of a go, each with the name by which it can be waived.
    pub(crate) fn obstacles(&self) -> Vec<(String, String)> {
        let red = self.red.iter().map(|(id, reason)| ((*id).to_owned(), format!("red: {reason}")));
        let verdict = self.verdict.iter().map(|verdict| {
            (VERDICT.to_owned(), format!("the run itself: {verdict:?}").to_lowercase())
        });
        let whole = self.lacking.iter().map(|why| {
            (WHOLE.to_owned(), format!("this is not a whole drill that shows a recovery: {why}"))
        });
        let items = self.items.iter().filter_map(|(name, item, stand)| {
            let why = match stand {
                Stand::Answered(Holds::Yes, _) | Stand::Tested(_, Outcome::Passed) => return None,
                Stand::Answered(Holds::No, _) => "answered with no",
                Stand::Tested(..) => "its test did not pass",
                Stand::Open => "open",
            };
            Some((name.clone(), format!("{why}: {item}")))
        });
        let all = red.chain(verdict).chain(whole).chain(items);
        all.filter(|(name, _)| !self.waived.contains_key(name.as_str())).collect()
    }
}

/// Whether a statement is signed by somebody who answers for the task. That the signature is
/// right, and by the key that is listed, was proved as it was read.
fn may(settings: &ReviewSettings, statement: &Statement, task: &str) -> bool {
    let person = settings.person(&statement.person).filter(|person| person.key.is_some());
    statement.signature.is_some()
        && person.is_some_and(|person| settings.accountable(person, task).is_some())
}
