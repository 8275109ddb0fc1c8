//! A short piece of a body, fit to be shown.
//!
//! Everything is redacted before anything is cut: half a token is not recognised as one. Where
//! the body itself is cut, because it is long or because the limit was reached, its last token
//! goes too.

use super::judge::{bytes, visible};
use super::observation::Observation;
use super::shape::{Shape, head, is_csv, text};
use super::table::Table;
use crate::redact::Redactor;

/// The most characters of an excerpt.
const SHORT: usize = 400;
/// The most lines of an excerpt.
const LINES: usize = 6;
/// The most of a body that is looked at.
const LOOKED_AT: usize = 64 * 1024;
/// The largest body that is taken apart as JSON or CSV.
const TAKEN_APART: usize = 1024 * 1024;

/// One to a few lines of the body, 400 characters at most, without secrets and personal data:
/// JSON and CSV redacted by key and column, other text by shape. None for an empty body.
pub(crate) fn excerpt(seen: &Observation, redactor: &Redactor) -> Option<String> {
    let size = bytes(seen.body.len());
    let size = if seen.truncated { format!("more than {size}") } else { size };
    let whole = !seen.truncated && seen.body.len() <= TAKEN_APART;
    let shape = match text(seen) {
        None => Shape::Binary,
        Some(text) if whole => Shape::of_text(text, seen),
        Some(text) => Shape::of_text(beginning(text, redactor), seen),
    };
    let shown = match shape {
        Shape::Empty => return None,
        Shape::Binary => return Some(format!("binary, {size}")),
        Shape::Json(value) => redactor.value(&value).to_string(),
        Shape::Csv(mut table, delimiter) => {
            if !whole {
                // The last row may be half of one, and half a name does not look like one.
                table.rows.pop();
            }
            csv(&table, char::from(delimiter), redactor)
        }
        // Broken CSV cannot be redacted by column, so only its header row is shown.
        Shape::Text(text) if is_csv(seen) => {
            redactor.personal(text.lines().next().unwrap_or_default())
        }
        Shape::Markup(text) | Shape::Text(text) if text.len() > LOOKED_AT => {
            redactor.personal(beginning(text, redactor))
        }
        Shape::Markup(text) | Shape::Text(text) => redactor.personal(text),
    };
    // Once more: a secret may span several cells.
    let shown = redactor.secrets(&shown);
    Some(match shown.trim() {
        "" if seen.body.iter().all(u8::is_ascii_whitespace) => format!("blank, {size}"),
        // One word without an end may be half a secret.
        "" => format!("not shown, {size}"),
        shown => cut(shown, whole),
    })
}

/// The header and the first row, as they stand but redacted.
fn csv(table: &Table, delimiter: char, redactor: &Redactor) -> String {
    let delimiter = delimiter.to_string();
    let header: Vec<String> = table.header.iter().map(|name| redactor.personal(name)).collect();
    let mut lines = vec![header.join(&delimiter)];
    if let Some(row) = table.rows.first() {
        let cells = row.cells.iter().enumerate().map(|(i, cell)| {
            let column = table.header.get(i).map_or("", String::as_str);
            redactor.cell(column, cell).replace(['\r', '\n'], " ")
        });
        lines.push(cells.collect::<Vec<_>>().join(&delimiter));
    }
    lines.join("\n")
}

/// The beginning of a text, without its last token, which may be half of one.
fn beginning<'a>(text: &'a str, redactor: &Redactor) -> &'a str {
    let head = redactor.without_partial_secret(head(text, LOOKED_AT));
    let end = head.rfind(char::is_whitespace).unwrap_or(0);
    head.get(..end).unwrap_or_default()
}

/// The first lines, control characters visible, within the limit; marked where something is
/// missing, as it is where the text is not the `whole` of the body.
fn cut(text: &str, whole: bool) -> String {
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let first: Vec<String> = lines.by_ref().take(LINES).map(visible).collect();
    let shown = first.join("\n");
    let whole = whole && lines.next().is_none();
    match shown.char_indices().nth(SHORT - 2) {
        Some((end, _)) => format!("{} …", shown.get(..end).unwrap_or_default()),
        None if whole => shown,
        None => format!("{shown} …"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::excerpt;
    use crate::check::observation::samples::{any_seen, seen};
    use crate::redact::Redactor;

    fn redactor() -> Redactor {
        let redactor = Redactor::new(&[], vec![]);
        redactor.learn("correct horse battery");
        redactor
    }

    #[test]
    fn excerpts_are_short_and_redacted() {
        for (media, body, shown) in [
            (
                "application/json",
                &b"{\"error\":\"no\", \"email\":\"x\"}"[..],
                Some("{\"error\":\"no\",\"email\":\"[personal]\"}"),
            ),
            ("application/json", b"{\"email\":\"jane\",\"x", Some("{\"email\":\"[personal]\",\"x")),
            ("text/csv", b"id,email\n1,\"a\nb\"\n2,c\n", Some("id,email\n1,[personal]")),
            ("text/csv", b"a,b\ncorrect horse battery,c", Some("a,b\n***,c")),
            ("text/plain", b"name;city\nx;Berlin\n", Some("name;city\nx;[personal]")),
            (
                "text/html",
                b"<h1>Oops</h1>\r\n\r\n<p>\x1b[31mcorrect horse battery jane@example.org\n",
                Some("<h1>Oops</h1>\n<p>\\u{1b}[31m*** [email]"),
            ),
            ("image/png", b"\x89PNG\xff", Some("binary, 5 B")),
            ("text/plain", b" \n ", Some("blank, 3 B")),
            ("text/plain", b"", None),
        ] {
            let seen = seen(200, &[("content-type", media)], body);
            assert_eq!(excerpt(&seen, &redactor()).as_deref(), shown);
        }
    }

    #[test]
    fn long_bodies_are_cut_after_redaction() {
        let long = format!("{} jane@example.org", "x".repeat(393));
        let shown = excerpt(&seen(200, &[], long.as_bytes()), &redactor()).unwrap_or_default();
        assert!(shown.ends_with("x [ema …") && shown.chars().count() <= 400, "{shown}");
        let lines = "line\n".repeat(20);
        let shown = excerpt(&seen(200, &[], lines.as_bytes()), &redactor()).unwrap_or_default();
        assert_eq!(shown.lines().count(), 6);
        let huge = "€ ".repeat(1_000_000);
        let shown = excerpt(&seen(200, &[], huge.as_bytes()), &redactor()).unwrap_or_default();
        assert!(shown.chars().count() <= 400);
    }

    #[test]
    fn nothing_that_was_cut_in_half_is_shown() {
        for (body, shown) in [
            ("say correct horse bat", "say …"),
            ("mail jane@exam", "mail …"),
            ("{\"token\":\"eyJhbGciOi", "not shown, more than 20 B"),
        ] {
            let mut seen = seen(200, &[], body.as_bytes());
            seen.truncated = true;
            assert_eq!(excerpt(&seen, &redactor()).as_deref(), Some(shown));
        }
    }

    #[test]
    fn long_and_broken_csv_shows_no_one() {
        let rows = "1,Jane Doe,Berlin\n".repeat(60_000);
        for (media, body) in [
            ("text/csv", format!("id,name,city\n{rows}")),
            ("text/plain", format!("id,name,city\n{rows}")),
            ("text/csv", format!("id,name,city\n{rows}\"open")),
            ("text/csv", "id,name,city\n1,Jane Doe,\"Ber".to_owned()),
        ] {
            for truncated in [false, true] {
                let mut seen = seen(200, &[("content-type", media)], body.as_bytes());
                seen.truncated = truncated;
                let shown = excerpt(&seen, &redactor()).unwrap_or_default();
                assert!(shown.starts_with("id,name,city"), "{shown}");
                assert!(!shown.contains("Jane") && !shown.contains("Ber"), "{shown}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_answer_is_too_strange(seen in any_seen()) {
            let redactor = redactor();
            if let Some(shown) = excerpt(&seen, &redactor) {
                prop_assert!(shown.chars().count() <= 400);
                prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\n'));
            }
        }

        #[test]
        fn no_secret_is_shown(secret in "[a-zA-Z0-9][a-zA-Z0-9 ,;\"/+=]{2,28}[a-zA-Z0-9]", before in "[ -~]{0,40}", cut in any::<bool>()) {
            let redactor = Redactor::new(&[], vec![]);
            redactor.learn(&secret);
            for body in [
                format!("{before}{secret}"),
                format!("a,b\n{before},{secret}\n"),
                serde_json::json!([before, { "x": secret }]).to_string(),
            ] {
                let mut seen = seen(200, &[], body.as_bytes());
                seen.truncated = cut;
                let shown = excerpt(&seen, &redactor).unwrap_or_default();
                prop_assert!(!shown.contains(&secret), "{shown}");
            }
        }
    }
}
