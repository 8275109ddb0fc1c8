//! The JSON Schema of the formats, made from the types; and the check of a file against it.
//!
//! The loader's first pass is this very schema, so that editors and loader agree by
//! construction, and every fault of a file is found at once.

use std::sync::LazyLock;

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{ValidationError, Validator};
use schemars::JsonSchema;
use serde_json::Value;

use super::fields::formats;
use super::problem::{Problem, known};
use super::source::{Document, may_be_secret};

/// One file format: its JSON Schema, ready to be used.
pub(crate) struct Format {
    schema: Value,
    validator: Result<Validator, String>,
}

/// Suite files.
pub(crate) static SUITE: LazyLock<Format> = LazyLock::new(Format::of::<super::model::SuiteFile>);
/// One check of a suite, after its variables were filled in.
pub(crate) static CHECK: LazyLock<Format> = LazyLock::new(Format::of::<super::model::Check>);
/// The file of environments.
pub(crate) static ENVIRONMENTS: LazyLock<Format> =
    LazyLock::new(Format::of::<crate::environment::EnvironmentsFile>);
/// The settings of backups and drills.
pub(crate) static DRILL: LazyLock<Format> =
    LazyLock::new(Format::of::<crate::backup::settings::model::DrillFile>);

/// The masking rules.
pub(crate) static MASKING: LazyLock<Format> =
    LazyLock::new(Format::of::<crate::masking::rules::model::MaskingFile>);

/// The JSON Schema of suite files, as kept in `suites/schemas/suite.schema.json`.
pub fn suite_schema() -> &'static Value {
    &SUITE.schema
}

/// The JSON Schema of `environments.toml`, as kept in `suites/schemas/`.
pub fn environments_schema() -> &'static Value {
    &ENVIRONMENTS.schema
}

/// The JSON Schema of `drill.toml`, as kept in `suites/schemas/drill.schema.json`.
pub fn drill_schema() -> &'static Value {
    &DRILL.schema
}

/// The JSON Schema of `masking.toml`, as kept in `suites/schemas/masking.schema.json`.
pub fn masking_schema() -> &'static Value {
    &MASKING.schema
}

/// A fault that the schema found: where, what, and what to do.
pub(crate) struct Fault {
    /// JSON Pointer of the value, or of the key if `on_key`.
    pub(crate) pointer: String,
    pub(crate) on_key: bool,
    pub(crate) message: String,
    pub(crate) help: String,
}

impl Fault {
    /// The fault as a problem of a document.
    pub(crate) fn in_document(self, document: &Document) -> Problem {
        let problem = match self.on_key {
            true => document.key_problem(&self.pointer, self.message),
            false => document.problem(&self.pointer, self.message),
        };
        problem.help(self.help)
    }
}

impl Format {
    fn of<T: JsonSchema>() -> Self {
        let mut schema = schemars::schema_for!(T).to_value();
        forbid_null(&mut schema);
        let mut options = jsonschema::options().offline().should_validate_formats(true);
        for (name, check) in formats() {
            // What holds a placeholder is judged once that is filled in.
            let lenient = move |text: &str| text.contains("{{") || check(text).is_ok();
            options = options.with_format(name, lenient);
        }
        let validator = options.build(&schema).map_err(|error| error.to_string());
        Self { schema, validator }
    }

    /// All faults of a value.
    pub(crate) fn faults(&self, value: &Value) -> Vec<Fault> {
        let validator = match &self.validator {
            Ok(validator) => validator,
            // The schema is made from our own types: a test proves that it compiles.
            Err(error) => return vec![Fault::new(String::new(), format!("schema: {error}"))],
        };
        if validator.is_valid(value) {
            return Vec::new();
        }
        let mut faults = Vec::new();
        for error in validator.iter_errors(value) {
            self.explain(&error, &mut faults);
        }
        faults
    }

    fn explain(&self, error: &ValidationError<'_>, faults: &mut Vec<Fault>) {
        let pointer = error.instance_path().to_string();
        let expected = |what: String| format!("expected {what}, found {}", found(error));
        let message = match error.kind() {
            Kind::AdditionalProperties { unexpected } => {
                let properties = self.sibling(error, "properties");
                let names = properties.and_then(Value::as_object);
                let names = names.map(|map| map.keys().map(String::as_str).collect::<Vec<_>>());
                for key in unexpected {
                    let token = super::source::pointer_token(key);
                    let mut fault =
                        Fault::new(format!("{pointer}/{token}"), format!("unknown key `{key}`"));
                    fault.on_key = true;
                    fault.help = known(key, names.iter().flatten().copied());
                    faults.push(fault);
                }
                return;
            }
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
                return self.explain_choice(error, context, faults);
            }
            Kind::PropertyNames { error: inner } => {
                let key = inner.instance().as_str().unwrap_or_default();
                let token = super::source::pointer_token(key);
                let reason = self.format_reason(inner).unwrap_or_else(|| inner.to_string());
                let mut fault =
                    Fault::new(format!("{pointer}/{token}"), format!("`{key}`: {reason}"));
                fault.on_key = true;
                faults.push(fault);
                return;
            }
            Kind::Format { .. } => self.format_reason(error).unwrap_or_else(|| error.to_string()),
            Kind::Required { property } => {
                format!("the key `{}` is missing", property.as_str().unwrap_or_default())
            }
            Kind::Type { kind: TypeKind::Single(one) } => expected(one.to_string()),
            Kind::Type { kind: TypeKind::Multiple(many) } => {
                let names: Vec<_> = many.iter().map(|one| one.to_string()).collect();
                expected(names.join(" or "))
            }
            Kind::Enum { options } => expected(format!("one of {options}")),
            Kind::Pattern { pattern } => {
                expected(self.expectation(error).unwrap_or(format!("text matching {pattern}")))
            }
            Kind::MinProperties { .. } => "nothing stands in it".to_owned(),
            Kind::MinItems { .. } => "the list is empty".to_owned(),
            Kind::MinLength { .. } => "the text is empty".to_owned(),
            _ if may_be_secret(&pointer) => error.masked().to_string(),
            _ => error.to_string(),
        };
        let help = self.sibling(error, "x-help").and_then(Value::as_str).unwrap_or_default();
        faults.push(Fault { help: help.to_owned(), ..Fault::new(pointer, message) });
    }

    /// A choice fits none of its forms: tell of the form that was meant, if that is clear.
    fn explain_choice(
        &self,
        error: &ValidationError<'_>,
        context: &[Vec<ValidationError<'static>>],
        faults: &mut Vec<Fault>,
    ) {
        let here = error.instance_path().to_string();
        let of_type = |branch: &&Vec<_>| !branch.iter().any(|inner| is_other_type(inner, &here));
        let meant = context.iter().filter(of_type).min_by_key(|branch| branch.len());
        if let Some(branch) = meant.filter(|branch| !branch.is_empty()) {
            if let Some(slips) = self.misspelt(branch, context, &here) {
                faults.extend(slips);
                return;
            }
            for inner in branch {
                self.explain(inner, faults);
            }
            return;
        }
        let constants: Vec<_> = context.iter().flatten().filter_map(constant).collect();
        let what = if constants.len() == context.len() {
            format!("one of {}", constants.join(", "))
        } else {
            self.expectation(error).unwrap_or_else(|| "another form".to_owned())
        };
        let mut fault =
            Fault::new(here.clone(), format!("expected {what}, found {}", found(error)));
        let open = error.instance().as_str().filter(|_| !may_be_secret(&fault.pointer));
        let quoted = open.filter(|text| text.parse::<f64>().is_ok());
        if let Some(number) = quoted.filter(|_| constants.is_empty()) {
            fault.help = format!("a number stands without quotes: {number}");
        }
        let words: Vec<_> = context.iter().flat_map(|branch| words(branch, &here)).collect();
        if let Some(text) = error.instance().as_str().filter(|_| !words.is_empty()) {
            fault.help = known(text, words.iter().map(|name| name.trim_matches('"')));
        }
        faults.push(fault);
    }

    /// Where a key is unknown and another one is missing, the one is meant by the other: one slip,
    /// and the keys of every form of the choice are known.
    fn misspelt(
        &self,
        branch: &[ValidationError<'static>],
        context: &[Vec<ValidationError<'static>>],
        here: &str,
    ) -> Option<Vec<Fault>> {
        let is_missing = |error: &&ValidationError<'_>| {
            matches!(error.kind(), Kind::Required { .. })
                && error.instance_path().to_string() == here
        };
        let missing = branch.iter().filter(is_missing).count();
        let unknown = branch.iter().find_map(|error| match error.kind() {
            Kind::AdditionalProperties { unexpected } => Some(unexpected),
            _ => None,
        })?;
        if missing == 0 || missing + 1 != branch.len() {
            return None;
        }
        let keys = context.iter().flatten().filter_map(|error| match error.kind() {
            Kind::AdditionalProperties { .. } => self.sibling(error, "properties")?.as_object(),
            _ => None,
        });
        let keys: Vec<&str> = keys.flat_map(|map| map.keys().map(String::as_str)).collect();
        let slip = |key: &String| Fault {
            on_key: true,
            help: known(key, keys.iter().copied()),
            ..Fault::new(
                format!("{here}/{}", super::source::pointer_token(key)),
                format!("unknown key `{key}`"),
            )
        };
        Some(unknown.iter().map(slip).collect())
    }

    /// The reason that a format's own check gives.
    fn format_reason(&self, error: &ValidationError<'_>) -> Option<String> {
        let Kind::Format { format } = error.kind() else { return None };
        let text = error.instance().as_str()?;
        let (_, check) = formats().into_iter().find(|(name, _)| name == format)?;
        check(text).err()
    }

    /// What the schema says of itself at the place that refused.
    fn expectation(&self, error: &ValidationError<'_>) -> Option<String> {
        let told = self.sibling(error, "x-expected").or(self.sibling(error, "description"))?;
        let told = told.as_str()?.trim_end_matches('.');
        let mut letters = told.chars();
        let first = letters.next()?.to_lowercase();
        Some(first.chain(letters).collect())
    }

    /// The schema's keyword beside the one that refused.
    fn sibling(&self, error: &ValidationError<'_>, keyword: &str) -> Option<&Value> {
        let path = error.schema_path().to_string();
        let parent = path.rsplit_once('/')?.0;
        self.schema.pointer(&format!("{parent}/{keyword}"))
    }
}

impl Fault {
    fn new(pointer: String, message: String) -> Self {
        Self { pointer, on_key: false, message, help: String::new() }
    }
}

/// What stands at the place that refused: its type alone where it may be a secret.
fn found(error: &ValidationError<'_>) -> String {
    let described = crate::suite::describe(error.instance());
    match may_be_secret(error.instance_path().as_str()) {
        true => described.split(' ').next().unwrap_or_default().to_owned(),
        false => described,
    }
}

/// Whether a value is of another type than the form of a choice asks for.
fn is_other_type(error: &ValidationError<'static>, here: &str) -> bool {
    let is_other = |branch: &Vec<_>| branch.iter().any(|inner| is_other_type(inner, here));
    error.instance_path().to_string() == here
        && match error.kind() {
            Kind::Type { .. } | Kind::Constant { .. } => true,
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
                context.iter().all(is_other)
            }
            _ => false,
        }
}

/// The words that a form of a choice is one of, if it is.
fn words(branch: &[ValidationError<'static>], here: &str) -> Vec<String> {
    let is_here = |error: &&ValidationError<'_>| error.instance_path().to_string() == here;
    let of = |error: &ValidationError<'static>| match error.kind() {
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            context.iter().flat_map(|branch| words(branch, here)).collect()
        }
        _ => constant(error).into_iter().collect::<Vec<_>>(),
    };
    branch.iter().filter(is_here).flat_map(of).collect()
}

fn constant(error: &ValidationError<'static>) -> Option<String> {
    match error.kind() {
        Kind::Constant { expected_value } => Some(expected_value.to_string()),
        _ => None,
    }
}

/// TOML has no null, so an optional key is one that may be left out, and never null.
fn forbid_null(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(forbid_null),
        Value::Object(map) => {
            if map.get("default").is_some_and(Value::is_null) {
                map.shift_remove("default");
            }
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|name| name != "null");
                if let [one] = types.as_slice() {
                    let one = one.clone();
                    map.insert("type".to_owned(), one);
                }
            }
            if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
                choices.retain(|choice| choice["type"] != "null");
                if let [Value::Object(one)] = choices.as_slice() {
                    let one = one.clone();
                    map.shift_remove("anyOf");
                    for (key, value) in one {
                        map.entry(key).or_insert(value);
                    }
                }
            }
            map.values_mut().for_each(forbid_null);
        }
        _ => {}
    }
}
