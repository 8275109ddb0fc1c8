//! Texts of the catalogue: bodies of functions, comments, arguments of triggers, settings.

use regex::Regex;

use super::{Proved, Subject, leaks};
use crate::database::Session;
use crate::fault::Fault;
use crate::journal::Measure;
use crate::restore::ddl::SECRETS;

const TEXTS: &str = include_str!("texts.sql");

/// Looks through every text that somebody wrote into the catalogue.
pub(super) async fn definitions(subject: &Subject<'_>, session: &Session) -> Result<Proved, Fault> {
    let rows = session.client().query(TEXTS, &[]).await;
    let rows = rows.map_err(|error| session.said(&error))?;
    let secrets = Regex::new(SECRETS).map_err(Fault::errored)?;
    let mut found = Vec::new();
    for row in &rows {
        let (place, text): (String, Option<String>) = (row.get(0), row.get(1));
        let Some(text) = text else { continue };
        let mut count = secrets.find_iter(&text).count() as u64;
        leaks::find(&text, true, (subject.people, subject.allowed), |_| count += 1);
        if count > 0 {
            found.push((place, count));
        }
    }
    let looked = vec![Measure::count("texts", rows.len() as u64)];
    Ok(Proved::none("masking::definitions", "values and keys of production", &found, looked))
}
