//! `{{ name }}` in strings: Jinja expressions, by minijinja.
//!
//! A string that is nothing but one placeholder takes the value with its type, so that
//! `{ id = "{{ id }}" }` sends a number where `id` is a number. Everything else becomes text.
//! Names that are not known are errors, and an expression that never ends runs out of fuel.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Map, Value};

use super::source::pointer_token;

/// Variables by name.
pub(crate) type Scope = Map<String, Value>;

static JINJA: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut jinja = Environment::new();
    jinja.set_undefined_behavior(UndefinedBehavior::Strict);
    jinja.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    jinja.set_fuel(Some(50_000));
    jinja.set_recursion_limit(32);
    jinja
});

/// Whether a string has a placeholder.
pub(crate) fn is_template(text: &str) -> bool {
    text.contains("{{")
}

/// Whether any string of a value has a placeholder.
pub(crate) fn has_template(value: &Value) -> bool {
    match value {
        Value::String(text) => is_template(text),
        Value::Array(items) => items.iter().any(has_template),
        Value::Object(map) => map.values().any(has_template),
        _ => false,
    }
}

/// The names that a string asks for.
///
/// # Errors
/// Says what is wrong with the string's syntax.
pub(crate) fn names(text: &str) -> Result<BTreeSet<String>, String> {
    let template = JINJA.template_from_str(text).map_err(|error| explain(&error))?;
    Ok(template.undeclared_variables(false).into_iter().collect())
}

/// The names that all strings of a value ask for.
pub(crate) fn all_names(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(text) if is_template(text) => names(text).unwrap_or_default(),
        Value::Array(items) => items.iter().flat_map(all_names).collect(),
        Value::Object(map) => map.values().flat_map(all_names).collect(),
        _ => BTreeSet::new(),
    }
}

/// Fills in one string.
///
/// # Errors
/// Says which name is not known, or what is wrong with the expression.
pub(crate) fn render_text(text: &str, scope: &Scope) -> Result<Value, String> {
    if !is_template(text) {
        return Ok(Value::String(text.to_owned()));
    }
    fill(text, scope, &minijinja::Value::from(minijinja::value::Serde(scope)))
}

fn fill(text: &str, scope: &Scope, context: &minijinja::Value) -> Result<Value, String> {
    let only = text.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    if let Some(expression) = only.filter(|inner| !inner.contains("{{") && !inner.contains("}}")) {
        let compiled = JINJA.compile_expression(expression).map_err(|error| explain(&error))?;
        let value = compiled.eval(context.clone()).map_err(|error| missing(&error, text, scope))?;
        if value.is_undefined() {
            return Err(undefined(text, scope));
        }
        return serde_json::to_value(&value).map_err(|error| error.to_string());
    }
    let rendered =
        JINJA.render_str(text, context.clone()).map_err(|error| missing(&error, text, scope))?;
    Ok(Value::String(rendered))
}

/// Fills in every string of a value for which `ready` holds, keeping the others.
///
/// # Errors
/// The JSON Pointer and the fault of each string that cannot be filled in.
pub(crate) fn render(
    value: &Value,
    scope: &Scope,
    ready: &dyn Fn(&str) -> bool,
) -> Result<Value, Vec<(String, String)>> {
    let mut faults = Vec::new();
    let context = minijinja::Value::from(minijinja::value::Serde(scope));
    let mut fill = |text: &str| match ready(text) {
        true => fill(text, scope, &context),
        false => Ok(Value::String(text.to_owned())),
    };
    let rendered = walk(value, &mut fill, &mut String::new(), &mut faults);
    if faults.is_empty() { Ok(rendered) } else { Err(faults) }
}

fn walk(
    value: &Value,
    fill: &mut dyn FnMut(&str) -> Result<Value, String>,
    pointer: &mut String,
    faults: &mut Vec<(String, String)>,
) -> Value {
    let mut descend = |token: &str, item: &Value| {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(token);
        let rendered = walk(item, fill, pointer, faults);
        pointer.truncate(length);
        rendered
    };
    match value {
        Value::Array(items) => {
            let numbered = items.iter().enumerate();
            numbered.map(|(index, item)| descend(&index.to_string(), item)).collect()
        }
        Value::Object(map) => {
            let pairs = map.iter();
            pairs.map(|(key, item)| (key.clone(), descend(&pointer_token(key), item))).collect()
        }
        Value::String(text) if is_template(text) => fill(text).unwrap_or_else(|fault| {
            faults.push((pointer.clone(), fault));
            value.clone()
        }),
        other => other.clone(),
    }
}

fn missing(error: &minijinja::Error, text: &str, scope: &Scope) -> String {
    match error.kind() {
        minijinja::ErrorKind::UndefinedError => undefined(text, scope),
        _ => explain(error),
    }
}

fn undefined(text: &str, scope: &Scope) -> String {
    let mut unknown = names(text).unwrap_or_default().into_iter();
    let unknown = unknown.find(|name| !scope.contains_key(name)).unwrap_or_default();
    let help = super::problem::known(&unknown, scope.keys().map(String::as_str));
    format!("the variable `{unknown}` is not known; {help}")
}

/// What minijinja says, without the template, which may hold a secret by then.
fn explain(error: &minijinja::Error) -> String {
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    format!("placeholder: {}{detail}", error.kind())
}
