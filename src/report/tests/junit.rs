//! `junit.xml` read back by an XML parser that knows nothing of its writer, and held against the
//! structure that Jenkins' schema `junit-10.xsd` prescribes.

use std::collections::BTreeSet;
use std::error::Error;

use roxmltree::{Document, Node};

use crate::journal::{Counts, Journal};
use crate::report::{junit, verdict};

use super::{CASES, Tried, journal};

/// What an independent reader counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) cases: usize,
    pub(super) failures: usize,
    pub(super) errors: usize,
    pub(super) skipped: usize,
}

/// Elements, with the attributes each must and may have.
const SCHEMA: [(&str, &[&str], &[&str]); 7] = [
    ("testsuites", &[], &["name", "time", "tests", "failures", "errors"]),
    (
        "testsuite",
        &["name", "tests", "failures", "errors"],
        &["time", "skipped", "timestamp", "hostname", "id", "package", "file"],
    ),
    ("testcase", &["name", "time", "classname"], &[]),
    ("failure", &["type", "message"], &[]),
    ("error", &["type", "message"], &[]),
    ("skipped", &["type", "message"], &[]),
    ("system-out", &[], &[]),
];

pub(super) fn read(xml: &str) -> Result<Read, Box<dyn Error>> {
    let document = Document::parse(xml)?;
    let mut read = Read::default();
    let mut names = BTreeSet::new();
    for node in document.descendants().filter(Node::is_element) {
        check_attributes(node)?;
        let parent = node.parent_element().map(|parent| parent.tag_name().name());
        let fits = match node.tag_name().name() {
            "testsuites" => parent.is_none(),
            "testsuite" => parent == Some("testsuites"),
            "testcase" => parent == Some("testsuite"),
            _ => parent == Some("testcase"),
        };
        if !fits {
            return Err(format!("{:?} within {parent:?}", node.tag_name()).into());
        }
        match node.tag_name().name() {
            "testsuite" => check_totals(node)?,
            "testcase" => {
                read.cases += 1;
                let key = (node.attribute("classname"), node.attribute("name"));
                if !names.insert(key.to_owned()) {
                    return Err(format!("twice: {key:?}").into());
                }
                let results = node
                    .children()
                    .filter(|child| child.is_element() && child.tag_name().name() != "system-out");
                if results.count() > 1 {
                    return Err("a case with two results".into());
                }
            }
            "failure" => read.failures += 1,
            "error" => read.errors += 1,
            "skipped" => read.skipped += 1,
            _ => {}
        }
    }
    Ok(read)
}

fn check_attributes(node: Node) -> Tried {
    let name = node.tag_name().name();
    let rule = SCHEMA.iter().find(|(element, ..)| *element == name);
    let (_, must, may) = rule.ok_or_else(|| format!("the element {name} is unknown"))?;
    for attribute in node.attributes() {
        if !must.contains(&attribute.name()) && !may.contains(&attribute.name()) {
            return Err(format!("{name} has {}", attribute.name()).into());
        }
        if attribute.value().contains('\n') {
            return Err(format!("{} has a line break", attribute.name()).into());
        }
    }
    match must.iter().find(|must| node.attribute(**must).is_none_or(str::is_empty)) {
        Some(missing) => Err(format!("{name} has no {missing}").into()),
        None => Ok(()),
    }
}

/// A suite's own numbers equal what is in it.
fn check_totals(suite: Node) -> Tried {
    let inside = |name: &str| suite.descendants().filter(|node| node.has_tag_name(name)).count();
    for (attribute, element) in
        [("tests", "testcase"), ("failures", "failure"), ("errors", "error")]
    {
        let said: usize = suite.attribute(attribute).unwrap_or_default().parse()?;
        if said != inside(element) {
            return Err(format!("{attribute} is {said} and not {}", inside(element)).into());
        }
    }
    Ok(())
}

/// What the reader should count: an entry without an outcome is in no count of the journal's,
/// and is a skip here; what is wrong with the whole run is one error more.
pub(super) fn expected(journal: &Journal) -> Read {
    let Counts { failed, errored, skipped, advisory, .. } = journal.counts();
    let open = journal.entries.iter().filter(|entry| entry.outcome.is_none()).count();
    let of_run = usize::from(verdict::run_trouble(journal).is_some());
    Read {
        cases: journal.entries.len() + of_run,
        failures: failed,
        errors: errored + of_run,
        skipped: skipped + advisory + open,
    }
}

#[test]
fn an_independent_reader_counts_what_the_journal_does() -> Tried {
    for case in CASES {
        let journal = journal(case)?;
        let read = read(&junit::render(&journal)?).map_err(|error| format!("{case}: {error}"))?;
        assert_eq!(read, expected(&journal), "{case}");
    }
    let of_run: Vec<bool> = CASES
        .iter()
        .map(|case| journal(case).map(|journal| verdict::run_trouble(&journal).is_some()))
        .collect::<Result<_, _>>()?;
    assert_eq!(of_run, [false, false, true, true, true], "{CASES:?}");
    Ok(())
}

#[test]
fn hostile_text_arrives_whole() -> Tried {
    let xml = junit::render(&journal("rich")?)?;
    let document = Document::parse(&xml)?;
    let failure = document
        .descendants()
        .find(|node| {
            node.has_tag_name("failure")
                && node.attribute("message").is_some_and(|text| text.contains("script"))
        })
        .ok_or("no such failure")?;
    // A section that is ended and begun again is several text nodes to a parser.
    let text: String = failure.children().filter_map(|node| node.text()).collect();
    assert!(text.contains("a]]>b␛[31m␀<script>alert(1)</script>|`x```y`@everyone"), "{text}");
    let case = failure.parent().ok_or("no case")?;
    assert_eq!(case.attribute("classname"), Some("smoke.odd_suite, 100%"));
    Ok(())
}

#[test]
fn times_are_the_latency_or_else_the_duration() -> Tried {
    let xml = junit::render(&journal("rich")?)?;
    let document = Document::parse(&xml)?;
    let time = |name: &str| {
        let mut cases = document.descendants().filter(|n| n.attribute("name") == Some(name));
        cases.find(|node| node.has_tag_name("testcase")).and_then(|node| node.attribute("time"))
    };
    assert_eq!(time("health"), Some("0.00342"));
    assert_eq!(time("environment"), Some("0.912"));
    assert_eq!(time("export"), Some("0"));
    Ok(())
}
