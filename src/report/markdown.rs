//! Foreign text inside Markdown: always as code, never as text.
//!
//! Escaping prose is a long list that each renderer extends: tags, entities, links, bare URLs,
//! `@mentions`, `#123`. In code none of them means anything, so the only thing to get right is
//! the number of backticks around it:
//!
//! ```text
//! a`b      ->  ``a`b``
//! @all     ->  `@all`
//! ```

use super::text;

/// A code span, in one line.
pub(crate) fn code(foreign: &str) -> String {
    let line = text::one_line(foreign);
    if line.is_empty() {
        return "(empty)".to_owned();
    }
    let ticks = "`".repeat(longest_run(&line) + 1);
    // A renderer strips one space from both sides, and a backtick needs one between.
    let edge = |c: char| c == '`' || c == ' ';
    let pad = if line.starts_with(edge) || line.ends_with(edge) { " " } else { "" };
    format!("{ticks}{pad}{line}{pad}{ticks}")
}

/// A word as it is where it is plain, otherwise a code span.
pub(crate) fn word(foreign: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric();
    // A hyphen is safe within a word; at its start it could make a list or a rule.
    let harmless = foreign.starts_with(plain) && foreign.chars().all(|c| plain(c) || c == '-');
    if harmless { foreign.to_owned() } else { code(foreign) }
}

/// A fenced block of lines, with a blank line after it.
pub(crate) fn fence(language: &str, foreign: &str) -> String {
    let lines = text::visible(foreign.trim_end());
    let ticks = "`".repeat(longest_run(&lines).max(2) + 1);
    format!("{ticks}{language}\n{lines}\n{ticks}\n\n")
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_spans_hold_any_backticks() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("``a"), "``` ``a ```");
        assert_eq!(code("a\nb"), "`a␊b`");
        assert_eq!(code(" "), "(empty)");
    }

    #[test]
    fn words_stay_plain_only_when_they_are() {
        assert_eq!(word("staging-2"), "staging-2");
        assert_eq!(word("@all"), "`@all`");
        assert_eq!(word("-"), "`-`");
        assert_eq!(word(""), "(empty)");
    }

    #[test]
    fn fences_are_longer_than_any_inside() {
        assert_eq!(fence("sh", "x"), "```sh\nx\n```\n\n");
        assert_eq!(fence("text", "````\nx"), "`````text\n````\nx\n`````\n\n");
    }
}
