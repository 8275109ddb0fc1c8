//! From files to suites: parse, expand the cases, check against the schema, give meaning.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::model::{Check, Defaults, SuiteFile};
use super::page::Page;
use super::problem::{Problem, Problems};
use super::query::Query;
use super::schema::{Format, SUITE};
use super::source::Document;
use super::template::{self, Scope};
use super::{cases, links, verify};
use crate::environment::CredentialSpec;
use crate::journal::Location;

/// Files in a suites folder that are not suites.
const RESERVED: [&str; 3] = ["environments", "drill", "masking"];

/// What checks may refer to beyond their own file.
pub(crate) struct World<'a> {
    /// The environments that exist.
    pub(crate) environments: Vec<&'a str>,
    /// The one in which the run takes place.
    pub(crate) environment: &'a str,
    /// Its variables; `None` where only the harness that starts it knows them.
    pub(crate) variables: Option<BTreeSet<&'a str>>,
    /// How long its answers are awaited where a suite does not say.
    pub(crate) timeout: std::time::Duration,
    /// Its credentials; `None` likewise.
    pub(crate) credentials: Option<BTreeSet<&'a str>>,
}

/// A suite as loaded: every case a check of its own.
#[derive(Debug)]
pub(crate) struct Suite {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) tags: Vec<String>,
    pub(crate) defaults: Defaults,
    pub(crate) credentials: BTreeMap<String, CredentialSpec>,
    pub(crate) checks: Vec<Loaded>,
    pub(crate) queries: Vec<LoadedQuery>,
    pub(crate) pages: Vec<LoadedPage>,
    pub(crate) document: Arc<Document>,
}

/// A page as loaded.
#[derive(Debug)]
pub(crate) struct LoadedPage {
    pub(crate) location: Location,
    pub(crate) page: Page,
    /// The same before its placeholders are filled in.
    pub(crate) unfilled: Value,
}

/// A query as loaded.
#[derive(Debug, Clone)]
pub(crate) struct LoadedQuery {
    pub(crate) location: Location,
    pub(crate) query: Query,
}

/// A check as loaded.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    /// The name within the suite, with the case: `tile[berlin]`.
    pub(crate) name: String,
    pub(crate) location: Location,
    /// JSON Pointer of the check in its file.
    pub(crate) pointer: String,
    /// What it says; placeholders of variables that are known only during the run remain.
    pub(crate) check: Check,
    /// The same before it was given meaning, where placeholders remain.
    pub(crate) unfilled: Option<Value>,
    /// The variables of suite, check and case.
    pub(crate) scope: Scope,
}

/// Loads every suite of a folder.
///
/// # Errors
/// Everything that is wrong with any of them.
pub(crate) fn load(folder: &Path, world: &World<'_>) -> Result<Vec<Suite>, Problems> {
    let mut problems = Problems::default();
    let mut suites = Vec::new();
    for path in files(folder)? {
        match load_file(&path, world) {
            Ok(suite) => suites.push(suite),
            Err(found) => problems.extend(found),
        }
    }
    problems.extend(links::together(&suites, world));
    problems.or(suites)
}

/// The suite files of a folder, in the order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Problems> {
    let unread = |error| {
        let message = format!("the folder of suites cannot be read: {error}");
        let help = "run where `suites/` is, or name another folder with --suites DIR";
        Problems::from(Problem::of_file(folder, message).help(help))
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let suite = path.extension().is_some_and(|ext| ext == "toml" || ext == "json");
        if suite && path.is_file() && !RESERVED.contains(&stem) && !stem.starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Loads one suite file.
pub(crate) fn load_file(path: &Path, world: &World<'_>) -> Result<Suite, Vec<Problem>> {
    let document = Arc::new(Document::read(path)?);
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("suite");
    let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
    expand(&document, stem, &folder, world)
}

/// A row of the expanded `check` array.
struct Row {
    index: usize,
    label: Option<String>,
    scope: Scope,
}

fn expand(
    document: &Arc<Document>,
    stem: &str,
    folder: &Path,
    world: &World<'_>,
) -> Result<Suite, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut expanded = document.value.clone();
    let mut rows = Vec::new();
    if let Some(Value::Array(checks)) = expanded.get_mut("check") {
        let written = std::mem::take(checks);
        for (index, check) in written.into_iter().enumerate() {
            let scopes = scopes(document, index, &check, folder, world, &mut problems);
            for (label, scope) in scopes {
                checks.push(fill_in(
                    document,
                    index,
                    &check,
                    &scope,
                    label.is_some(),
                    &mut problems,
                ));
                rows.push(Row { index, label, scope });
            }
        }
    }
    let lost = !problems.is_empty() && rows.is_empty();
    for mut fault in SUITE.faults(&expanded) {
        if lost && fault.pointer == "/check" {
            continue;
        }
        fault.pointer = at_home(&fault.pointer, &rows);
        problems.push(fault.in_document(document));
    }
    // One fault in a data-driven check is one fault, however many cases it has.
    tidy(&mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let values = match expanded.get_mut("check") {
        Some(Value::Array(checks)) => std::mem::take(checks),
        _ => Vec::new(),
    };
    let file: SuiteFile = typed(expanded).map_err(|e| vec![document.problem("", e)])?;
    let path = document.source.path.display().to_string();
    let located = |(index, query): (usize, Query)| {
        let line = document.line(&format!("/query/{index}"));
        LoadedQuery { location: Location { file: path.clone(), line }, query }
    };
    let opened = |(index, page): (usize, Page)| {
        let pointer = format!("/page/{index}");
        let location = Location { file: path.clone(), line: document.line(&pointer) };
        let unfilled = document.value.pointer(&pointer).cloned().unwrap_or_default();
        LoadedPage { location, page, unfilled }
    };
    let mut suite = Suite {
        name: file.name.unwrap_or_else(|| stem.to_owned()),
        folder: folder.to_owned(),
        tags: file.tags,
        defaults: file.defaults,
        credentials: file.credentials,
        checks: Vec::with_capacity(values.len()),
        queries: file.query.into_iter().enumerate().map(located).collect(),
        pages: file.page.into_iter().enumerate().map(opened).collect(),
        document: Arc::clone(document),
    };
    for (value, row) in values.into_iter().zip(rows) {
        let pointer = format!("/check/{}", row.index);
        let unfilled = template::has_template(&value).then(|| value.clone());
        match typed::<Check>(value) {
            Err(message) => problems.push(document.problem(&pointer, message)),
            Ok(check) => {
                let name = match &row.label {
                    Some(label) => format!("{}[{label}]", check.name),
                    None => check.name.clone(),
                };
                let file = document.source.path.display().to_string();
                let location = Location { file, line: document.line(&pointer) };
                let scope = row.scope;
                suite.checks.push(Loaded { name, location, pointer, check, unfilled, scope });
            }
        }
    }
    problems.extend(verify::suite(&suite));
    tidy(&mut problems);
    if problems.is_empty() { Ok(suite) } else { Err(problems) }
}

/// The variables of a check, once for each of its cases.
fn scopes(
    document: &Document,
    index: usize,
    check: &Value,
    folder: &Path,
    world: &World<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<(Option<String>, Scope)> {
    let table =
        |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
    let mut scope = table(document.value.get("variables"));
    // The environment's value is not known yet, and wins over the suite's.
    scope.retain(|name, _| !world.variables.as_ref().is_some_and(|v| v.contains(name.as_str())));
    scope.extend(table(check.get("variables")));
    let Some(spec) = check.get("cases") else { return vec![(None, scope)] };
    match cases::cases(spec, folder) {
        Ok(cases) => {
            let with = |case: cases::Case| {
                let mut scope = scope.clone();
                scope.extend(case.variables);
                (Some(case.label), scope)
            };
            cases.into_iter().map(with).collect()
        }
        Err(message) => {
            problems.push(document.problem(&format!("/check/{index}/cases"), message));
            Vec::new()
        }
    }
}

/// Fills in what is known without running anything.
fn fill_in(
    document: &Document,
    index: usize,
    check: &Value,
    scope: &Scope,
    is_case: bool,
    problems: &mut Vec<Problem>,
) -> Value {
    let pointer = format!("/check/{index}");
    let ready = |text: &str| match template::names(text) {
        // A value that is a template itself is put in during the run: it would be filled in
        // there once more.
        Ok(names) => names
            .iter()
            .all(|name| scope.get(name).is_some_and(|value| !template::has_template(value))),
        Err(_) => true,
    };
    let mut check = check.clone();
    if let Some(map) = check.as_object_mut().filter(|_| is_case) {
        map.insert("cases".to_owned(), json!([]));
    }
    // Rendering walks and copies everything, for nothing in most checks.
    if !template::has_template(&check) {
        return check;
    }
    match template::render(&check, scope, &ready) {
        Ok(filled) => filled,
        Err(faults) => {
            let problem = |(at, fault)| document.problem(&format!("{pointer}{at}"), fault);
            problems.extend(faults.into_iter().map(problem));
            check
        }
    }
}

/// The pointer in the file of a pointer into the expanded checks.
fn at_home(pointer: &str, rows: &[Row]) -> String {
    let Some(rest) = pointer.strip_prefix("/check/") else { return pointer.to_owned() };
    let (index, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let home = index.parse().ok().and_then(|index: usize| rows.get(index));
    match home {
        Some(row) if rest.is_empty() => format!("/check/{}", row.index),
        Some(row) => format!("/check/{}/{rest}", row.index),
        None => pointer.to_owned(),
    }
}

/// Puts problems in the order of the text, each once.
fn tidy(problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    problems.sort_by_key(Problem::offset);
    problems.retain(|problem| seen.insert(problem.identity()));
}

/// Gives a value its type; what the schema let through fits, or the message says what not.
pub(crate) fn typed<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

/// Reads a file of one format that has no cases and no placeholders outside of strings.
pub(crate) fn read<T: DeserializeOwned>(
    path: &Path,
    format: &Format,
) -> Result<(Document, T), Problems> {
    let document = Document::read(path)?;
    let faults = format.faults(&document.value).into_iter();
    let problems: Vec<_> = faults.map(|fault| fault.in_document(&document)).collect();
    Problems::from(problems).or(())?;
    let file = typed(document.value.clone()).map_err(|e| document.problem("", e))?;
    Ok((document, file))
}
