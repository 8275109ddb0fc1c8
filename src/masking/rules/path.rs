//! Paths into JSON: `$.user.email`, `$[*].name`, `$..phone`, `$.*`, `$["odd key"]`.

use std::cmp::Reverse;

use crate::masking::plan::Step;

/// Reads a path.
///
/// # Errors
/// It is none; what was expected.
pub(super) fn parse(text: &str) -> Result<Vec<Step>, String> {
    let mut rest = text.strip_prefix('$').ok_or("a path begins with `$`")?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[*]").or_else(|| rest.strip_prefix(".*")) {
            steps.push(Step::Each);
            rest = after;
        } else if let Some(quoted) = rest.strip_prefix("[\"") {
            let (key, after) = quoted.split_once("\"]").ok_or("`[\"` needs `\"]`")?;
            steps.push(Step::Key(key.to_owned()));
            rest = after;
        } else if let Some(quoted) = rest.strip_prefix("['") {
            let (key, after) = quoted.split_once("']").ok_or("`['` needs `']`")?;
            steps.push(Step::Key(key.to_owned()));
            rest = after;
        } else if let Some(after) = rest.strip_prefix("..") {
            steps.push(Step::Deep);
            rest = after;
            let (key, after) = key(rest)?;
            steps.push(Step::Key(key));
            rest = after;
        } else if let Some(after) = rest.strip_prefix('.') {
            let (key, after) = key(after)?;
            steps.push(Step::Key(key));
            rest = after;
        } else {
            return Err(format!("expected `.key`, `..key`, `[*]` or `[\"key\"]` at `{rest}`"));
        }
    }
    Ok(steps)
}

/// A path as it is written.
pub(crate) fn shown(steps: &[Step]) -> String {
    let mut text = String::from("$");
    for (index, step) in steps.iter().enumerate() {
        let deep = index > 0 && steps.get(index - 1) == Some(&Step::Deep);
        match step {
            Step::Each => text.push_str("[*]"),
            Step::Deep => text.push_str(".."),
            Step::Key(key) if deep => text.push_str(key),
            Step::Key(key) if key.contains(['.', '[']) => text.push_str(&format!("[\"{key}\"]")),
            Step::Key(key) => text.push_str(&format!(".{key}")),
        }
    }
    text
}

/// Smaller for a path that says more of where it leads: by its keys, and then by how little it
/// leaves open. `$.name` says more than `$..name`.
pub(super) fn looseness(steps: &[Step]) -> (Reverse<usize>, usize, usize) {
    let of = |wanted: fn(&&Step) -> bool| steps.iter().filter(wanted).count();
    let keys = of(|step| matches!(step, Step::Key(_)));
    (Reverse(keys), of(|step| matches!(step, Step::Deep)), of(|step| matches!(step, Step::Each)))
}

fn key(text: &str) -> Result<(String, &str), String> {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    match &text[..end] {
        "" => Err(format!("expected a key at `{text}`")),
        key => Ok((key.to_owned(), &text[end..])),
    }
}
