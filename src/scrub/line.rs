//! A line of the result.

use super::canary::Kind;
use super::part::Part;
use super::search::Found;

/// What came of one canary in one part.
pub(super) enum Outcome {
    /// It was scrubbed.
    Passed,
    /// It is kept; where.
    Failed(String),
    /// Nobody knows; why.
    NotRun(String),
}

impl From<Found> for Outcome {
    fn from(found: Found) -> Self {
        match found {
            Found::Scrubbed => Self::Passed,
            Found::Kept(place) => Self::Failed(format!("found at {place}")),
            Found::Gone => Self::NotRun("this part did not come back".to_owned()),
        }
    }
}

/// The line, without the value itself.
pub(super) fn line(part: Part, kind: Kind, outcome: &Outcome) -> String {
    let (word, more) = match outcome {
        Outcome::Passed => ("passed ", ""),
        Outcome::Failed(place) => ("FAILED ", place.as_str()),
        Outcome::NotRun(why) => ("not run", why.as_str()),
    };
    let line = format!("{word}  {:18}  {:14}  {more}", part.label(), kind.label());
    line.trim_end().to_owned()
}
