//! Addresses, telephone numbers and names of production in a text.
//!
//! Found in ways of its own, and more broadly than the masker looks: an address also where
//! something stands before it, a name where its words are parted by anything (`ada-archer.pdf`), a
//! number however its digits are grouped; and all of them behind escapes ([`behind_escapes`]).
//! Names are compared as [`spelling`](crate::masking::text::spelling) has them, without accents.
//! A search configuration that cuts words (`'charl'` of Charles) hides names in a `tsvector`.

use super::views::behind_escapes;
use crate::masking::people::{People, Trait};
use crate::masking::text::spelling::{in_word, plain};
use crate::masking::text::{Allowed, bare, is_written_as_name};
use crate::masking::values;
use crate::windows::before;

/// Bytes before and behind the sign of an address; of what mail can carry, each half has fewer.
const LONGEST: usize = 1024;

/// Tells of each that a text holds. `numbers`: whether digits may be a telephone number at all.
pub(super) fn find(
    text: &str,
    numbers: bool,
    know: (&People, &Allowed),
    mut found: impl FnMut(Trait),
) {
    in_one(text, numbers, know, &mut found);
    for text in behind_escapes(text) {
        in_one(&text, numbers, know, &mut found);
    }
}

/// Whether a text is, as a whole, a name of one word.
pub(super) fn is_single_name(text: &str, know: (&People, &Allowed)) -> bool {
    let word = text.trim();
    know.0.has_single_names()
        && !word.is_empty()
        && word.len() <= 64
        && is(Trait::Name, word, know)
        && !plain(word).contains(' ')
}

/// Whether a free text has a name of one word in it, written as one.
pub(super) fn has_lone_name(text: &str, know: (&People, &Allowed)) -> bool {
    let known = |word: &str| know.0.begins_name(word) && is(Trait::Name, word, know);
    let is_lone = |word: &str| is_written_as_name(word) && known(word);
    know.0.has_single_names()
        && text.split(|letter| !in_word(letter)).any(|word| {
            let word = word.trim_matches(['\'', '’', 'ʼ']);
            is_lone(word) || is_lone(bare(word))
        })
}

/// Every address of a text that may be one, the longest first.
pub(super) fn addresses(text: &str, mut each: impl FnMut(&str)) {
    for (at, _) in text.match_indices('@') {
        let (before, after) = text.split_at(at);
        let inner = |c: char| c.is_alphanumeric() || "._%+-".contains(c);
        let local = before
            .rfind(|c| !inner(c))
            .map_or(before, |end| before[end..].trim_start_matches(|c| !inner(c)));
        let inner = |c: char| c.is_alphanumeric() || ".-".contains(c);
        let domain = &after[1..];
        let domain = &domain[..domain.find(|c| !inner(c)).unwrap_or(domain.len())];
        let domain = domain.trim_end_matches(['.', '-']);
        if !local.is_empty() && domain.contains('.') {
            each(&text[at - local.len()..at + 1 + domain.len()]);
        }
    }
}

/// Whether a part of an address is one of production: from the beginning of a word in it, to the
/// end of a label of its domain.
fn holds_known(address: &str, know: (&People, &Allowed)) -> bool {
    let Some((local, domain)) = address.split_once('@') else { return false };
    // Of a long one, which is none: only what an address may be.
    let local = &local[before(local, local.len().saturating_sub(LONGEST))..];
    let domain = &domain[..before(domain, domain.len().min(LONGEST))];
    let address = &format!("{local}@{domain}");
    let mut before = None;
    let starts = local.char_indices().filter_map(|(at, letter)| {
        let begins = before.is_none_or(|before: char| !before.is_alphanumeric());
        before = Some(letter);
        begins.then_some(at)
    });
    let starts: Vec<usize> = starts.collect();
    let ends = domain.match_indices('.').map(|(at, _)| at).chain([domain.len()]);
    ends.skip(1).any(|end| {
        let end = local.len() + 1 + end;
        starts.iter().any(|start| is(Trait::Email, &address[*start..end], know))
    })
}

fn is(what: Trait, value: &str, (people, allowed): (&People, &Allowed)) -> bool {
    people.known(what, value).is_some()
        && !allowed.has(what, value)
        && !values::is_made(what, value)
}

fn in_one(text: &str, numbers: bool, know: (&People, &Allowed), found: &mut impl FnMut(Trait)) {
    addresses(text, |address| {
        if !allowed_whole(address, know.1) && holds_known(address, know) {
            found(Trait::Email);
        }
    });
    if numbers && text.bytes().filter(u8::is_ascii_digit).count() >= 7 {
        for run in runs(text) {
            let mut first = 0;
            while first < run.len() {
                let count = longest(&run[first..], know);
                if count > 0 {
                    found(Trait::Phone);
                }
                first += count.max(1);
            }
        }
    }
    names(text, know, found);
}

/// How many groups of digits, from the first one, make up the longest telephone number of production.
fn longest(groups: &[&str], know: (&People, &Allowed)) -> usize {
    let (mut number, mut longest) = (String::new(), 0);
    for (index, group) in groups.iter().enumerate() {
        // That it has gaps says that it is a number to dial.
        if index > 0 {
            number.push(' ');
        }
        number.push_str(group);
        let digits = number.len() - index;
        if digits > 17 {
            break;
        }
        if digits >= 7 && is(Trait::Phone, &number, know) {
            longest = index + 1;
        }
    }
    longest
}

fn allowed_whole(address: &str, allowed: &Allowed) -> bool {
    allowed.has(Trait::Email, address) || values::is_made(Trait::Email, address)
}

fn names(text: &str, know: (&People, &Allowed), found: &mut impl FnMut(Trait)) {
    let people = know.0;
    if people.longest_name() < 2 {
        return;
    }
    let spelled = plain(text);
    let words: Vec<&str> = spelled.split(' ').collect();
    for first in 0..words.len() {
        if !people.begins_name(words[first]) {
            continue;
        }
        let most = people.longest_name().min(words.len() - first);
        for count in 2..=most {
            let name = words[first..first + count].join(" ");
            // `Archer's` is spelled `archers`, and so may somebody be who is so called.
            let possessive = name.strip_suffix('s').unwrap_or(&name);
            if is(Trait::Name, &name, know) || is(Trait::Name, possessive, know) {
                found(Trait::Name);
            }
        }
    }
}

/// Groups of digits that stand together, with at most two signs between them.
fn runs(text: &str) -> Vec<Vec<&str>> {
    let mut all: Vec<Vec<&str>> = Vec::new();
    let mut end: Option<usize> = None;
    let mut at = 0;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && bytes[at].is_ascii_digit() {
            at += 1;
        }
        let gap = end.and_then(|end| text.get(end..start));
        let joins =
            gap.is_some_and(|gap| gap.len() <= 2 && gap.chars().all(|c| " ()./-".contains(c)));
        match all.last_mut().filter(|run| joins && run.len() < 16) {
            Some(run) => run.push(&text[start..at]),
            None => all.push(vec![&text[start..at]]),
        }
        end = Some(at);
    }
    all
}

#[cfg(test)]
#[path = "leaks_tests.rs"]
mod tests;
