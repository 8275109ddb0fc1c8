//! Keys and tokens that show by their form what they are: no text of staging may have one.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::masking::people::People;
use crate::masking::values;
use crate::pattern;
use crate::restore::ddl::SECRETS;

static TOKENS: LazyLock<Regex> = LazyLock::new(|| pattern::constant(SECRETS));

/// As `xoxb-0`.
const SHORTEST: usize = 6;

/// Whether a text has one. Most are too short, or lack the signs that part one's words.
pub(crate) fn has_token(text: &str) -> bool {
    text.len() >= SHORTEST
        && memchr::memchr3(b'_', b'-', b'.', text.as_bytes()).is_some()
        && TOKENS.is_match(text)
}

/// A text with one of staging's in the place of each.
pub(super) fn reset<'t>(text: Cow<'t, str>, people: &People) -> Cow<'t, str> {
    let reset = |found: &Captures<'_>| {
        let mut made = String::new();
        values::secret(&found[0], None, people, &mut made);
        made
    };
    match has_token(&text) {
        true => Cow::Owned(TOKENS.replace_all(&text, reset).into_owned()),
        false => text,
    }
}
