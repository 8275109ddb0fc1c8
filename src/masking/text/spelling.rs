//! How names are spelled: all ways of writing one come to the same letters.
//!
//! `Zoë-Marie  O’Neill`, `zoe marie oneill` and `ZOE_MARIE O'NEILL` are one name. What parts its
//! words does not count, nor do accents and apostrophes.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Whether a word goes on over a letter.
pub(crate) fn in_word(letter: char) -> bool {
    letter.is_alphanumeric() || is_apostrophe(letter) || is_combining_mark(letter)
}

pub(super) fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '’' | 'ʼ')
}

/// A name in small letters without accents, its words parted by single blanks.
pub(crate) fn plain(name: &str) -> String {
    let mut room = vec![0; name.len()];
    if let Some(plain) = plain_ascii(name, &mut room, usize::MAX) {
        return String::from_utf8_lossy(plain).into_owned();
    }
    slowly(name)
}

fn slowly(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut gap = false;
    for letter in name.nfkd() {
        if is_combining_mark(letter) || is_apostrophe(letter) {
            continue;
        }
        if !letter.is_alphanumeric() {
            gap = true;
            continue;
        }
        if gap && !out.is_empty() {
            out.push(' ');
        }
        gap = false;
        for letter in letter.to_lowercase().filter(|letter| !is_combining_mark(*letter)) {
            match bare(letter) {
                Some(letters) => out.push_str(letters),
                None => out.push(letter),
            }
        }
    }
    out
}

/// Letters that are letters of their own, and not one with a mark.
fn bare(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ø' => "o",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ı' => "i",
        _ => return None,
    })
}

/// The other way of writing a name without its accents, `Mueller` of `Müller`, where there is one.
pub(crate) fn spelled_out(name: &str) -> Option<String> {
    let mut out = String::with_capacity(name.len() + 2);
    let mut other = false;
    for letter in name.nfc().flat_map(char::to_lowercase) {
        let letters = match letter {
            'ä' => "ae",
            'ö' | 'ø' => "oe",
            'ü' => "ue",
            'å' => "aa",
            _ => {
                out.push(letter);
                continue;
            }
        };
        other = true;
        out.push_str(letters);
    }
    other.then(|| plain(&out))
}

/// The first word of a text, as [`plain`] has it.
pub(crate) fn first_word(text: &str) -> String {
    let text = text.trim_start_matches(|letter: char| !letter.is_alphanumeric());
    plain(text.split(|letter| !in_word(letter)).next().unwrap_or_default())
}

/// The same as [`plain`] in room that is there already, for a text of ASCII alone that fits;
/// `words`: how many words of it.
pub(crate) fn plain_ascii<'r>(text: &str, room: &'r mut [u8], words: usize) -> Option<&'r [u8]> {
    let (mut count, mut done, mut gap) = (0, 0, true);
    for byte in text.bytes() {
        match byte {
            b'\'' => {}
            _ if byte.is_ascii_alphanumeric() => {
                if gap {
                    done += 1;
                    if done > words {
                        break;
                    }
                    if count > 0 {
                        *room.get_mut(count)? = b' ';
                        count += 1;
                    }
                }
                gap = false;
                *room.get_mut(count)? = byte.to_ascii_lowercase();
                count += 1;
            }
            128.. => return None,
            _ => gap = true,
        }
    }
    room.get(..count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_ways_of_writing_a_name_are_one() {
        for (name, expected) in [
            ("Zoë-Marie  O’Neill", "zoe marie oneill"),
            (" ZOE_MARIE.O'NEILL ", "zoe marie oneill"),
            ("Zoe\u{308} Łoś", "zoe los"),
            ("Øle Weiß", "ole weiss"),
            ("-", ""),
        ] {
            assert_eq!(plain(name), expected);
        }
        assert_eq!(spelled_out("Jörg Müller").as_deref(), Some("joerg mueller"));
        assert_eq!(spelled_out("Zoë"), None);
        assert_eq!(first_word(" (Anna-Lena Berg)"), "anna");
    }

    proptest! {
        #[test]
        fn the_fast_way_is_the_same(text in "[ -~]{0,40}") {
            let mut room = [0; 64];
            let fast = plain_ascii(&text, &mut room, usize::MAX).unwrap();
            prop_assert_eq!(std::str::from_utf8(fast).unwrap(), slowly(&text));
            let mut room = [0; 64];
            let fast = plain_ascii(&text, &mut room, 1).unwrap();
            prop_assert_eq!(std::str::from_utf8(fast).unwrap(), first_word(&text));
        }
    }
}
