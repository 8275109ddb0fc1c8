//! Every form of every case, held against the file beside the case.

use std::collections::BTreeMap;
use std::fs;

use super::super::{html, markdown, model};
use super::{CASES, path, report};
use crate::report::folder::json;

fn hold(name: &str, actual: &str) {
    let path = path(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        fs::write(&path, actual).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let at = expected.lines().zip(actual.lines()).take_while(|(old, new)| old == new).count();
    let line = |text: &str| text.lines().nth(at).unwrap_or("(end)").to_owned();
    assert!(
        expected == actual,
        "{name} differs from line {} on\n  file  {}\n  now   {}\nif that is intended: \
         UPDATE_GOLDEN=1 cargo test --lib report::drill",
        at + 1,
        line(&expected),
        line(actual)
    );
}

#[test]
fn reports_are_as_kept() {
    for case in CASES {
        let report = report(case);
        hold(&format!("{case}.report.json"), &json(&report).unwrap());
        hold(&format!("{case}.report.md"), &markdown::render(&report));
        hold(&format!("{case}.report.html"), &html::render(&report, &BTreeMap::new()).unwrap());
    }
}

#[test]
fn the_json_is_read_back_and_is_what_its_schema_says() {
    let validator = jsonschema::validator_for(model::schema()).unwrap();
    for case in CASES {
        let report = report(case);
        let value = serde_json::to_value(&report).unwrap();
        let errors: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{case}");
        assert_eq!(serde_json::from_value::<model::DrillReport>(value).unwrap(), report);
    }
}
