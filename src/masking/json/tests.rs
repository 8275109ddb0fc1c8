use super::*;

fn visited(json: &str) -> Vec<String> {
    let mut seen = Vec::new();
    let same = mask(json, &mut |spot, path, text| {
        let path: Vec<_> = path.iter().map(|p| p.as_deref().unwrap_or("*")).collect();
        seen.push(format!("{spot:?} {} {text}", path.join(".")));
        Ok::<_, ()>(None)
    });
    assert_eq!(same.as_deref(), Ok(json));
    seen
}

#[test]
fn strings_keys_and_numbers_are_visited_where_they_stand() {
    let seen = visited(r#" {"a": [1.10, "x\u00e9\ud83d\ude00\n"], "b": {"c":true, "c" : null}} "#);
    let expected = [
        "Key  a",
        "Number a.* 1.10",
        "Text a.* xé😀\n",
        "Key  b",
        "Key b c",
        "Truth b.c true",
        "Key b c",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn what_is_replaced_is_written_as_json_and_all_else_stays() {
    let json = r#"{"n": 15552000001, "m": 1.50, "t": "a\"b", "k\u0040": [ ]}"#;
    let masked = mask(json, &mut |spot, _, text| {
        Ok::<_, ()>(match (spot, text) {
            (Spot::Number, "15552000001") => Some(Put::Text("100000017".into())),
            (Spot::Text, _) => Some(Put::Text("q\"\\\n\u{1}".into())),
            (Spot::Key, "k@") => Some(Put::Text("masked".into())),
            _ => None,
        })
    });
    let expected =
        "{\"n\": 100000017, \"m\": 1.50, \"t\": \"q\\\"\\\\\\n\\u0001\", \"masked\": [ ]}";
    assert_eq!(masked.as_deref(), Ok(expected));
}

#[test]
fn what_is_no_json_is_told() {
    let deep = "[".repeat(100_000);
    for text in ["", "{", "{\"a\"}", "[1,]x", "\"a", "{\"a\":1} x", "\"\\", "\"\\u12\"", &deep] {
        assert!(mask(text, &mut |_, _, _| Ok::<_, ()>(None)).is_err(), "{text:.20}");
    }
}

#[test]
fn paths_fit_steps() {
    let path = |text: &'static str| -> Path<'static> {
        text.split('.').map(|p| (p != "*").then_some(Cow::Borrowed(p))).collect()
    };
    let key = |key: &str| Step::Key(key.to_owned());
    assert!(fits(&[key("a"), Step::Each, key("b")], &path("a.*.b")));
    assert!(!fits(&[key("a"), key("b")], &path("a.*.b")));
    assert!(fits(&[Step::Deep, key("b")], &path("a.*.b")));
    assert!(fits(&[Step::Deep, key("b")], &path("b")));
    assert!(!fits(&[Step::Deep, key("b")], &path("b.c")));
    assert!(fits(&[Step::Deep], &path("b.c")));
}
