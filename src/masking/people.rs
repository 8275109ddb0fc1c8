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
//! nobody. A person takes about 200 bytes: a key, an address, a number and a name.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, PoisonError};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::text::folded;
use crate::fault::Fault;

/// The greatest number: eight digits, so that `+1000000{id}` is a telephone number by E.164.
const MOST: u32 = 99_999_999;

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

type Map = HashMap<u64, u32, BuildHasherDefault<AsIs>>;

/// Makes hashes of values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Digest(u64);

impl Digest {
    fn new() -> Self {
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
                if !value.is_ascii() || value.len() >= room.len() {
                    return Some(self.raw(3, folded(value).as_bytes()));
                }
                let mut count = 0;
                for word in value.split_ascii_whitespace() {
                    if count > 0 {
                        room[count] = b' ';
                        count += 1;
                    }
                    for letter in word.bytes() {
                        room[count] = letter.to_ascii_lowercase();
                        count += 1;
                    }
                }
                Some(self.raw(3, &room[..count]))
            }
        }
    }

    /// Of a secret.
    pub(crate) fn secret(&self, value: &[u8]) -> u64 {
        self.raw(5, value)
    }

    fn key(&self, of: &str, key: &[u8]) -> u64 {
        self.raw(self.raw(4, of.as_bytes()), key)
    }

    fn raw(&self, salt: u64, bytes: &[u8]) -> u64 {
        xxh3_64_with_seed(bytes, self.0 ^ salt.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }
}

/// What a row says of the person whose it is.
#[derive(Debug, Default)]
pub(crate) struct Row<'a> {
    /// Keys, each with what it is the key of.
    pub(crate) keys: Vec<(&'a str, Vec<u8>)>,
    /// The person's own values.
    pub(crate) own: Vec<(Trait, String)>,
}

/// What is gathered.
pub(crate) struct Harvest {
    digest: Digest,
    /// The persons; each points at another that it is the same as, or at itself.
    same: Vec<u32>,
    /// Keys and addresses, and whose they are.
    keys: Map,
    emails: Map,
    phones: Map,
    names: Map,
    /// Addresses and numbers, in order.
    email_order: Vec<u64>,
    phone_order: Vec<u64>,
    /// Values of nobody that a row names as its own, in order.
    strays: Vec<(Trait, u64)>,
    seen: HashSet<u64, BuildHasherDefault<AsIs>>,
    words: Words,
    secrets: HashSet<u64, BuildHasherDefault<AsIs>>,
}

/// How names begin, and how long they are.
#[derive(Debug, Default)]
struct Words {
    first: HashSet<u64, BuildHasherDefault<AsIs>>,
    most: usize,
    /// Whether there is a name of one word.
    single: bool,
}

impl Harvest {
    pub(crate) fn new() -> Self {
        Self {
            digest: Digest::new(),
            same: Vec::new(),
            keys: Map::default(),
            emails: Map::default(),
            phones: Map::default(),
            names: Map::default(),
            email_order: Vec::new(),
            phone_order: Vec::new(),
            strays: Vec::new(),
            seen: HashSet::default(),
            words: Words::default(),
            secrets: HashSet::default(),
        }
    }

    /// A row that is somebody's.
    pub(crate) fn row(&mut self, row: &Row<'_>) {
        let keys: Vec<u64> = row.keys.iter().map(|(of, key)| self.digest.key(of, key)).collect();
        let hashed = |wanted: Trait| {
            let own = row.own.iter().filter(move |(what, _)| *what == wanted);
            own.filter_map(|(what, value)| self.digest.of(*what, value)).collect::<Vec<_>>()
        };
        let (emails, phones, names) =
            (hashed(Trait::Email), hashed(Trait::Phone), hashed(Trait::Name));
        let known = keys.iter().filter_map(|key| self.keys.get(key));
        let known = known.chain(emails.iter().filter_map(|email| self.emails.get(email)));
        let known: Vec<u32> = known.copied().collect();
        let person = match known.first() {
            Some(first) => known.iter().fold(*first, |one, other| self.join(one, *other)),
            None => self.person(),
        };
        for key in keys {
            self.keys.insert(key, person);
        }
        for email in emails {
            if self.emails.insert(email, person).is_none() {
                self.email_order.push(email);
            }
        }
        for phone in phones {
            if let Entry::Vacant(slot) = self.phones.entry(phone) {
                slot.insert(person);
                self.phone_order.push(phone);
            }
        }
        for name in names {
            self.names.entry(name).or_insert(person);
        }
        let spelled = row.own.iter().filter(|(what, _)| *what == Trait::Name);
        for hash in spelled.filter_map(|(what, name)| self.digest.of(*what, &bare(name))) {
            self.names.entry(hash).or_insert(person);
        }
        for (_, name) in row.own.iter().filter(|(what, _)| *what == Trait::Name) {
            self.words.add(self.digest, name);
        }
    }

    /// A value that is somebody's, nobody says whose.
    pub(crate) fn stray(&mut self, what: Trait, value: &str) {
        if let Some(hash) = self.digest.of(what, value)
            && self.seen.insert(hash)
        {
            self.strays.push((what, hash));
            if what == Trait::Name {
                self.words.add(self.digest, value);
                self.strays.extend(self.digest.of(what, &bare(value)).map(|hash| (what, hash)));
            }
        }
    }

    /// A key or token, which must not be found in staging.
    pub(crate) fn secret(&mut self, value: &[u8]) {
        if value.len() >= 8 {
            self.secrets.insert(self.digest.secret(value));
        }
    }

    /// Gives the numbers.
    ///
    /// # Errors
    /// There are more than numbers.
    pub(crate) fn finish(mut self) -> Result<People, Fault> {
        let mut numbers = Numbers { next: 1 };
        let mut of_person: HashMap<u32, u32> = HashMap::new();
        for person in 0..u32::try_from(self.same.len()).unwrap_or(u32::MAX) {
            if self.root(person) == person {
                of_person.insert(person, numbers.take()?);
            }
        }
        let mut resolve = |map: &mut Map, order: Vec<u64>, same: &[u32]| {
            let mut first = HashSet::new();
            for hash in order {
                let Some(slot) = map.get_mut(&hash) else { continue };
                let person = root(same, *slot);
                *slot = match first.insert(person) {
                    true => of_person.get(&person).copied().unwrap_or_default(),
                    false => numbers.take()?,
                };
            }
            Ok::<_, Fault>(())
        };
        resolve(&mut self.emails, self.email_order, &self.same)?;
        resolve(&mut self.phones, self.phone_order, &self.same)?;
        for map in [&mut self.names, &mut self.keys] {
            for slot in map.values_mut() {
                let person = root(&self.same, *slot);
                *slot = of_person.get(&person).copied().unwrap_or_default();
            }
        }
        for (what, hash) in self.strays {
            let map = match what {
                Trait::Email => &mut self.emails,
                Trait::Phone => &mut self.phones,
                Trait::Name => &mut self.names,
            };
            if let Entry::Vacant(slot) = map.entry(hash) {
                slot.insert(numbers.take()?);
            }
        }
        Ok(People {
            digest: self.digest,
            persons: of_person.len() as u64,
            keys: self.keys,
            emails: self.emails,
            phones: self.phones,
            names: self.names,
            words: self.words,
            secrets: self.secrets,
            later: Mutex::new((HashMap::default(), numbers)),
        })
    }

    fn person(&mut self) -> u32 {
        let person = u32::try_from(self.same.len()).unwrap_or(u32::MAX);
        self.same.push(person);
        person
    }

    fn root(&self, person: u32) -> u32 {
        root(&self.same, person)
    }

    /// Two that are one: the one who came first.
    fn join(&mut self, one: u32, other: u32) -> u32 {
        let (one, other) = (self.root(one), self.root(other));
        let (first, second) = (one.min(other), one.max(other));
        if let Some(slot) = self.same.get_mut(second as usize) {
            *slot = first;
        }
        first
    }
}

/// Whoever a person is the same as in the end.
fn root(same: &[u32], mut person: u32) -> u32 {
    while let Some(next) = same.get(person as usize).filter(|next| **next != person) {
        person = *next;
    }
    person
}

impl Words {
    fn add(&mut self, digest: Digest, name: &str) {
        let folded = folded(name);
        let words = folded.split(' ').count();
        // A single word is too often a word: alone it counts as a name where it fills a field.
        if words > 1 {
            self.first.insert(digest.raw(6, first_word(&folded).as_bytes()));
            self.most = self.most.max(words);
        } else {
            self.single = true;
        }
    }
}

/// A name without its points and strokes: how it stands in the name of a file.
fn bare(name: &str) -> String {
    name.replace(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’', " ")
}

fn first_word(folded: &str) -> &str {
    folded.split(' ').next().unwrap_or_default()
}

#[derive(Debug)]
struct Numbers {
    next: u32,
}

impl Numbers {
    fn take(&mut self) -> Result<u32, Fault> {
        if self.next > MOST {
            let message = format!("there are more than {MOST} people, addresses and numbers");
            return Err(Fault::errored(message).stage("masking"));
        }
        self.next += 1;
        Ok(self.next - 1)
    }
}

/// Who there is, each with a number. Shared by all that mask.
#[derive(Debug)]
pub(crate) struct People {
    digest: Digest,
    persons: u64,
    keys: Map,
    emails: Map,
    phones: Map,
    names: Map,
    words: Words,
    secrets: HashSet<u64, BuildHasherDefault<AsIs>>,
    /// Values that the first reading did not meet, and the numbers that are left.
    later: Mutex<(Map, Numbers)>,
}

impl People {
    /// How many persons there are whose rows say so.
    pub(crate) fn persons(&self) -> u64 {
        self.persons
    }

    /// How many addresses, telephone numbers and names.
    pub(crate) fn values(&self) -> [(&'static str, u64); 3] {
        [
            ("e-mail addresses", self.emails.len() as u64),
            ("telephone numbers", self.phones.len() as u64),
            ("names", self.names.len() as u64),
        ]
    }

    /// The number of a value that production has.
    pub(crate) fn known(&self, what: Trait, value: &str) -> Option<u32> {
        let hash = self.digest.of(what, value)?;
        self.map(what).get(&hash).copied()
    }

    /// The number of a value, given now if it has none yet.
    ///
    /// # Errors
    /// No number is left.
    pub(crate) fn number(&self, what: Trait, value: &str) -> Result<u32, Fault> {
        let plain = value.trim();
        let hash = self.digest.of(what, plain);
        if let Some(number) = hash.and_then(|hash| self.map(what).get(&hash)) {
            return Ok(*number);
        }
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

    /// Whether a name may begin with this word, whatever its case. Asked of every word of every
    /// text, so it takes no memory for most of them.
    pub(crate) fn begins_name(&self, word: &str) -> bool {
        let mut small = [0; 24];
        let hash = match small.get_mut(..word.len()) {
            Some(small) if word.is_ascii() => {
                small.copy_from_slice(word.as_bytes());
                small.make_ascii_lowercase();
                self.digest.raw(6, small)
            }
            _ => self.digest.raw(6, word.to_lowercase().as_bytes()),
        };
        self.words.first.contains(&hash)
    }

    /// Whether a whole text could be a name: most are none, and are seen not to be at once.
    pub(crate) fn may_be_name(&self, text: &str) -> bool {
        match text.split_ascii_whitespace().next() {
            Some(first) if first.len() < text.trim_end().len() => self.begins_name(first),
            _ => self.words.single || !text.is_ascii(),
        }
    }

    /// How many words the longest name has.
    pub(crate) fn longest_name(&self) -> usize {
        self.words.most
    }

    /// Whether this is a key or token of production.
    pub(crate) fn is_secret(&self, value: &[u8]) -> bool {
        self.secrets.contains(&self.digest.secret(value))
    }

    /// A hash of a value that is the same in all of this run, and in no other.
    pub(crate) fn hash(&self, value: &[u8]) -> u64 {
        self.digest.raw(8, value)
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
#[path = "people_tests.rs"]
mod tests;
