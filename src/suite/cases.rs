//! Data-driven checks: one check for each row.

use std::path::Path;

use serde_json::{Map, Value};

use super::template::Scope;

/// A row: what the case is called, and its variables.
pub(crate) struct Case {
    pub(crate) label: String,
    pub(crate) variables: Scope,
}

/// The rows that `cases` names: a list of tables, or a CSV file in `folder`.
///
/// The label of a row is its `case` column, or else its first one.
///
/// # Errors
/// Says what is wrong with the list or the file, with the file's line.
pub(crate) fn cases(spec: &Value, folder: &Path) -> Result<Vec<Case>, String> {
    let rows = match spec {
        Value::String(file) => from_csv(&folder.join(file))?,
        Value::Array(rows) => {
            let tables: Option<Vec<_>> = rows.iter().map(Value::as_object).collect();
            tables.ok_or("expected a list of tables")?.into_iter().cloned().collect()
        }
        _ => return Err("expected a list of tables, or the path of a CSV file".to_owned()),
    };
    if rows.is_empty() {
        return Err("there is no case in it, so nothing would be checked".to_owned());
    }
    let mut labels = std::collections::HashSet::new();
    rows.into_iter()
        .map(|row| {
            let named = row.get("case").or_else(|| row.values().next());
            let label = match named {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => return Err("a case without a value".to_owned()),
            };
            if label.trim().is_empty() || label.chars().any(char::is_control) {
                return Err(format!("a case is named {label:?}; names are one line, not empty"));
            }
            match labels.insert(label.clone()) {
                true => Ok(Case { label, variables: row }),
                false => Err(format!(
                    "two cases are named `{label}`; add a column `case` with a name for each"
                )),
            }
        })
        .collect()
}

fn from_csv(path: &Path) -> Result<Vec<Map<String, Value>>, String> {
    let name = path.display();
    let text = std::fs::read(path).map_err(|error| format!("{name} cannot be read: {error}"))?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
    let header = reader.headers().map_err(|error| format!("{name}: {error}"))?.clone();
    let rows = reader.records().map(|record| {
        let record = record.map_err(|error| format!("{name}: {error}"))?;
        Ok(header.iter().zip(&record).map(|(key, cell)| (key.to_owned(), typed(cell))).collect())
    });
    rows.collect()
}

/// A cell with its type: whatever JSON would read as a number or boolean is one, so that
/// `status = "{{ status }}"` works; `007` and `+49` stay text.
fn typed(cell: &str) -> Value {
    match serde_json::from_str(cell) {
        Ok(value @ (Value::Number(_) | Value::Bool(_))) => value,
        _ => Value::String(cell.to_owned()),
    }
}
