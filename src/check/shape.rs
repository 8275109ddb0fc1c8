//! What kind of thing a body is, for those who show it or take it apart.

use serde_json::Value;

use super::observation::Observation;
use super::table::{Table, delimiter_of, without_mark};

/// A body, taken for what it looks like.
#[derive(Debug)]
pub(crate) enum Shape<'a> {
    /// Nothing at all.
    Empty,
    /// No text: not UTF-8, or with NUL characters.
    Binary,
    /// A JSON document.
    Json(Value),
    /// A CSV document with the delimiter that it seems to have.
    Csv(Table, u8),
    /// An HTML or XML document.
    Markup(&'a str),
    /// Other text.
    Text(&'a str),
}

impl<'a> Shape<'a> {
    /// Looks at the body first and at its content type second: the wrong content type is what
    /// checks are there to find. Half a body is never JSON.
    pub(crate) fn of(seen: &'a Observation) -> Self {
        match text(seen) {
            Some(text) => Self::of_text(text, seen),
            None => Self::Binary,
        }
    }

    /// The same for a part of the answer's body.
    pub(crate) fn of_text(text: &'a str, seen: &Observation) -> Self {
        let bare = without_mark(text).trim_start();
        if bare.is_empty() {
            return if seen.body.is_empty() { Self::Empty } else { Self::Text(text) };
        }
        if bare.starts_with('<') {
            return Self::Markup(text);
        }
        if !seen.truncated
            && let Ok(value) = serde_json::from_str(without_mark(text))
        {
            return Self::Json(value);
        }
        let delimiter = delimiter_of(text);
        match Table::read(text, delimiter) {
            Ok(table) if is_csv(seen) || looks_tabular(&table) => Self::Csv(table, delimiter),
            _ => Self::Text(text),
        }
    }
}

/// The media type without its parameters, in lower case.
pub(crate) fn media_type(seen: &Observation) -> Option<String> {
    let value = seen.headers.get(http::header::CONTENT_TYPE)?;
    let value = String::from_utf8_lossy(value.as_bytes());
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// The body as text; a cut through the last character does not make it binary.
pub(crate) fn text(seen: &Observation) -> Option<&str> {
    let text = match std::str::from_utf8(&seen.body) {
        Ok(text) => text,
        Err(e) if seen.truncated && e.error_len().is_none() => {
            std::str::from_utf8(seen.body.get(..e.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    (!text.contains('\0')).then_some(text)
}

/// The beginning of the text, of `most` bytes or a few less.
pub(crate) fn head(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Whether the answer says that it is CSV.
pub(crate) fn is_csv(seen: &Observation) -> bool {
    media_type(seen).is_some_and(|media| {
        matches!(media.as_str(), "text/csv" | "application/csv" | "text/tab-separated-values")
    })
}

/// Whether text that is not said to be CSV is taken for it: several columns with short names,
/// and a row of as many cells.
fn looks_tabular(table: &Table) -> bool {
    let name = |cell: &String| {
        (1..=64).contains(&cell.len())
            && cell.trim() == cell
            && cell.chars().all(|c| c.is_alphanumeric() || "_- .".contains(c))
    };
    table.header.len() >= 2
        && table.header.iter().all(name)
        && table.rows.first().is_some_and(|row| row.cells.len() == table.header.len())
}

#[cfg(test)]
mod tests {
    use super::Shape;
    use crate::check::observation::samples::seen;

    #[test]
    fn bodies_are_taken_for_what_they_are() {
        for (media, body, shape) in [
            ("text/html", &b"{\"a\":1}"[..], "Json"),
            ("text/csv", b"", "Empty"),
            ("text/csv", b"a\n1\n", "Csv"),
            ("text/plain", b"a;b\n1;2\n", "Csv"),
            ("text/plain", b"Hello, you\nand you, and you\n", "Text"),
            ("text/plain", b"Hello", "Text"),
            ("text/plain", b" \n", "Text"),
            ("application/json", b"<!doctype html>", "Markup"),
            ("application/json", b"{\"a\":", "Text"),
            ("text/plain", b"\xff\xfe", "Binary"),
            ("text/plain", b"a\0b", "Binary"),
        ] {
            let seen = seen(200, &[("content-type", media)], body);
            let debug = format!("{:?}", Shape::of(&seen));
            assert!(debug.starts_with(shape), "{media} {body:?}: {debug}");
        }
    }

    #[test]
    fn a_cut_through_a_character_is_still_text() {
        let mut cut = seen(200, &[], "Zoë".as_bytes());
        cut.body.pop();
        assert!(matches!(Shape::of(&cut), Shape::Binary));
        cut.truncated = true;
        assert!(matches!(Shape::of(&cut), Shape::Text("Zo")));
    }
}
