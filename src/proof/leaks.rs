//! Addresses, telephone numbers and names of production in a text.
//!
//! Found in ways of its own, and more broadly than the masker looks: a name also where its words
//! are parted by something else than blanks (`ada-archer.pdf`), a number however its digits are
//! grouped.

use crate::masking::people::{People, Trait};
use crate::masking::text::Allowed;

/// Tells of each that a text holds. `numbers`: whether digits may be a telephone number at all.
pub(super) fn find(
    text: &str,
    numbers: bool,
    (people, allowed): (&People, &Allowed),
    mut found: impl FnMut(Trait),
) {
    let is =
        |what: Trait, value: &str| people.known(what, value).is_some() && !allowed.has(what, value);
    if text.contains('@') {
        let outside = |c: char| c.is_whitespace() || "\"'<>()[]{},;:|\\/=".contains(c);
        for word in text.split(outside).filter(|word| word.contains('@')) {
            let word = word.trim_matches(['.', '!', '?', '*', '`']);
            if is(Trait::Email, word) {
                found(Trait::Email);
            }
        }
    }
    if numbers && text.bytes().filter(u8::is_ascii_digit).count() >= 7 {
        for run in runs(text) {
            for first in 0..run.len() {
                let mut digits = String::new();
                for group in &run[first..] {
                    digits.push_str(group);
                    if digits.len() > 17 {
                        break;
                    }
                    if digits.len() >= 7 && is(Trait::Phone, &digits) {
                        found(Trait::Phone);
                    }
                }
            }
        }
    }
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    for first in 0..words.len() {
        if !people.begins_name(&words[first]) {
            continue;
        }
        let most = people.longest_name().min(words.len() - first);
        for count in 2..=most {
            let last = words[first + count - 1].trim_end_matches("'s").to_owned();
            let mut name = words[first..first + count - 1].join(" ");
            name.push(' ');
            name.push_str(&last);
            if is(Trait::Name, &name) {
                found(Trait::Name);
            }
        }
    }
}

/// Groups of digits that stand together, with at most two signs between them.
fn runs(text: &str) -> Vec<Vec<&str>> {
    let mut all: Vec<Vec<&str>> = Vec::new();
    let mut end: Option<usize> = None;
    let mut at = 0;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && bytes[at].is_ascii_digit() {
            at += 1;
        }
        let gap = end.and_then(|end| text.get(end..start));
        let joins =
            gap.is_some_and(|gap| gap.len() <= 2 && gap.chars().all(|c| " ()./-".contains(c)));
        match all.last_mut().filter(|run| joins && run.len() < 16) {
            Some(run) => run.push(&text[start..at]),
            None => all.push(vec![&text[start..at]]),
        }
        end = Some(at);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::masking::people::{Harvest, Row};

    fn found(text: &str) -> Vec<Trait> {
        let mut harvest = Harvest::new();
        let own = [
            (Trait::Name, "Ada B. Archer"),
            (Trait::Email, "ada@mail.test"),
            (Trait::Phone, "+1 555 200 0001"),
        ];
        let own = own.map(|(what, value)| (what, value.to_owned())).into();
        harvest.row(&Row { keys: vec![("t", b"1".to_vec())], own });
        let people = harvest.finish().unwrap();
        let allowed = Allowed::new(&["help@mail.test".to_owned()]);
        let mut all = Vec::new();
        find(text, true, (&people, &allowed), |what| all.push(what));
        all
    }

    #[test]
    fn each_kind_is_found_however_it_is_written() {
        for (text, what) in [
            ("mailto:ADA@mail.test.", Trait::Email),
            ("{\"a\":\"ada@mail.test\"}", Trait::Email),
            ("x15552000001y", Trait::Phone),
            ("(1) 555.200-0001", Trait::Phone),
            ("17 1 555 2000001", Trait::Phone),
            ("the ADA b.  Archer's", Trait::Name),
            ("ada-b-archer-invoice.pdf", Trait::Name),
        ] {
            assert_eq!(found(text), [what], "{text}");
        }
        for text in
            ["test-1@example.com", "help@mail.test", "+10000001", "Ada Lovelace", "555-2000"]
        {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
