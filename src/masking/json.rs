//! Strings of a JSON document, replaced where they stand.
//!
//! Numbers, white space, doubled keys and the order of keys stay as they are, to the byte: a
//! document that is parsed and written again would lose some of them, and `1.10` would become
//! `1.1`. The server has made sure that the text is JSON.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::plan::Step;

/// What is visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spot {
    /// A key of an object.
    Key,
    /// A string.
    Text,
    /// A number, as it is written.
    Number,
}

/// Where in a document: the keys on the way, nothing for an element of an array.
pub(crate) type Path<'j> = Vec<Option<Cow<'j, str>>>;

/// Looks at a spot, and gives what it becomes; nothing where it stays.
pub(crate) type Visit<'a, E> = dyn FnMut(Spot, &Path<'_>, &str) -> Result<Option<String>, E> + 'a;

/// Replaces what `visit` gives something else for.
///
/// # Errors
/// `visit` has failed; the outer `Err` of a text that is no JSON is `None`.
pub(crate) fn mask<E>(json: &str, visit: &mut Visit<'_, E>) -> Result<String, Option<E>> {
    let mut scan = Scan::new(json, true);
    scan.whole(visit)?;
    Ok(scan.out)
}

/// Shows every spot, and replaces nothing.
///
/// # Errors
/// It is no JSON.
pub(crate) fn show(json: &str, mut see: impl FnMut(Spot, &Path<'_>, &str)) -> Result<(), ()> {
    let shown = Scan::new(json, false).whole(&mut |spot, path, text| {
        see(spot, path, text);
        Ok::<_, ()>(None)
    });
    shown.map_err(drop)
}

/// Whether a path is one that the steps name.
pub(crate) fn fits(steps: &[Step], path: &[Option<Cow<'_, str>>]) -> bool {
    // The last step tells most places apart.
    if let (Some(Step::Key(key)), Some(at)) = (steps.last(), path.last())
        && at.as_deref() != Some(key)
    {
        return false;
    }
    match (steps.first(), path.first()) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some(Step::Deep), _) => {
            fits(&steps[1..], path) || !path.is_empty() && fits(steps, &path[1..])
        }
        (Some(_), None) => false,
        (Some(Step::Each), Some(_)) => fits(&steps[1..], &path[1..]),
        (Some(Step::Key(key)), Some(at)) => {
            at.as_deref().is_some_and(|at| at == key) && fits(&steps[1..], &path[1..])
        }
    }
}

/// No document is nested deeper: the server's own limit is its stack's.
const DEEPEST: usize = 512;

struct Scan<'a> {
    json: &'a str,
    at: usize,
    /// Whether what is read is written again.
    writes: bool,
    out: String,
    path: Path<'a>,
}

impl<'a> Scan<'a> {
    fn new(json: &'a str, writes: bool) -> Self {
        let room = if writes { json.len() + 16 } else { 0 };
        Self { json, at: 0, writes, out: String::with_capacity(room), path: Vec::new() }
    }

    fn whole<E>(&mut self, visit: &mut Visit<'_, E>) -> Result<(), Option<E>> {
        self.value(visit, 0)?;
        self.blanks();
        match self.at == self.json.len() {
            true => Ok(()),
            false => Err(None),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    /// Takes so many bytes over as they are.
    fn copy(&mut self, bytes: usize) {
        if self.writes {
            self.out.push_str(self.json.get(self.at..self.at + bytes).unwrap_or_default());
        }
        self.at += bytes;
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.copy(1);
        }
    }

    fn expect<E>(&mut self, byte: u8) -> Result<(), Option<E>> {
        self.blanks();
        if self.peek() != Some(byte) {
            return Err(None);
        }
        self.copy(1);
        Ok(())
    }

    fn value<E>(&mut self, visit: &mut Visit<'_, E>, depth: usize) -> Result<(), Option<E>> {
        if depth > DEEPEST {
            return Err(None);
        }
        self.blanks();
        match self.peek() {
            Some(b'{') => self.object(visit, depth),
            Some(b'[') => self.array(visit, depth),
            Some(b'"') => self.string(Spot::Text, visit).map(drop),
            Some(_) => self.scalar(visit),
            None => Err(None),
        }
    }

    fn object<E>(&mut self, visit: &mut Visit<'_, E>, depth: usize) -> Result<(), Option<E>> {
        self.copy(1);
        self.blanks();
        if self.peek() == Some(b'}') {
            self.copy(1);
            return Ok(());
        }
        loop {
            self.blanks();
            if self.peek() != Some(b'"') {
                return Err(None);
            }
            let key = self.string(Spot::Key, visit)?;
            self.expect(b':')?;
            self.path.push(Some(key));
            let value = self.value(visit, depth + 1);
            self.path.pop();
            value?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.copy(1),
                _ => return self.expect(b'}'),
            }
        }
    }

    fn array<E>(&mut self, visit: &mut Visit<'_, E>, depth: usize) -> Result<(), Option<E>> {
        self.copy(1);
        self.blanks();
        if self.peek() == Some(b']') {
            self.copy(1);
            return Ok(());
        }
        loop {
            self.path.push(None);
            let value = self.value(visit, depth + 1);
            self.path.pop();
            value?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.copy(1),
                _ => return self.expect(b']'),
            }
        }
    }

    /// A number, true, false or null.
    fn scalar<E>(&mut self, visit: &mut Visit<'_, E>) -> Result<(), Option<E>> {
        let rest = self.json.get(self.at..).unwrap_or_default();
        let end = rest.find([',', ']', '}', ' ', '\t', '\n', '\r']).unwrap_or(rest.len());
        let text = &rest[..end];
        if text.is_empty() {
            return Err(None);
        }
        let number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let made = match number {
            true => visit(Spot::Number, &self.path, text).map_err(Some)?,
            false => None,
        };
        match made {
            None => self.copy(end),
            Some(made) => {
                // What is no number any more becomes a string.
                match made.bytes().all(|byte| byte.is_ascii_digit()) && !made.starts_with('0') {
                    true => self.out.push_str(&made),
                    false => quote(&made, &mut self.out),
                }
                self.at += end;
            }
        }
        Ok(())
    }

    /// A string; what it was.
    fn string<E>(
        &mut self,
        spot: Spot,
        visit: &mut Visit<'_, E>,
    ) -> Result<Cow<'a, str>, Option<E>> {
        let json: &'a str = self.json;
        let rest = json.get(self.at + 1..).unwrap_or_default();
        let end = closing(rest).ok_or(None)?;
        let text = plain(&rest[..end]).ok_or(None)?;
        match visit(spot, &self.path, &text).map_err(Some)? {
            Some(made) => {
                quote(&made, &mut self.out);
                self.at += end + 2;
            }
            None => self.copy(end + 2),
        }
        Ok(text)
    }
}

/// Where the quotation mark stands that ends a string.
fn closing(rest: &str) -> Option<usize> {
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
fn plain(raw: &str) -> Option<Cow<'_, str>> {
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
        text.push_str(&String::from_utf16_lossy(&units));
        units.clear();
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
fn quote(text: &str, out: &mut String) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn visited(json: &str) -> Vec<String> {
        let mut seen = Vec::new();
        let same = mask(json, &mut |spot, path, text| {
            let path: Vec<_> = path.iter().map(|p| p.as_deref().unwrap_or("*")).collect();
            seen.push(format!("{spot:?} {} {text}", path.join(".")));
            Ok::<_, ()>(None)
        });
        assert_eq!(same.as_deref(), Ok(json));
        seen
    }

    #[test]
    fn strings_keys_and_numbers_are_visited_where_they_stand() {
        let seen =
            visited(r#" {"a": [1.10, "x\u00e9\ud83d\ude00\n"], "b": {"c":true, "c" : null}} "#);
        let expected =
            ["Key  a", "Number a.* 1.10", "Text a.* xé😀\n", "Key  b", "Key b c", "Key b c"];
        assert_eq!(seen, expected);
    }

    #[test]
    fn what_is_replaced_is_written_as_json_and_all_else_stays() {
        let json = r#"{"n": 15552000001, "m": 1.50, "t": "a\"b", "k\u0040": [ ]}"#;
        let masked = mask(json, &mut |spot, _, text| {
            Ok::<_, ()>(match (spot, text) {
                (Spot::Number, "15552000001") => Some("100000017".into()),
                (Spot::Text, _) => Some("q\"\\\n\u{1}".into()),
                (Spot::Key, "k@") => Some("masked".into()),
                _ => None,
            })
        });
        let expected =
            "{\"n\": 100000017, \"m\": 1.50, \"t\": \"q\\\"\\\\\\n\\u0001\", \"masked\": [ ]}";
        assert_eq!(masked.as_deref(), Ok(expected));
    }

    #[test]
    fn what_is_no_json_is_told() {
        let deep = "[".repeat(100_000);
        for text in ["", "{", "{\"a\"}", "[1,]x", "\"a", "{\"a\":1} x", "\"\\", "\"\\u12\"", &deep]
        {
            assert!(mask(text, &mut |_, _, _| Ok::<_, ()>(None)).is_err(), "{text:.20}");
        }
    }

    #[test]
    fn paths_fit_steps() {
        let path = |text: &'static str| -> Path<'static> {
            text.split('.').map(|p| (p != "*").then_some(Cow::Borrowed(p))).collect()
        };
        let key = |key: &str| Step::Key(key.to_owned());
        assert!(fits(&[key("a"), Step::Each, key("b")], &path("a.*.b")));
        assert!(!fits(&[key("a"), key("b")], &path("a.*.b")));
        assert!(fits(&[Step::Deep, key("b")], &path("a.*.b")));
        assert!(fits(&[Step::Deep, key("b")], &path("b")));
        assert!(!fits(&[Step::Deep, key("b")], &path("b.c")));
        assert!(fits(&[Step::Deep], &path("b.c")));
    }
}
