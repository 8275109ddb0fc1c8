//! How names begin, and with another word first.

use std::collections::HashSet;
use std::hash::BuildHasherDefault;

use super::digest::{AsIs, Digest};
use super::sieve::Sieve;

/// How names begin, and how long they are.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) first: HashSet<u64, BuildHasherDefault<AsIs>>,
    pub(super) sieve: Sieve,
    pub(super) most: usize,
    /// Whether there is a name of one word.
    pub(super) single: bool,
}

impl Words {
    /// Takes a name in its plain spelling.
    pub(super) fn add(&mut self, digest: Digest, name: &str) {
        let words = name.split(' ').count();
        self.first.insert(digest.first_word(name));
        self.sieve.add(name.split(' ').next().unwrap_or_default());
        if words > 1 {
            self.most = self.most.max(words);
        } else {
            self.single = true;
        }
    }
}

/// A name with another word first, as `archer ada` of `Archer, Ada`.
pub(super) fn turned(name: &str) -> Vec<String> {
    let words: Vec<&str> = name.split(' ').collect();
    if !(2..=MOST_TURNED).contains(&words.len()) {
        return Vec::new();
    }
    let turned =
        (1..words.len()).map(|first| [&words[first..], &words[..first]].concat().join(" "));
    turned.filter(|turned| turned != name).collect()
}

/// No longer name is known with another word first.
const MOST_TURNED: usize = 4;
