use crate::backup::stop::Stop;
use proptest::prelude::*;

use super::super::harvest::Harvester;
use super::super::people::Harvest;
use super::super::plan::{JsonPlan, Leaves, Step, Template};
use super::super::rules::Unclassified;
use super::super::testing::{column, masked, plan};
use super::super::text::Allowed;
use super::*;

fn people_table() -> TablePlan {
    let json = JsonPlan {
        paths: vec![
            (vec![Step::Deep, Step::Key("name".into())], Action::Name),
            (vec![Step::Deep, Step::Key("kind".into())], Action::Keep),
        ],
        leaves: Leaves::Mask,
        wanted: None,
    };
    plan(vec![
        column("id", Action::Keep),
        column("name", Action::Name),
        column("email", Action::Email),
        column("phone", Action::Phone),
        ColumnPlan { array: true, ..column("others", Action::Email) },
        column("notes", Action::Text),
        column("contacts", Action::Json(json)),
        column("token", Action::Secret),
        column("born", Action::Value(Template::new("1970-01-01"))),
        column("status", Action::Keep),
    ])
}

#[test]
fn each_column_becomes_what_its_plan_says() {
    let text = concat!(
        "1\tAda Archer\tada@mail.test\t15552000001\t{second@mail.test,NULL,\"\"}\t",
        "Ring Ada Archer\\nat +15552000001\t{\"name\": \"Ben Baker\", \"kind\": \"home\", \"at\": ",
        "\"ada@mail.test\", \"n\": 1.50, \"x\": \"attic\"}\tsk_live_1\t1950-02-03\tactive\n",
        "2\tBen Baker\t\\N\t\t\\N\t\t\\N\t\\N\t\\N\t\\N\n",
    );
    let expected = concat!(
        "1\tTest Customer 1\ttest-1@example.com\t10000001\t{test-3@example.com,NULL,\"\"}\t",
        "Ring Test Customer 1\\nat +10000001\t{\"name\": \"Test Customer 2\", \"kind\": \"home\", ",
        "\"at\": \"test-1@example.com\", \"n\": 1.50, \"x\": \"masked\"}\t",
    );
    let out = masked(&people_table(), text).unwrap();
    let mut lines = out.lines();
    let first = lines.next().unwrap();
    assert!(first.starts_with(expected), "{first}");
    assert!(first.contains("\tstaging-") && first.ends_with("\t1970-01-01\tactive"), "{first}");
    assert_eq!(lines.next(), Some("2\tTest Customer 2\t\\N\t\t\\N\t\t\\N\t\\N\t\\N\t\\N"));
}

#[test]
fn what_cannot_be_masked_is_told_with_its_place_and_without_its_value() {
    let narrow = plan(vec![
        column("id", Action::Keep),
        ColumnPlan { length: Some(9), ..column("name", Action::Name) },
    ]);
    let told = masked(&narrow, "1\tAda A.\n2\tBen Baker\n").unwrap_err().to_string();
    assert!(told.contains("public.t, row 1, column name") && told.contains("takes 9"), "{told}");
    assert!(!told.contains("Ada"), "{told}");
    let json = plan(vec![
        column("id", Action::Keep),
        column("j", Action::Json(JsonPlan { paths: vec![], leaves: Leaves::Text, wanted: None })),
    ]);
    let told = masked(&json, "1\t{jane\n").unwrap_err().to_string();
    assert!(told.contains("column j: the value is no JSON") && !told.contains("jane"), "{told}");
    let told = masked(&json, "1\n").unwrap_err().to_string();
    assert!(told.contains("as many fields"), "{told}");
}

#[test]
fn numbers_that_look_like_somebody_s_stop_it_where_no_rule_was_asked_for() {
    let passed = |column: &str| Unclassified {
        table: "public.t".to_owned(),
        column: column.to_owned(),
        declared: "bigint".to_owned(),
        proposal: "\"null\"",
    };
    let unasked = |name| ColumnPlan { passed: Some(passed(name)), ..column(name, Action::Keep) };
    // Rows may be masked, or stay as they are and be cut.
    let kept = TablePlan { links: Vec::new(), ..plan(vec![unasked("id"), unasked("called")]) };
    for plan in [kept, plan(vec![unasked("id"), unasked("called"), column("x", Action::Text)])] {
        let finished = |called: [&str; 3]| {
            let more = if plan.is_kept() { "" } else { "\tx" };
            let rows =
                called.iter().enumerate().map(|(id, called)| format!("{id}\t{called}{more}\n"));
            let rows: String = rows.collect();
            let (mut harvest, allowed) = (Harvest::new(), Allowed::default());
            Harvester::new(&plan, &allowed, &Stop::default())
                .unwrap()
                .part(rows.as_bytes(), &mut harvest);
            harvest.finish().map(drop).map_err(|fault| format!("{fault} {fault:?}"))
        };
        assert!(finished(["15", "26", "19"]).is_ok());
        let told = finished(["15552000002", "4915112345678", "15552000001"]).unwrap_err();
        assert!(told.contains("called = ") && told.contains("telephone numbers"), "{told}");
        assert!(!told.contains("2000002") && !told.contains("id = "), "{told}");
    }
}

#[test]
fn a_rule_for_a_place_of_a_document_is_for_all_that_is_within_it() {
    let paths = [
        ("who", Action::Name),
        ("call", Action::Phone),
        ("gone", Action::Null),
        ("none", Action::Empty),
        ("flag", Action::Value(Template::new("no"))),
        ("kept", Action::Keep),
    ];
    let paths = paths.map(|(key, action)| (vec![Step::Key(key.into())], action)).to_vec();
    let json = JsonPlan { paths, leaves: Leaves::Text, wanted: None };
    let table = TablePlan { links: vec![], ..plan(vec![column("j", Action::Json(json))]) };
    let text = concat!(
        r#"{"who": {"first": ["Cleo Carter"], "of": "Cleo Carter"}, "call": [4915112345678, true], "#,
        r#""gone": {"at": 12.5, "is": true, "of": "x"}, "none": ["y", 7, false], "flag": true, "#,
        r#""kept": {"a": "z", "n": 1, "b": false}, "open": true}"#,
    );
    let out = masked(&table, &format!("{text}\n")).unwrap();
    let expected = concat!(
        r#"{"who": {"first": ["Test Customer 1"], "of": "Test Customer 1"}, "call": [10000002, true], "#,
        r#""gone": {"at": null, "is": null, "of": null}, "none": ["", null, null], "flag": "no", "#,
        r#""kept": {"a": "z", "n": 1, "b": false}, "open": true}"#,
    );
    assert_eq!(out.trim_end(), expected);
}

#[test]
fn keys_of_documents_are_masked_too() {
    for leaves in [Leaves::Text, Leaves::Mask] {
        let json = plan(vec![
            column("name", Action::Name),
            column("j", Action::Json(JsonPlan { paths: vec![], leaves, wanted: None })),
        ]);
        let text = "Ada Archer\t{\"of Ada Archer\": 1, \"new@mail.test\": 2, \"size\": 3}\n";
        let out = masked(&json, text).unwrap();
        let expected = "Test Customer 1\t{\"of Test Customer 1\": 1, \"test-2@example.com\": 2, \"size\": 3}\n";
        assert_eq!(out, expected);
    }
}

/// A field, escaped as the server does.
fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\\N".to_owned()),
        Just(String::new()),
        "[a-zA-Z @.+0-9'ßé-]{0,30}".prop_map(|text| text),
        any::<String>().prop_map(|text| {
            let mut out = Vec::new();
            copy::escape(text.replace('\0', "").as_bytes(), &mut out);
            String::from_utf8(out).unwrap()
        }),
    ]
}

proptest! {
    #[test]
    fn rows_and_fields_are_as_many_as_before_and_kept_ones_are_the_same(
        rows in prop::collection::vec((field(), field(), field()), 0..20)
    ) {
        let plan = plan(vec![
            column("id", Action::Keep),
            column("note", Action::Text),
            column("mail", Action::Email),
        ]);
        let text: String = rows.iter().map(|(a, b, c)| format!("{a}\t{b}\t{c}\n")).collect();
        let out = masked(&plan, &text).unwrap();
        prop_assert_eq!(out.matches('\n').count(), rows.len());
        for (line, (kept, _, mail)) in out.split('\n').zip(&rows) {
            let fields: Vec<&str> = line.split('\t').collect();
            prop_assert_eq!(fields.len(), 3);
            prop_assert_eq!(fields[0], kept);
            let empty = mail.is_empty() || mail == "\\N";
            let masked = if empty { fields[2] == mail } else { fields[2].ends_with("@example.com") };
            prop_assert!(masked, "{}", line);
        }
    }

    #[test]
    fn one_person_s_address_is_nowhere_left(before in "[a-z ,;(]{0,9}", after in "[ ,;)!]{1,3}") {
        let text = format!("1\tAda Archer\tada@mail.test\t\\N\t\\N\t{before} ada@mail.test{after}\t\\N\t\\N\t\\N\t\\N\n");
        let out = masked(&people_table(), &text).unwrap();
        prop_assert!(!out.contains("ada@mail.test"), "{}", out);
    }
}
