//! The people's part of a drill as plain data: what `review show` prints and reports hold.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::settings::{Accountability, GO_NO_GO, ROLLBACK, ReviewSettings};
use super::standing::{Stand, Standing};
use super::statement::{Holds, Said, Statement};
use crate::journal::{Journal, Outcome};
use crate::report::{text, units};

/// The people's part of a drill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Section {
    pub(crate) classification: String,
    pub(crate) maintained_by: String,
    pub(crate) review_cycle: String,
    pub(crate) raci: Vec<Accountability>,
    pub(crate) contacts: Vec<Contact>,
    pub(crate) checklist: Vec<Item>,
    pub(crate) waivers: Vec<Waiver>,
    /// What stands in the way of a go: name and why.
    pub(crate) obstacles: Vec<(String, String)>,
    pub(crate) decision: Word,
    pub(crate) rollback: Word,
}

/// Whom to call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Contact {
    pub(crate) role: String,
    pub(crate) primary: String,
    pub(crate) secondary: Option<String>,
    pub(crate) escalation: Option<String>,
}

/// An item of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) item: String,
    /// `yes`, `no` or `open`.
    pub(crate) answer: String,
    /// The person or the test that says so.
    pub(crate) by: Option<String>,
    pub(crate) note: Option<String>,
}

/// What shall not stand in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Waiver {
    pub(crate) of: String,
    pub(crate) reason: String,
    pub(crate) by: String,
}

/// A decision, taken or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Word {
    /// `GO` (with what came up since), `NO-GO`, `authorized`, `refused`, or `not taken`.
    pub(crate) said: String,
    /// Who said it, or who may.
    pub(crate) by: String,
    pub(crate) time: Option<String>,
    pub(crate) reason: Option<String>,
}

impl Section {
    /// What the settings and all that was said come to.
    pub(crate) fn of(
        journal: &Journal,
        statements: &[Statement],
        settings: &ReviewSettings,
    ) -> Self {
        let standing = Standing::of(journal, statements, settings);
        let contact = |spec: &super::model::ContactSpec| Contact {
            role: spec.role.clone(),
            primary: spec.primary.clone(),
            secondary: spec.secondary.clone(),
            escalation: spec.escalation.clone(),
        };
        let waiver = |(of, by): (&&str, &&Statement)| {
            let Said::Waiver { reason, .. } = &by.said else { return None };
            Some(Waiver { of: (*of).to_owned(), reason: reason.clone(), by: signed(by) })
        };
        let obstacles = standing.obstacles();
        Self {
            classification: settings.classification.clone(),
            maintained_by: settings.maintained_by.clone(),
            review_cycle: settings.review_cycle.clone(),
            raci: settings.raci.clone(),
            contacts: settings.contacts.iter().map(contact).collect(),
            checklist: standing.items.iter().map(item).collect(),
            waivers: standing.waived.iter().filter_map(waiver).collect(),
            decision: decision(&standing, &settings.who(GO_NO_GO), obstacles.len()),
            obstacles,
            rollback: word(standing.rollback, &settings.who(ROLLBACK)),
        }
    }

    /// The same for a terminal.
    pub(crate) fn shown(&self) -> String {
        let mut text = String::new();
        for Item { name, item, answer, by, note } in &self.checklist {
            let by = by.as_deref().map(|by| format!(", by {by}")).unwrap_or_default();
            let note = note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
            let _ = writeln!(text, "  {answer:<5} {name}: {item}{by}{note}");
        }
        for Waiver { of, reason, by } in &self.waivers {
            let _ = writeln!(text, "  waived by {by}: {of}: {reason}");
        }
        for (name, why) in &self.obstacles {
            let _ = writeln!(text, "  in the way of a go: {name}: {why}");
        }
        for (what, Word { said, by, time, reason }) in
            [(GO_NO_GO, &self.decision), (ROLLBACK, &self.rollback)]
        {
            let time = time.as_deref().map(|time| format!(" at {time}")).unwrap_or_default();
            let reason = reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            let _ = writeln!(text, "{what}: {said}, by {by}{time}{reason}");
        }
        for Contact { role, primary, secondary, escalation } in &self.contacts {
            let then =
                [secondary, escalation].into_iter().flatten().map(|who| format!(", then {who}"));
            let _ = writeln!(text, "call {role}: {primary}{}", then.collect::<String>());
        }
        let Self { classification, maintained_by, review_cycle, raci, .. } = self;
        for Accountability { task, responsible, accountable, .. } in raci {
            let (does, answers) = (responsible.join(", "), accountable.join(", "));
            let _ = writeln!(text, "{task}: {does} does it, {answers} answers for it");
        }
        let _ =
            writeln!(text, "{classification}; kept by {maintained_by}; reviewed: {review_cycle}");
        text
    }
}

fn item((name, item, stand): &(String, String, Stand<'_>)) -> Item {
    let (answer, by, note) = match stand {
        Stand::Answered(holds, by) => {
            let Said::Answer { note, .. } = &by.said else { return open(name, item) };
            let answer = if *holds == Holds::Yes { "yes" } else { "no" };
            (answer, Some(by.person.clone()), note.clone())
        }
        Stand::Tested(by, outcome) => {
            let answer = if *outcome == Outcome::Passed { "yes" } else { "no" };
            (answer, Some((*by).to_owned()), None)
        }
        Stand::Open => return open(name, item),
    };
    Item { name: name.clone(), item: item.clone(), answer: answer.to_owned(), by, note }
}

fn open(name: &str, item: &str) -> Item {
    let (name, item) = (name.to_owned(), item.to_owned());
    Item { name, item, answer: "open".to_owned(), by: None, note: None }
}

/// The decision; a go is no whole one any more where something came in its way afterwards.
fn decision(standing: &Standing<'_>, who: &str, obstacles: usize) -> Word {
    let mut word = word(standing.decision, who);
    if word.said == "GO" && obstacles > 0 {
        word.said = format!("GO, before {} came up", text::count(obstacles, "obstacle"));
    }
    word
}

fn word(statement: Option<&Statement>, who: &str) -> Word {
    let (said, reason) = match statement.map(|statement| &statement.said) {
        Some(Said::Decision { go, reason }) => (if *go { "GO" } else { "NO-GO" }, reason.clone()),
        Some(Said::Rollback { authorized, reason }) => {
            (if *authorized { "authorized" } else { "refused" }, Some(reason.clone()))
        }
        _ => ("not taken", None),
    };
    let by = statement.map_or_else(|| who.to_owned(), signed);
    let time = statement.map(|statement| units::time(statement.time));
    Word { said: said.to_owned(), by, time, reason }
}

fn signed(statement: &Statement) -> String {
    let role = statement.role.as_deref().map(|role| format!(" ({role})")).unwrap_or_default();
    format!("{}{role}", statement.person)
}
