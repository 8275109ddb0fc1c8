//! Keys and tokens that show by their form what they are: no text of staging may have one.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::Known;
use crate::fault::Fault;
use crate::masking::values;
use crate::pattern;
use crate::restore::ddl::SECRETS;
use crate::windows;

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
///
/// # Errors
/// It is to stop.
pub(super) fn reset<'t>(text: Cow<'t, str>, known: Known<'_>) -> Result<Cow<'t, str>, Fault> {
    let mut out: Option<String> = None;
    let (mut at, mut done) = (0, 0);
    while at < text.len() {
        known.stop.check()?;
        let window = windows::at(&text, at);
        let mut next = window.next;
        if has_token(window.text) {
            for token in TOKENS.find_iter(window.text) {
                let (from, to) = (at + token.start(), at + token.end());
                if from >= window.next {
                    break;
                }
                let out = out.get_or_insert_with(|| String::with_capacity(text.len()));
                out.push_str(text.get(done..from).unwrap_or_default());
                values::secret(token.as_str(), None, known.people, out);
                done = to;
                next = next.max(to);
            }
        }
        at = next;
    }
    Ok(match out {
        None => text,
        Some(mut out) => {
            out.push_str(text.get(done..).unwrap_or_default());
            Cow::Owned(out)
        }
    })
}
