use crate::backup::stop::Stop;
use proptest::prelude::*;

use super::super::held::held;
use super::*;
use crate::masking::people::{Harvest, Row};
use crate::masking::plan::{Action, ColumnPlan};
use crate::masking::text::{Known, mask};

fn people() -> People {
    let mut harvest = Harvest::new();
    let own = [
        (Trait::Name, "Ada B. Archer"),
        (Trait::Email, "ada@mail.test"),
        (Trait::Phone, "+1 555 200 0001"),
    ];
    let own = own.map(|(what, value)| (what, value.to_owned())).into();
    harvest.row(&Row { keys: vec![("t", b"1".to_vec())], own });
    for name in ["Anna-Lena O’Berg", "Zo\u{eb} M\u{fc}ller", "Cher"] {
        harvest.stray(Trait::Name, name);
    }
    harvest.finish().unwrap()
}

fn found(text: &str) -> Vec<Trait> {
    let people = people();
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
        ("?to=ada@mail.test&x=1", Trait::Email),
        ("https://x.test/ada@mail.test#top", Trait::Email),
        ("office+ada@mail.test.Thanks", Trait::Email),
        ("?to=ada%40mail.test", Trait::Email),
        ("ada&#64;mail.test", Trait::Email),
        (r#"{"a": "anna\tlena o'berg"}"#, Trait::Name),
        ("Anna-Lena O'Berg's", Trait::Name),
        ("for ANNA_LENA_OBERG", Trait::Name),
        ("zoe muller", Trait::Name),
        ("Zoe Mueller", Trait::Name),
        ("Zoe\u{308} Mu\u{308}ller", Trait::Name),
        (r"Zo\u00eb M\u00FCller", Trait::Name),
        ("Zo%C3%AB%20M%C3%BCller", Trait::Name),
    ] {
        assert_eq!(found(text), [what], "{text}");
    }
    for text in ["test-1@example.com", "help@mail.test", "+10000001", "Ada Lovelace", "555-2000"] {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn an_address_behind_an_escaped_line_break_is_found() {
    // The letter of the escape would be taken for the beginning of the address.
    for text in [r"Ask\nada@mail.test", r"Ask\\tada@mail.test", r"\u0020ada\u0040mail.test"] {
        assert!(found(text).contains(&Trait::Email), "{text}");
    }
}

#[test]
fn a_name_of_one_word_is_found_where_it_is_all() {
    let (people, allowed) = (people(), Allowed::default());
    for (text, expected) in [("Cher", true), (" CHER. ", true), ("it is Cher", false), ("", false)]
    {
        assert_eq!(is_single_name(text, (&people, &allowed)), expected, "{text}");
    }
    let allowed = Allowed::new(&["Cher".to_owned()]);
    assert!(!is_single_name("Cher", (&people, &allowed)));
}

/// People, in many ways of writing, with something around them.
fn text() -> impl Strategy<Value = String> {
    let values = || {
        prop::sample::select(vec![
            "ada@mail.test",
            "ADA@Mail.Test",
            "ada%40mail.test",
            r"ada\u0040mail.test",
            "ada&#64;mail.test",
            "office+ada@mail.test",
            "+1 555 200 0001",
            "15552000001",
            "(1) 555.200-0001",
            "Ada B. Archer",
            "ada_b-archer",
            "Ada%20B%20Archer's",
            "Anna-Lena O’Berg",
            "anna lena oberg",
            r"Zo\u00eb M\u00fcller",
            "Zoe Mueller",
            "Zoë\\nMüller",
        ])
    };
    let around = "(\\\\n|\\\\t|\\\\\\\\n|\\\\\"|%20|%0A|&#10;|&|#|/|\\?to=|:|<|>|\\.|,|;|'|“|é| |\n|x|7|_|-|\\+|@|%|\\\\|\"){0,4}";
    (around, values(), around, values(), around)
        .prop_map(|(a, one, b, two, c)| format!("{a}{one}{b}{two}{c}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

    /// What the masker leaves nobody finds, or every restore of such a text would be refused.
    #[test]
    fn nobody_is_found_in_what_was_masked(text in text()) {
        let (people, allowed) = (people(), Allowed::default());
        let known = Known { people: &people, allowed: &allowed, stop: &Stop::default() };
        let masked = mask(&text, known).unwrap();
        let mut found = Vec::new();
        find(&masked, true, (&people, &allowed), |what| found.push(what));
        prop_assert_eq!(found, Vec::new(), "{} became {}", text, masked);
        let (name, length, action) = ("c".to_owned(), None, Action::Text);
        let column = ColumnPlan { name, array: false, text: true, length, action, passed: None };
        prop_assert!(held(&column, Some(&masked), (&people, &allowed, &Stop::default())), "{} became {}", text, masked);
    }
}
