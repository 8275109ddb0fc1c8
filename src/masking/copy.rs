//! The text form of COPY: rows end with a line feed, fields are parted by tabs.
//!
//! ```text
//! 17\tAda Archer\t\\N\tfirst line\\nsecond line
//! ```
//!
//! Within a field, tab, line feed and backslash are escaped, so the bare bytes are separators
//! wherever they stand. `\N` alone is NULL. Source: PostgreSQL's manual, COPY, "Text Format".

use std::borrow::Cow;

use memchr::memchr;

/// What a field holds where there is no value.
pub(crate) const NULL: &[u8] = b"\\N";

/// The bytes that a field stands for.
pub(crate) fn unescape(field: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr(b'\\', field) else { return Cow::Borrowed(field) };
    let mut plain = Vec::with_capacity(field.len());
    plain.extend_from_slice(&field[..first]);
    let mut rest = &field[first..];
    while let [byte, tail @ ..] = rest {
        if *byte != b'\\' {
            let run = memchr(b'\\', rest).unwrap_or(rest.len());
            plain.extend_from_slice(&rest[..run]);
            rest = &rest[run..];
            continue;
        }
        let (value, taken) = escaped(tail);
        plain.push(value);
        rest = &tail[taken..];
    }
    Cow::Owned(plain)
}

/// What stands behind a backslash: the byte, and how many it took.
fn escaped(tail: &[u8]) -> (u8, usize) {
    let number = |digits: &[u8], radix: u32| {
        let value = digits.iter().filter_map(|digit| char::from(*digit).to_digit(radix));
        // PostgreSQL keeps the lowest eight bits too.
        value.fold(0_u32, |sum, digit| sum * radix + digit).to_le_bytes()[0]
    };
    let run = |from: usize, most: usize, radix: u32| {
        let digits = tail.iter().skip(from).take(most);
        digits.take_while(|digit| char::from(**digit).is_digit(radix)).count()
    };
    match tail.first() {
        None => (b'\\', 0),
        Some(b'b') => (8, 1),
        Some(b'f') => (12, 1),
        Some(b'n') => (b'\n', 1),
        Some(b'r') => (b'\r', 1),
        Some(b't') => (b'\t', 1),
        Some(b'v') => (11, 1),
        Some(b'x') if run(1, 2, 16) > 0 => {
            let digits = run(1, 2, 16);
            (number(&tail[1..=digits], 16), 1 + digits)
        }
        Some(b'0'..=b'7') => {
            let digits = run(0, 3, 8);
            (number(&tail[..digits], 8), digits)
        }
        Some(other) => (*other, 1),
    }
}

/// Writes bytes as a field holds them, in the way that the server itself writes them.
pub(crate) fn escape(plain: &[u8], out: &mut Vec<u8>) {
    let mut written = 0;
    for (at, byte) in plain.iter().enumerate() {
        let letter = match byte {
            b'\\' => b'\\',
            8 => b'b',
            12 => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            11 => b'v',
            _ => continue,
        };
        out.extend_from_slice(&plain[written..at]);
        out.extend_from_slice(&[b'\\', letter]);
        written = at + 1;
    }
    out.extend_from_slice(&plain[written..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_escape_of_the_manual_is_known() {
        let field = br"a\\b\bc\f\n\r\t\v\101\x41\x4g\q\7z\N\";
        let plain = b"a\\b\x08c\x0c\n\r\t\x0bAA\x04gq\x07zN\\";
        assert_eq!(unescape(field).as_ref(), plain);
        assert!(matches!(unescape(b"plain"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn what_is_escaped_comes_back(plain: Vec<u8>) {
            let mut field = Vec::new();
            escape(&plain, &mut field);
            prop_assert!(!field.contains(&b'\t') && !field.contains(&b'\n'));
            let again = unescape(&field);
            prop_assert_eq!(again.as_ref(), &plain[..]);
        }
    }
}
