//! Which backup is meant: `--backup latest`, `previous`, or one by its id.
//!
//! The runbook: "use previous day's backup if corruption suspected".

use jiff::Timestamp;

use super::id::is_id;
use super::origin::{Origin, Reached, Whose};
use crate::fault::{Fault, FaultKind};

const STAGE: &str = "choosing a backup";

/// How many backups an error names.
const SHOWN: usize = 10;

/// A backup, as far as choosing and pruning go.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// Its name.
    pub(crate) id: String,
    /// When it was taken: the snapshot's time, or what the id says where there is no manifest.
    pub(crate) taken: Timestamp,
    /// What it is of; or what is wrong with it, and then that is not known.
    pub(crate) of: Result<Reached, Fault>,
    /// The proofs of it that failed.
    pub(crate) refuted: Vec<String>,
}

impl Known {
    /// What it is of, where nothing is wrong with it.
    pub(crate) fn good(&self) -> Option<&Origin> {
        let of = self.of.as_ref().ok().filter(|_| self.refuted.is_empty());
        of.map(|reached| &reached.origin)
    }

    /// What is wrong with it in a word or two.
    fn wrong(&self) -> Option<String> {
        match &self.of {
            Err(fault) if fault.kind() == FaultKind::Failed => Some("damaged".to_owned()),
            Err(_) => Some("cannot be read".to_owned()),
            Ok(_) if !self.refuted.is_empty() => {
                Some(format!("its proof failed: {}", self.refuted.join(", ")))
            }
            Ok(_) => None,
        }
    }
}

/// Which backup is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The newest good one.
    Latest,
    /// The good one before that.
    Previous,
    /// This one.
    Id(String),
}

/// The backup that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// Its name.
    pub(crate) id: String,
    /// Bad ones that are newer, newest first, with what is wrong: to be told of.
    pub(crate) passed_over: Vec<(String, String)>,
}

impl Choice {
    /// Reads `latest`, `previous` or an id.
    ///
    /// # Errors
    /// It is none of these.
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        match text.trim() {
            "latest" => Ok(Self::Latest),
            "previous" => Ok(Self::Previous),
            id if is_id(id) => Ok(Self::Id(id.to_owned())),
            other => {
                let help = "write `latest`, `previous`, or an id such as \
                            `20261124T034125Z-9f31c2aa`: `smokedrill backup list` shows them";
                Err(Fault::errored(format!("{other:?} names no backup")).stage(STAGE).help(help))
            }
        }
    }
}

/// Chooses among the backups of one location those of one source. A damaged one is passed over;
/// one that cannot be read today may be whole, and is not; to name either is an error.
///
/// # Errors
/// There is none of the kind that is meant; names those that there are.
pub(crate) fn choose(
    backups: &[Known],
    choice: &Choice,
    whose: Whose<'_>,
) -> Result<Chosen, Fault> {
    let mut newest: Vec<&Known> = backups.iter().collect();
    newest.sort_by(|a, b| (b.taken, &b.id).cmp(&(a.taken, &a.id)));
    let wanted = match choice {
        Choice::Latest => 0,
        Choice::Previous => 1,
        Choice::Id(id) => return by_id(&newest, id),
    };
    let known: Vec<&Reached> = newest.iter().filter_map(|backup| backup.of.as_ref().ok()).collect();
    let ours = whose.among(&known).map_err(|fault| {
        let help = format!("name the one that is meant: {}", listed(&newest));
        fault.stage(STAGE).help(help)
    })?;
    let is_ours = |backup: &Known| ours.is_some() && backup.good() == ours.as_ref();
    let good = newest.iter().enumerate().filter(|(_, backup)| is_ours(backup));
    let Some((at, found)) = good.clone().nth(wanted) else {
        return Err(none(&newest, whose.environment, good.count()));
    };
    let bad = |backup: &&&Known| match &backup.of {
        Ok(reached) => Some(&reached.origin) == ours.as_ref() && !backup.refuted.is_empty(),
        Err(_) => true,
    };
    let newer = || newest.iter().take(at).filter(bad);
    let unread = |backup: &&Known| {
        let fault = backup.of.as_ref().err().filter(|fault| fault.kind() != FaultKind::Failed)?;
        Some((backup.id.clone(), fault.line()))
    };
    if let Some((unread, why)) = newer().find_map(unread) {
        let message = format!("a newer one cannot be read today: {why}");
        let help =
            format!("see why, and try again; or name the one that is meant: {}", listed(&newest));
        return Err(Fault::errored(message).stage(STAGE).object(unread).help(help));
    }
    let passed_over =
        newer().map(|backup| (backup.id.clone(), backup.wrong().unwrap_or_default())).collect();
    Ok(Chosen { id: found.id.clone(), passed_over })
}

/// The good backups of the source that is meant, newest first.
///
/// # Errors
/// It cannot be told which source that is.
pub(crate) fn good<'a>(backups: &'a [Known], whose: Whose<'_>) -> Result<Vec<&'a Known>, Fault> {
    let mut newest: Vec<&Known> = backups.iter().collect();
    newest.sort_by(|a, b| (b.taken, &b.id).cmp(&(a.taken, &a.id)));
    let known: Vec<&Reached> = newest.iter().filter_map(|backup| backup.of.as_ref().ok()).collect();
    let ours = whose.among(&known).map_err(|fault| fault.stage(STAGE))?;
    newest.retain(|backup| ours.is_some() && backup.good() == ours.as_ref());
    Ok(newest)
}

/// There is none of the kind that is meant.
fn none(newest: &[&Known], which: &str, good: usize) -> Fault {
    let mut message = match good {
        0 => format!("there is no good backup of `{which}`"),
        _ => format!("there is no good backup of `{which}` before the latest one"),
    };
    let mut damaged = newest.iter().filter_map(|backup| backup.of.as_ref().err());
    match damaged.find(|fault| fault.kind() == FaultKind::Failed) {
        Some(why) => {
            message += &format!("; of the damaged: {}", why.line());
            Fault::failed(message).stage(STAGE).help(listed(newest))
        }
        None => fault(message, newest),
    }
}

fn by_id(newest: &[&Known], id: &str) -> Result<Chosen, Fault> {
    match newest.iter().find(|backup| backup.id == id) {
        Some(found) => match &found.of {
            Ok(_) => Ok(Chosen { id: found.id.clone(), passed_over: Vec::new() }),
            Err(fault) => Err(fault.clone()),
        },
        None => Err(fault(format!("there is no backup `{id}`"), newest)),
    }
}

fn fault(message: String, newest: &[&Known]) -> Fault {
    Fault::errored(message).stage(STAGE).help(listed(newest))
}

/// What there is, newest first.
fn listed(newest: &[&Known]) -> String {
    if newest.is_empty() {
        return "there are no backups here at all: `make backup-prod` takes one".to_owned();
    }
    let name = |backup: &&Known| {
        let of = backup.of.as_ref().ok().map(|of| format!(" of {}", of.environment()));
        let wrong = backup.wrong().map(|wrong| format!(" ({wrong})"));
        format!("{}{}{}", backup.id, of.unwrap_or_default(), wrong.unwrap_or_default())
    };
    let names: Vec<_> = newest.iter().take(SHOWN).map(name).collect();
    let more = match newest.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(", and {more} older"),
    };
    format!("there are: {}{more}", names.join(", "))
}

#[cfg(test)]
#[path = "choose_tests.rs"]
pub(super) mod tests;
