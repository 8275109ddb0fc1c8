//! Bytes, integers and strings of an archive, with the place where it breaks.

use crate::backup::encoding::Encoding;
use crate::fault::Fault;

use super::source::Source;

/// The longest string that is taken for one. The longest that PostgreSQL can store is 1 GB, but
/// nobody's function has a body of 64 MB.
const LONGEST: u64 = 64 * 1024 * 1024;

/// All strings of header and contents together: those of a hundred thousand tables are a tenth.
const STRINGS: u64 = 1024 * 1024 * 1024;

/// Reads from a [`Source`], and knows where it is.
pub(super) struct Cursor<S> {
    pub(super) source: S,
    /// How many bytes were taken.
    pub(super) at: u64,
    /// How many bytes an integer has, besides its sign.
    pub(super) integer: u8,
    strings: u64,
    /// That of the strings from here on.
    pub(super) encoding: Encoding,
}

impl<S: Source> Cursor<S> {
    pub(super) fn new(source: S) -> Self {
        Self { source, at: 0, integer: 4, strings: 0, encoding: Encoding::default() }
    }

    /// Whether nothing is left.
    pub(super) fn ended(&mut self) -> Result<bool, Fault> {
        self.source.peek().map(<[u8]>::is_empty)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Fault> {
        match self.source.peek()?.first().copied() {
            Some(byte) => {
                self.source.take(1);
                self.at += 1;
                Ok(byte)
            }
            None => Err(self.cut_off()),
        }
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        for byte in &mut bytes {
            *byte = self.byte()?;
        }
        Ok(bytes)
    }

    pub(super) fn int(&mut self) -> Result<i64, Fault> {
        // Most often it lies in the buffer whole, is none below nothing, and of four bytes: in
        // front of each row of a table, so this is worth a way of its own.
        if let ([0, a, b, c, d, ..], 4) = (self.source.peek()?, self.integer) {
            let value = u32::from_le_bytes([*a, *b, *c, *d]);
            self.source.take(5);
            self.at += 5;
            return Ok(i64::from(value));
        }
        let negative = match self.byte()? {
            0 => false,
            1 => true,
            sign => return Err(self.damaged(format_args!("{sign} is not the sign of a number"))),
        };
        let mut value = 0_u64;
        for place in 0..self.integer {
            value |= u64::from(self.byte()?) << (8 * place);
        }
        // Counts and numbers of objects have 32 bits; a field of eight bytes has room to spare.
        let value = u32::try_from(value)
            .map_err(|_| self.damaged(format_args!("{value} is too large a number")))?;
        let value = i64::from(value);
        Ok(if negative { -value } else { value })
    }

    /// A string, or none, in the encoding that the archive has said it is in. Bytes that are no
    /// letters there are replaced.
    pub(super) fn string(&mut self) -> Result<Option<String>, Fault> {
        let length = self.int()?;
        let Ok(length) = u64::try_from(length) else { return Ok(None) };
        self.strings = self.strings.saturating_add(length);
        if length > LONGEST || self.strings > STRINGS {
            return Err(self.damaged(format_args!("a text of {length} bytes is none")));
        }
        let mut text = Vec::new();
        let mut left = usize::try_from(length).unwrap_or(usize::MAX);
        while left > 0 {
            let bytes = self.source.peek()?;
            if bytes.is_empty() {
                return Err(self.cut_off());
            }
            let some = bytes.len().min(left);
            text.extend_from_slice(&bytes[..some]);
            self.source.take(some);
            self.at += some as u64;
            left -= some;
        }
        Ok(Some(self.encoding.decode(text)))
    }

    /// The fault of an archive that is wrong here.
    pub(super) fn damaged(&self, what: impl std::fmt::Display) -> Fault {
        let at = self.at;
        Fault::failed(format!("the archive is damaged: {what}, before byte {at}"))
            .help("make another backup; this one cannot be restored as it is")
    }

    /// The fault of an archive that ends here.
    pub(super) fn cut_off(&self) -> Fault {
        let at = self.at;
        Fault::failed(format!("the archive is cut off at byte {at}"))
            .help("see what pg_dump said, and make another backup; this one is not whole")
    }
}
