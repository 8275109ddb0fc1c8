//! Sizes and spans: how large the body is, how long the certificate lasts.

use jiff::Timestamp;

use super::Errors;
use super::show::{broken, bytes};
use crate::check::observation::Observation;
use crate::journal::Broken;
use crate::suite::expect::SizeExpect;

/// Adds an error where no size can be right.
pub(super) fn compile_size(expect: &SizeExpect, errors: &mut Errors) {
    if let (Some(min), Some(max)) = (expect.min, expect.max)
        && min > max
    {
        errors.push(("/size".to_owned(), format!("no size is at least {min} and at most {max}")));
    }
}

/// What is wrong with the size of the decoded body, if anything.
pub(super) fn judge_size(expect: &SizeExpect, seen: &Observation) -> Option<Broken> {
    let size = u64::try_from(seen.body.len()).unwrap_or(u64::MAX);
    let (key, expected) = match (expect.min, expect.max) {
        (Some(min), _) if size < min.0 => ("expect.size.min", format!("at least {min}")),
        (_, Some(max)) if size > max.0 => ("expect.size.max", format!("at most {max}")),
        _ => return None,
    };
    Some(broken(key, None, expected, format!("{} ({size} bytes)", bytes(seen.body.len()))))
}

/// What is wrong with the server's certificate at `now`, if anything: fewer whole days left
/// than `days`, or no certificate at all.
pub(super) fn judge_certificate(days: u32, seen: &Observation, now: Timestamp) -> Option<Broken> {
    let actual = match seen.certificate_expires {
        None if seen.url.scheme() == "http" => {
            "no certificate: the answer came over http".to_owned()
        }
        None => "no certificate was seen".to_owned(),
        Some(expires) => {
            let left = expires.duration_since(now).as_secs().div_euclid(24 * 60 * 60);
            match left {
                left if left >= i64::from(days) => return None,
                0.. => format!("{left} days, until {expires}"),
                _ => format!("expired at {expires}"),
            }
        }
    };
    let expected = format!("a certificate valid for {days} more days");
    Some(broken("expect.certificate_days", None, expected, actual))
}

#[cfg(test)]
mod tests {
    use super::{compile_size, judge_certificate, judge_size};
    use crate::check::observation::samples::seen;
    use crate::suite::expect::SizeExpect;

    #[test]
    fn sizes_are_bounded() {
        for (expect, size, actual) in [
            (r#"{"min": 3}"#, 3, None),
            (r#"{"min": "3 B", "max": 3}"#, 3, None),
            (r#"{"min": 3}"#, 2, Some("2 B (2 bytes)")),
            (r#"{"max": "1KiB"}"#, 1536, Some("1.5 KiB (1536 bytes)")),
        ] {
            let expect: SizeExpect = serde_json::from_str(expect).expect("a size");
            let found = judge_size(&expect, &seen(200, &[], &vec![b'x'; size]));
            assert_eq!(found.map(|b| b.actual).as_deref(), actual);
        }
        let mut errors = Vec::new();
        let expect = serde_json::from_str(r#"{"min": 4, "max": 3}"#).expect("a size");
        compile_size(&expect, &mut errors);
        assert_eq!(errors[0].0, "/size");
    }

    #[test]
    fn certificates_are_counted_in_whole_days() {
        let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        for (url, expires, actual) in [
            ("https://a.test", Some("2026-01-31T00:00:00Z"), None),
            (
                "https://a.test",
                Some("2026-01-30T23:59:59Z"),
                Some("29 days, until 2026-01-30T23:59:59Z"),
            ),
            (
                "https://a.test",
                Some("2025-12-31T23:59:59Z"),
                Some("expired at 2025-12-31T23:59:59Z"),
            ),
            ("https://a.test", None, Some("no certificate was seen")),
            ("http://a.test", None, Some("no certificate: the answer came over http")),
        ] {
            let mut seen = seen(200, &[], b"");
            seen.url = url.parse().expect("a URL");
            seen.certificate_expires = expires.map(|at| at.parse().expect("a time"));
            assert_eq!(judge_certificate(30, &seen, now).map(|b| b.actual).as_deref(), actual);
        }
    }
}
