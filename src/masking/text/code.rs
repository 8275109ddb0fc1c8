//! What of SQL is no code: string literals and comments. A name is somebody's there alone: who is
//! called Create Table, or First Name, stands in every second function otherwise.

/// The pieces of a definition that are no code, in their order: literals without their quotation
/// marks, and comments. The body of a function, between dollar signs, is code again.
pub(super) fn words(sql: &str) -> Vec<Span> {
    look_whole(sql).words
}

/// Quoted names, in their order. What is called so is called so elsewhere, too.
pub(super) fn names(sql: &str) -> Vec<Span> {
    look_whole(sql).names
}

type Span = (usize, usize);

#[derive(Default)]
struct Spans {
    words: Vec<Span>,
    names: Vec<Span>,
}

fn look_whole(sql: &str) -> Spans {
    let mut spans = Spans::default();
    look(sql, 0, &mut spans);
    spans
}

/// The last of these pieces that begins at or before a place: they stand in order, and none is within
/// another.
pub(super) fn last(pieces: &[(usize, usize)], at: usize) -> Option<(usize, usize)> {
    let index = pieces.partition_point(|(begin, _)| *begin <= at).checked_sub(1)?;
    pieces.get(index).copied()
}

fn look(sql: &str, base: usize, spans: &mut Spans) {
    let bytes = sql.as_bytes();
    let mut at = 0;
    while let Some(found) = memchr_any(&bytes[at..]) {
        let start = at + found;
        at = match bytes[start] {
            b'\'' => {
                let end = literal(bytes, start);
                spans.words.push((base + start + 1, base + end));
                end + 1
            }
            // A quoted identifier: the name of something.
            b'"' => {
                let end = memchr::memchr(b'"', &bytes[start + 1..]);
                let end = end.map_or(bytes.len(), |end| start + end + 2);
                spans.names.push((base + start, base + end));
                end
            }
            b'-' if bytes.get(start + 1) == Some(&b'-') => {
                let end = memchr::memchr(b'\n', &bytes[start..]);
                let end = end.map_or(bytes.len(), |end| start + end);
                spans.words.push((base + start, base + end));
                end
            }
            b'/' if bytes.get(start + 1) == Some(&b'*') => {
                let end = comment(bytes, start);
                spans.words.push((base + start, base + end));
                end
            }
            b'$' => match dollars(sql, start) {
                Some((from, to, end)) => {
                    look(sql.get(from..to).unwrap_or_default(), base + from, spans);
                    end
                }
                None => start + 1,
            },
            _ => start + 1,
        }
        .min(bytes.len());
    }
}

fn memchr_any(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| matches!(byte, b'\'' | b'"' | b'-' | b'/' | b'$'))
}

/// Where the quotation mark stands that ends a literal; the end of the text where none does.
fn literal(bytes: &[u8], start: usize) -> usize {
    let before = |back: usize| start.checked_sub(back).and_then(|at| bytes.get(at));
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let escapes =
        before(1).is_some_and(|byte| matches!(byte, b'e' | b'E')) && !before(2).is_some_and(inner);
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            b'\\' if escapes => 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => 2,
            b'\'' => return at,
            _ => 1,
        };
    }
    bytes.len()
}

/// Where a comment ends, and those that are within it.
fn comment(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0_usize);
    while let Some(two) = bytes.get(at..at + 2) {
        at += match two {
            b"/*" => {
                depth += 1;
                2
            }
            b"*/" => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

/// What stands between two equal signs such as `$$` or `$body$`, and where the second one ends.
fn dollars(sql: &str, start: usize) -> Option<(usize, usize, usize)> {
    let rest = sql.get(start + 1..)?;
    let tag = &rest[..rest.find('$')?];
    let inner = |c: char| c.is_alphanumeric() || c == '_';
    if !tag.chars().all(inner) || tag.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let sign = &sql[start..start + tag.len() + 2];
    let from = start + sign.len();
    let end = sql.get(from..)?.find(sign);
    Some(match end {
        Some(end) => (from, from + end, from + end + sign.len()),
        None => (from, sql.len(), sql.len()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_comments_are_found_and_code_is_not() {
        for (sql, expected) in [
            ("select 'a''b', E'c\\'d' from \"e'f\"", vec!["a''b", "c\\'d"]),
            ("a - b / c -- it's g\n, 'h'", vec!["-- it's g", "h"]),
            ("/* i /* 'j' */ k */ 'l'", vec!["/* i /* 'j' */ k */", "l"]),
            ("as $body$ begin return 'm' || $$n 'o'$$; end $body$; 'p'", vec!["m", "o", "p"]),
            ("$1 + 'q' || name'r'", vec!["q", "r"]),
            ("'open", vec!["open"]),
            ("$$ 'open", vec!["open"]),
            ("/* open", vec!["/* open"]),
            ("\"open", vec![]),
            ("type'x\\' 'y'", vec!["x\\", "y"]),
        ] {
            let found: Vec<&str> = words(sql).iter().map(|(from, to)| &sql[*from..*to]).collect();
            assert_eq!(found, expected, "{sql}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_stops_it(sql in "[a'\"$*/\\\\é \n-]{0,40}") {
            for (from, to) in words(&sql) {
                proptest::prop_assert!(sql.get(from..to).is_some(), "{from}..{to} of {sql:?}");
            }
        }
    }
}
