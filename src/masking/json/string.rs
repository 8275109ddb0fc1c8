//! A string: where it ends, what it stands for, and how it is written.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Where the quotation mark stands that ends a string.
pub(super) fn closing(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        match bytes[at] {
            b'"' => return Some(at),
            _ => at += 2,
        }
    }
}

/// A string's text, its escapes resolved. Half a surrogate pair stands for U+FFFD.
pub(super) fn plain(raw: &str) -> Option<Cow<'_, str>> {
    if memchr::memchr(b'\\', raw.as_bytes()).is_none() {
        return Some(Cow::Borrowed(raw));
    }
    let mut text = String::with_capacity(raw.len());
    let mut letters = raw.chars();
    let mut units: Vec<u16> = Vec::new();
    while let Some(letter) = letters.next() {
        let escape = if letter == '\\' { letters.next() } else { None };
        if escape == Some('u') {
            let digits: String = letters.by_ref().take(4).collect();
            let whole = digits.len() == 4;
            units.push(u16::from_str_radix(&digits, 16).ok().filter(|_| whole)?);
            continue;
        }
        if !units.is_empty() {
            text.push_str(&String::from_utf16_lossy(&units));
            units.clear();
        }
        text.push(match escape {
            None if letter != '\\' => letter,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some(other) => other,
            None => return None,
        });
    }
    text.push_str(&String::from_utf16_lossy(&units));
    Some(Cow::Owned(text))
}

/// Writes a string as the server's `jsonb` does.
pub(super) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if letter < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
}
