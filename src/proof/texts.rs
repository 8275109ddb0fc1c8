//! Texts of the catalogue: functions, views, rules, indexes, policies, comments, settings and the
//! like, as the server writes them out.

use regex::Regex;

use super::{Proved, Subject, leaks};
use crate::database::Session;
use crate::fault::Fault;
use crate::journal::Measure;
use crate::masking::people::People;
use crate::restore::ddl::SECRETS;
use crate::restore::keys::is_word;

const TEXTS: &str = include_str!("texts.sql");

/// Which rows of a table are published, since version 15.
const FILTERS: &str = "
    union all
    select 'publication ' || p.pubname || ' of ' || r.prrelid::regclass::text, pg_catalog.pg_get_expr(r.prqual, r.prrelid)
        from pg_catalog.pg_publication_rel r join pg_catalog.pg_publication p on p.oid = r.prpubid";

/// Looks through every text that somebody wrote into the catalogue.
pub(super) async fn definitions(subject: &Subject<'_>, session: &Session) -> Result<Proved, Fault> {
    let filters = if session.server_version() >= 150_000 { FILTERS } else { "" };
    let rows = session.client().query(&format!("{TEXTS}{filters}"), &[]).await;
    let rows = rows.map_err(|error| session.said(&error).object("the texts of the catalogue"))?;
    let secrets = Regex::new(SECRETS).map_err(Fault::errored)?;
    let mut found = Vec::new();
    for row in &rows {
        let (place, text): (String, Option<String>) = (row.get(0), row.get(1));
        let Some(text) = text else { continue };
        let mut count = secrets.find_iter(&text).count() as u64;
        count += keys(&text, subject.people);
        leaks::find(&text, true, (subject.people, subject.allowed), |_| count += 1);
        if count > 0 {
            found.push((place, count));
        }
    }
    let looked = vec![Measure::count("texts", rows.len() as u64)];
    Ok(Proved::none("masking::definitions", "values and keys of production", &found, looked))
}

/// The most parts of a word that are tried together.
const PARTS: usize = 16;

/// How many keys and tokens of production are in a text: as all of it, or of an option's value, as
/// all that stands in quotation marks, or as a word or a part of one, such as of an address of the
/// web. A word of mere letters or digits may well be an ordinary one, and a name of something: it
/// is a key where it is all there is.
fn keys(text: &str, people: &People) -> u64 {
    let is = |text: &str| text.len() >= 8 && people.is_secret(text.as_bytes());
    let value = text.split_once('=').map(|(_, value)| value.trim());
    let mut count = u64::from(is(text.trim()) || value.is_some_and(is));
    for sign in ['\'', '"'] {
        // An odd one, as in `don't`, puts no other out of step.
        let between = text.split(sign).skip(1);
        count += between.filter(|text| is(text)).count() as u64;
    }
    let doubled = text.replace("''", "\u{0}");
    let literals = doubled.split('\'').filter(|literal| literal.contains('\u{0}'));
    count += literals.filter(|literal| is(&literal.replace('\u{0}', "'"))).count() as u64;
    let outside = |c: char| c.is_whitespace() || "\"'<>()[]{},;|\\$".contains(c);
    let words = text.split(outside).filter(|word| word.len() >= 8);
    count + words.filter(|word| has_key(word, &|text| !is_word(text) && is(text))).count() as u64
}

fn has_key(word: &str, is: &dyn Fn(&str) -> bool) -> bool {
    let cuts = word.match_indices(|c: char| "=:/?&@.#%+!*~^`".contains(c)).take(PARTS);
    let cuts: Vec<usize> = cuts.map(|(at, _)| at).collect();
    let from = || [0].into_iter().chain(cuts.iter().map(|at| at + 1));
    let to = || cuts.iter().copied().chain([word.len()]);
    from().any(|from| to().any(|to| to > from && word.get(from..to).is_some_and(is)))
}

#[cfg(test)]
#[path = "texts_tests.rs"]
mod tests;
