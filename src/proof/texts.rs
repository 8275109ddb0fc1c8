//! Texts of the catalogue: functions, views, rules, indexes, policies, comments, settings and the
//! like, as the server writes them out.
//!
//! Of what is SQL, names of production are looked for in literals and comments: who is called Create
//! Table is in every second function else.

use regex::Regex;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace};

use super::{Proved, Subject, leaks};
use crate::database::Session;
use crate::fault::Fault;
use crate::journal::Measure;
use crate::masking::people::{People, Trait};
use crate::masking::text::{Allowed, SECRETS, is_address, is_word, may_be_part, passwords};
use crate::masking::values;

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
        let is_code = is_code(&place);
        count += passwords_of(&text, is_code);
        let know = (subject.people, subject.allowed);
        leaks::find(&text, true, know, |what| {
            count += u64::from(!is_code || what != Trait::Name);
        });
        for words in is_code.then(|| words(&text)).into_iter().flatten() {
            leaks::find(&words, false, know, |what| count += u64::from(what == Trait::Name));
            count += addresses(&words, subject.allowed);
        }
        if !is_code {
            count += addresses(&text, subject.allowed);
        }
        // What something is called is left as it is, and not told either.
        let named = named_after(&place, know);
        match count + named {
            0 => {}
            count if named > 0 => found.push((nameless(&place, know), count)),
            count => found.push((place, count)),
        }
    }
    let looked = vec![Measure::count("texts", rows.len() as u64)];
    Ok(Proved::none("masking::definitions", "values and keys of production", &found, looked))
}

/// How many addresses and telephone numbers of production there are in a name.
fn named_after(place: &str, know: (&People, &Allowed)) -> u64 {
    let mut count = 0;
    leaks::find(place, true, know, |what| count += u64::from(what != Trait::Name));
    count
}

/// A place without what it is called: its kind, and the table that it is of.
fn nameless(place: &str, know: (&People, &Allowed)) -> String {
    let kind = place.split(' ').next().unwrap_or_default();
    match place.rsplit_once(" on ").filter(|(_, table)| named_after(table, know) == 0) {
        Some((_, table)) => format!("{kind} … on {table}, by what it is called"),
        None => format!("{kind} …, by what it is called"),
    }
}

/// How many passwords a text has that the word before them betrays; of code those in literals alone.
fn passwords_of(text: &str, is_code: bool) -> u64 {
    let literals = if is_code { words(text) } else { Vec::new() };
    let all = passwords(text).into_iter().filter(|(from, to)| {
        let stated = text.get(..*from).is_some_and(|before| before.ends_with('\''));
        let value = text.get(*from..*to).unwrap_or_default();
        !is_code || stated || literals.iter().any(|literal| literal.contains(value))
    });
    all.count() as u64
}

fn is_code(place: &str) -> bool {
    CODE.iter().any(|kind| place.starts_with(kind))
}

/// What is SQL, by how its place begins; all else is text.
const CODE: [&str; 11] = [
    "function ",
    "view ",
    "rule ",
    "index ",
    "bounds ",
    "partitioning ",
    "trigger ",
    "policy ",
    "default ",
    "constraint ",
    "statistics ",
];

/// The literals and comments of SQL, those in a function's body too; all of it, where it cannot be
/// read.
fn words(sql: &str) -> Vec<String> {
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize() else {
        return vec![sql.to_owned()];
    };
    let of = |token: Token| match token {
        Token::SingleQuotedString(text)
        | Token::EscapedStringLiteral(text)
        | Token::UnicodeStringLiteral(text)
        | Token::NationalStringLiteral(text)
        | Token::Whitespace(Whitespace::SingleLineComment { comment: text, .. })
        | Token::Whitespace(Whitespace::MultiLineComment(text)) => vec![text],
        Token::DollarQuotedString(body) => words(&body.value),
        _ => Vec::new(),
    };
    tokens.into_iter().flat_map(of).collect()
}

/// How many addresses a text has that are not staging's, also such as no row of production has.
fn addresses(text: &str, allowed: &Allowed) -> u64 {
    let mut count = 0;
    leaks::addresses(text, |address| {
        let is_ours = values::is_made(Trait::Email, address) || allowed.has(Trait::Email, address);
        count += u64::from(is_address(address) && !is_ours);
    });
    count
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
    let whole = |word: &str| !is_word(word) && is(word);
    let words =
        words.filter(|word| whole(word) || has_key(word, &|part| may_be_part(part) && is(part)));
    count + words.count() as u64
}

/// Whether a word, or a part of it, is a key.
pub(super) fn has_key(word: &str, is: &dyn Fn(&str) -> bool) -> bool {
    let cuts = word.match_indices(|c: char| "=:/?&@.#%+!*~^`".contains(c)).take(PARTS);
    let cuts: Vec<usize> = cuts.map(|(at, _)| at).collect();
    let from = || [0].into_iter().chain(cuts.iter().map(|at| at + 1));
    let to = || cuts.iter().copied().chain([word.len()]);
    from().any(|from| to().any(|to| to > from && word.get(from..to).is_some_and(is)))
}

#[cfg(test)]
#[path = "texts_tests.rs"]
mod tests;
