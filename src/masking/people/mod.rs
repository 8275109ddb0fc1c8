//! Who there is in production: addresses, numbers and names, and the number of each person.
//!
//! A first reading of the backup gathers them ([`Harvest`]), and what comes of it ([`People`])
//! says what each becomes. Numbers are given in the order of the archive, so a backup gives the
//! same ones each time. Rows are one person's if they share a key (`auth.users.id`) or an e-mail
//! address. A person's first address and first telephone number get the person's own number, any
//! further ones a number that nobody has: two that differ never become equal, so that unique
//! indexes hold, and two that are equal stay so.
//!
//! Hashes alone are kept, with a seed that is new for each run: a dump of this process shows
//! nobody. A person takes about 250 bytes: a key, an address, a number and a name.

mod digest;
mod gathered;
mod numbers;
mod same;
mod sieve;
mod words;

use std::collections::HashSet;
use std::hash::{BuildHasher as _, BuildHasherDefault, RandomState};
use std::sync::{Mutex, PoisonError};

pub(crate) use digest::Trait;
use digest::{AsIs, Digest, Map};
pub(crate) use gathered::{Harvest, Row};
use numbers::Numbers;
use words::Words;

use crate::fault::Fault;

/// The greatest number: eight digits, so that `+1000000{id}` is a telephone number by E.164.
const MOST: u32 = 99_999_999;

/// Who there is, each with a number. Shared by all that mask.
#[derive(Debug)]
pub(crate) struct People {
    digest: Digest,
    persons: u64,
    keys: Map,
    emails: Map,
    phones: Map,
    names: Map,
    /// Names with another word first.
    turned: Map,
    /// Numbers as they are dialled at home.
    national: Map,
    /// Addresses that are another's but for their capitals, and have a number of their own.
    spelled: Map,
    words: Words,
    secrets: HashSet<u64, BuildHasherDefault<AsIs>>,
    /// Values that the first reading did not meet, and the numbers that are left.
    later: Mutex<(Map, Numbers)>,
    writing: RandomState,
}

impl People {
    /// How many persons there are whose rows say so.
    pub(crate) fn persons(&self) -> u64 {
        self.persons
    }

    /// How many addresses, telephone numbers and names.
    pub(crate) fn values(&self) -> [(&'static str, u64); 3] {
        [
            (Trait::Email.words(), self.emails.len() as u64),
            (Trait::Phone.words(), self.phones.len() as u64),
            (Trait::Name.words(), self.names.len() as u64),
        ]
    }

    /// The number of a value that production has.
    pub(crate) fn known(&self, what: Trait, value: &str) -> Option<u32> {
        let hash = self.digest.of(what, value)?;
        let number = self.map(what).get(&hash).copied();
        match what {
            Trait::Phone => number.or_else(|| {
                let form = self.digest.dialled(value)?;
                self.national.get(&form).copied()
            }),
            Trait::Email => self.by_spelling(value).or(number),
            Trait::Name => number.or_else(|| self.turned.get(&hash).copied()),
        }
    }

    /// Whether a text is a name with another word first than it has.
    pub(crate) fn is_turned(&self, name: &str) -> bool {
        let hash = self.digest.of(Trait::Name, name);
        hash.is_some_and(|hash| self.turned.contains_key(&hash))
    }

    /// The number of an address that is another's but for its capitals.
    fn by_spelling(&self, value: &str) -> Option<u32> {
        // Nearly nobody has such ones.
        if self.spelled.is_empty() {
            return None;
        }
        self.spelled.get(&self.digest.exact(value)).copied()
    }

    /// The number of a value, given now if it has none yet.
    ///
    /// # Errors
    /// No number is left.
    pub(crate) fn number(&self, what: Trait, value: &str) -> Result<u32, Fault> {
        let plain = value.trim();
        if let Some(number) = self.known(what, plain) {
            return Ok(number);
        }
        let hash = self.digest.of(what, plain);
        let hash = hash.unwrap_or_else(|| self.digest.raw(7, plain.as_bytes()));
        let mut later = self.later.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = later.0.get(&hash) {
            return Ok(*number);
        }
        let number = later.1.take()?;
        later.0.insert(hash, number);
        Ok(number)
    }

    /// The number of whoever has this key.
    pub(crate) fn of_key(&self, of: &str, key: &[u8]) -> Option<u32> {
        self.keys.get(&self.digest.key(of, key)).copied()
    }

    /// Whether a name may begin with the first word of this, whatever its spelling. Asked of every word of every
    /// text, so it takes no memory for most of them.
    pub(crate) fn begins_name(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        let end = bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        // Unless an apostrophe or an accent goes on with the word, the sieve knows it whole.
        let whole = end > 0 && bytes.get(end).is_none_or(|byte| byte.is_ascii() && *byte != b'\'');
        if whole && !self.may_begin_name(&bytes[..end]) {
            return false;
        }
        self.words.first.contains(&self.digest.first_word(text))
    }

    /// Whether a word of ASCII's letters and digits alone may do so: no is certain, and yes is to be
    /// asked again.
    pub(crate) fn may_begin_name(&self, word: &[u8]) -> bool {
        self.words.sieve.lets_through(word)
    }

    /// Whether a whole text could be a name: most are none, and are seen not to be at once.
    pub(crate) fn may_be_name(&self, text: &str) -> bool {
        self.begins_name(text)
    }

    /// Whether there is a name of one word.
    pub(crate) fn has_single_names(&self) -> bool {
        self.words.single
    }

    /// How many words the longest name has.
    pub(crate) fn longest_name(&self) -> usize {
        self.words.most
    }

    /// Whether any key or token of production is known.
    pub(crate) fn has_secrets(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// Whether this is a key or token of production.
    pub(crate) fn is_secret(&self, value: &[u8]) -> bool {
        self.secrets.contains(&self.digest.secret(value))
    }

    /// What a value becomes where it is written down: the same in all of this run, and in no other.
    /// Whoever reads it cannot try which value it was: SipHash, by keys of the system's.
    pub(crate) fn written(&self, value: &[u8]) -> u64 {
        self.writing.hash_one(value)
    }

    fn map(&self, what: Trait) -> &Map {
        match what {
            Trait::Email => &self.emails,
            Trait::Phone => &self.phones,
            Trait::Name => &self.names,
        }
    }
}

#[cfg(test)]
mod tests;
