//! Long texts in pieces: what is worked out for one is small, however long the whole is, and between
//! two of them there is time to hear the word to stop.
//!
//! ```text
//! |---------------- from ---- next |---- over ----|
//!                                  |---------------- from ---- next |---- over ----|
//! ```
//!
//! Whatever begins before `next` is found in this piece, to its end: nothing that is looked for is
//! longer than what pieces overlap by. A text of the usual size is one piece.

use crate::backup::stop::Stop;

/// Bytes of a piece.
pub(crate) const SIZE: usize = 1024 * 1024;

/// By how much pieces overlap.
const OVER: usize = 64 * 1024;

/// A piece of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window<'t> {
    /// Where the next one begins; the end of the text behind the last.
    pub(crate) next: usize,
    pub(crate) text: &'t str,
}

/// The piece that begins at a place, where a letter must.
pub(crate) fn at(text: &str, from: usize) -> Window<'_> {
    if text.len().saturating_sub(from) <= SIZE + OVER {
        return Window { next: text.len(), text: text.get(from..).unwrap_or_default() };
    }
    let most = from + SIZE;
    // Between words, where there are any: half a word may look like another.
    let blank = |byte: &u8| byte.is_ascii_whitespace();
    let gap = text.as_bytes()[most - OVER..most].iter().rposition(blank);
    let next = gap.map_or_else(|| before(text, most), |at| most - OVER + at + 1);
    let end = before(text, text.len().min(next + OVER));
    Window { next, text: &text[from..end] }
}

/// The last place at or before one where a letter begins.
pub(crate) fn before(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// All pieces of a text, at least one; fewer where it is to stop, which the caller then finds out.
pub(crate) fn windows<'t>(text: &'t str, stop: &'t Stop) -> impl Iterator<Item = Window<'t>> {
    let begin = Some(at(text, 0));
    std::iter::successors(begin, move |last| {
        let ended = last.next >= text.len() || stop.is_set();
        (!ended).then(|| at(text, last.next))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_up_the_whole_and_overlap() {
        let stop = Stop::default();
        for unit in ["word é ", "é", "x"] {
            let text = unit.repeat(3 * SIZE / unit.len());
            let mut end = 0;
            for window in windows(&text, &stop) {
                assert!(std::ptr::eq(window.text.as_ptr(), text[end..].as_ptr()));
                assert!(window.text.len() <= SIZE + 2 * OVER);
                let over = end + window.text.len() - window.next;
                assert!(over > OVER - 4 || window.next == text.len());
                assert!(
                    unit != "word é "
                        || window.next == text.len()
                        || text[..window.next].ends_with(' ')
                );
                end = window.next;
            }
            assert_eq!(end, text.len());
        }
        assert_eq!(windows("", &stop).count(), 1);
    }

    #[test]
    fn no_more_come_after_the_word_to_stop() {
        let stop = Stop::default();
        stop.set(crate::fault::Fault::interrupted());
        assert_eq!(windows(&"x".repeat(5 * SIZE), &stop).count(), 1);
    }
}
