//! Telephone numbers in a text.

use super::Piece;
use crate::masking::people::{People, Trait};

/// No number has fewer digits.
const SHORTEST: usize = 7;

/// Where numbers stand.
pub(super) fn phones(text: &str, people: &People, pieces: &mut Vec<Piece>) {
    let bytes = text.as_bytes();
    if bytes.iter().filter(|byte| byte.is_ascii_digit()).count() < SHORTEST {
        return;
    }
    let (mut groups, mut at) = (Vec::new(), 0);
    while let Some(found) = bytes[at..].iter().position(u8::is_ascii_digit) {
        let start = at + found;
        let plus = start > 0 && bytes[start - 1] == b'+';
        let from = start - usize::from(plus);
        // Groups of digits with at most two signs between them.
        groups.clear();
        groups.push((from, start));
        let mut end = start;
        loop {
            end += bytes[end..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            if let Some(last) = groups.last_mut() {
                last.1 = end;
            }
            let gap = bytes[end..].iter().take_while(|byte| b" ()./-".contains(byte)).count();
            let next = bytes.get(end + gap).is_some_and(u8::is_ascii_digit);
            if gap == 0 || gap > 2 || !next || groups.len() > 32 {
                break;
            }
            groups.push((end + gap, end + gap));
            end += gap;
        }
        at = end;
        let mut first = 0;
        while first < groups.len() {
            let found = longest(text, &groups[first..], plus && first == 0, people);
            if let Some((count, to)) = found {
                pieces.push(Piece { from: groups[first].0, to, what: Trait::Phone });
                first += count;
            } else {
                first += 1;
            }
        }
    }
}

/// The longest number that groups of digits begin with: how many groups, and where it ends.
fn longest(
    text: &str,
    groups: &[(usize, usize)],
    plus: bool,
    people: &People,
) -> Option<(usize, usize)> {
    let from = groups.first()?.0;
    let mut unknown = None;
    let mut known = None;
    let mut count = 0;
    for (index, (begin, to)) in groups.iter().enumerate() {
        count += to - begin - usize::from(plus && index == 0);
        if count > 15 {
            break;
        }
        if count < SHORTEST {
            continue;
        }
        if people.known(Trait::Phone, &text[from..*to]).is_some() {
            known = Some((index + 1, *to));
        } else if plus && count >= 8 && unknown.is_none_or(|_| count <= 13) {
            unknown = Some((index + 1, *to));
        }
    }
    known.or(unknown)
}
