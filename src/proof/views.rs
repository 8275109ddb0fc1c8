//! What a field shows of itself when its escapes are resolved: those of JSON, of an address of the
//! web and of HTML. How the masker reads them does not count here.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::pattern;

static ESCAPES: LazyLock<Regex> = LazyLock::new(|| {
    pattern::constant(
        r#"(?x)
        (?<units>(?:\\+u[0-9a-fA-F]{4})+)
        | \\+(?<control>[nrtbfv])
        | \\+(?<sign>["'/@%&])
        | (?<bytes>(?:%[0-9a-fA-F]{2})+)
        | &\#(?<hex>[xX]?)(?<code>[0-9a-fA-F]{1,6});"#,
    )
});

/// The levels of escapes that are looked behind: a link in a message in a document has three.
const DEEPEST: usize = 3;

/// The text behind the escapes, one for each level; nothing where there are none.
pub(super) fn behind_escapes(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    while all.len() < DEEPEST {
        let text = all.last().map_or(text, String::as_str);
        if memchr::memchr3(b'\\', b'%', b'&', text.as_bytes()).is_none() {
            break;
        }
        let next = ESCAPES.replace_all(text, resolved).into_owned();
        if next == text {
            break;
        }
        all.push(next);
    }
    all
}

fn resolved(found: &Captures<'_>) -> String {
    let part = |name: &str| found.name(name).map(|part| part.as_str());
    if let Some(units) = part("units") {
        let units = units.split('u').skip(1).map(|unit| unit.trim_end_matches('\\'));
        let units: Vec<u16> = units.filter_map(|unit| u16::from_str_radix(unit, 16).ok()).collect();
        return String::from_utf16_lossy(&units);
    }
    if part("control").is_some() {
        return "\n".to_owned();
    }
    if let Some(bytes) = part("bytes") {
        return percent_encoding::percent_decode_str(bytes).decode_utf8_lossy().into_owned();
    }
    if let Some(code) = part("code") {
        let radix = if part("hex").is_some_and(|x| !x.is_empty()) { 16 } else { 10 };
        let letter = u32::from_str_radix(code, radix).ok().and_then(char::from_u32);
        return letter.map_or_else(|| found[0].to_owned(), String::from);
    }
    part("sign").unwrap_or_default().to_owned()
}

/// Shows every string of a JSON document that is a value, those before its end where it is none.
pub(super) fn strings_of_json(text: &str, mut see: impl FnMut(&str)) {
    let mut reader = serde_json::Deserializer::from_str(text);
    let _ = Strings(&mut see).deserialize(&mut reader);
}

/// Goes through a document, and keeps nothing of it.
struct Strings<'a>(&'a mut dyn FnMut(&str));

impl<'de> DeserializeSeed<'de> for Strings<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strings<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        (self.0)(text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while elements.next_element_seed(Strings(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while fields.next_key::<IgnoredAny>()?.is_some() {
            fields.next_value_seed(Strings(self.0))?;
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// The elements of an array that are single words, as an array has them.
pub(super) fn elements(text: &str) -> impl Iterator<Item = &str> {
    text.split(['{', '}', ',']).map(|element| element.trim().trim_matches('"'))
}

/// Shows the texts that a `tsvector` tells of, until `see` has seen enough and says so: its words in
/// the order of their places; and where they have none, every word before and behind every other that
/// `begins` a name. Those are as many as their product, so that they are shown one by one.
pub(super) fn texts_of_lexemes(
    text: &str,
    begins: impl Fn(&str) -> bool,
    mut see: impl FnMut(&str) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut placed: Vec<(u32, String)> = Vec::new();
    let mut loose: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('\'') {
        let (word, after) = lexeme(after);
        let end = after.find(' ').unwrap_or(after.len());
        let (places, after) = after.split_at(end);
        let places: Vec<u32> = places
            .trim_start_matches(':')
            .split(',')
            .filter_map(|place| {
                place.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse().ok()
            })
            .collect();
        match places.is_empty() {
            true => loose.push(word),
            false => placed.extend(places.into_iter().map(|place| (place, word.clone()))),
        }
        rest = after;
    }
    placed.sort_unstable();
    let placed: Vec<&str> = placed.iter().map(|(_, word)| word.as_str()).collect();
    see(&placed.join(" "))?;
    let mut pair = String::new();
    for first in loose.iter().filter(|word| begins(word)) {
        for other in &loose {
            pair.clear();
            pair.extend([first, " ", other]);
            see(&pair)?;
        }
    }
    loose.iter().try_for_each(|word| see(word))
}

/// A word behind its opening quotation mark, and what follows.
fn lexeme(text: &str) -> (String, &str) {
    let mut word = String::new();
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => word.extend(letters.next().map(|(_, letter)| letter)),
            '\'' if letters.peek().is_some_and(|(_, next)| *next == '\'') => {
                letters.next();
                word.push('\'');
            }
            '\'' => return (word, text.get(at + 1..).unwrap_or_default()),
            letter => word.push(letter),
        }
    }
    (word, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved_level_by_level() {
        for (text, expected) in [
            (r"Ask\nada\u0040mail.test \ud83d\ude00", "Ask\nada@mail.test 😀"),
            ("ada%40mail.test 100%", "ada@mail.test 100%"),
            ("ada&#64;mail&#x2E;test &#9999999;", "ada@mail.test &#9999999;"),
            (r"%5Cu0040 \\n", "@ \n"),
        ] {
            assert_eq!(behind_escapes(text).last().unwrap(), expected);
        }
        assert!(behind_escapes("nothing, 5 % & more").is_empty());
    }

    #[test]
    fn every_string_of_a_document_is_shown_and_no_key() {
        let mut seen = Vec::new();
        let text = r#"{"a": ["x", 1, -2, 0.5, true, null, {"b": "y\u00e9"}], "a": "z"}"#;
        strings_of_json(text, |text| seen.push(text.to_owned()));
        assert_eq!(seen, ["x", "yé", "z"]);
    }

    #[test]
    fn a_tsvector_tells_its_words_in_order() {
        let texts = |vector: &str, most: usize| {
            let mut all = Vec::new();
            let _ = texts_of_lexemes(
                vector,
                |word| word == "ada",
                |text| {
                    all.push(text.to_owned());
                    if all.len() < most {
                        ControlFlow::Continue(())
                    } else {
                        ControlFlow::Break(())
                    }
                },
            );
            all
        };
        let placed = texts("'archer':2A,9 'ada':1 'o''neill':3", 9);
        assert_eq!(placed, ["ada archer o'neill archer"]);
        let loose = texts("'ada' 'archer'", 9);
        assert_eq!(loose, ["", "ada ada", "ada archer", "ada", "archer"]);
        // Who has seen enough, or is to stop, is shown no more of what may be millions.
        assert_eq!(texts("'ada' 'archer'", 2).len(), 2);
    }
}
