//! Keys and tokens of production in definitions, which no form betrays: those that stand in
//! columns with such a rule are known by their hashes.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use crate::masking::people::People;
use crate::pattern;

/// What may be a key with what stands around it, such as an address of the web.
static WORDS: LazyLock<Regex> =
    LazyLock::new(|| pattern::constant(r#"[^\s'"<>()\[\]{},;|\\$]{8,}"#));
/// What parts it then.
static PARTS: LazyLock<Regex> = LazyLock::new(|| pattern::constant(r"[=:/?&@.#%+!*~^`]"));

/// No word of more parts is gone through: each is tried with all that follow.
const MOST: usize = 64;

/// A text with `made` in the place of each key of production. One that looks like a word or a
/// number stays, since it may be the name of something: if it is a key, the proof refuses it.
pub(super) fn reset<'t>(text: &'t str, people: &People, made: &str) -> Cow<'t, str> {
    let is = |part: &str| part.len() >= 8 && !is_word(part) && people.is_secret(part.as_bytes());
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for sign in ['\'', '"'] {
        // Between each two signs, whichever of them opens.
        let signs: Vec<usize> = text.match_indices(sign).map(|(at, _)| at).collect();
        for pair in signs.windows(2) {
            if text.get(pair[0] + 1..pair[1]).is_some_and(is) {
                spans.push((pair[0] + 1, pair[1]));
            }
        }
    }
    for word in WORDS.find_iter(text) {
        let parts = PARTS.find_iter(word.as_str()).take(MOST);
        let parts: Vec<(usize, usize)> = parts.map(|part| (part.start(), part.end())).collect();
        let mut done = 0;
        for from in [0].into_iter().chain(parts.iter().map(|part| part.1)) {
            // The longest one from here.
            let ends = [word.len()].into_iter().chain(parts.iter().rev().map(|part| part.0));
            let mut ends = ends.filter(|end| *end > from && from >= done);
            let end = ends.find(|end| word.as_str().get(from..*end).is_some_and(is));
            if let Some(end) = end {
                spans.push((word.start() + from, word.start() + end));
                done = end;
            }
        }
    }
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    spans.sort_unstable();
    let (mut out, mut done) = (String::with_capacity(text.len()), 0);
    for (from, to) in spans {
        if from >= done {
            out.push_str(text.get(done..from).unwrap_or_default());
            out.push_str(made);
        }
        done = done.max(to);
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(out)
}

/// Whether a text looks like a word or a number, not like a key.
pub(crate) fn is_word(text: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    text.len() < 20 && text.bytes().all(letters) || text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::masking::people::Harvest;

    #[test]
    fn a_key_is_reset_where_it_is_and_nothing_else_is() {
        let mut harvest = Harvest::new();
        for key in ["hunter2-x", "a/b+c==/1", "horse staple 7", "authenticated", "20261127"] {
            harvest.secret(key.as_bytes());
        }
        let people = harvest.finish().unwrap();
        for (text, made) in [
            ("select 'hunter2-x', \"hunter2-x\"", "select 'KEY', \"KEY\""),
            ("-- don't use hunter2-x.", "-- don't use KEY."),
            ("'https://x.test/?a=1&key=hunter2-x&b=2'", "'https://x.test/?a=1&key=KEY&b=2'"),
            ("key=a/b+c==/1&x", "key=KEY&x"),
            ("$$ don't: 'horse staple 7' $$", "$$ don't: 'KEY' $$"),
            ("auth.role() = 'authenticated'", "auth.role() = 'authenticated'"),
            ("setval('s', 20261127)", "setval('s', 20261127)"),
            ("hunter2-xy", "hunter2-xy"),
        ] {
            assert_eq!(reset(text, &people, "KEY"), made);
        }
    }
}
