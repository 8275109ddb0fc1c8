//! The loader and the template language on whatever can be typed.

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::expect::Condition;
use super::load::{Loaded, World, load_file};
use super::source::Document;
use super::template::{Scope, names, render, render_text};

fn world() -> World<'static> {
    World {
        environments: vec!["local"],
        environment: "local",
        variables: Some(BTreeSet::new()),
        timeout: std::time::Duration::from_secs(10),
        credentials: Some(BTreeSet::new()),
    }
}

/// Loads a text as a suite file; what is wrong with it as it is printed.
fn load(name: &str, text: &str) -> Result<Vec<Loaded>, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("a file");
    load_file(&path, &world())
        .map(|suite| suite.checks)
        .map_err(|problems| problems.iter().map(|problem| format!("{problem}\n")).collect())
}

#[test]
fn cases_become_checks_with_their_rows() {
    let checks = load(
        "s.toml",
        r#"
            [variables]
            tenant = "acme"
            [[check]]
            name = "tile"
            request = "GET /{{ tenant }}/{{ city }}/{{ later }}"
            cases = [{ city = "berlin", status = 200 }, { city = "rome", status = 404 }]
            expect.status = "{{ status }}"
        "#,
    )
    .expect("a good suite");
    let names: Vec<_> = checks.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(names, ["tile[berlin]", "tile[rome]"]);
    assert!(checks[1].check.expect.status.as_ref().is_some_and(|status| status.contains(404)));
    // What only the run can know is left for it, and the rest is there to fill it in then.
    let unfilled = checks[0].unfilled.as_ref().expect("a placeholder is left");
    assert_eq!(unfilled["request"], "GET /{{ tenant }}/{{ city }}/{{ later }}");
    assert_eq!(checks[0].scope["city"], "berlin");
    assert_eq!(checks[0].location.line, 4);
}

#[test]
fn a_csv_of_cases_has_types_and_labels() {
    let folder = tempfile::tempdir().expect("a folder");
    let csv = "\u{feff}path,status,case\n/a,200,first\n/b,404,second\n";
    std::fs::write(folder.path().join("cases.csv"), csv).expect("a file");
    let text = "[[check]]\nname = \"c\"\nrequest = \"GET {{ path }}\"\ncases = \"cases.csv\"\nexpect.status = \"{{ status }}\"\n";
    std::fs::write(folder.path().join("s.toml"), text).expect("a file");
    let suite = load_file(&folder.path().join("s.toml"), &world()).expect("a good suite");
    let found: Vec<_> =
        suite.checks.iter().map(|c| (c.name.as_str(), c.check.request.as_str())).collect();
    assert_eq!(found, [("c[first]", "GET /a"), ("c[second]", "GET /b")]);
}

#[test]
fn places_point_at_the_value_that_is_wrong() {
    let text = "[[check]]\nname = \"c\"\nrequest = \"GET /\"\n[check.expect]\nstatus = 200\njsonpath = { \"$.a\" = { at_last = 1 } }\n";
    let said = load("s.toml", text).expect_err("an unknown key");
    assert!(said.contains("s.toml:6:24"), "{said}");
    assert!(said.contains("did you mean `at_least`"), "{said}");
}

#[test]
fn every_kind_of_problem_is_told_with_its_text_only_once() {
    let text = "[[check]]\nname = \"c\"\nrequest = \"GET /{{ id }}\"\ncases = [{ id = 1 }, { id = 2 }]\nexpect.sttus = 200\n";
    let said = load("s.toml", text).expect_err("an unknown key");
    assert_eq!(said.matches("unknown key").count(), 1, "{said}");
}

#[test]
fn a_value_that_looks_like_a_template_is_filled_in_as_it_is() {
    let text = "[[check]]\nname = \"c\"\nrequest = \"GET /\"\nquery.q = \"{{ payload }}\"\ncases = [{ case = \"x\", payload = \"{{ 7*7 }}\" }]\nexpect.status = 200\n";
    let checks = load("s.toml", text).expect("a good suite");
    let unfilled = checks[0].unfilled.as_ref().expect("it is filled in during the run");
    let filled = render(unfilled, &checks[0].scope, &|_| true).expect("known names");
    assert_eq!(filled["query"]["q"], "{{ 7*7 }}");
}

#[test]
fn null_is_a_condition_like_any_other() {
    let text = r#"{"check": [{"name": "c", "request": "GET /", "expect": {"json": null, "jsonpath": {"$.a": {"not_equals": null}}}}]}"#;
    let checks = load("s.json", text).expect("a good suite");
    let expect = &checks[0].check.expect;
    assert_eq!(expect.json, Some(Value::Null));
    let rules = expect.jsonpath.values().next();
    assert!(
        matches!(rules, Some(Condition::Rules(rules)) if rules.not_equals == Some(Value::Null))
    );
}

#[test]
fn placeholders_keep_types_and_ask_for_known_names() {
    let scope: Scope =
        serde_json::from_value(json!({ "n": 7, "s": "a b", "l": [1, 2] })).expect("a map");
    for (text, expected) in [
        ("{{ n }}", json!(7)),
        ("x{{ n }}", json!("x7")),
        ("{{ n }}{{ n }}", json!("77")),
        ("{{ l }}", json!([1, 2])),
        ("{{ s | urlencode }}", json!("a%20b")),
        ("{{ s | upper }}!", json!("A B!")),
        ("plain", json!("plain")),
    ] {
        assert_eq!(render_text(text, &scope), Ok(expected), "{text}");
    }
    for (text, says) in [
        ("{{ nn }}", "did you mean `n`"),
        ("a {{ nn }}", "did you mean `n`"),
        ("{{ n + }}", "placeholder"),
        ("{{ n", "placeholder"),
        ("{% for i in range(100000000) %}{{ i }}{% endfor %}", "placeholder"),
    ] {
        let error = render_text(text, &scope).expect_err(text);
        assert!(error.contains(says), "{text}: {error}");
    }
}

/// Pieces that a suite is made of, right and wrong.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("[[check]]\n".to_owned()),
        Just("name = \"c\"\n".to_owned()),
        Just("request = \"GET /{{ a }}\"\n".to_owned()),
        Just("expect.status = [200, \"2xx\"]\n".to_owned()),
        Just("expect.json = { a = [1] }\n".to_owned()),
        Just("cases = [{ a = 1 }]\n".to_owned()),
        Just("cases = [1, {}]\n".to_owned()),
        Just("check = 1\n".to_owned()),
        Just("needs = [\"c\"]\n".to_owned()),
        Just("[defaults]\nbudget = \"1s\"\n".to_owned()),
        Just("[variables]\na = \"{{ a }}\"\n".to_owned()),
        "[a-z_.]{1,12} = (true|-?[0-9]{1,20}|\"[^\"\\\\\n]{0,12}\"|\\[\\]|\\{\\}|nan|1e999)\n",
        "\\PC{0,20}\n",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_loader_panic(text in proptest::collection::vec(piece(), 0..12)) {
        let _ = load("s.toml", &text.concat());
    }

    #[test]
    fn no_json_makes_the_loader_panic(text in "[\\[\\]{}:,\" a-z0-9\\\\]{0,60}") {
        let _ = load("s.json", &text);
        let _ = load("s.json", &format!("{{\"check\": [{{\"name\": \"c\", {text}}}]}}"));
    }

    #[test]
    fn toml_and_json_of_one_value_are_one_document(keys in proptest::collection::btree_map("[a-z]{1,6}", -1000i64..1000, 0..6)) {
        let toml: String = keys.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        let json = serde_json::to_string(&keys).expect("a map");
        let value = |name: &str, text: String| {
            Document::parse(Path::new(name), text).map(|document| document.value).ok()
        };
        prop_assert_eq!(value("a.toml", toml), value("a.json", json));
    }

    #[test]
    fn no_template_panics_or_runs_for_ever(text in "(\\{\\{|\\}\\}|\\{%|%\\}|\\{#|[ a-z0-9.|+*()\\[\\]'\"~-]){0,40}") {
        let scope: Scope = serde_json::from_value(json!({ "a": 1, "b": "x" })).expect("a map");
        let _ = names(&text);
        let _ = render_text(&text, &scope);
        let _ = render(&json!({ "k": [text] }), &scope, &|_| true);
    }

    #[test]
    fn text_without_a_placeholder_is_left_alone(text in "[^{]{0,40}") {
        prop_assert_eq!(render_text(&text, &Scope::new()), Ok(Value::String(text.clone())));
    }
}
