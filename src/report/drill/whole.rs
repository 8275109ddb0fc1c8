//! Whether a run was a whole drill, and whether it has shown what a drill is made for.
//!
//! One that is red is whole where nothing was left out of it: that it went no further is what it has
//! found. A part of a drill is none, be it green or red: the next one is due as if it had not been.

use super::objectives::is_check;
use crate::drill::SWAPPED;
use crate::journal::{Journal, Outcome};
use crate::report::text;

/// Whether everything was to be done: nothing left out, a restore and checks among it.
///
/// # Errors
/// Why not.
pub(crate) fn whole(journal: &Journal) -> Result<(), String> {
    match journal.filtered_out.len() {
        0 => {}
        1 => return Err("1 test was left out".to_owned()),
        many => return Err(format!("{} were left out", text::count(many, "test"))),
    }
    if !journal.entries.iter().any(|entry| entry.suite == "restore") {
        return Err("nothing was restored".to_owned());
    }
    if !journal.entries.iter().any(is_check) {
        return Err("no check of a suite was selected".to_owned());
    }
    Ok(())
}

/// Whether a recovery was shown: a restore that has taken its place, and a check that it answers.
///
/// # Errors
/// Why not.
pub(crate) fn shown(journal: &Journal) -> Result<(), String> {
    let passed = || journal.entries.iter().filter(|e| e.outcome == Some(Outcome::Passed));
    if !passed().any(|entry| entry.id == SWAPPED) {
        return Err("no restore has taken its place".to_owned());
    }
    if !passed().any(is_check) {
        return Err("no check has passed".to_owned());
    }
    Ok(())
}
