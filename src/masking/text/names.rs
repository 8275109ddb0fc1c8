//! Names of production in a text.

use super::Piece;
use super::spelling::{in_word, is_apostrophe};
use crate::masking::people::{People, Trait};

/// Where names of two words or more stand, whatever parts their words: `ada_archer`, `Archer` at
/// the beginning of the next line.
pub(super) fn names(text: &str, people: &People, pieces: &mut Vec<Piece>) {
    let longest = people.longest_name();
    if longest < 2 {
        return;
    }
    let (mut at, mut done) = (0, 0);
    while let Some((start, end)) = candidate(text, at, people) {
        at = end;
        // An apostrophe at the beginning or at the end is a quotation mark.
        let from = end - text[start..end].trim_start_matches(is_apostrophe).len();
        if !people.begins_name(&text[from..end]) {
            continue;
        }
        // The ends of what may be the name, the shortest first.
        let (mut ends, mut at) = (Vec::new(), end);
        while ends.len() + 1 < longest
            && let Some((_, end)) = word(text, at)
        {
            ends.push(end);
            at = end;
        }
        for last in ends.into_iter().rev() {
            let name = text[from..last].trim_end_matches(is_apostrophe);
            let possessive = ["'s", "’s"].iter().find_map(|s| name.strip_suffix(s));
            let found = [Some(name), possessive]
                .into_iter()
                .flatten()
                .find(|name| people.known(Trait::Name, name).is_some())
                // `Archer, Ada` of `Ada Archer, Ada Archer` is none.
                .filter(|name| from >= done || !people.is_turned(name));
            if let Some(name) = found {
                done = from + name.len();
                pieces.push(Piece { from, to: from + name.len(), what: Trait::Name });
                break;
            }
        }
    }
}

/// The next word at or behind a place that may begin a name. Most words are of ASCII, and gone over
/// here without being looked up.
fn candidate(text: &str, mut at: usize, people: &People) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    loop {
        at += bytes.get(at..)?.iter().position(|byte| KINDS[usize::from(*byte)] != GAP)?;
        let mut odd = 0;
        let rest = bytes[at..].iter().position(|byte| {
            let kind = KINDS[usize::from(*byte)];
            odd |= kind;
            kind == GAP
        });
        let end = rest.map_or(bytes.len(), |rest| at + rest);
        if odd != PLAIN {
            // What of it is a letter, an accent or a dash is to be looked at.
            return word(text, at);
        }
        if people.may_begin_name(&bytes[at..end]) {
            return Some((at, end));
        }
        at = end;
    }
}

/// What parts words, what a word of ASCII is made of, and what is to be looked at: apostrophes, and
/// what is beyond ASCII.
const GAP: u8 = 0;
const PLAIN: u8 = 1;
const ODD: u8 = 2;

const KINDS: [u8; 256] = {
    let mut kinds = [GAP; 256];
    let mut byte = 0;
    while byte < kinds.len() {
        kinds[byte] = match byte {
            0x30..=0x39 | 0x41..=0x5a | 0x61..=0x7a => PLAIN,
            0x27 | 0x80.. => ODD,
            _ => GAP,
        };
        byte += 1;
    }
    kinds
};

/// The next word at or behind a place.
fn word(text: &str, at: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut start = at;
    while let Some((false, width)) = letter(text, bytes, start) {
        start += width;
    }
    let mut end = start;
    while let Some((true, width)) = letter(text, bytes, end) {
        end += width;
    }
    (end > start).then_some((start, end))
}

/// Whether the letter there is one of a word, and how many bytes it has.
fn letter(text: &str, bytes: &[u8], at: usize) -> Option<(bool, usize)> {
    let byte = *bytes.get(at)?;
    if byte.is_ascii() {
        return Some((byte.is_ascii_alphanumeric() || byte == b'\'', 1));
    }
    let letter = text.get(at..)?.chars().next()?;
    Some((in_word(letter), letter.len_utf8()))
}
