//! Which backup is meant: `--backup latest`, `previous`, or one by its id.
//!
//! The runbook: "use previous day's backup if corruption suspected".

use jiff::Timestamp;

use super::id::is_id;
use super::manifest::SourceIdentity;
use crate::database::ConnectionUrl;
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
    pub(crate) of: Result<Origin, Fault>,
}

/// What a backup is of. Several projects may share a location, and name their sources alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin {
    environment: String,
    project: Option<String>,
    /// Where one is that is no Supabase project; for a demonstration, another each time, nothing.
    place: Option<(String, u16)>,
    /// As the connection calls it.
    database: String,
}

impl From<&SourceIdentity> for Origin {
    fn from(source: &SourceIdentity) -> Self {
        Self {
            environment: source.environment.clone(),
            project: source.project.clone(),
            place: (source.project.is_none() && !source.started)
                .then(|| (source.host.to_lowercase(), source.port)),
            database: source.alias.as_ref().unwrap_or(&source.database).clone(),
        }
    }
}

impl Origin {
    /// Whether a connection's URL leads there.
    pub(crate) fn is_at(&self, url: &ConnectionUrl) -> bool {
        let project = url.project();
        self.project == project
            && self.database == url.database()
            && (project.is_some() || self.place == Some((url.host().to_lowercase(), url.port())))
    }

    fn shown(&self) -> String {
        let place = match (&self.project, &self.place) {
            (Some(project), _) => project.clone(),
            (None, Some((host, port))) => format!("{host}:{port}"),
            (None, None) => "a demonstration".to_owned(),
        };
        format!("{} ({place}/{})", self.environment, self.database)
    }
}

/// Whose backups are meant.
#[derive(Clone, Copy)]
pub(crate) struct Whose<'a> {
    /// The environment's name.
    pub(crate) environment: &'a str,
    /// The database's URL, asked for only where the name alone does not tell.
    pub(crate) url: &'a dyn Fn() -> Option<ConnectionUrl>,
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
    /// Damaged ones that are newer, newest first: to be told of.
    pub(crate) passed_over: Vec<String>,
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
    let ours = origins(&newest, whose)?;
    let good = newest
        .iter()
        .enumerate()
        .filter(|(_, backup)| backup.of.as_ref().is_ok_and(|origin| ours.contains(&origin)));
    let Some((at, found)) = good.clone().nth(wanted) else {
        let which = whose.environment;
        let mut message = match good.count() {
            0 => format!("there is no good backup of `{which}`"),
            _ => format!("there is no good backup of `{which}` before the latest one"),
        };
        let mut damaged = newest.iter().filter_map(|backup| backup.of.as_ref().err());
        let damaged = damaged.find(|fault| fault.kind() == FaultKind::Failed);
        return Err(match damaged {
            Some(why) => {
                message += &format!("; of the damaged: {}", why.line());
                Fault::failed(message).stage(STAGE).help(listed(&newest))
            }
            None => fault(message, &newest),
        });
    };
    let newer =
        || newest.iter().take(at).filter_map(|backup| Some((backup, backup.of.as_ref().err()?)));
    if let Some((unread, why)) = newer().find(|(_, why)| why.kind() != FaultKind::Failed) {
        let message = format!("a newer one cannot be read today: {}", why.line());
        let help =
            format!("see why, and try again; or name the one that is meant: {}", listed(&newest));
        return Err(Fault::errored(message).stage(STAGE).object(&unread.id).help(help));
    }
    let passed_over = newer().map(|(backup, _)| backup.id.clone()).collect();
    Ok(Chosen { id: found.id.clone(), passed_over })
}

/// The good backups of one source, newest first.
///
/// # Errors
/// Of several sources none is taken for the one that is meant.
pub(crate) fn good<'a>(backups: &'a [Known], whose: Whose<'_>) -> Result<Vec<&'a Known>, Fault> {
    let mut newest: Vec<&Known> = backups.iter().collect();
    newest.sort_by(|a, b| (b.taken, &b.id).cmp(&(a.taken, &a.id)));
    let ours = origins(&newest, whose)?;
    let of = |backup: &&Known| backup.of.as_ref().is_ok_and(|origin| ours.contains(&origin));
    Ok(newest.iter().copied().filter(|backup| of(backup)).collect())
}

/// What is there of an environment: the source that the URL leads to. Where no URL is to be had,
/// the only source; of several none is taken for the one that is meant.
fn origins<'a>(backups: &[&'a Known], whose: Whose<'_>) -> Result<Vec<&'a Origin>, Fault> {
    let named = backups.iter().filter_map(|backup| backup.of.as_ref().ok());
    let mut named: Vec<&Origin> =
        named.filter(|origin| origin.environment == whose.environment).collect();
    named.sort_unstable();
    named.dedup();
    let url = if named.is_empty() { None } else { (whose.url)() };
    match &url {
        None if named.len() < 2 => return Ok(named),
        Some(url) if named.iter().any(|origin| origin.is_at(url)) => {
            named.retain(|origin| origin.is_at(url));
            return Ok(named);
        }
        _ => {}
    }
    let shown: Vec<String> = named.iter().map(|origin| origin.shown()).collect();
    let message = format!(
        "the configured URL leads to none of the sources whose backups are kept here under that \
         name: {}",
        shown.join(", ")
    );
    let help = format!("name the one that is meant: {}", listed(backups));
    Err(Fault::errored(message).stage(STAGE).help(help))
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
    let name = |backup: &&Known| match &backup.of {
        Ok(origin) => format!("{} of {}", backup.id, origin.environment),
        Err(fault) if fault.kind() == FaultKind::Failed => format!("{} (damaged)", backup.id),
        Err(_) => format!("{} (cannot be read)", backup.id),
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
