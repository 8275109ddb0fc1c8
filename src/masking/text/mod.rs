//! Free text: addresses, telephone numbers and known names within it.
//!
//! An e-mail address is replaced wherever it stands. A telephone number is, where it begins with
//! a plus, or is one of production's: other digits are the number of a job, a part or a page. A
//! name is one of production's: of two words or more, whatever its case and what parts them; or of
//! one, where it is all of the text, or is written as a name is, with a capital. All of them are
//! found behind escapes too, those of JSON, of an address of the web and of HTML. A key or token that shows by its form what it is becomes one of
//! staging's. What is long is looked through in pieces.

mod allowed;
mod code;
mod emails;
mod escapes;
pub(crate) mod keys;
mod names;
mod passwords;
mod phones;
pub(crate) mod spelling;
#[cfg(test)]
pub(super) mod tests;
mod tokens;

use std::borrow::Cow;

pub(crate) use allowed::Allowed;
pub(crate) use emails::addresses;
pub(crate) use keys::{is_word, may_be_part, reset_keys};
pub(crate) use names::{bare, is_written_as_name};
pub(crate) use passwords::{passwords, reset_passwords};
pub(crate) use tokens::{SECRETS, has_token};

use super::people::{People, Trait};
use super::values;
use crate::backup::stop::Stop;
use crate::fault::Fault;
use crate::windows;

/// Who there is, and what is nobody's.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) people: &'a People,
    pub(crate) allowed: &'a Allowed,
    /// Heard between the pieces of what is long.
    pub(crate) stop: &'a Stop,
}

/// A piece of a text that is somebody's.
struct Piece {
    from: usize,
    to: usize,
    what: Trait,
}

/// A piece of a text, and what stands there without its escapes.
struct Found<'t> {
    from: usize,
    to: usize,
    what: Trait,
    value: &'t str,
    /// How many levels of escapes it stands behind.
    level: usize,
}

/// A text without anybody in it.
///
/// # Errors
/// No number is left.
pub(crate) fn mask<'t>(text: &'t str, known: Known<'_>) -> Result<Cow<'t, str>, Fault> {
    mask_as(text, true, known)
}

/// The same for a key of a document: within it a word alone is nobody's.
///
/// # Errors
/// No number is left.
pub(crate) fn mask_key<'t>(text: &'t str, known: Known<'_>) -> Result<Cow<'t, str>, Fault> {
    mask_as(text, false, known)
}

fn mask_as<'t>(text: &'t str, lone: bool, known: Known<'_>) -> Result<Cow<'t, str>, Fault> {
    if let Some((Trait::Name, number)) = whole(text, known.people)
        && !known.allowed.has(Trait::Name, text)
        && !spelling::plain(text).contains(' ')
    {
        let mut out = String::new();
        values::of(Trait::Name, text, number, &mut out);
        return Ok(Cow::Owned(out));
    }
    // Before anybody in it is replaced: a key of production is known as it stands.
    match tokens::reset(text, known)? {
        Cow::Borrowed(text) => replace(text, lone, known, |_, _| true),
        Cow::Owned(text) => Ok(Cow::Owned(replace(&text, lone, known, |_, _| true)?.into_owned())),
    }
}

/// The same for a definition in SQL: what merely looks like a number stays, and names and unknown
/// addresses are somebody's in literals and comments alone.
///
/// # Errors
/// No number is left.
pub(crate) fn mask_code<'t>(text: &'t str, known: Known<'_>) -> Result<Cow<'t, str>, Fault> {
    let (words, names) = (code::words(text), code::names(text));
    let within = |pieces: &[(usize, usize)], from: usize| {
        code::last(pieces, from).is_some_and(|(_, end)| from < end)
    };
    replace(text, false, known, |from, found| {
        // Something else may name it so, and would find it no more.
        if within(&names, from) {
            return false;
        }
        let is_code = !within(&words, from);
        let is_known = known.people.known(found.what, found.value).is_some();
        match found.what {
            Trait::Name => is_known && !is_code,
            Trait::Email => is_known || !is_code && is_address(found.value),
            Trait::Phone => is_known,
        }
    })
}

/// Whether what looks like an address is one that somebody may have, and no pattern (`%@mail.test`)
/// and none of those that are kept free for examples (RFC 2606).
pub(crate) fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let free = ["example", "invalid", "localhost"];
    let mut labels = domain.rsplit('.');
    let top = labels.next().unwrap_or_default();
    let is_free = free.contains(&top)
        || matches!(top, "com" | "net" | "org") && labels.next() == Some("example");
    let begins = local.starts_with(|c: char| c.is_alphanumeric()) && !local.contains('%');
    begins && !is_free && top.len() > 1 && top.chars().all(char::is_alphabetic)
}

/// `lone`: whether a word alone may be a name.
fn replace<'t>(
    text: &'t str,
    lone: bool,
    known: Known<'_>,
    wanted: impl Fn(usize, &Found<'_>) -> bool,
) -> Result<Cow<'t, str>, Fault> {
    let mut out: Option<String> = None;
    let (mut at, mut done) = (0, 0);
    while at < text.len() {
        known.stop.check()?;
        let window = windows::at(text, at);
        let levels = escapes::levels(window.text);
        let mut next = window.next;
        let here = |found: &Found<'_>| wanted(at + found.from, found);
        for found in apart(all(window.text, &levels, lone, known, here)) {
            let (from, to) = (at + found.from, at + found.to);
            if from >= window.next {
                break;
            }
            let out = out.get_or_insert_with(|| String::with_capacity(text.len()));
            out.push_str(text.get(done..from).unwrap_or_default());
            let raw = text.get(from..to).unwrap_or_default();
            let number = known.people.number(found.what, found.value)?;
            if from == done && done > 0 {
                out.push(' ');
            }
            // A backslash that stood for itself would make a tab of `test-…`.
            if out.ends_with('\\') {
                out.pop();
                out.push('/');
            }
            let begin = out.len();
            values::of(found.what, found.value, number, out);
            // In an address of the web it is written as such a one has it.
            if raw.contains('%') && !found.value.contains('%') {
                let made = out.split_off(begin);
                out.push_str(&made.replace('@', "%40").replace(' ', "%20").replace('+', "%2B"));
            }
            done = to;
            next = next.max(to);
        }
        at = next;
    }
    Ok(match out {
        None => Cow::Borrowed(text),
        Some(mut out) => {
            out.push_str(text.get(done..).unwrap_or_default());
            Cow::Owned(out)
        }
    })
}

/// All that is wanted of a text, behind its escapes too.
fn all<'t>(
    text: &'t str,
    levels: &'t [escapes::Decoded],
    lone: bool,
    known: Known<'_>,
    wanted: impl Fn(&Found<'_>) -> bool,
) -> Vec<Found<'t>> {
    let mut all = Vec::new();
    for piece in pieces(text, lone, known.people) {
        let value = text.get(piece.from..piece.to).unwrap_or_default();
        all.push(Found { from: piece.from, to: piece.to, what: piece.what, value, level: 0 });
    }
    for (level, decoded) in levels.iter().enumerate() {
        for piece in pieces(&decoded.text, lone, known.people) {
            let value = decoded.text.get(piece.from..piece.to).unwrap_or_default();
            let Some((from, to)) = decoded.raw(piece.from, piece.to) else { continue };
            all.push(Found { from, to, what: piece.what, value, level: level + 1 });
        }
    }
    all.retain(|found| wanted(found) && !known.allowed.has(found.what, found.value));
    all
}

/// Those that do not overlap, in the order of the text: of two that do, the one behind more
/// escapes, since `\nada@…` is no address of an `nada`; else the one that begins first; else the
/// longer. Of the other stays what goes beyond it.
fn apart(mut all: Vec<Found<'_>>) -> Vec<Found<'_>> {
    all.sort_by_key(|found| (usize::MAX - found.level, found.from, usize::MAX - found.to));
    let mut taken = std::collections::BTreeMap::<usize, Found<'_>>::new();
    for mut found in all {
        let before = taken.range(..found.to).next_back();
        found.from = before.map_or(found.from, |(_, before)| before.to.max(found.from));
        if found.from < found.to {
            taken.insert(found.from, found);
        }
    }
    taken.into_values().collect()
}

fn pieces(text: &str, lone: bool, people: &People) -> Vec<Piece> {
    let mut pieces = Vec::new();
    emails::emails(text, &mut pieces);
    phones::phones(text, people, &mut pieces);
    names::names(text, lone, people, &mut pieces);
    pieces
}

/// What an address, number or name as a whole is, if it is one that production has.
pub(crate) fn whole(text: &str, people: &People) -> Option<(Trait, u32)> {
    if text.len() > windows::SIZE {
        return None;
    }
    let phone = |byte: u8| byte.is_ascii_digit() || b" +()./-".contains(&byte);
    let what = if memchr::memchr(b'@', text.as_bytes()).is_some() {
        Trait::Email
    } else if text.bytes().all(phone) {
        Trait::Phone
    } else if people.may_be_name(text) {
        Trait::Name
    } else {
        return None;
    };
    people.known(what, text).map(|number| (what, number))
}
