//! What must fit together between checks, suites and the environment: names, needs,
//! credentials, variables.

use std::collections::{BTreeMap, BTreeSet};

use super::load::{Loaded, Suite, World};
use super::problem::{Problem, known};
use super::template;
use super::verify::{BUILT_IN, Fault};

/// Everything that is wrong between suites, and with what they ask of the environment.
pub(crate) fn together(suites: &[Suite], world: &World<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut by_name: BTreeMap<&str, &Suite> = BTreeMap::new();
    for suite in suites {
        if let Some(first) = by_name.insert(&suite.name, suite) {
            let message = format!("two suites are named `{}`", suite.name);
            let help = format!("the other one is {}", first.document.source.path.display());
            problems.push(suite.document.problem("/name", message).help(help));
        }
    }
    let all = Graph::of(suites);
    for suite in suites {
        for loaded in &suite.checks {
            for (at, message, help) in links(suite, loaded, &all, world) {
                let pointer = format!("{}{at}", loaded.pointer);
                problems.push(suite.document.key_problem(&pointer, message).help(help));
            }
        }
    }
    problems
}

/// All checks by full name, for `needs`.
struct Graph<'a> {
    checks: BTreeMap<String, (&'a Suite, &'a Loaded)>,
}

impl<'a> Graph<'a> {
    fn of(suites: &'a [Suite]) -> Self {
        let checks = suites.iter().flat_map(|suite| {
            suite.checks.iter().map(move |c| (format!("{}::{}", suite.name, c.name), (suite, c)))
        });
        Self { checks: checks.collect() }
    }

    /// The full names of what a check needs, itself left out, nearest first.
    fn closure(&self, id: &str) -> Result<BTreeSet<String>, Tangle> {
        let mut done = BTreeSet::new();
        self.visit(id, &mut vec![], &mut done)?;
        done.remove(id);
        Ok(done)
    }

    fn visit(
        &self,
        id: &str,
        path: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> Result<(), Tangle> {
        if let Some(from) = path.iter().position(|other| other == id) {
            let mut cycle = path.split_off(from);
            cycle.push(id.to_owned());
            return Err(Tangle::Circle(cycle));
        }
        if path.len() > DEPTH {
            return Err(Tangle::Deep);
        }
        if let Some((suite, loaded)) = self.checks.get(id).filter(|_| !done.contains(id)) {
            path.push(id.to_owned());
            for need in &loaded.check.needs {
                self.visit(&full_name(&suite.name, need), path, done)?;
            }
            path.pop();
            done.insert(id.to_owned());
        }
        Ok(())
    }
}

/// How long a chain of needs may be: each link is run within the one before.
const DEPTH: usize = 16;

/// What is wrong with a check's needs.
enum Tangle {
    /// They lead back to where they began.
    Circle(Vec<String>),
    /// They lead too far.
    Deep,
}

/// `check` of a suite, or `suite::check` of another, in full.
pub(crate) fn full_name(suite: &str, need: &str) -> String {
    if need.contains("::") { need.to_owned() } else { format!("{suite}::{need}") }
}

fn links(suite: &Suite, loaded: &Loaded, all: &Graph<'_>, world: &World<'_>) -> Vec<Fault> {
    let check = &loaded.check;
    let mut faults = Vec::new();
    for (index, name) in check.environments.iter().enumerate() {
        if !world.environments.contains(&name.as_str()) {
            let message = format!("there is no environment `{name}`");
            let help = known(name, world.environments.iter().copied());
            faults.push((format!("/environments/{index}"), message, help));
        }
    }
    for (index, need) in check.needs.iter().enumerate() {
        if !all.checks.contains_key(&full_name(&suite.name, need)) {
            let message = format!("there is no check `{need}` to need");
            let here = suite.checks.iter().map(|other| other.name.as_str());
            faults.push((format!("/needs/{index}"), message, known(need, here)));
        }
    }
    let id = format!("{}::{}", suite.name, loaded.name);
    let needed = match all.closure(&id) {
        Ok(needed) => needed,
        Err(Tangle::Deep) => {
            let message = format!("a chain of more than {DEPTH} checks that need each other");
            let help = "let it need the checks whose captures it uses, and no others";
            faults.push(("/needs".to_owned(), message, help.to_owned()));
            return faults;
        }
        Err(Tangle::Circle(cycle)) => {
            // Told once, by the check that comes first in the cycle.
            if cycle.iter().min() == Some(&id) {
                let message = format!("checks need each other in a circle: {}", cycle.join(" -> "));
                faults.push(("/needs".to_owned(), message, "take one `needs` out".to_owned()));
            }
            return faults;
        }
    };
    let budget = check.budget.or(suite.defaults.budget);
    let timeout = check.timeout.or(suite.defaults.timeout).map_or(world.timeout, |t| t.0);
    if let Some(budget) = budget.filter(|budget| budget.0 > timeout) {
        let told = humantime::format_duration;
        let message = format!(
            "the budget of {} is longer than the time-out of {}, so it cannot be seen to be kept",
            told(budget.0),
            told(timeout)
        );
        let at = if check.budget.is_some() { "/budget" } else { "" };
        faults.push((at.to_owned(), message, "raise `timeout`, here or in [defaults]".to_owned()));
    }
    let runs_here = check.environments.is_empty()
        || check.environments.iter().any(|name| name == world.environment);
    if runs_here {
        credential(suite, loaded, world, &mut faults);
        variables(suite, loaded, &needed, all, world, &mut faults);
    }
    faults
}

fn credential(suite: &Suite, loaded: &Loaded, world: &World<'_>, faults: &mut Vec<Fault>) {
    let name = loaded.check.credential.as_ref().or(suite.defaults.credential.as_ref());
    let (Some(name), Some(given)) = (name, &world.credentials) else { return };
    if name == "none" || suite.credentials.contains_key(name) || given.contains(name.as_str()) {
        return;
    }
    let all = suite.credentials.keys().map(String::as_str).chain(given.iter().copied());
    let message = format!("no credential `{name}` in the suite or in `{}`", world.environment);
    let help = format!(
        "{}; add [environment.{}.credentials.{name}] to environments.toml",
        known(name, all),
        world.environment
    );
    faults.push(("/credential".to_owned(), message, help));
}

fn variables(
    suite: &Suite,
    loaded: &Loaded,
    needed: &BTreeSet<String>,
    all: &Graph<'_>,
    world: &World<'_>,
    faults: &mut Vec<Fault>,
) {
    let (Some(unfilled), Some(given)) = (&loaded.unfilled, &world.variables) else { return };
    let captured = needed.iter().filter_map(|id| all.checks.get(id));
    let captured = captured.flat_map(|(_, other)| other.check.capture.keys());
    let mut names: BTreeSet<&str> = captured.map(String::as_str).collect();
    names.extend(loaded.scope.keys().map(String::as_str));
    names.extend(given);
    names.extend(BUILT_IN);
    let mut strings = Vec::new();
    collect(unfilled, &mut String::new(), &mut strings);
    for (at, text) in strings {
        for name in template::names(text).unwrap_or_default() {
            if !names.contains(name.as_str()) {
                let message = format!("the variable `{name}` is not known here");
                let mut help = known(&name, names.iter().copied());
                if suite.checks.iter().any(|other| other.check.capture.contains_key(&name)) {
                    help = format!("another check captures it: add that check to `needs`; {help}");
                }
                faults.push((at.clone(), message, help));
            }
        }
    }
}

/// Every string with a placeholder, with its JSON Pointer.
fn collect<'v>(value: &'v serde_json::Value, at: &mut String, found: &mut Vec<(String, &'v str)>) {
    let mut descend = |token: &str, item| {
        let length = at.len();
        at.push('/');
        at.push_str(token);
        collect(item, at, found);
        at.truncate(length);
    };
    match value {
        serde_json::Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| descend(&i.to_string(), item));
        }
        serde_json::Value::Object(map) => {
            map.iter().for_each(|(key, item)| descend(&super::source::pointer_token(key), item));
        }
        serde_json::Value::String(text) if template::is_template(text) => {
            found.push((at.clone(), text));
        }
        _ => {}
    }
}
