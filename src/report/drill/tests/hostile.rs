//! Malice in every text of the record: each form keeps its own grammar.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;

use super::super::section::{Block, Cell, Fact, Place, Section};
use super::super::{Inputs, build, html, markdown};
use super::{CASES, before, journal};
use crate::journal::Journal;

const HOSTILE: [&str; 12] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</style></title></table>",
    "[x](http://e.example) ![x](http://e.example/x.png)",
    "`` ` ``` | \\| a | b",
    "\n# heading\n\n- item\n1. one\n> quote",
    "www.e.example https://e.example @everyone #123",
    "*a* _b_ ~~c~~ &lt;b&gt; <b>d</b> <!-- e -->",
    "{{ 7 * 7 }} {% if %} {# #}",
    "\u{1b}[31m\0\u{202e}\u{feff}",
    "--- \n===\n***",
];

/// The keys whose texts are anybody's.
const FOREIGN: [&str; 21] = [
    "reason",
    "request",
    "description",
    "name",
    "statistic",
    "file",
    "id",
    "actor",
    "host",
    "environment",
    "location",
    "maker",
    "version",
    "user",
    "database",
    "project",
    "commit",
    "retries",
    "notes",
    "arguments",
    "kept",
];

fn poison(value: &mut Value, key: &str, text: &str) {
    match value {
        Value::String(there) if FOREIGN.contains(&key) => there.push_str(text),
        Value::Array(items) => items.iter_mut().for_each(|item| poison(item, key, text)),
        Value::Object(map) => map.iter_mut().for_each(|(key, item)| poison(item, key, text)),
        _ => {}
    }
}

fn section(text: &str) -> Section {
    let cell = Cell::text(text);
    Section {
        id: "x".to_owned(),
        title: text.to_owned(),
        place: Place::Top,
        blocks: vec![
            Block::Text { text: text.to_owned() },
            Block::Facts { facts: vec![Fact::new(text, Cell::code(text))] },
            Block::List { ordered: true, items: vec![cell.clone()] },
            Block::Table {
                caption: text.to_owned(),
                columns: vec![text.to_owned(), "b".to_owned()],
                rows: vec![vec![cell, Cell::code(text)]],
            },
            Block::Picture { file: text.to_owned(), alt: text.to_owned(), sha256: "0".to_owned() },
        ],
    }
}

#[test]
fn no_text_becomes_markup() {
    for case in CASES {
        let clean = serde_json::to_value(journal(case)).unwrap();
        for text in HOSTILE {
            let mut value = clean.clone();
            poison(&mut value["run"], "run", text);
            poison(&mut value["entries"], "entries", text);
            let journal: Journal = serde_json::from_value(value).unwrap();
            let (sections, pictures) = (vec![section(text)], Vec::new());
            let inputs = Inputs { journal: &journal, zone: TimeZone::UTC, sections, pictures };
            let report = build::build(&inputs, &before(case), jiff::Timestamp::UNIX_EPOCH);
            is_clean_page(&html::render(&report, &BTreeMap::new()).unwrap(), text);
            is_clean_markdown(&markdown::render(&report), text);
        }
    }
}

/// The page has the elements that its templates have, and no attribute that acts.
fn is_clean_page(page: &str, text: &str) {
    let body = page.split_once("</style>").unwrap().1;
    for part in body.split('<').skip(1) {
        let name: String =
            part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
        let known = [
            "head",
            "body",
            "a",
            "header",
            "div",
            "h1",
            "h2",
            "h3",
            "span",
            "p",
            "svg",
            "path",
            "strong",
            "b",
            "code",
            "main",
            "ul",
            "ol",
            "li",
            "rect",
            "section",
            "article",
            "table",
            "caption",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "title",
            "dl",
            "dt",
            "dd",
            "br",
            "figure",
            "figcaption",
            "footer",
            "html",
        ];
        let bare = name.trim_start_matches('/');
        assert!(known.contains(&bare), "<{name}> from {text:?}");
        let tag = part.split('>').next().unwrap();
        for attribute in [" on", "javascript:", "http:", "https:", "style="] {
            let quoted = tag.split('"').step_by(2).collect::<String>();
            assert!(!quoted.contains(attribute), "{tag:?} from {text:?}");
        }
    }
    assert!(!page.contains("7 * 7 }}49") && !body.contains('\u{202e}') && !body.contains('\0'));
}

fn is_clean_markdown(page: &str, text: &str) {
    let headings = Parser::new_ext(page, Options::all()).filter_map(|event| {
        match &event {
            Event::Html(_) | Event::InlineHtml(_) => panic!("HTML from {text:?}: {event:?}"),
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::BlockQuote(_)) => {
                panic!("{event:?} from {text:?}")
            }
            Event::Start(Tag::Emphasis | Tag::Strikethrough) => panic!("{event:?} from {text:?}"),
            Event::Rule => panic!("a rule from {text:?}"),
            _ => {}
        }
        matches!(event, Event::Start(Tag::Heading { .. })).then_some(())
    });
    let headings = headings.count();
    let written = page.lines().filter(|line| line.starts_with("# ") || line.starts_with("## "));
    assert_eq!(headings, written.count(), "{text:?}");
    assert!(!page.contains("\n# heading"), "{text:?}");
}
