//! What a value becomes: the forms that the runbook names, and those for what it does not.

use std::fmt::Write as _;

use super::people::{People, Trait};

/// Writes what a person's value becomes.
pub(crate) fn of(what: Trait, value: &str, number: u32, out: &mut String) {
    let _ = match what {
        Trait::Email => write!(out, "test-{number}@example.com"),
        // Supabase's auth service stores numbers without the plus.
        Trait::Phone if value.trim_start().starts_with('+') => write!(out, "+1000000{number}"),
        Trait::Phone => write!(out, "1000000{number}"),
        Trait::Name => write!(out, "Test Customer {number}"),
    };
}

/// Whether a value has the form of what one becomes: such a one is nobody's.
pub(crate) fn is_made(what: Trait, value: &str) -> bool {
    let number = match what {
        Trait::Email => value.strip_prefix("test-").and_then(|v| v.strip_suffix("@example.com")),
        Trait::Phone => value.strip_prefix('+').unwrap_or(value).strip_prefix("1000000"),
        Trait::Name => value.strip_prefix("Test Customer "),
    };
    number.is_some_and(|number| {
        (1..=8).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Writes what a key or token becomes: one of staging's, another for each.
pub(crate) fn secret(value: &str, length: Option<u32>, people: &People, out: &mut String) {
    let mut made = format!("staging-{:016x}", people.written(value.as_bytes()));
    if let Some(length) = length {
        // What tells them apart stands at the end.
        let over = made.len().saturating_sub(length as usize);
        made.drain(..over);
    }
    out.push_str(&made);
}

/// Writes what the key of a stored object becomes, segment by segment: folders that are known,
/// numbers and ids stay, and so does the suffix; the rest is a hash, the same for the same text.
pub(crate) fn object_key(key: &str, folders: &[String], people: &People, out: &mut String) {
    for (index, segment) in key.split('/').enumerate() {
        if index > 0 {
            out.push('/');
        }
        let (stem, suffix) = parted(segment);
        if stays(segment, stem, folders, key.contains('/')) {
            out.push_str(segment);
        } else {
            let _ = write!(out, "object-{:016x}{suffix}", people.written(stem.as_bytes()));
        }
    }
}

/// A segment of a key without the suffix that says what kind of file it is, and that suffix.
fn parted(segment: &str) -> (&str, &str) {
    let suffix = segment.rfind('.').map_or("", |at| &segment[at..]);
    let suffix = if is_suffix(suffix) { suffix } else { "" };
    (segment.strip_suffix(suffix).unwrap_or(segment), suffix)
}

/// Whether a segment of a key is nobody's; `within` a path, or all of the key.
fn stays(segment: &str, stem: &str, folders: &[String], within: bool) -> bool {
    segment.is_empty()
        || folders.iter().any(|folder| folder == segment)
        || is_id(segment, within)
        || is_id(stem, within)
}

/// Whether a key says something of whoever has it: a number or a UUID does not.
pub(crate) fn tells(key: &str) -> bool {
    key.chars().any(char::is_alphabetic) && !is_id(key, false)
}

/// Whether each part of a stored object's key is one that stays, or one that was made.
pub(crate) fn is_made_key(key: &str, folders: &[String]) -> bool {
    key.split('/').all(|segment| {
        let (stem, _) = parted(segment);
        let made = stem.strip_prefix("object-").is_some_and(|hash| {
            hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        made || stays(segment, stem, folders, key.contains('/'))
    })
}

/// A date, a UUID, or a number of up to six digits (a year, a count) if it is `within` a path: alone it
/// may be the number of an account.
fn is_id(text: &str, within: bool) -> bool {
    let digits = |text: &str, most: usize| {
        !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let parts: Vec<&str> = text.split('-').collect();
    // Three groups of digits may be a telephone number, or a number of insurance.
    let date = text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok();
    let uuid = text.len() == 36
        && parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    within && digits(text, 6) || date || uuid
}

/// Whether a suffix says what is in a file: behind a point there may be half of a name as well.
fn is_suffix(text: &str) -> bool {
    let kind = text.strip_prefix('.').unwrap_or_default().to_ascii_lowercase();
    SUFFIXES.contains(&kind.as_str())
}

/// Suffixes of the kinds of files that applications keep.
const SUFFIXES: [&str; 60] = [
    "7z", "aac", "avi", "avif", "bak", "bin", "bmp", "bz2", "csv", "doc", "docx", "eml", "eps",
    "epub", "flac", "gif", "gz", "heic", "heif", "htm", "html", "ico", "ics", "jpeg", "jpg", "js",
    "json", "jsonl", "key", "log", "m4a", "m4v", "md", "mov", "mp3", "mp4", "mpeg", "odp", "ods",
    "odt", "ogg", "pages", "pdf", "png", "ppt", "pptx", "rtf", "svg", "tar", "tif", "tiff", "txt",
    "wav", "webm", "webp", "xls", "xlsx", "xml", "zip", "zst",
];

#[cfg(test)]
mod tests {
    use super::super::text::tests::people;
    use super::*;

    #[test]
    fn keys_of_objects_keep_their_shape() {
        let people = people();
        let made = |key: &str| {
            let mut out = String::new();
            object_key(key, &["customers".to_owned()], &people, &mut out);
            out
        };
        let key = made("customers/Ada-Archer/2024/photo-3.jpg");
        let parts: Vec<&str> = key.split('/').collect();
        assert_eq!((parts[0], parts[2]), ("customers", "2024"));
        assert!(parts[1].starts_with("object-") && parts[3].ends_with(".jpg"), "{key}");
        assert_eq!(key, made("customers/Ada-Archer/2024/photo-3.jpg"));
        let uuid = "avatars/0e5b0e5b-0e5b-0e5b-0e5b-0e5b0e5b0e5b.jpg";
        assert!(made(uuid).ends_with(&uuid[7..]), "{}", made(uuid));
        assert_eq!(made("odd//x").matches('/').count(), 2);
    }

    #[test]
    fn a_number_of_somebody_s_is_no_date_and_half_a_name_no_suffix() {
        let people = people();
        for key in ["123-45-6789.pdf", "555-123-4567.jpg", "2024-13-01", "jane.doe", "583231"] {
            let mut out = String::new();
            object_key(key, &[], &people, &mut out);
            assert!(out.starts_with("object-") && !out.contains("doe"), "{key}: {out}");
            assert!(is_made_key(&out, &[]) && !is_made_key(key, &[]), "{key}: {out}");
        }
        for key in ["2024-02-29", "a/583.PNG"] {
            let mut out = String::new();
            object_key(key, &["a".to_owned()], &people, &mut out);
            assert_eq!(out, key);
        }
    }

    #[test]
    fn tokens_differ_where_they_differed_and_fit() {
        let people = people();
        let made = |value: &str, length| {
            let mut out = String::new();
            secret(value, length, &people, &mut out);
            out
        };
        assert_eq!(made("a", None), made("a", None));
        assert_ne!(made("a", Some(6)), made("b", Some(6)));
        assert_eq!(made("a", Some(6)).len(), 6);
        assert!(made("a", None).starts_with("staging-"));
    }
}
