use std::collections::HashSet;

use super::*;

fn row<'a>(keys: &[(&'a str, &str)], own: &[(Trait, &str)]) -> Row<'a> {
    Row {
        keys: keys.iter().map(|(of, key)| (*of, key.as_bytes().to_vec())).collect(),
        own: own.iter().map(|(what, value)| (*what, (*value).to_owned())).collect(),
    }
}

#[test]
fn one_person_has_one_number_in_all_tables() {
    use Trait::{Email, Name, Phone};
    let mut harvest = Harvest::new();
    harvest.row(&row(&[("customers", "1")], &[(Name, "Ada Archer"), (Email, "Ada@mail.test")]));
    harvest.row(&row(&[("customers", "2")], &[(Name, "Ben Baker"), (Phone, "+1 555 200 0002")]));
    // The same by address; the account's key leads to the person from here on.
    harvest.row(&row(&[("users", "a")], &[(Email, "ada@mail.test"), (Phone, "15552000001")]));
    harvest.row(&row(&[("users", "a")], &[(Email, "second@mail.test"), (Phone, "+15552000009")]));
    harvest.stray(Name, "Cara Cook");
    harvest.stray(Email, "ADA@MAIL.TEST");
    let people = harvest.finish().unwrap();
    let ada = people.known(Email, "ada@mail.test").unwrap();
    assert_eq!(people.persons(), 2);
    for (what, value) in
        [(Email, "ADA@mail.test"), (Phone, "001 555 2000001"), (Name, "ada  ARCHER")]
    {
        assert_eq!(people.known(what, value), Some(ada), "{value}");
    }
    assert_eq!(people.of_key("customers", b"1"), Some(ada));
    assert_eq!(people.of_key("users", b"a"), Some(ada));
    assert_eq!(people.of_key("users", b"1"), None);
    // What differs stays different, whosoever it is.
    let all = [
        ada,
        people.known(Email, "second@mail.test").unwrap(),
        people.known(Phone, "+15552000009").unwrap(),
        people.known(Phone, "15552000002").unwrap(),
        people.known(Name, "cara cook").unwrap(),
        people.number(Email, "new@mail.test").unwrap(),
    ];
    let distinct: HashSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len(), "{all:?}");
    assert_eq!(people.number(Email, "New@mail.test").unwrap(), all[5]);
    assert!(people.begins_name("ada") && !people.begins_name("arch"));
    // With another word first, too.
    assert_eq!(people.known(Name, "Archer, Ada"), Some(ada));
    assert!(people.is_turned("archer ada") && !people.is_turned("ada archer"));
}

#[test]
fn numbers_are_the_same_each_time() {
    let made = || {
        let mut harvest = Harvest::new();
        for n in 0..100 {
            let email = format!("p{n}@mail.test");
            harvest.row(&row(&[("t", &n.to_string())], &[(Trait::Email, &email)]));
        }
        let people = harvest.finish().unwrap();
        (0..100).map(|n| people.known(Trait::Email, &format!("p{n}@mail.test"))).collect::<Vec<_>>()
    };
    assert_eq!(made(), made());
    assert_eq!(made()[0], Some(1));
}

#[test]
fn what_is_no_value_is_nobody_s() {
    let harvest = Harvest::new();
    let people = harvest.finish().unwrap();
    for (what, value) in [(Trait::Email, "none"), (Trait::Phone, "12"), (Trait::Name, "-")] {
        assert_eq!(people.known(what, value), None);
    }
}

#[test]
fn a_long_chain_of_rows_that_are_one_person_s_takes_no_time() {
    const MANY: u32 = 200_000;
    let mut harvest = Harvest::new();
    let key = |number: u32| ("k", number.to_le_bytes().to_vec());
    for number in 0..MANY {
        harvest.row(&Row { keys: vec![key(number)], own: vec![] });
    }
    // From the end, so that each points at the one before.
    let begun = std::time::Instant::now();
    for number in (1..MANY).rev() {
        harvest.row(&Row { keys: vec![key(number - 1), key(number)], own: vec![] });
    }
    for number in (1..MANY).rev() {
        harvest.row(&Row { keys: vec![key(number), key(MANY - number)], own: vec![] });
    }
    let people = harvest.finish().unwrap();
    assert!(begun.elapsed() < std::time::Duration::from_secs(30));
    assert_eq!((people.persons(), people.of_key("k", &(MANY - 1).to_le_bytes())), (1, Some(1)));
}
