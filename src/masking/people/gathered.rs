//! Gathering: rows of people become persons, and persons get their numbers.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, RandomState};
use std::sync::Mutex;

use super::People;
use super::digest::{AsIs, Digest, Map, Trait};
use super::numbers::Numbers;
use super::same::Same;
use super::words::{Words, turned};
use crate::fault::Fault;
use crate::masking::rules::unruled;
use crate::masking::sample::Samples;
use crate::masking::text::spelling::{plain, spelled_out};
use crate::masking::unfound::Unfound;

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
    same: Same,
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
    /// Names with another word first, each with the usual name.
    turned: Vec<(u64, u64)>,
    /// Numbers as they are dialled at home, each with the number as it is dialled from abroad.
    national: Vec<(u64, u64)>,
    /// Addresses that differ from another of their column in capitals alone.
    spelled: Vec<u64>,
    seen: HashSet<u64, BuildHasherDefault<AsIs>>,
    words: Words,
    secrets: HashSet<u64, BuildHasherDefault<AsIs>>,
    /// Columns that nobody asked a rule for.
    pub(crate) samples: Samples,
    /// Paths of JSON rules that fitted nothing so far.
    pub(crate) unfound: Unfound,
}

impl Harvest {
    pub(crate) fn new() -> Self {
        Self {
            digest: Digest::new(),
            same: Same::default(),
            keys: Map::default(),
            emails: Map::default(),
            phones: Map::default(),
            names: Map::default(),
            email_order: Vec::new(),
            phone_order: Vec::new(),
            strays: Vec::new(),
            turned: Vec::new(),
            national: Vec::new(),
            spelled: Vec::new(),
            seen: HashSet::default(),
            words: Words::default(),
            secrets: HashSet::default(),
            samples: Samples::default(),
            unfound: Unfound::default(),
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
            Some(first) => known.iter().fold(*first, |one, other| self.same.join(one, *other)),
            None => self.same.person(),
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
        for (what, value) in &row.own {
            match what {
                Trait::Name => {
                    if let Some(other) = self.name(value) {
                        self.names.entry(other).or_insert(person);
                    }
                }
                Trait::Phone => self.at_home(value),
                Trait::Email => {}
            }
        }
    }

    /// What a name begins with, and what it is with another word first; gives the other way of writing it
    /// without its accents.
    fn name(&mut self, name: &str) -> Option<u64> {
        let (usual, other) = (plain(name), spelled_out(name));
        for name in [Some(&usual), other.as_ref()].into_iter().flatten() {
            self.words.add(self.digest, name);
            for turned in turned(name) {
                self.words.add(self.digest, &turned);
                self.turned.push((self.digest.spelled(&turned), self.digest.spelled(name)));
            }
        }
        other.map(|other| self.digest.spelled(&other))
    }

    /// A number as it is dialled at home.
    fn at_home(&mut self, value: &str) {
        if let Some(abroad) = self.digest.of(Trait::Phone, value) {
            let forms = self.digest.national(value);
            self.national.extend(forms.into_iter().map(|form| (form, abroad)));
        }
    }

    /// An address of a column in which another differs from it in capitals alone: to a unique index
    /// these are two, and so they must stay.
    pub(crate) fn spelled_twice(&mut self, address: &str) {
        let hash = self.digest.exact(address);
        if self.seen.insert(hash) {
            self.spelled.push(hash);
        }
    }

    /// Hashes of an address, as it is written and as all ways of writing it.
    pub(crate) fn spelling(&self, address: &str) -> Option<(u64, u64)> {
        let all = self.digest.of(Trait::Email, address)?;
        Some((all, self.digest.exact(address)))
    }

    /// A value that is somebody's, nobody says whose.
    pub(crate) fn stray(&mut self, what: Trait, value: &str) {
        if let Some(hash) = self.digest.of(what, value)
            && self.seen.insert(hash)
        {
            self.strays.push((what, hash));
            match what {
                Trait::Name => {
                    let other = self.name(value);
                    self.strays.extend(other.map(|other| (what, other)));
                }
                Trait::Phone => self.at_home(value),
                Trait::Email => {}
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
    /// There are more than numbers, a column that has no rule holds what needs one, or a path of
    /// a rule fits nothing.
    pub(crate) fn finish(mut self) -> Result<People, Fault> {
        let suspects = std::mem::take(&mut self.samples).suspects();
        if !suspects.is_empty() {
            return Err(unruled(&suspects));
        }
        self.unfound.check()?;
        self.same.flatten();
        let mut numbers = Numbers::new();
        let mut of_person: HashMap<u32, u32> = HashMap::new();
        for person in 0..self.same.count() {
            if self.same.whose(person) == person {
                of_person.insert(person, numbers.take()?);
            }
        }
        let mut resolve = |map: &mut Map, order: Vec<u64>, same: &Same| {
            let mut first = HashSet::new();
            for hash in order {
                let Some(slot) = map.get_mut(&hash) else { continue };
                let person = same.whose(*slot);
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
                let person = self.same.whose(*slot);
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
        let names = &self.names;
        let turned = self.turned.into_iter();
        let turned = turned.filter(|(turned, _)| !names.contains_key(turned));
        let turned = turned.filter_map(|(turned, usual)| Some((turned, *names.get(&usual)?)));
        let turned = turned.collect();
        let phones = &self.phones;
        let at_home = |(form, abroad)| Some((form, *phones.get(&abroad)?));
        let national = self.national.into_iter().filter_map(at_home).collect();
        let mut spelled = Map::default();
        for hash in self.spelled {
            spelled.insert(hash, numbers.take()?);
        }
        Ok(People {
            digest: self.digest,
            national,
            spelled,
            turned,
            persons: of_person.len() as u64,
            keys: self.keys,
            emails: self.emails,
            phones: self.phones,
            names: self.names,
            words: self.words,
            secrets: self.secrets,
            later: Mutex::new((HashMap::default(), numbers)),
            writing: RandomState::new(),
        })
    }
}
