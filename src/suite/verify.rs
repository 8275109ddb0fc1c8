//! What the schema cannot say of a suite by itself.

use std::collections::HashMap;

use super::load::{Loaded, Suite};
use super::model::Check;
use super::parts::{Body, Statistic};
use super::problem::Problem;
use super::template;
use crate::check::judge::Judge;

/// The names that every check may use.
pub(crate) const BUILT_IN: [&str; 3] = ["base_url", "environment", "run_id"];

/// Everything that is wrong with one suite by itself.
pub(crate) fn suite(suite: &Suite) -> Vec<Problem> {
    let mut problems = Vec::new();
    let document = &suite.document;
    if suite.checks.is_empty() && suite.queries.is_empty() && suite.pages.is_empty() {
        let message = "the suite has no check, so nothing would be tested";
        let help = "add one: [[check]] with `name`, `request` and `expect`";
        problems.push(document.problem("", message).help(help));
    }
    for (index, loaded) in suite.queries.iter().enumerate() {
        let name = &loaded.query.name;
        let earlier = suite.queries.iter().take(index).map(|other| &other.query.name);
        let checks = suite.checks.iter().map(|check| &check.name);
        if earlier.chain(checks).any(|other| other == name) {
            let message = format!("two checks or queries are named `{name}`");
            let problem = document.problem(&format!("/query/{index}/name"), message);
            problems.push(problem.help("give one another name"));
        }
        if name.contains("::") {
            let message = "a name may not hold `::`";
            let problem = document.problem(&format!("/query/{index}/name"), message);
            problems.push(problem.help("`::` parts the suite from the query in a test's name"));
        }
    }
    for (index, loaded) in suite.pages.iter().enumerate() {
        let page = &loaded.page;
        let earlier = suite.pages.iter().take(index).map(|other| &other.page.name);
        let others = suite.checks.iter().map(|check| &check.name);
        let others = others.chain(suite.queries.iter().map(|loaded| &loaded.query.name));
        let mut fault = |at: &str, message: String, help: &str| {
            let problem = document.problem(&format!("/page/{index}{at}"), message);
            problems.push(problem.help(help));
        };
        if earlier.chain(others).any(|other| *other == page.name) {
            let message = format!("two checks, queries or pages are named `{}`", page.name);
            fault("/name", message, "give one another name");
        }
        if page.name.contains("::") {
            let help = "`::` parts the suite from the page in a test's name";
            fault("/name", "a name may not hold `::`".to_owned(), help);
        }
        for (at, step) in page.steps.iter().enumerate() {
            let acts = [&step.fill, &step.click, &step.wait_for].into_iter().flatten().count();
            if acts != 1 || step.fill.is_some() != step.with.is_some() {
                let help = "write one of `{ fill = \"#email\", with = \"…\" }`, \
                            `{ click = \"button\" }` and `{ wait_for = \"#jobs\" }`";
                fault(&format!("/steps/{at}"), "this is no step".to_owned(), help);
            }
        }
    }
    let mut names: HashMap<&str, &Loaded> = HashMap::new();
    for loaded in &suite.checks {
        if let Some(first) = names.insert(&loaded.name, loaded) {
            let message = format!("two checks are named `{}`", loaded.name);
            let help =
                format!("the first stands in line {}; give one another name", first.location.line);
            let pointer = format!("{}/name", loaded.pointer);
            problems.push(document.problem(&pointer, message).help(help));
        }
        for (at, message, help) in faults(suite, loaded) {
            let pointer = format!("{}{at}", loaded.pointer);
            problems.push(document.key_problem(&pointer, message).help(help));
        }
    }
    problems
}

/// A fault: JSON Pointer within the check, message, help.
pub(super) type Fault = (String, String, String);

fn faults(suite: &Suite, loaded: &Loaded) -> Vec<Fault> {
    let check = &loaded.check;
    let mut faults = Vec::new();
    let mut fault = |at: &str, message: String, help: &str| {
        faults.push((at.to_owned(), message, help.to_owned()));
    };
    if check.expect.is_empty() {
        let message =
            format!("the check `{}` expects nothing, so any answer would pass", loaded.name);
        fault("", message, "add an expectation, such as `expect.status = 200`");
    }
    if check.name.contains("::") {
        let help = "`::` parts the suite from the check in a test's name";
        fault("/name", "a name may not hold `::`".to_owned(), help);
    }
    let samples = check.samples.unwrap_or(1);
    if check.statistic == Some(Statistic::P95) && samples < 20 {
        let message = format!("a p95 of {samples} samples says nothing");
        fault("/statistic", message, "set `samples = 20` or more, or use `max` or `median`");
    }
    let timeout = check.timeout.or(suite.defaults.timeout);
    if timeout.is_some_and(|timeout| timeout.0.is_zero()) {
        fault("/timeout", "a time-out of nothing".to_owned(), "write a time such as \"10s\"");
    }
    let credential = check.credential.as_ref().or(suite.defaults.credential.as_ref());
    if check.refusal.is_some() && credential.is_none_or(|name| name == "none") {
        let help = "name the `credential` without which the request is refused";
        fault("/refusal", "a refusal without a credential".to_owned(), help);
    }
    for (name, capture) in &check.capture {
        let at = format!("/capture/{}", super::source::pointer_token(name));
        let sources = [
            capture.jsonpath.is_some(),
            capture.csv.is_some(),
            capture.header.is_some() || capture.regex.is_some(),
        ];
        if sources.iter().filter(|given| **given).count() != 1 {
            let help = "give one of `jsonpath`, `csv`, `header` and `regex`; a `regex` may stand beside `header`";
            fault(&at, format!("the capture `{name}` has not exactly one source"), help);
        }
        if !is_identifier(name) {
            fault(
                &at,
                format!("`{name}` cannot be written as {{{{ {name} }}}}"),
                "use letters, digits and _",
            );
        }
        if BUILT_IN.contains(&name.as_str()) {
            fault(&at, format!("`{name}` is built in"), "choose another name");
        }
    }
    files(suite, check, &mut fault);
    if loaded.unfilled.is_none()
        && let Err(uncompiled) = Judge::compile(&check.expect, &suite.folder)
    {
        for (at, message) in uncompiled {
            fault(&format!("/expect{at}"), message, "");
        }
    }
    faults
}

/// Files that the request sends must be there.
fn files(suite: &Suite, check: &Check, fault: &mut impl FnMut(&str, String, &str)) {
    let mut readable = |at: &str, file: &str| {
        let path = suite.folder.join(file);
        if !template::is_template(file) && !path.is_file() {
            fault(
                at,
                format!("there is no file {}", path.display()),
                "paths begin where the suite is",
            );
        }
    };
    match &check.body {
        Some(Body::File(file)) => readable("/body/file", file),
        Some(Body::Multipart(parts)) => {
            for (index, part) in parts.iter().enumerate() {
                let at = format!("/body/multipart/{index}");
                if let Some(file) = &part.file {
                    readable(&format!("{at}/file"), file);
                }
            }
            for (index, part) in parts.iter().enumerate() {
                if part.file.is_some() == part.value.is_some() {
                    let message = format!("the part `{}` needs a `value` or a `file`", part.name);
                    fault(&format!("/body/multipart/{index}"), message, "give exactly one of them");
                }
            }
        }
        _ => {}
    }
}

fn is_identifier(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(word) && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty()
}
