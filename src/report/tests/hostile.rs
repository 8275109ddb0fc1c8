//! Arbitrary text in every field of an entry: each format keeps its own grammar.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::journal::{Broken, Entry, EntryKind, Journal, Latency, Location, Measure, Outcome};
use crate::report::history::History;
use crate::report::{Changes, console, failure, github, junit, summary};

use super::Tried;

/// Words that mean something to some format, to be mixed with any text at all.
const HOSTILE: [&str; 20] = [
    "]]>",
    "<![CDATA[",
    "<script>",
    "&amp;",
    "&#0;",
    "`",
    "```",
    "~~~",
    "|",
    "@everyone",
    "\n",
    "\r\n",
    "::error::",
    "\u{1b}[31m",
    "\0",
    "\u{ffff}",
    "[x](http://e.example)",
    "\n# x\n",
    " ",
    "https://e.example",
];

fn any_text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        3 => prop::sample::select(HOSTILE.to_vec()).prop_map(String::from),
        1 => ".{0,5}",
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(word, 0..8).prop_map(|words| words.concat())
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let outcome = prop_oneof![
        3 => Just(Some(Outcome::Failed)),
        1 => Just(Some(Outcome::Errored)),
        1 => Just(Some(Outcome::Skipped)),
        1 => Just(Some(Outcome::Passed)),
        1 => Just(None),
    ];
    let texts = prop::collection::vec(any_text(), 15);
    (texts, outcome, any::<bool>(), any::<f64>()).prop_map(|(texts, outcome, blocking, ms)| {
        let text = |number: usize| texts.get(number).cloned().unwrap_or_default();
        let some = |number: usize| Some(text(number)).filter(|text| text.len() % 5 != 1);
        Entry {
            id: text(0),
            suite: text(1),
            name: text(2),
            location: some(3).map(|file| Location { file, line: 3 }),
            kind: EntryKind::Check,
            blocking,
            started: None,
            duration_ms: Some(ms),
            outcome,
            reason: some(4),
            request: some(5),
            status: Some(200).filter(|_| blocking),
            latency: some(6).map(|statistic| Latency {
                statistic,
                value_ms: ms,
                budget_ms: Some(ms / 3.0),
                samples_ms: vec![ms, ms],
            }),
            measured: some(7)
                .map(|name| Measure::bytes(&name, 7).at_least(ms))
                .into_iter()
                .collect(),
            retries: some(7).into_iter().collect(),
            broken: some(8)
                .map(|expectation| Broken {
                    expectation,
                    at: some(9),
                    expected: text(10),
                    actual: text(11),
                })
                .into_iter()
                .collect(),
            excerpt: some(12),
            curl: some(13),
            description: some(14),
            attachments: Vec::new(),
        }
    })
}

fn any_journal() -> impl Strategy<Value = Journal> {
    let words = prop::collection::vec(any_text(), 8);
    (prop::collection::vec(any_entry(), 0..6), words).prop_map(|(entries, words)| {
        let word = |number: usize| words.get(number).cloned().unwrap_or_default();
        let mut journal = super::journal("passed").expect("the case is there");
        journal.run.id = word(0);
        journal.run.kind = word(1);
        journal.run.environment = word(2);
        journal.run.base_url = Some(word(3));
        journal.run.arguments = vec![word(4)];
        journal.run.notes = vec![word(5)];
        journal.run.inputs = [(word(6), word(7))].into();
        journal.entries = entries;
        journal
    })
}

/// Nothing of a foreign text is read as Markdown: no HTML, link or picture, and no text outside
/// of code that a renderer could take for one.
fn check_markdown(page: &str) -> Tried {
    let mut in_block = false;
    for event in Parser::new_ext(page, Options::all()) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_block = true,
            Event::End(TagEnd::CodeBlock) => in_block = false,
            Event::Text(text) if !in_block && text.contains(['<', '@', '`', '\u{1b}', '#']) => {
                return Err(format!("foreign text outside of code: {text:?}").into());
            }
            Event::Html(_) | Event::InlineHtml(_) | Event::FootnoteReference(_) => {
                return Err(format!("{event:?}").into());
            }
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Table(_)) => {
                return Err(format!("{event:?}").into());
            }
            _ => {}
        }
    }
    Ok(())
}

fn check(journal: &Journal) -> Tried {
    let read = super::junit::read(&junit::render(journal)?)?;
    assert_eq!(read, super::junit::expected(journal));

    let reports = tempfile::tempdir()?;
    let mut history = History::load(reports.path(), &journal.run.kind, &journal.run.environment);
    history.update(journal);
    history.save()?;
    let history = History::load(reports.path(), &journal.run.kind, &journal.run.environment);
    let emptied = Journal { entries: Vec::new(), ..journal.clone() };
    for changes in [Changes::default(), history.changes(journal), history.changes(&emptied)] {
        assert!(changes.notes.is_empty(), "{:?}", changes.notes);
        check_markdown(&summary::render(journal, &changes))?;
        let console = console::summary(journal, &changes, None);
        assert!(console.chars().all(|c| c == '\n' || c == '\t' || !c.is_control()), "{console}");
    }
    for line in github::annotations(journal).split_terminator('\n') {
        let ours = ["::error ", "::warning ", "::notice "];
        assert!(ours.iter().any(|start| line.starts_with(start)), "{line:?}");
        assert!(!line.chars().any(|c| c.is_control() && c != '\t'), "{line:?}");
    }
    for entry in &journal.entries {
        // CI systems take a line for a command whatever white space is before it.
        let text = failure::text(entry);
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
    }
    Ok(())
}

#[test]
fn the_kept_cases_keep_every_grammar() -> Tried {
    super::CASES.iter().try_for_each(|case| check(&super::journal(case)?))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn any_text_keeps_every_grammar(journal in any_journal()) {
        check(&journal).map_err(|error| TestCaseError::fail(error.to_string()))?;
    }
}
