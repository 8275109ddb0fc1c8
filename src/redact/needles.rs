//! Finding many strings in one text.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// A fixed set of strings to look for, all in one pass over a text.
pub(crate) struct Needles {
    strings: Vec<String>,
    /// Without it (the set is too large for an automaton), each string is looked for by itself:
    /// slower, but nothing is missed.
    automaton: Option<AhoCorasick>,
}

impl Needles {
    /// Prepares to look for these; empty strings are never found.
    pub(crate) fn new(strings: impl IntoIterator<Item = String>) -> Self {
        let strings: Vec<String> = strings.into_iter().filter(|s| !s.is_empty()).collect();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            // A dense automaton of a few long strings takes a thousand times their size.
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&strings)
            .ok();
        Self { strings, automaton }
    }

    /// Calls `found` with the string and the byte range of each occurrence in `text`; those
    /// that overlap others are found too, in no particular order.
    pub(crate) fn each<'a>(&'a self, text: &str, mut found: impl FnMut(&'a str, Range<usize>)) {
        let matches = self.automaton.as_ref().map(|a| a.try_find_overlapping_iter(text));
        if let Some(Ok(matches)) = matches {
            for hit in matches {
                if let Some(string) = self.strings.get(hit.pattern().as_usize()) {
                    found(string, hit.range());
                }
            }
        } else {
            for string in &self.strings {
                for (start, _) in text.match_indices(string.as_str()) {
                    found(string, start..start + string.len());
                }
            }
        }
    }

    /// The byte ranges of `text` that are covered by any of the strings, in order; occurrences
    /// that overlap are one range.
    pub(crate) fn covered(&self, text: &str) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        self.each(text, |_, range| ranges.push(range));
        ranges.sort_unstable_by_key(|range| (range.start, range.end));
        ranges.dedup_by(|next, last| {
            let overlap = next.start < last.end;
            if overlap {
                last.end = last.end.max(next.end);
            }
            overlap
        });
        ranges
    }
}

#[cfg(test)]
mod tests {
    use super::Needles;

    #[test]
    fn overlapping_strings_are_covered_whole() {
        let needles = Needles::new(["abcd", "cdef", "xy", ""].map(String::from));
        assert_eq!(needles.covered("-abcdef-xyxy"), [1..7, 8..10, 10..12]);
        assert!(needles.covered("abc").is_empty());
        assert!(Needles::new([]).covered("abc").is_empty());
    }

    #[test]
    fn without_an_automaton_the_same_is_found() {
        let mut needles = Needles::new(["abcd", "cdef"].map(String::from));
        needles.automaton = None;
        assert_eq!(needles.covered("-abcdef-ab-cdef"), [1..7, 11..15]);
    }
}
