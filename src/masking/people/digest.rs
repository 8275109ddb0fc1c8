//! Hashes of addresses, numbers and names: all that is kept of them.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::masking::text::spelling::{first_word, plain, plain_ascii};

/// What is known of a value that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Trait {
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A person's name.
    Name,
}

impl Trait {
    /// What several of them are called.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Email => "e-mail addresses",
            Self::Phone => "telephone numbers",
            Self::Name => "names",
        }
    }
}

/// Hashes that are hashes already.
#[derive(Default)]
pub(crate) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

pub(super) type Map = HashMap<u64, u32, BuildHasherDefault<AsIs>>;

/// Makes hashes of values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Digest(u64);

impl Digest {
    pub(super) fn new() -> Self {
        Self(fastrand::u64(..))
    }

    /// Of an address, number or name, whatever way it is written. Nothing is nobody's. Asked of
    /// every value and many a word, so the usual case takes no memory.
    pub(crate) fn of(&self, what: Trait, value: &str) -> Option<u64> {
        let mut room = [0; 96];
        match what {
            Trait::Email => {
                let plain = value.trim();
                memchr::memchr(b'@', plain.as_bytes())?;
                match room.get_mut(..plain.len()).filter(|_| plain.is_ascii()) {
                    Some(small) => {
                        small.copy_from_slice(plain.as_bytes());
                        small.make_ascii_lowercase();
                        Some(self.raw(1, small))
                    }
                    None => Some(self.raw(1, plain.to_lowercase().as_bytes())),
                }
            }
            Trait::Phone => {
                let mut count = 0;
                for digit in value.bytes().filter(u8::is_ascii_digit) {
                    *room.get_mut(count)? = digit;
                    count += 1;
                }
                let digits = room.get(..count)?;
                let abroad = digits.strip_prefix(b"00");
                let digits = match abroad {
                    Some(rest) if !value.trim_start().starts_with('+') => rest,
                    _ => digits,
                };
                (digits.len() >= 7).then(|| self.raw(2, digits))
            }
            Trait::Name => {
                let letters = value.chars().filter(|c| c.is_alphabetic());
                if letters.take(2).count() < 2 {
                    return None;
                }
                match plain_ascii(value, &mut room, usize::MAX) {
                    Some(plain) => Some(self.raw(3, plain)),
                    None => Some(self.spelled(&plain(value))),
                }
            }
        }
    }

    /// Of a name in its plain spelling.
    pub(super) fn spelled(&self, plain: &str) -> u64 {
        self.raw(3, plain.as_bytes())
    }

    /// Of the first word of a text, as that of a name.
    pub(super) fn first_word(&self, text: &str) -> u64 {
        let mut room = [0; 32];
        match plain_ascii(text, &mut room, 1) {
            Some(word) => self.raw(6, word),
            None => self.raw(6, first_word(text).as_bytes()),
        }
    }

    /// Of a secret.
    pub(crate) fn secret(&self, value: &[u8]) -> u64 {
        self.raw(5, value)
    }

    pub(super) fn key(&self, of: &str, key: &[u8]) -> u64 {
        self.raw(self.raw(4, of.as_bytes()), key)
    }

    pub(super) fn raw(&self, salt: u64, bytes: &[u8]) -> u64 {
        xxh3_64_with_seed(bytes, self.0 ^ salt.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }
}
