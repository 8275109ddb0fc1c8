//! Foreign text made fit to be shown.
//!
//! Names, bodies and reasons come from suites and servers. A terminal obeys an escape
//! sequence, XML 1.0 has no way to write most control characters at all, and a bidirectional
//! override shows a line in an order that it does not have. Every report passes foreign text
//! through here first, so that such characters are seen instead of obeyed:
//!
//! ```text
//! ESC [31m NUL        ->  ␛[31m ␀
//! U+202E U+FEFF       ->  \u{202e} \u{feff}
//! ```

/// The text with each character that would be obeyed, lost or forbidden replaced by a picture
/// of it. Line breaks (as `\n`) and tabs stay.
pub(crate) fn visible(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' | '\t' => shown.push(character),
            _ => push_visible(&mut shown, character),
        }
    }
    shown
}

/// As [`visible`], in a single line: a line break becomes its picture, a tab a space.
pub(crate) fn one_line(text: &str) -> String {
    let text = text.trim();
    if is_plain(text) {
        return text.to_owned();
    }
    visible(text).replace('\n', "␊").replace('\t', " ")
}

/// Whether there is nothing to replace: the common case, for which looking at bytes is enough.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The first line of a text, as [`one_line`]; blank lines before it do not count.
pub(crate) fn first_line(text: &str) -> String {
    one_line(text.trim().lines().next().unwrap_or_default())
}

/// `1 check`, `2 checks`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The first `limit` items joined by commas, and how many are left.
pub(crate) fn list(items: &[String], limit: usize) -> String {
    let mut text = items.iter().take(limit).cloned().collect::<Vec<_>>().join(", ");
    if items.len() > limit {
        text.push_str(&format!(" and {} more", items.len() - limit));
    }
    text
}

fn push_visible(shown: &mut String, character: char) {
    let code = u32::from(character);
    match code {
        // Unicode keeps a picture of each C0 control character, in the same order.
        0x00..=0x1f => shown.push(char::from_u32(0x2400 + code).unwrap_or('\u{fffd}')),
        0x7f => shown.push('␡'),
        _ if is_hidden(code) => shown.push_str(&format!("\\u{{{code:x}}}")),
        _ => shown.push(character),
    }
}

/// C1 controls, marks of direction and order, line separators, the byte-order mark, and what
/// Unicode calls noncharacters (two of which XML forbids).
fn is_hidden(code: u32) -> bool {
    matches!(code, 0x80..=0x9f | 0x61c | 0x200e | 0x200f | 0x2028..=0x202e | 0x2066..=0x2069)
        || matches!(code, 0xfeff | 0xfdd0..=0xfdef)
        || code & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_pictures() {
        assert_eq!(visible("a\u{1b}[31m\0\u{7f}\u{85}\u{202e}b"), "a␛[31m␀␡\\u{85}\\u{202e}b");
        assert_eq!(visible("\u{feff}a\u{ffff}"), "\\u{feff}a\\u{ffff}");
    }

    #[test]
    fn line_breaks_are_kept_or_shown() {
        assert_eq!(visible("a\r\nb\rc\td"), "a\nb␍c\td");
        assert_eq!(one_line(" a\r\nb\tc\n"), "a␊b c");
        assert_eq!(first_line("\n one\ntwo"), "one");
    }

    #[test]
    fn lists_are_cut_with_their_rest_counted() {
        let items = ["a", "b", "c"].map(String::from);
        assert_eq!(list(&items, 3), "a, b, c");
        assert_eq!(list(&items, 1), "a and 2 more");
        assert_eq!(count(1, "check"), "1 check");
        assert_eq!(count(2, "check"), "2 checks");
    }
}
