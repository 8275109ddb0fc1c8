//! Which backup is meant: `--backup latest`, `previous`, or one by its id.
//!
//! The runbook: "use previous day's backup if corruption suspected".

use jiff::Timestamp;

use super::id::is_id;
use crate::fault::Fault;

const STAGE: &str = "choosing a backup";

/// How many backups an error names.
const SHOWN: usize = 10;

/// A backup, as far as choosing and pruning go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// Its name.
    pub(crate) id: String,
    /// When it was taken: the snapshot's time, or what the id says where there is no manifest.
    pub(crate) taken: Timestamp,
    /// Whether its manifest can be read.
    pub(crate) good: bool,
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

/// Chooses among the backups of one location. Damaged ones are passed over; to name one is an
/// error.
///
/// # Errors
/// There is none of the kind that is meant; names those that there are.
pub(crate) fn choose(backups: &[Known], choice: &Choice) -> Result<Chosen, Fault> {
    let mut newest: Vec<&Known> = backups.iter().collect();
    newest.sort_by(|a, b| (b.taken, &b.id).cmp(&(a.taken, &a.id)));
    let wanted = match choice {
        Choice::Latest => 0,
        Choice::Previous => 1,
        Choice::Id(id) => return by_id(&newest, id),
    };
    let good = newest.iter().enumerate().filter(|(_, backup)| backup.good);
    let Some((at, found)) = good.clone().nth(wanted) else {
        let message = match good.count() {
            0 => "there is no good backup".to_owned(),
            _ => "there is no good backup before the latest one".to_owned(),
        };
        return Err(fault(message, &newest));
    };
    let before = newest.iter().take(at).filter(|backup| !backup.good);
    let passed_over = before.map(|backup| backup.id.clone()).collect();
    Ok(Chosen { id: found.id.clone(), passed_over })
}

fn by_id(newest: &[&Known], id: &str) -> Result<Chosen, Fault> {
    match newest.iter().find(|backup| backup.id == id) {
        Some(found) if found.good => Ok(Chosen { id: found.id.clone(), passed_over: Vec::new() }),
        Some(_) => {
            let help = format!(
                "`smokedrill backup verify {id}` says what is wrong with it; {}",
                listed(newest)
            );
            let message = "the backup's manifest cannot be read";
            Err(Fault::failed(message).stage(STAGE).object(id).help(help))
        }
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
    let name = |backup: &&Known| match backup.good {
        true => backup.id.clone(),
        false => format!("{} (damaged)", backup.id),
    };
    let names: Vec<_> = newest.iter().take(SHOWN).map(name).collect();
    let more = match newest.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(", and {more} older"),
    };
    format!("there are: {}{more}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, ToSpan as _};

    use super::{Choice, Known, choose};
    use crate::fault::FaultKind;

    /// Backups an hour apart, oldest first; `x` marks a damaged one.
    fn backups(kinds: &str) -> Vec<Known> {
        let first: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
        let one = |(index, kind): (usize, char)| Known {
            id: format!("20261124T{index:02}0000Z-0000000{index}"),
            taken: first + (index as i64).hours(),
            good: kind != 'x',
        };
        kinds.chars().enumerate().map(one).collect()
    }

    /// The number of the chosen one, and how many were passed over.
    fn chosen(kinds: &str, choice: &Choice) -> Option<(usize, usize)> {
        let mut backups = backups(kinds);
        backups.reverse();
        let chosen = choose(&backups, choice).ok()?;
        let number = chosen.id.chars().last()?.to_digit(10)?;
        Some((number as usize, chosen.passed_over.len()))
    }

    #[test]
    fn latest_and_previous_are_good_ones() {
        for (kinds, latest, previous) in [
            ("", None, None),
            ("x", None, None),
            ("o", Some((0, 0)), None),
            ("xo", Some((1, 0)), None),
            ("ox", Some((0, 1)), None),
            ("oo", Some((1, 0)), Some((0, 0))),
            ("oxo", Some((2, 0)), Some((0, 1))),
            ("ooxx", Some((1, 2)), Some((0, 2))),
        ] {
            assert_eq!(chosen(kinds, &Choice::Latest), latest, "latest of {kinds:?}");
            assert_eq!(chosen(kinds, &Choice::Previous), previous, "previous of {kinds:?}");
        }
    }

    #[test]
    fn one_is_found_by_its_id_and_a_damaged_one_is_refused() {
        let backups = backups("ox");
        let by = |text: &str| choose(&backups, &Choice::parse(text).unwrap());
        assert_eq!(by("20261124T000000Z-00000000").unwrap().id, backups[0].id);
        let damaged = by("20261124T010000Z-00000001").unwrap_err();
        assert_eq!(damaged.kind(), FaultKind::Failed);
        let missing = by("20261124T020000Z-00000002").unwrap_err().to_string();
        for text in ["no backup `20261124T020000Z-00000002`", "-00000000", "-00000001 (damaged)"] {
            assert!(missing.contains(text), "{missing}");
        }
    }

    #[test]
    fn of_two_in_one_moment_it_is_always_the_same() {
        let mut two = backups("oo");
        two[0].taken = two[1].taken;
        let first = choose(&two, &Choice::Latest).unwrap();
        two.reverse();
        assert_eq!(choose(&two, &Choice::Latest).unwrap(), first);
    }

    #[test]
    fn a_choice_is_a_word_or_an_id() {
        assert_eq!(Choice::parse("latest").unwrap(), Choice::Latest);
        assert_eq!(Choice::parse(" previous\n").unwrap(), Choice::Previous);
        for odd in ["", "Latest", "newest", "20261124", "../backups", "20261124T000000Z-0000000G"] {
            let fault = Choice::parse(odd).unwrap_err().to_string();
            assert!(fault.contains("`latest`"), "{fault}");
        }
    }

    #[test]
    fn an_error_names_no_more_than_ten() {
        let many = backups(&"x".repeat(9));
        let many: Vec<_> = many.iter().chain(&many).cloned().collect();
        let told = choose(&many, &Choice::Latest).unwrap_err().to_string();
        assert!(told.contains("and 8 older"), "{told}");
    }
}
