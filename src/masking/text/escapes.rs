//! A text behind its escapes, and where each letter of it stands.
//!
//! ```text
//! "Ask\nada\u0040mail.test"     a document within a text
//! ?email=ada%40mail.test        an address of the web
//! ada&#64;mail.test             a page of the web
//! ```

/// A text without escapes.
pub(super) struct Decoded {
    pub(super) text: String,
    /// Where each byte began in the text with escapes, and where that ends.
    starts: Vec<usize>,
}

/// The most levels of escapes within escapes.
const DEEPEST: usize = 3;

/// The text behind its escapes, the outermost first; nothing where there are none.
pub(super) fn levels(text: &str) -> Vec<Decoded> {
    let mut levels: Vec<Decoded> = Vec::new();
    while levels.len() < DEEPEST {
        let Some(mut next) = decoded(levels.last().map_or(text, |last| &last.text)) else { break };
        if let Some(last) = levels.last() {
            for start in &mut next.starts {
                *start = last.starts.get(*start).copied().unwrap_or(text.len());
            }
        }
        levels.push(next);
    }
    levels
}

impl Decoded {
    /// Where a range stands in the text with escapes.
    pub(super) fn raw(&self, from: usize, to: usize) -> Option<(usize, usize)> {
        Some((*self.starts.get(from)?, *self.starts.get(to)?))
    }

    fn push(&mut self, text: &str, start: usize) {
        self.text.push_str(text);
        self.starts.extend(std::iter::repeat_n(start, text.len()));
    }

    fn letter(&mut self, letter: char, start: usize) {
        self.push(letter.encode_utf8(&mut [0; 4]), start);
    }
}

/// One level; nothing where there is no escape.
fn decoded(text: &str) -> Option<Decoded> {
    let bytes = text.as_bytes();
    memchr::memchr3(b'\\', b'%', b'&', bytes)?;
    let mut out = Decoded { text: String::with_capacity(text.len()), starts: Vec::new() };
    let (mut at, mut any) = (0, false);
    while let Some(letter) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let width = match letter {
            '\\' => backslash(text, at, &mut out),
            '%' => percent(bytes, at, &mut out),
            '&' => entity(text, at, &mut out),
            _ => None,
        };
        any |= width.is_some();
        at += width.unwrap_or_else(|| {
            // Of many backslashes that stand for nothing each would be looked at again.
            let width = match letter {
                '\\' => marks(bytes, at),
                letter => letter.len_utf8(),
            };
            out.starts.extend(at..at + width);
            out.text.push_str(text.get(at..at + width).unwrap_or_default());
            width
        });
    }
    out.starts.push(text.len());
    any.then_some(out)
}

/// How many backslashes stand together.
fn marks(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().take_while(|byte| **byte == b'\\').count()
}

/// What begins with a backslash, or several: how many bytes it takes.
fn backslash(text: &str, at: usize, out: &mut Decoded) -> Option<usize> {
    let unit = |at: usize| {
        let marks = text.get(at..).map(|_| marks(text.as_bytes(), at))?;
        let digits = text.get(at + marks..)?.strip_prefix('u')?.get(..4)?;
        let unit = u16::from_str_radix(digits, 16).ok().filter(|_| marks > 0)?;
        Some((unit, marks + 5))
    };
    if let Some((first, width)) = unit(at) {
        let second = unit(at + width).filter(|_| (0xD800..0xDC00).contains(&first));
        let pair = second.and_then(|(second, more)| {
            let letter = char::decode_utf16([first, second]).next()?.ok()?;
            Some((letter, width + more))
        });
        let (letter, width) = pair.unwrap_or_else(|| {
            (char::from_u32(first.into()).unwrap_or(char::REPLACEMENT_CHARACTER), width)
        });
        out.letter(letter, at);
        return Some(width);
    }
    let marks = marks(text.as_bytes(), at);
    let next = text.get(at + marks..)?.chars().next()?;
    match next {
        'n' | 'r' | 't' | 'b' | 'f' | 'v' => out.letter('\n', at),
        '"' | '\'' | '/' | '@' | '%' | '&' => out.letter(next, at),
        _ => return None,
    }
    Some(marks + next.len_utf8())
}

/// How many bytes as `%40` are read at once: a letter has at most four.
const TOGETHER: usize = 64;

/// Bytes as `%40`, as many as stand together.
fn percent(bytes: &[u8], at: usize, out: &mut Decoded) -> Option<usize> {
    let mut plain = Vec::new();
    while plain.len() < TOGETHER
        && let Some([b'%', high, low]) = bytes.get(at + plain.len() * 3..at + plain.len() * 3 + 3)
    {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let Some((high, low)) = digit(*high).zip(digit(*low)) else { break };
        plain.push(u8::try_from(high * 16 + low).ok()?);
    }
    // Bytes that are no letter end it.
    let text = match std::str::from_utf8(&plain) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(plain.get(..error.valid_up_to())?).ok()?,
    };
    let mut start = at;
    for letter in text.chars() {
        out.letter(letter, start);
        start += 3 * letter.len_utf8();
    }
    (!text.is_empty()).then_some(start - at)
}

/// A letter as `&#64;`.
fn entity(text: &str, at: usize, out: &mut Decoded) -> Option<usize> {
    let rest = text.get(at..)?.strip_prefix("&#")?;
    let inner = rest.get(..rest.bytes().take(9).position(|byte| byte == b';')?)?;
    let code = match inner.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => inner.parse(),
    };
    out.letter(char::from_u32(code.ok()?)?, at);
    Some(inner.len() + 3)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_resolved_level_by_level() {
        for (text, expected) in [
            (r"Ask\nada\u0040mail.test", "Ask\nada@mail.test"),
            (r"Zo\u00e9 \\u00e9 \ud83d\ude00 \ud83d", "Zoé é 😀 \u{fffd}"),
            ("ada%40mail.test %C3%A9%FF 100% %4", "ada@mail.test é%FF 100% %4"),
            ("ada&#64;mail&#x2E;test & &#;", "ada@mail.test & &#;"),
            ("%2540", "@"),
            (r#"{\"a\":\"b\\n\"}"#, "{\"a\":\"b\n\"}"),
        ] {
            let all = levels(text);
            let last = all.last().unwrap();
            assert_eq!(last.text, expected, "{text}");
            assert_eq!(last.raw(0, last.text.len()), Some((0, text.len())));
        }
        assert!(levels(r"no escape, 5 % & more, C:\Users").is_empty());
        let text = "to=ada%40mail.test&x";
        let all = levels(text);
        let (from, to) = all[0].raw(3, 16).unwrap();
        assert_eq!(&text[from..to], "ada%40mail.test");
    }

    proptest! {
        #[test]
        fn every_letter_stands_somewhere(text in "[a%\\\\&#;x0-9un\"é😀]{0,30}") {
            for level in levels(&text) {
                prop_assert_eq!(level.starts.len(), level.text.len() + 1);
                prop_assert!(level.starts.is_sorted());
                let places = 0..=level.text.len();
                for at in places.filter(|at| level.text.is_char_boundary(*at)) {
                    prop_assert!(text.is_char_boundary(level.starts[at]));
                }
            }
        }
    }
}
