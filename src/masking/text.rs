//! Free text: addresses, telephone numbers and known names within it.
//!
//! An e-mail address is replaced wherever it stands. A telephone number is, where it begins with
//! a plus, or is one of production's: other digits are the number of a job, a part or a page. A
//! name is one of production's, of two words or more, whatever its case and blanks.

use std::borrow::Cow;
use std::collections::HashSet;

use super::people::{People, Trait};
use super::values;
use crate::fault::Fault;

/// The digits of a telephone number, without what stands for a plus.
pub(super) fn digits(value: &str) -> String {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    match digits.strip_prefix("00") {
        Some(rest) if !value.trim_start().starts_with('+') => rest.to_owned(),
        _ => digits,
    }
}

/// A name in small letters, with single blanks.
pub(super) fn folded(value: &str) -> String {
    let mut folded = String::with_capacity(value.len());
    for word in value.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(&word.to_lowercase());
    }
    folded
}

/// Who there is, and what is nobody's.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) people: &'a People,
    pub(crate) allowed: &'a Allowed,
}

/// Values that stay, since they are nobody's. There are few, and each value is asked of, so what
/// cannot be one of them is seen not to be at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Allowed {
    addresses: HashSet<String>,
    /// The lengths of the addresses.
    lengths: Vec<usize>,
    digits: HashSet<String>,
    names: HashSet<String>,
}

impl Allowed {
    pub(crate) fn new(values: &[String]) -> Self {
        let (addresses, others): (Vec<&String>, Vec<&String>) =
            values.iter().partition(|value| value.contains('@'));
        let numbers = others.iter().map(|value| digits(value)).filter(|digits| digits.len() >= 7);
        Self {
            lengths: addresses.iter().map(|value| value.len()).collect(),
            addresses: addresses.iter().map(|value| folded(value)).collect(),
            digits: numbers.collect(),
            names: others.iter().map(|value| folded(value)).collect(),
        }
    }

    /// Whether a value stays.
    pub(crate) fn has(&self, what: Trait, value: &str) -> bool {
        match what {
            Trait::Email => {
                let plain = value.trim();
                self.lengths.contains(&plain.len()) && self.addresses.contains(&folded(plain))
            }
            Trait::Phone => !self.digits.is_empty() && self.digits.contains(&digits(value)),
            Trait::Name => !self.names.is_empty() && self.names.contains(&folded(value)),
        }
    }
}

/// A piece of a text that is somebody's.
struct Piece {
    from: usize,
    to: usize,
    what: Trait,
}

/// A text without anybody in it.
///
/// # Errors
/// No number is left.
pub(crate) fn mask<'t>(text: &'t str, known: Known<'_>) -> Result<Cow<'t, str>, Fault> {
    replace(text, known, |_| true)
}

/// The same for a text that is code: what merely looks like an address or a number stays.
///
/// # Errors
/// No number is left.
pub(crate) fn mask_known<'t>(text: &'t str, known: Known<'_>) -> Result<Cow<'t, str>, Fault> {
    replace(text, known, |piece| {
        known.people.known(piece.what, &text[piece.from..piece.to]).is_some()
    })
}

fn replace<'t>(
    text: &'t str,
    known: Known<'_>,
    wanted: impl Fn(&Piece) -> bool,
) -> Result<Cow<'t, str>, Fault> {
    let mut pieces = Vec::new();
    emails(text, &mut pieces);
    phones(text, known.people, &mut pieces);
    names(text, known.people, &mut pieces);
    pieces.retain(|piece| {
        wanted(piece) && !known.allowed.has(piece.what, &text[piece.from..piece.to])
    });
    if pieces.is_empty() {
        return Ok(Cow::Borrowed(text));
    }
    // Of two that overlap, the one that begins first; of those, the longer.
    pieces.sort_by_key(|piece| (piece.from, usize::MAX - piece.to));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for piece in pieces {
        if piece.from < done {
            continue;
        }
        let value = &text[piece.from..piece.to];
        out.push_str(&text[done..piece.from]);
        values::of(piece.what, value, known.people.number(piece.what, value)?, &mut out);
        done = piece.to;
    }
    out.push_str(&text[done..]);
    Ok(Cow::Owned(out))
}

/// What an address, number or name as a whole is, if it is one that production has.
pub(crate) fn whole(text: &str, people: &People) -> Option<(Trait, u32)> {
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

fn emails(text: &str, pieces: &mut Vec<Piece>) {
    let bytes = text.as_bytes();
    for at in memchr::memchr_iter(b'@', bytes) {
        let local =
            |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte) || *byte >= 128;
        let domain =
            |byte: &u8| byte.is_ascii_alphanumeric() || b".-".contains(byte) || *byte >= 128;
        let from = at - bytes[..at].iter().rev().take_while(|byte| local(byte)).count();
        let mut to = at + 1 + bytes[at + 1..].iter().take_while(|byte| domain(byte)).count();
        while to > at + 1 && matches!(bytes[to - 1], b'.' | b'-') {
            to -= 1;
        }
        // Bytes above 127 are whole letters: the separators are all below.
        if from < at && bytes[at + 1..to].contains(&b'.') {
            pieces.push(Piece { from, to, what: Trait::Email });
        }
    }
}

fn phones(text: &str, people: &People, pieces: &mut Vec<Piece>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(u8::is_ascii_digit) {
        let start = at + found;
        let plus = start > 0 && bytes[start - 1] == b'+';
        let from = start - usize::from(plus);
        // Groups of digits with at most two signs between them.
        let (mut groups, mut end) = (vec![(from, start)], start);
        loop {
            end += bytes[end..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            if let Some(last) = groups.last_mut() {
                last.1 = end;
            }
            let gap = bytes[end..].iter().take_while(|byte| b" ()./-".contains(byte)).count();
            let next = bytes.get(end + gap).is_some_and(u8::is_ascii_digit);
            if gap == 0 || gap > 2 || !next || groups.len() > 32 {
                break;
            }
            groups.push((end + gap, end + gap));
            end += gap;
        }
        at = end;
        let mut first = 0;
        while first < groups.len() {
            let found = longest(text, &groups[first..], plus && first == 0, people);
            if let Some((count, to)) = found {
                pieces.push(Piece { from: groups[first].0, to, what: Trait::Phone });
                first += count;
            } else {
                first += 1;
            }
        }
    }
}

/// The longest number that groups of digits begin with: how many groups, and where it ends.
fn longest(
    text: &str,
    groups: &[(usize, usize)],
    plus: bool,
    people: &People,
) -> Option<(usize, usize)> {
    let from = groups.first()?.0;
    let mut unknown = None;
    let mut known = None;
    let mut count = 0;
    for (index, (begin, to)) in groups.iter().enumerate() {
        count += to - begin - usize::from(plus && index == 0);
        if count > 15 {
            break;
        }
        if count < 7 {
            continue;
        }
        if people.known(Trait::Phone, &text[from..*to]).is_some() {
            known = Some((index + 1, *to));
        } else if plus && count >= 8 && unknown.is_none_or(|_| count <= 13) {
            unknown = Some((index + 1, *to));
        }
    }
    known.or(unknown)
}

fn names(text: &str, people: &People, pieces: &mut Vec<Piece>) {
    let longest = people.longest_name();
    if longest < 2 {
        return;
    }
    let outside = |letter: char| !letter.is_alphanumeric();
    let mut next = word(text, 0);
    while let Some((start, end)) = next {
        next = word(text, end);
        let whole = &text[start..end];
        let from = start + (whole.len() - whole.trim_start_matches(outside).len());
        if !people.begins_name(&text[from..end]) {
            continue;
        }
        // The ends of what may be the name, the shortest first.
        let (mut ends, mut at) = (Vec::new(), end);
        while ends.len() + 1 < longest
            && let Some((_, end)) = word(text, at).filter(|(start, _)| is_blank(&text[at..*start]))
        {
            ends.push(end);
            at = end;
        }
        for last in ends.into_iter().rev() {
            let bare = from + text[from..last].trim_end_matches(outside).len();
            let possessive = text[from..bare].strip_suffix("'s").map_or(bare, |s| from + s.len());
            // An initial keeps its point; a name at a sentence's end does not.
            let found = [last, bare, possessive]
                .into_iter()
                .find(|to| *to > from && people.known(Trait::Name, &text[from..*to]).is_some());
            if let Some(to) = found {
                pieces.push(Piece { from, to, what: Trait::Name });
                break;
            }
        }
    }
}

/// The next word at or behind a place: a name goes over blanks, and over no other of these.
fn word(text: &str, at: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut start = at;
    while let Some(width) = separator(text, start) {
        start += width;
    }
    let mut end = start;
    while end < bytes.len() && separator(text, end).is_none() {
        end += 1;
    }
    (end > start).then_some((start, end))
}

/// How many bytes the sign has that parts words there, if one does.
fn separator(text: &str, at: usize) -> Option<usize> {
    match *text.as_bytes().get(at)? {
        b' ' | b'\t' | b'\n' | b'\r' | 11 | 12 => Some(1),
        b';' | b',' | b'|' | b'<' | b'>' | b'(' | b')' | b'[' | b']' | b'{' | b'}' => Some(1),
        b'"' | b'/' | b'\\' | b':' | b'=' => Some(1),
        // Blanks beyond ASCII: the hard one, and those of typesetters.
        194.. => {
            let letter = text.get(at..)?.chars().next()?;
            letter.is_whitespace().then(|| letter.len_utf8())
        }
        _ => None,
    }
}

fn is_blank(gap: &str) -> bool {
    !gap.is_empty() && gap.chars().all(char::is_whitespace)
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::people::{Harvest, Row};
    use super::*;

    /// Two people: Ada Archer (1) and Øle B. O'Neill (2).
    pub(in super::super) fn people() -> People {
        let mut harvest = Harvest::new();
        for (name, email, phone) in [
            ("Ada Archer", "ada.archer@mail.test", "+15552000001"),
            ("Øle B. O'Neill", "ole@firm.test", "+15552000002"),
        ] {
            let own = [(Trait::Name, name), (Trait::Email, email), (Trait::Phone, phone)];
            let own = own.map(|(what, value)| (what, value.to_owned())).into();
            harvest.row(&Row { keys: vec![("customers", name.as_bytes().to_vec())], own });
        }
        harvest.finish().unwrap()
    }

    fn masked(text: &str) -> String {
        let (people, allowed) = (people(), Allowed::new(&["help@brook.test".to_owned()]));
        mask(text, Known { people: &people, allowed: &allowed }).unwrap().into_owned()
    }

    #[test]
    fn addresses_numbers_and_names_are_found_however_they_are_written() {
        for (text, expected) in [
            ("Write to ADA.Archer@Mail.test.", "Write to test-1@example.com."),
            ("<ada.archer@mail.test>,", "<test-1@example.com>,"),
            ("to office+ada.archer@mail.test", "to test-3@example.com"),
            ("Call +1 555 200 0001 before 8", "Call +10000001 before 8"),
            ("or (1) 555-2000002", "or (10000002"),
            ("15552000001", "10000001"),
            ("job 107, 12 × 3.5, 2026-11-26 08:15:00", "job 107, 12 × 3.5, 2026-11-26 08:15:00"),
            ("+49 171 2345678 2026-11-26", "+10000003 2026-11-26"),
            ("ada ARCHER's key", "Test Customer 1's key"),
            ("(Ada\n Archer), ØLE  b. o'neill!", "(Test Customer 1), Test Customer 2!"),
            ("ask Ada, or the archer; Ada;Archer", "ask Ada, or the archer; Ada;Archer"),
            ("Ada Archer;ada.archer@mail.test;x", "Test Customer 1;test-1@example.com;x"),
            ("help@brook.test stays", "help@brook.test stays"),
            ("Ada Archer.", "Test Customer 1."),
        ] {
            assert_eq!(masked(text), expected, "{text}");
        }
    }

    #[test]
    fn what_holds_nobody_is_handed_on_as_it_is() {
        let (people, allowed) = (people(), Allowed::default());
        let known = Known { people: &people, allowed: &allowed };
        assert!(matches!(mask("Nothing here.", known).unwrap(), Cow::Borrowed(_)));
    }
}
