//! Keys and tokens, those of production and those that show by their form what they are: no text of
//! staging may have one.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::passwords::passwords;
use super::{Known, keys};
use crate::fault::Fault;
use crate::masking::values;
use crate::pattern;
use crate::windows;

/// Things that are keys by their form. Each begins with letters of its own, which is what makes the
/// search fast.
pub(crate) const SECRETS: &str = r"(?x)
    eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+
    | -----BEGIN\ [A-Z\ ]*PRIVATE\ KEY(?:\ BLOCK)?-----
      (?:[^-]*(?:-[^-]+)*-----END\ [A-Z\ ]*PRIVATE\ KEY(?:\ BLOCK)?-----)?
    | hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/]{16,}
    | discord(?:app)?\.com/api/webhooks/[0-9]+/[A-Za-z0-9_-]+
    | \b(?:
        (?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]+
        | sk-[A-Za-z0-9_-]{20,}
        | SK[0-9a-f]{32}
        | SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}
        | sb_secret_[A-Za-z0-9_-]+
        | sbp_[0-9a-f]{40}
        | whsec_[A-Za-z0-9]+
        | gh[pousr]_[A-Za-z0-9]{20,}
        | github_pat_[A-Za-z0-9_]{22,}
        | glpat-[A-Za-z0-9_-]{20,}
        | npm_[A-Za-z0-9]{36}
        | xox[abeoprs]-[A-Za-z0-9-]+
        | xapp-[A-Za-z0-9-]{20,}
        | (?:AKIA|ASIA)[A-Z0-9]{16}\b
        | AIza[A-Za-z0-9_-]{35}
    )";

static TOKENS: LazyLock<Regex> = LazyLock::new(|| pattern::constant(SECRETS));

/// As `xoxb-0`.
const SHORTEST: usize = 6;

/// How long those are that have no sign between their words.
const UNBROKEN: usize = 20;

/// Whether a text has one. Most are too short, or lack the signs that part one's words.
pub(crate) fn has_token(text: &str) -> bool {
    let may = |bytes: &[u8]| {
        bytes.len() >= UNBROKEN || memchr::memchr3(b'_', b'-', b'.', bytes).is_some()
    };
    text.len() >= SHORTEST
        && (may(text.as_bytes()) && TOKENS.is_match(text) || !passwords(text).is_empty())
}

/// A text with one of staging's in the place of each.
///
/// # Errors
/// It is to stop.
pub(super) fn reset<'t>(text: &'t str, known: Known<'_>) -> Result<Cow<'t, str>, Fault> {
    let mut out: Option<String> = None;
    let (mut at, mut done) = (0, 0);
    while at < text.len() {
        known.stop.check()?;
        let window = windows::at(text, at);
        let mut next = window.next;
        for (from, to) in all(window.text, known) {
            let (from, to) = (at + from, at + to);
            if from >= window.next {
                break;
            }
            let out = out.get_or_insert_with(|| String::with_capacity(text.len()));
            out.push_str(text.get(done..from).unwrap_or_default());
            let token = text.get(from..to).unwrap_or_default();
            values::secret(token, None, known.people, out);
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

/// Where keys of production and tokens stand, in their order, and none over another.
fn all(text: &str, known: Known<'_>) -> Vec<(usize, usize)> {
    let mut all = keys::keys(text, known.people, true);
    if has_token(text) {
        all.extend(TOKENS.find_iter(text).map(|token| (token.start(), token.end())));
        all.extend(passwords(text));
        all.sort_unstable_by_key(|(from, to)| (*from, usize::MAX - to));
        let mut done = 0;
        all.retain_mut(|(from, to)| {
            *from = done.max(*from);
            done = done.max(*to);
            from < to
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_by_their_form() {
        // Put together here, so that no scanner of this repository takes them for real ones.
        let key =
            |begin: &str, letters: &str, count: usize| format!("{begin}{}", letters.repeat(count));
        for text in [
            key("sk_live_", "4", 8),
            key("sk-proj-", "a1", 12),
            key("SK", "0a", 16),
            key("SG.", "aB", 8) + &key(".", "cD", 10),
            key("sb_secret_", "x", 9),
            key("sbp_", "0f", 20),
            key("ghp_", "a", 24),
            key("github_pat_", "1b", 12),
            key("glpat-", "x", 20),
            key("npm_", "Zz", 18),
            key("xoxb-", "12-", 3) + "x",
            key("AKIA", "A2", 8),
            key("AIza", "a", 35),
            "postgres://owner:pass@db.test/x".to_owned(),
            key("-----BEGIN RSA PRIVATE ", "KEY-----", 1)
                + "\nProc-Type: 4,x\nMIIE\n-----END RSA PRIVATE KEY-----",
        ] {
            assert!(has_token(&format!("see {text} there")), "{text}");
        }
        for text in [
            "https://x.test:8080/a@b",
            "http://ada@x.test/",
            "a risk-free way",
            "SKI and AKIA",
            "well-known, self-made. SG.1",
            "task-12345678901234567890",
            "-----BEGIN PUBLIC KEY-----",
        ] {
            assert!(!has_token(text), "{text}");
        }
    }
}
