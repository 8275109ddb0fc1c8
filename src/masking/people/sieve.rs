//! Most words of a text begin no name, and are seen not to by a bit.
//!
//! A Bloom filter with one hash: a bit for the first eight letters of each word that begins a name.
//! Where the bit is not set the word begins none; where it is, the word is looked up. With ten
//! thousand first words one word in twenty-six is looked up for nothing.

/// So many bits have a number of 18 bits: 32 KiB, which stay in a core's own cache.
const BITS: u32 = 18;

/// How many letters count.
const LETTERS: usize = 8;

/// An odd number whose bits are spread: the golden ratio's.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// The bits, and what they are shuffled by: a dump of this process shows no word.
#[derive(Debug)]
pub(super) struct Sieve {
    seed: u64,
    bits: Box<[u64]>,
}

impl Default for Sieve {
    fn default() -> Self {
        Self { seed: fastrand::u64(..), bits: vec![0; (1 << BITS) / 64].into() }
    }
}

impl Sieve {
    /// Lets a word through from now on. It is in its plain spelling: small letters.
    pub(super) fn add(&mut self, word: &str) {
        let (index, bit) = self.place(word.as_bytes());
        if let Some(bits) = self.bits.get_mut(index) {
            *bits |= bit;
        }
    }

    /// Whether it lets a word through: any that was added, in capitals or small letters, and few
    /// others. The word is of ASCII's letters and digits alone.
    pub(super) fn lets_through(&self, word: &[u8]) -> bool {
        let (index, bit) = self.place(word);
        self.bits.get(index).is_some_and(|bits| bits & bit != 0)
    }

    fn place(&self, word: &[u8]) -> (usize, u64) {
        let letters = match word.first_chunk::<LETTERS>() {
            Some(letters) => u64::from_le_bytes(*letters),
            None => word.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        };
        // What a capital and a small letter differ by; of digits, and of no letter, it says nothing.
        let small = letters | 0x2020_2020_2020_2020;
        let place = (small ^ self.seed).wrapping_mul(SPREAD) >> (64 - BITS);
        (usize::try_from(place / 64).unwrap_or_default(), 1 << (place % 64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lets_through_what_was_added_and_little_else() {
        let mut sieve = Sieve::default();
        let words: Vec<String> = (0..2_000).map(|n| format!("w{n}ord{}", n * 7)).collect();
        words.iter().step_by(2).for_each(|word| sieve.add(word));
        for word in words.iter().step_by(2) {
            assert!(sieve.lets_through(word.as_bytes()), "{word}");
            assert!(sieve.lets_through(word.to_ascii_uppercase().as_bytes()), "{word}");
        }
        let others = words.iter().skip(1).step_by(2);
        let through = others.filter(|word| sieve.lets_through(word.as_bytes())).count();
        assert!(through < 100, "{through} of 1000");
    }

    #[test]
    fn short_words_are_told_apart() {
        let mut sieve = Sieve::default();
        sieve.add("ada");
        assert!(sieve.lets_through(b"Ada"));
        let others = (b'a'..=b'z').filter(|letter| sieve.lets_through(&[*letter, b'd', b'o']));
        assert!(others.count() < 3);
    }
}
