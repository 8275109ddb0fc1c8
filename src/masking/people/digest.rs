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
                let digits = digits(value, &mut room)?;
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

    /// Of a number as it may be dialled within its country: with a nought first, however it is written;
    /// and without, where there are gaps in it, since so many digits may be anything.
    pub(super) fn national(&self, value: &str) -> Vec<u64> {
        let mut room = [0; 96];
        let Some(digits) = digits(value, &mut room) else { return Vec::new() };
        let abroad = value.trim_start().starts_with(['+', '0']) || digits.len() >= ABROAD;
        let home = digits.get(country_code(digits)..).filter(|home| home.len() >= HOME);
        let Some(home) = home.filter(|_| abroad && digits.first() != Some(&b'0')) else {
            return Vec::new();
        };
        // Russia and Kazakhstan have an eight for the nought, and Northern America a one, which is
        // its code.
        let first = if digits.starts_with(b"7") { b'8' } else { b'0' };
        let trunk = [&[first], home].concat();
        let salt = if first == b'0' { 9 } else { 10 };
        vec![self.raw(salt, &trunk), self.raw(10, home)]
    }

    /// Of a number that is written as it is dialled within a country.
    pub(super) fn dialled(&self, value: &str) -> Option<u64> {
        let mut room = [0; 96];
        let value = value.trim();
        let digits = digits(value, &mut room).filter(|digits| digits.len() >= HOME)?;
        let bare = value.trim_start_matches('(');
        match bare.as_bytes() {
            [b'+', ..] | [b'0', b'0', ..] => None,
            [b'0', ..] => Some(self.raw(9, digits)),
            _ if bare.bytes().all(|byte| byte.is_ascii_digit()) => None,
            _ => Some(self.raw(10, digits)),
        }
    }

    /// Of an address as it is written.
    pub(super) fn exact(&self, address: &str) -> u64 {
        self.raw(11, address.trim().as_bytes())
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

/// With so many digits it is a number as it is dialled from abroad, even where no plus says so.
const ABROAD: usize = 11;

/// No number has fewer digits within its country.
const HOME: usize = 8;

/// The digits of a number, without the noughts that stand for a plus.
fn digits<'r>(value: &str, room: &'r mut [u8]) -> Option<&'r [u8]> {
    let mut count = 0;
    for digit in value.bytes().filter(u8::is_ascii_digit) {
        *room.get_mut(count)? = digit;
        count += 1;
    }
    let digits = room.get(..count)?;
    Some(match digits.strip_prefix(b"00") {
        Some(rest) if !value.trim_start().starts_with('+') => rest,
        _ => digits,
    })
}

/// How many digits the code of the country has that a number begins with. Source: ITU-T E.164, list
/// of assigned country codes: of each zone those that have one digit or two, and else three.
fn country_code(digits: &[u8]) -> usize {
    match digits {
        [b'1' | b'7', ..] => 1,
        [b'2', b'0' | b'7', ..]
        | [b'3', b'0'..=b'4' | b'6' | b'9', ..]
        | [b'4', b'0' | b'1' | b'3'..=b'9', ..]
        | [b'5', b'1'..=b'8', ..]
        | [b'6', b'0'..=b'6', ..]
        | [b'8', b'1' | b'2' | b'4' | b'6', ..]
        | [b'9', b'0'..=b'5' | b'8', ..] => 2,
        _ => 3,
    }
}
