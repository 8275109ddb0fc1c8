use super::super::people::People;
use super::super::plan::{Leaves, Rows, Step};
use super::super::testing::{column, gathered, masked, plan};
use super::*;

#[test]
fn every_address_of_production_is_known_wherever_it_stood() {
    let kept = TablePlan { links: Vec::new(), ..plan(vec![column("note", Action::Keep)]) };
    let ruled = plan(vec![column("id", Action::Keep), column("note", Action::Text)]);
    let allowed = Allowed::new(&["help@brook.test".to_owned()]);
    let text = "see\\nada@mail.test\n{\"a\": \"ben\\\\u0040mail.test\"}\nhelp@brook.test?to=cara%40mail.test\n";
    let known = |people: &People| {
        for address in ["ada@mail.test", "ben@mail.test", "cara@mail.test"] {
            assert!(people.known(Trait::Email, address).is_some(), "{address}");
        }
        for address in ["nada@mail.test", "help@brook.test", "test-1@example.com"] {
            assert!(people.known(Trait::Email, address).is_none(), "{address}");
        }
    };
    for cut in 0..text.len() {
        let mut harvest = Harvest::new();
        let stop = Stop::default();
        let mut harvester = Harvester::new(&kept, &allowed, &stop).unwrap();
        for part in [&text[..cut], &text[cut..]] {
            harvester.part(part.as_bytes(), &mut harvest);
        }
        known(&harvest.finish().unwrap());
    }
    let rows = text.lines().map(|line| format!("1\t{line} test-1@example.com\n"));
    let mut harvest = Harvest::new();
    let rows: String = rows.collect();
    Harvester::new(&ruled, &allowed, &Stop::default()).unwrap().part(rows.as_bytes(), &mut harvest);
    known(&harvest.finish().unwrap());
}

#[test]
fn a_key_becomes_its_owner_s_number_wherever_it_stands() {
    let of = Template { text: "@test-{id}:x".to_owned(), of: Some("users".to_owned()) };
    let steps = vec![Step::Key("from".into())];
    let json = JsonPlan {
        paths: vec![(steps, Action::Value(of.clone()))],
        leaves: Leaves::Keep,
        wanted: None,
    };
    let keyed = |name| column(name, Action::Value(of.clone()));
    let messages = TablePlan {
        rows: Rows::Load,
        columns: vec![
            keyed("by"),
            ColumnPlan { array: true, ..keyed("to") },
            column("event", Action::Json(json)),
        ],
        links: Vec::new(),
    };
    let text =
        "@ada:x\t{@ben:x,@cy:x}\t{\"from\": \"@dan:x\"}\n@ben:x\t{@ada:x}\t{\"from\": \"@cy:x\"}\n";
    let expected = "@test-1:x\t{@test-2:x,@test-3:x}\t{\"from\": \"@test-4:x\"}\n@test-2:x\t{@test-1:x}\t{\"from\": \"@test-3:x\"}\n";
    assert_eq!(masked(&messages, text).unwrap(), expected);
}

#[test]
fn a_contact_is_masked_as_what_it_is_and_looked_for_as_such() {
    let plan = plan(vec![
        column("id", Action::Keep),
        column("reached", Action::Contact),
        ColumnPlan { array: true, ..column("others", Action::Contact) },
        column("note", Action::Text),
    ]);
    let text = "1\tada@mail.test\t{441134960001,ben@mail.test}\tring 441134960001\n2\t441134960002\t{}\tada@mail.test\n";
    let expected = "1\ttest-1@example.com\t{10000004,test-3@example.com}\tring 10000004\n2\t10000002\t{}\ttest-1@example.com\n";
    assert_eq!(masked(&plan, text).unwrap(), expected);
}

#[test]
fn parts_of_a_name_are_one_name_elsewhere_in_whatever_order() {
    let rows = "1\tAda\tArcher\t{\"a\": {\"name\": \"Ben\"}, \"b\": {\"name\": \"Cara\", \"last\": \"Cook\"}}\task Ada Archer\n\
                2\tDan\tDee\t{}\tArcher, Ada; Cara Cook and Ben Cara; Dee (Dan)\n";
    let named = |key: &str| (vec![Step::Deep, Step::Key(key.into())], Action::Name);
    let json =
        JsonPlan { paths: vec![named("name"), named("last")], leaves: Leaves::Keep, wanted: None };
    let plan = plan(vec![
        column("id", Action::Keep),
        column("first_name", Action::Name),
        column("last_name", Action::Name),
        column("others", Action::Json(json)),
        column("note", Action::Text),
    ]);
    let masked = masked(&plan, rows).unwrap();
    let notes: Vec<&str> = masked.lines().filter_map(|row| row.split('\t').next_back()).collect();
    assert_eq!(notes[0], "ask Test Customer 1");
    assert!(notes[1].starts_with("Test Customer 1; Test Customer "), "{}", notes[1]);
    assert!(notes[1].contains(" and Test Customer 3 Test Customer 4; "), "{}", notes[1]);
    assert!(notes[1].ends_with("; Test Customer 2)"), "{}", notes[1]);
    assert_eq!(masked.matches("Test Customer ").count(), 13, "{masked}");
}

#[test]
fn addresses_of_a_unique_column_stay_different_where_capitals_alone_tell_them_apart() {
    let columns = || vec![column("id", Action::Keep), column("email", Action::Email)];
    let text = "1\tada@mail.test\n2\tAda@mail.test\n3\tben@mail.test\n4\tADA@mail.test\n5\tada@mail.test\n";
    let expected = "1\ttest-1@example.com\n2\ttest-3@example.com\n3\ttest-2@example.com\n4\ttest-4@example.com\n5\ttest-1@example.com\n";
    let unlinked = TablePlan { links: Vec::new(), ..plan(columns()) };
    assert_eq!(masked(&unlinked, text).unwrap(), expected);
    // In two columns they are one person's.
    let two = plan(vec![column("email", Action::Email), column("billing", Action::Email)]);
    let both = "ada@mail.test\tAda@mail.test\n";
    assert_eq!(masked(&two, both).unwrap(), "test-1@example.com\ttest-1@example.com\n");
}

#[test]
fn a_number_is_known_as_it_is_dialled_at_home() {
    let plan = plan(vec![
        column("id", Action::Keep),
        column("phone", Action::Phone),
        column("note", Action::Text),
    ]);
    for (phone, note, masked_note) in [
        ("+44 7911 000101", "ring 07911 000101 or (07911) 000-101", "ring 10000001 or (10000001"),
        ("447911000101", "07911000101", "10000001"),
        ("+1 555 200 0001", "(555) 200-0001, 555.200.0001", "(10000001, 10000001"),
        ("+1 555 200 0001", "order 5552000001", "order 5552000001"),
        ("+351 912 345 678", "912 345 678", "10000001"),
        ("+7 912 345-67-89", "8 (912) 345-67-89", "10000001"),
        ("+44 7911 000101", "0791 000 1011", "0791 000 1011"),
    ] {
        let row = format!("1\t{phone}\t{note}\n");
        let made = masked(&plan, &row).unwrap();
        let made = made.trim_end().rsplit('\t').next().unwrap();
        assert_eq!(made, masked_note, "{phone} in {note}");
    }
    // And by the proof, in a way of its own.
    let people = gathered(&plan, "1\t+44 7911 000101\tx\n");
    for number in ["07911 000101", "07911000101", "(0)7911-000101"] {
        assert_eq!(people.known(Trait::Phone, number), Some(1), "{number}");
    }
    assert_eq!(people.known(Trait::Phone, "7911000101"), None);
}
