//! Going through a document, byte by byte.

use std::borrow::Cow;

use super::string::{closing, plain, quote};
use super::{Path, Put, Spot, Visit};

/// No document is nested deeper: the server's own limit is its stack's.
const DEEPEST: usize = 512;

pub(super) struct Scan<'a> {
    json: &'a str,
    at: usize,
    /// Whether what is read is written again.
    writes: bool,
    out: String,
    path: Path<'a>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(json: &'a str, writes: bool) -> Self {
        let room = if writes { json.len() + 16 } else { 0 };
        Self { json, at: 0, writes, out: String::with_capacity(room), path: Vec::new() }
    }

    pub(super) fn whole<E>(&mut self, visit: &mut Visit<'_, E>) -> Result<(), Option<E>> {
        self.value(visit, 0)?;
        self.blanks();
        match self.at == self.json.len() {
            true => Ok(()),
            false => Err(None),
        }
    }

    /// What was written.
    pub(super) fn done(self) -> String {
        self.out
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
        let made = match text.as_bytes() {
            [b'-' | b'0'..=b'9', ..] => visit(Spot::Number, &self.path, text).map_err(Some)?,
            b"true" | b"false" => visit(Spot::Truth, &self.path, text).map_err(Some)?,
            _ => None,
        };
        match made {
            None => self.copy(end),
            Some(made) => {
                match &made {
                    Put::Null => self.out.push_str("null"),
                    Put::Text(made) if is_number(made) => self.out.push_str(made),
                    // What is no number any more becomes a string.
                    Put::Text(made) => quote(made, &mut self.out),
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
                match made {
                    Put::Null => self.out.push_str("null"),
                    Put::Text(made) => quote(&made, &mut self.out),
                }
                self.at += end + 2;
            }
            None => self.copy(end + 2),
        }
        Ok(text)
    }
}

/// Whether a text of digits is a number in JSON, too.
fn is_number(text: &str) -> bool {
    !text.is_empty()
        && (text == "0" || !text.starts_with('0'))
        && text.bytes().all(|byte| byte.is_ascii_digit())
}
