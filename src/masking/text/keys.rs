//! Keys and tokens of production in a text, which no form betrays: those that stand in columns with
//! such a rule are known by their hashes.

use std::borrow::Cow;

use crate::masking::people::People;

/// No key is shorter.
const SHORTEST: usize = 8;

/// No word of more parts is gone through: each is tried with all that follow.
const MOST: usize = 64;

/// A definition with `made` in the place of each key of production. One that looks like a word or a
/// number stays, since it may be the name of something: if it is a key, the proof refuses it.
pub(crate) fn reset_keys<'t>(text: &'t str, people: &People, made: &str) -> Cow<'t, str> {
    reset(text, &keys(text, people, false), made)
}

/// A text with `made` in the place of each of these, which stand in their order.
pub(super) fn reset<'t>(text: &'t str, spans: &[(usize, usize)], made: &str) -> Cow<'t, str> {
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut out, mut done) = (String::with_capacity(text.len()), 0);
    for (from, to) in spans {
        out.push_str(text.get(done..*from).unwrap_or_default());
        out.push_str(made);
        done = *to;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(out)
}

/// Where keys of production stand: as all that is between two quotation marks, as a word, or as a
/// part of one, such as of an address of the web. In their order, and none over another. `words`:
/// whether one that looks like a word or a number counts too, where it is not a mere part.
pub(super) fn keys(text: &str, people: &People, words: bool) -> Vec<(usize, usize)> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    if !people.has_secrets() || text.len() < SHORTEST {
        return spans;
    }
    let is = |from: usize, to: usize| {
        let part = text.get(from..to).filter(|part| part.len() >= SHORTEST);
        part.is_some_and(|part| people.is_secret(part.as_bytes()))
    };
    let no_word = |from: usize, to: usize| text.get(from..to).is_some_and(|part| !is_word(part));
    for sign in [b'\'', b'"'] {
        // Between each two signs, whichever of them opens.
        let mut last = None;
        for at in memchr::memchr_iter(sign, text.as_bytes()) {
            if let Some(from) = last.replace(at).map(|at| at + 1)
                && is(from, at)
                && (words || no_word(from, at))
            {
                spans.push((from, at));
            }
        }
    }
    each_word(text, |from, to, cuts| {
        if is(from, to) && (words || no_word(from, to)) {
            spans.push((from, to));
            return;
        }
        let mut done = from;
        for begin in [from].into_iter().chain(cuts.iter().map(|cut| cut + 1)) {
            // The longest one from here.
            let mut ends = [to].into_iter().chain(cuts.iter().rev().copied());
            let part = |end: usize| text.get(begin..end).is_some_and(may_be_part);
            if begin >= done
                && let Some(end) = ends.find(|end| *end > begin && part(*end) && is(begin, *end))
            {
                spans.push((begin, end));
                done = end;
            }
        }
    });
    spans.sort_unstable_by_key(|(from, to)| (*from, usize::MAX - to));
    let mut done = 0;
    spans.retain(|(from, to)| {
        let is_free = *from >= done;
        done = if is_free { *to } else { done };
        is_free
    });
    spans
}

/// What is within a word, what parts it, and what ends it.
const INNER: u8 = 0;
const PART: u8 = 1;
const OUTSIDE: u8 = 2;

const KINDS: [u8; 256] = {
    let mut kinds = [INNER; 256];
    let signs =
        [(b"=:/?&@.#%+!*~^`".as_slice(), PART), (b" \t\n\r\x0b\x0c'\"<>()[]{},;|\\$", OUTSIDE)];
    let mut list = 0;
    while list < signs.len() {
        let (bytes, kind) = signs[list];
        let mut at = 0;
        while at < bytes.len() {
            kinds[bytes[at] as usize] = kind;
            at += 1;
        }
        list += 1;
    }
    kinds
};

/// Each word that is long enough, and where it is parted.
fn each_word(text: &str, mut each: impl FnMut(usize, usize, &[usize])) {
    let mut cuts = Vec::new();
    let mut from = 0;
    let mut ends = |from: usize, to: usize, cuts: &mut Vec<usize>| {
        if to - from >= SHORTEST {
            each(from, to, cuts);
        }
        cuts.clear();
    };
    for (at, byte) in text.bytes().enumerate() {
        match KINDS[usize::from(byte)] {
            OUTSIDE => {
                ends(from, at, &mut cuts);
                from = at + 1;
            }
            PART if cuts.len() < MOST => cuts.push(at),
            _ => {}
        }
    }
    ends(from, text.len(), &mut cuts);
}

/// Whether a text looks like a word or a number, not like a key.
pub(crate) fn is_word(text: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    text.len() < 20 && text.bytes().all(letters) || text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a part of a word may be a key: an address of the web is made of words and names of hosts,
/// and one of those may be written where keys are.
pub(crate) fn may_be_part(text: &str) -> bool {
    let host =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    let is_host = text.contains('.') && text.bytes().all(host);
    text.bytes().any(|byte| byte.is_ascii_digit()) && !is_word(text) && !is_host
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::masking::people::Harvest;

    #[test]
    fn a_key_is_reset_where_it_is_and_nothing_else_is() {
        let mut harvest = Harvest::new();
        for key in [
            "hunter2-x",
            "a/b+c==/1",
            "horse staple 7",
            "authenticated",
            "20261127",
            "idp2.firm.test",
        ] {
            harvest.secret(key.as_bytes());
        }
        let people = harvest.finish().unwrap();
        for (text, made) in [
            ("select 'hunter2-x', \"hunter2-x\"", "select 'KEY', \"KEY\""),
            ("-- don't use hunter2-x.", "-- don't use KEY."),
            ("'https://x.test/?a=1&key=hunter2-x&b=2'", "'https://x.test/?a=1&key=KEY&b=2'"),
            ("https://ada:hunter2-x@x.test/", "https://ada:KEY@x.test/"),
            ("key=a/b+c==/1&x", "key=KEY&x"),
            ("$$ don't: 'horse staple 7' $$", "$$ don't: 'KEY' $$"),
            ("auth.role() = 'authenticated'", "auth.role() = 'authenticated'"),
            ("setval('s', 20261127)", "setval('s', 20261127)"),
            ("hunter2-xy", "hunter2-xy"),
            ("https://idp2.firm.test/login", "https://idp2.firm.test/login"),
        ] {
            assert_eq!(reset_keys(text, &people, "KEY"), made);
        }
        // In free text nothing is the name of anything.
        let found = |text: &str| keys(text, &people, true).len();
        assert_eq!(
            [found("is it 20261127?"), found("it is 20261127, or"), found("authenticated")],
            [0, 1, 1]
        );
    }
}
