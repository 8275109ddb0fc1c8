//! The text form of arrays: `{a,"b \"c\"",NULL,{d}}`, also with bounds: `[2:3]={a,b}`.
//!
//! Elements are replaced where they stand; whatever else there is stays as it is. Source:
//! PostgreSQL's manual, "Array Input and Output Syntax".

use std::borrow::Cow;

/// Replaces each element that is not NULL by what `mask` makes of it; an array that cannot be
/// read is given to `mask` whole, so that nothing in it is passed over.
pub(crate) fn mask<E>(
    array: &str,
    delimiter: char,
    mut mask: impl FnMut(&str, &mut String) -> Result<(), E>,
) -> Result<String, E> {
    let mut out = String::with_capacity(array.len());
    // Bounds, if any, end with `=`; no element can stand before the first brace.
    let Some(start) = array.find('{') else {
        mask(array, &mut out)?;
        return Ok(out);
    };
    out.push_str(&array[..start]);
    let mut rest = &array[start..];
    let mut made = String::new();
    while let Some(next) = rest.chars().next() {
        if next == '{' || next == '}' || next == delimiter || next.is_ascii_whitespace() {
            out.push(next);
            rest = &rest[next.len_utf8()..];
            continue;
        }
        let (element, length) = element(rest, delimiter);
        if rest[..length].eq_ignore_ascii_case("null") {
            out.push_str(&rest[..length]);
        } else {
            made.clear();
            mask(&element, &mut made)?;
            quote(&made, delimiter, &mut out);
        }
        rest = &rest[length..];
    }
    Ok(out)
}

/// The element that a text begins with, and how many bytes it takes.
fn element(rest: &str, delimiter: char) -> (Cow<'_, str>, usize) {
    let quoted = rest.starts_with('"');
    let mut value = String::new();
    let mut letters = rest.char_indices().skip(usize::from(quoted));
    let mut plain = true;
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => {
                plain = false;
                value.extend(letters.next().map(|(_, letter)| letter));
            }
            '"' if quoted => return (value.into(), at + 1),
            '{' | '}' if !quoted => return (ended(rest, value, plain, at), at),
            _ if !quoted && letter == delimiter => return (ended(rest, value, plain, at), at),
            _ => value.push(letter),
        }
    }
    (value.into(), rest.len())
}

fn ended(rest: &str, value: String, plain: bool, at: usize) -> Cow<'_, str> {
    if plain { rest[..at].into() } else { value.into() }
}

/// Writes an element, in quotes where the server would.
fn quote(element: &str, delimiter: char, out: &mut String) {
    let odd = |letter: char| {
        matches!(letter, '{' | '}' | '"' | '\\')
            || letter == delimiter
            || letter.is_ascii_whitespace()
            || letter == '\u{b}'
    };
    if !element.is_empty() && !element.eq_ignore_ascii_case("null") && !element.contains(odd) {
        out.push_str(element);
        return;
    }
    out.push('"');
    for letter in element.chars() {
        if matches!(letter, '"' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upper(array: &str) -> String {
        let masked = mask(array, ',', |element, out| {
            out.push_str(&element.to_uppercase());
            Ok::<(), ()>(())
        });
        masked.unwrap()
    }

    #[test]
    fn elements_are_replaced_where_they_stand() {
        for (array, masked) in [
            ("{}", "{}"),
            ("{a,b}", "{A,B}"),
            (r#"{"a \"q\" \\\\",NULL,"",{x,"y,z"}}"#, r#"{"A \"Q\" \\\\",NULL,"",{X,"Y,Z"}}"#),
            ("[2:3]={a,b}", "[2:3]={A,B}"),
            (r#"{"null",nul}"#, r#"{"NULL",NUL}"#),
            (r"{a\,b}", r#"{"A,B"}"#),
            ("no array", "NO ARRAY"),
        ] {
            assert_eq!(upper(array), masked, "{array}");
        }
    }
}
