//! Names of production in a text.

use super::Piece;
use super::spelling::{in_word, is_apostrophe};
use crate::masking::people::{People, Trait};

/// Where names of two words or more stand, whatever parts their words: `ada_archer`, `Archer` at
/// the beginning of the next line.
pub(super) fn names(text: &str, lone: bool, people: &People, pieces: &mut Vec<Piece>) {
    let longest = people.longest_name();
    let lone = lone && people.has_single_names();
    if longest < 2 && !lone {
        return;
    }
    let (mut at, mut done) = (0, 0);
    while let Some((start, end)) = candidate(text, at, people) {
        at = end;
        // An apostrophe at the beginning or at the end is a quotation mark.
        let from = end - text[start..end].trim_start_matches(is_apostrophe).len();
        let lone = lone && people.begins_name(bare(&text[from..end]));
        if !lone && !people.begins_name(&text[from..end]) {
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
        let before = pieces.len();
        for last in ends.into_iter().rev() {
            let name = text[from..last].trim_end_matches(is_apostrophe);
            let found = [name, bare(name)]
                .into_iter()
                .find(|name| people.known(Trait::Name, name).is_some())
                // `Archer, Ada` of `Ada Archer, Ada Archer` is none.
                .filter(|name| from >= done || !people.is_turned(name));
            if let Some(name) = found {
                done = from + name.len();
                pieces.push(Piece { from, to: from + name.len(), what: Trait::Name });
                break;
            }
        }
        if lone
            && pieces.len() == before
            && from >= done
            && let Some(name) = alone(&text[from..end], people)
        {
            done = from + name.len();
            pieces.push(Piece { from, to: done, what: Trait::Name });
        }
    }
}

/// The word, without what makes it a possessive, where it is a name of one word and written as one:
/// with a capital, where its letters have any. What is shorter is too often a word: Al, Do, Ed.
fn alone<'t>(word: &'t str, people: &People) -> Option<&'t str> {
    let word = word.trim_end_matches(is_apostrophe);
    [word, bare(word)]
        .into_iter()
        .find(|word| is_written_as_name(word) && people.known(Trait::Name, word).is_some())
}

/// A word without what makes it a possessive.
pub(crate) fn bare(word: &str) -> &str {
    ["'s", "’s"].iter().find_map(|s| word.strip_suffix(s)).unwrap_or(word)
}

/// Whether a word is written as a name is, and is none of those that stand for one in staging.
pub(crate) fn is_written_as_name(word: &str) -> bool {
    let begins = word.chars().next().is_some_and(|letter| !letter.is_lowercase());
    begins && word.chars().nth(SHORTEST - 1).is_some() && !["Test", "Customer"].contains(&word)
}

/// No shorter word is somebody's where it is not all of a text.
const SHORTEST: usize = 3;

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
