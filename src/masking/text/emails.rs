//! E-mail addresses in a text.

use super::Piece;
use super::escapes;
use crate::backup::stop::Stop;
use crate::masking::people::Trait;
use crate::windows::windows;

/// Where addresses stand.
pub(super) fn emails(text: &str, pieces: &mut Vec<Piece>) {
    let bytes = text.as_bytes();
    for at in memchr::memchr_iter(b'@', bytes) {
        let local =
            |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte) || *byte >= 128;
        let domain =
            |byte: &u8| byte.is_ascii_alphanumeric() || b".-".contains(byte) || *byte >= 128;
        let from = at - bytes[..at].iter().rev().take_while(|byte| local(byte)).count();
        let mut to = at + 1 + bytes[at + 1..].iter().take_while(|byte| domain(byte)).count();
        while to > at + 1 && matches!(bytes[to - 1], b'.' | b'-') {
            to -= 1;
        }
        // Bytes above 127 are whole letters: the separators are all below.
        if from < at && bytes[at + 1..to].contains(&b'.') {
            // Two that are written without a gap are replaced as one.
            match pieces.last_mut().filter(|last| last.to > from) {
                Some(last) => last.to = to,
                None => pieces.push(Piece { from, to, what: Trait::Email }),
            }
        }
    }
}

/// Every address of a text, also where it is written with escapes. Where it is to stop, the rest is
/// left out.
pub(crate) fn addresses(text: &str, stop: &Stop, mut each: impl FnMut(&str)) {
    windows(text, stop).for_each(|window| within(window.text, &mut each));
}

fn within(text: &str, mut each: impl FnMut(&str)) {
    let mut pieces = Vec::new();
    let mut shown = |text: &str| {
        pieces.clear();
        emails(text, &mut pieces);
        pieces.iter().filter_map(|piece| text.get(piece.from..piece.to)).for_each(&mut each);
    };
    let decoded = escapes::levels(text);
    // What follows a backslash would be taken for the beginning of an address.
    if decoded.is_empty() || !text.contains('\\') {
        shown(text);
    }
    decoded.iter().for_each(|decoded| shown(&decoded.text));
}
