//! The suite format: from files to checks with their places.
//!
//! A file goes through one gate after the other, and each reports *all* that it finds:
//!
//! 1. `source`: TOML or JSON becomes one kind of value, with the place of every part.
//! 2. `cases` and `template`: rows become checks, and variables that are known are filled in.
//! 3. `schema`: the JSON Schema that editors use, made from the types of `model`, `parts`,
//!    `expect` and `fields`.
//! 4. `verify` and `links`: what must fit together, in a suite and between all of them: names,
//!    needs, credentials, variables, files.
//!
//! What comes out (`load`) is plain data; nothing was run and no network was touched.

pub(crate) mod cases;
pub(crate) mod expect;
pub(crate) mod fields;
pub(crate) mod links;
pub(crate) mod load;
pub(crate) mod model;
pub(crate) mod page;
pub(crate) mod parts;
pub(crate) mod problem;
pub(crate) mod query;
pub(crate) mod schema;
pub(crate) mod source;
pub(crate) mod template;
#[cfg(test)]
mod tests;
pub(crate) mod verify;

pub(crate) use problem::Problems;
pub use schema::{drill_schema, environments_schema, masking_schema, suite_schema};

use serde_json::Value;

/// A value's type, and the value itself where it is short: `string "GET"`, `number 3`.
pub(crate) fn describe(value: &Value) -> String {
    let short = |text: String| match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    };
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(boolean) => format!("boolean {boolean}"),
        Value::Number(number) => format!("number {number}"),
        Value::String(text) => format!("string {}", short(format!("{text:?}"))),
        Value::Array(items) => format!("array of {}", items.len()),
        Value::Object(map) => {
            let keys: Vec<_> = map.keys().map(String::as_str).collect();
            format!("table with {}", short(keys.join(", ")))
        }
    }
}
