use super::super::people::{Harvest, Row};
use super::*;
use crate::backup::stop::Stop;

/// Two people: Ada Archer (1) and Øle B. O'Neill (2).
pub(in super::super) fn people() -> People {
    let mut harvest = Harvest::new();
    for (name, email, phone) in [
        ("Ada Archer", "ada.archer@mail.test", "+15552000001"),
        ("Øle B. O'Neill", "ole@firm.test", "+15552000002"),
    ] {
        let own = [(Trait::Name, name), (Trait::Email, email), (Trait::Phone, phone)];
        let own = own.map(|(what, value)| (what, value.to_owned())).into();
        harvest.row(&Row { keys: vec![("customers", name.as_bytes().to_vec())], own });
    }
    harvest.finish().unwrap()
}

fn masked(text: &str) -> String {
    let (people, allowed) = (people(), Allowed::new(&["help@brook.test".to_owned()]));
    mask(text, Known { people: &people, allowed: &allowed, stop: &Stop::default() })
        .unwrap()
        .into_owned()
}

#[test]
fn addresses_numbers_and_names_are_found_however_they_are_written() {
    for (text, expected) in [
        ("Write to ADA.Archer@Mail.test.", "Write to test-1@example.com."),
        ("<ada.archer@mail.test>,", "<test-1@example.com>,"),
        ("to office+ada.archer@mail.test", "to test-3@example.com"),
        ("Call +1 555 200 0001 before 8", "Call +10000001 before 8"),
        ("or (1) 555-2000002", "or (10000002"),
        ("15552000001", "10000001"),
        ("job 107, 12 × 3.5, 2026-11-26 08:15:00", "job 107, 12 × 3.5, 2026-11-26 08:15:00"),
        ("+49 171 2345678 2026-11-26", "+10000003 2026-11-26"),
        ("ada ARCHER's key", "Test Customer 1's key"),
        ("(Ada\n Archer), ØLE  b. o'neill!", "(Test Customer 1), Test Customer 2!"),
        ("ask Ada, or the archer", "ask Ada, or the archer"),
        ("ADA_ARCHER.pdf, Ada;Archer;x", "Test Customer 1.pdf, Test Customer 1;x"),
        ("'Ada Archer', 'Ada Archer's'", "'Test Customer 1', 'Test Customer 1's'"),
        ("Ole B O’Neill’s", "Test Customer 2’s"),
        ("oele b. oneill", "Test Customer 2"),
        (r"Ask\nada.archer@mail.test\u0020", r"Ask\ntest-1@example.com\u0020"),
        (r#"{\"a\":\"\\nada.archer@mail.test\"}"#, r#"{\"a\":\"\\ntest-1@example.com\"}"#),
        (
            "?to=ada.archer%40mail.test&n=Ada%20Archer",
            "?to=test-1%40example.com&n=Test%20Customer%201",
        ),
        ("?to=ada.archer@mail.test&n=Ada+Archer#1", "?to=test-1@example.com&n=Test Customer 1#1"),
        (r"\u00d8le B. O\u0027Neill", "Test Customer 2"),
        ("ada.archer&#64;mail.test", "test-1@example.com"),
        ("Ada Archer;ada.archer@mail.test;x", "Test Customer 1;test-1@example.com;x"),
        ("help@brook.test stays", "help@brook.test stays"),
        ("Ada Archer.", "Test Customer 1."),
    ] {
        assert_eq!(masked(text), expected, "{text}");
    }
}

#[test]
fn what_holds_nobody_is_handed_on_as_it_is() {
    let (people, allowed) = (people(), Allowed::default());
    let known = Known { people: &people, allowed: &allowed, stop: &Stop::default() };
    assert!(matches!(mask("Nothing here.", known).unwrap(), Cow::Borrowed(_)));
}

#[test]
fn names_of_one_word_and_with_strokes_are_found() {
    let mut harvest = Harvest::new();
    for name in ["Anna-Lena Berg", "Cher", "J\u{f6}rg M\u{fc}ller"] {
        harvest.stray(Trait::Name, name);
    }
    let (people, allowed) = (harvest.finish().unwrap(), Allowed::new(&["Jorg Muller".to_owned()]));
    let made = |text: &str| {
        mask(text, Known { people: &people, allowed: &allowed, stop: &Stop::default() })
            .unwrap()
            .into_owned()
    };
    for (text, expected) in [
        ("for anna lena berg", "for Test Customer 1"),
        ("for Anna-Lena Berg", "for Test Customer 1"),
        (" cher ", "Test Customer 2"),
        ("it is cher", "it is cher"),
        ("J\u{f6}rg M\u{fc}ller", "J\u{f6}rg M\u{fc}ller"),
    ] {
        assert_eq!(made(text), expected, "{text}");
    }
}

#[test]
fn keys_that_show_what_they_are_are_reset() {
    let out = masked("select set('sk_live_4242424242424242'); -- Ada Archer");
    assert!(out.starts_with("select set('staging-") && out.ends_with(" Test Customer 1"), "{out}");
    assert_eq!(out, masked(&out));
}

#[test]
fn what_is_long_is_masked_as_what_is_short_wherever_it_is_cut() {
    let (line, expected) = (
        "Ask Ada Archer, ada.archer@mail.test or ada%40mail.test, +1 555 200 0001, é.\n",
        "Ask Test Customer 1, test-1@example.com or test-3%40example.com, +10000001, é.\n",
    );
    let (people, allowed, stop) = (people(), Allowed::default(), Stop::default());
    let known = Known { people: &people, allowed: &allowed, stop: &stop };
    let masked = |text: &str| mask(text, known).unwrap().into_owned();
    assert_eq!(masked(line), expected);
    let many = 5 * windows::SIZE / 2 / line.len();
    assert!(masked(&line.repeat(many)) == expected.repeat(many));
    // Without any blank to cut at; and somebody just there.
    for shift in [0, 2, 9, 20, 25, 40] {
        let filler = "x".repeat(windows::SIZE - shift);
        let end = "x".repeat(70_000);
        let text = format!("{filler}/ada.archer@mail.test/sk_live_4242424242424242/{end}");
        let made = masked(&text);
        let middle = made.trim_start_matches('x').trim_end_matches('x');
        assert!(middle.starts_with("/test-1@example.com/staging-"), "{shift}: {middle}");
        assert_eq!(made.len() - middle.len(), filler.len() + end.len());
    }
    stop.set(Fault::interrupted());
    assert!(mask(&line.repeat(many), known).is_err());
}

#[test]
fn signs_that_begin_an_escape_and_stand_for_nothing_take_no_time() {
    for sign in ["\\", "%FF", "%41", "&#", "+", "1-", "a@", "\\u", "%"] {
        let text = sign.repeat(windows::SIZE / 4 / sign.len());
        let begun = std::time::Instant::now();
        let _ = masked(&text);
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{sign}");
    }
}

#[test]
fn a_key_of_production_is_reset_in_a_text_too() {
    let mut harvest = Harvest::new();
    harvest.secret(b"hunter2-x");
    let (people, allowed) = (harvest.finish().unwrap(), Allowed::default());
    let known = Known { people: &people, allowed: &allowed, stop: &Stop::default() };
    let made = mask("see https://x.test/?key=hunter2-x&a=1 or hunter2-xy", known).unwrap();
    assert!(made.starts_with("see https://x.test/?key=staging-"), "{made}");
    assert!(made.ends_with("&a=1 or hunter2-xy"), "{made}");
}

#[test]
fn in_code_a_name_is_somebody_s_where_it_is_no_code() {
    let mut harvest = Harvest::new();
    for name in ["Create Table", "First Name", "Ada Archer"] {
        harvest.stray(Trait::Name, name);
    }
    harvest.stray(Trait::Phone, "15552000001");
    let (people, allowed) =
        (harvest.finish().unwrap(), Allowed::new(&["help@brook.test".to_owned()]));
    let known = Known { people: &people, allowed: &allowed, stop: &Stop::default() };
    for (sql, expected) in [
        ("CREATE TABLE a (first_name text);", "CREATE TABLE a (first_name text);"),
        (
            "as $$ create table b (); -- of Ada Archer\n$$",
            "as $$ create table b (); -- of Test Customer 3\n$$",
        ),
        ("default 'First Name'", "default 'Test Customer 2'"),
        ("x = 15552000001", "x = 10000004"),
        // Whatever names it so elsewhere would find it no more.
        (
            "policy \"15552000001 ''reads''\" using (x = 15552000001)",
            "policy \"15552000001 ''reads''\" using (x = 10000004)",
        ),
        ("'to new@firm.test, help@brook.test'", "'to test-5@example.com, help@brook.test'"),
        ("like '%@firm.test' or 'a@example.com'", "like '%@firm.test' or 'a@example.com'"),
    ] {
        assert_eq!(mask_code(sql, known).unwrap(), expected);
    }
    // The offset of a piece of what is long counts.
    let filler = "x ".repeat(windows::SIZE * 3 / 4);
    let made = mask_code(&format!("{filler}'{filler} Ada Archer' ada_archer"), known)
        .unwrap()
        .into_owned();
    assert!(made.ends_with(" Test Customer 3' ada_archer"), "{:?}", &made[made.len() - 40..]);
}

#[test]
fn a_name_of_one_word_is_found_where_it_is_written_as_one() {
    let mut harvest = Harvest::new();
    for name in ["Plutarch", "Zoë", "ines", "Al", "Test"] {
        harvest.stray(Trait::Name, name);
    }
    let (people, allowed) = (harvest.finish().unwrap(), Allowed::default());
    let known = Known { people: &people, allowed: &allowed, stop: &Stop::default() };
    let number = |name| people.known(Trait::Name, name).unwrap();
    let (plutarch, zoe, ines) = (number("Plutarch"), number("Zoe"), number("Ines"));
    for (text, expected) in [
        ("Plutarch and Zoe's", format!("Test Customer {plutarch} and Test Customer {zoe}'s")),
        ("'Ines', INES", format!("'Test Customer {ines}', Test Customer {ines}")),
        ("plutarch, ines, Al, Test it", "plutarch, ines, Al, Test it".to_owned()),
        ("Plutarch\u{2019}s", format!("Test Customer {plutarch}\u{2019}s")),
    ] {
        assert_eq!(mask(text, known).unwrap(), expected, "{text}");
    }
    // Of a document's key, and of code, it is all or nothing.
    assert_eq!(mask_key("Plutarch Road", known).unwrap(), "Plutarch Road");
    assert_eq!(mask_code("'Plutarch Road'", known).unwrap(), "'Plutarch Road'");
}
