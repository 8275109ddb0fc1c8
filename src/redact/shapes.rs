//! Personal data and keys that are known by their shape, whatever stands around them.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::names::{Kind, Names, looks_human};
use crate::pattern::constant;

/// Private keys, tokens and key shapes that well-known services use.
static KEYS: LazyLock<Regex> = LazyLock::new(|| {
    constant(concat!(
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
        r"|\bsb_(?:secret|publishable)_[A-Za-z0-9_-]+",
        r"|\bsbp_[A-Za-z0-9_]{8,}",
        r"|\b[prs]k_(?:live|test)_[A-Za-z0-9_]+",
        r"|\bsk-[A-Za-z0-9_-]{16,}",
        r"|\bwhsec_[A-Za-z0-9+/=_-]+",
        r"|\b(?:AKIA|ASIA)[A-Z0-9]{8,}",
        r"|\bAIza[A-Za-z0-9_-]{16,}",
        r"|\bgh[opsur]_[A-Za-z0-9]{8,}",
        r"|\bgithub_pat_[A-Za-z0-9_]{8,}",
        r"|\bglpat-[A-Za-z0-9_-]{8,}",
        r"|\bxox[a-z]-[A-Za-z0-9-]{8,}",
    ))
});
static JWT: LazyLock<Regex> =
    LazyLock::new(|| constant(r"\beyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){1,4}"));
static BEARER: LazyLock<Regex> =
    LazyLock::new(|| constant(r#"(?i)\b(bearer(?:\s|\+|%20)+)([^\s"'`,;<>\[\]{}]+)"#));
static USERINFO: LazyLock<Regex> = LazyLock::new(|| constant(r#"(://)[^/\s@"'<>?#]+@"#));
static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    constant(concat!(
        r"(?i)[\p{L}\p{N}_.%+*~-][\p{L}\p{N}_.%+*'~-]*(?:@|%40|\\u0040|&#64;|&#x40;|&commat;)",
        r"(?:(?:[\p{L}\p{N}*](?:[\p{L}\p{N}*-]*[\p{L}\p{N}*])?\.)+[\p{L}*](?:[\p{L}\p{N}*-]*[\p{L}\p{N}*])",
        r"|localhost\b)",
    ))
});
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    constant(r"(?i)(?:\+|%2b|\\u002b|&#43;)[1-9](?:(?:[ \t\u{a0}().\-/]|%20){0,2}[0-9]){6,17}")
});
/// `?name=value`, `name=value`.
///
/// In names, here and in `LINE`, all that is not ASCII counts as a letter: `\w` has hundreds of
/// ranges, and 64 times these took longer to compile than all else that a run does.
static PAIR: LazyLock<Regex> = LazyLock::new(|| {
    constant(r#"(^|[?&;,\s"'])([0-9A-Za-z_\u{80}-\u{10ffff}.%\[\]-]{1,64})=([^&;,\s"'<>#]+)"#)
});
/// `"name": "value"`, the value perhaps cut off.
static JSON: LazyLock<Regex> = LazyLock::new(|| {
    constant(r#"("([^"\\]{1,64})"\s*:\s*)("(?:[^"\\]|(?s:\\.))*(?:"|\\?\z)|-?[0-9][0-9.eE+-]*)"#)
});
/// `Name: value`, a line of its own.
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    constant(r"(?m)^([ \t]*([0-9A-Za-z_\u{80}-\u{10ffff}-]{1,64}):[ \t]+)([^\r\n]+)")
});

/// What follows the word "bearer" in prose, and is no token.
const PROSE: [&str; 11] = [
    "token",
    "tokens",
    "auth",
    "authentication",
    "authorization",
    "scheme",
    "realm",
    "header",
    "is",
    "or",
    "required",
];

/// Replaces e-mail addresses, international telephone numbers, JSON Web Tokens and well-known
/// key shapes by `[email]`, `[phone]`, `[jwt]` and `[key]`.
pub(crate) fn hide(text: &str) -> String {
    let mut text = Cow::Borrowed(text);
    replace(&mut text, &KEYS, |_| "[key]".to_owned());
    replace(&mut text, &JWT, |_| "[jwt]".to_owned());
    replace(&mut text, &BEARER, |hit| {
        let prose =
            PROSE.contains(&hit[2].trim_end_matches(['.', ':', '!']).to_lowercase().as_str());
        if prose || hit[2].starts_with('*') {
            hit[0].to_owned()
        } else {
            format!("{}[key]", &hit[1])
        }
    });
    replace(&mut text, &USERINFO, |hit| format!("{}[key]@", &hit[1]));
    replace(&mut text, &EMAIL, |_| "[email]".to_owned());
    replace(&mut text, &PHONE, |_| "[phone]".to_owned());
    text.into_owned()
}

/// Replaces the values of personal and secret names in loose text: query strings, log lines,
/// half a JSON document.
pub(super) fn hide_named(text: &str, names: &Names) -> String {
    let mut text = Cow::Borrowed(text);
    replace(&mut text, &JSON, |hit| match label(names, &hit[2], hit[3].trim_matches('"')) {
        Some(label) => format!("{}\"{label}\"", &hit[1]),
        None => hit[0].to_owned(),
    });
    replace(&mut text, &PAIR, |hit| match label(names, &hit[2], &hit[3]) {
        Some(label) => format!("{}{}={label}", &hit[1], &hit[2]),
        None => hit[0].to_owned(),
    });
    replace(&mut text, &LINE, |hit| match label(names, &hit[2], &hit[3]) {
        Some(label) => format!("{}{label}", &hit[1]),
        None => hit[0].to_owned(),
    });
    text.into_owned()
}

/// What stands for a value of this name, if it is hidden.
pub(super) fn label(names: &Names, name: &str, value: &str) -> Option<&'static str> {
    match names.kind(name)? {
        Kind::Secret => Some("[secret]"),
        Kind::Personal => Some("[personal]"),
        Kind::Name | Kind::Unknown => looks_human(value).then_some("[personal]"),
    }
}

fn replace(text: &mut Cow<'_, str>, pattern: &Regex, with: impl Fn(&Captures<'_>) -> String) {
    if let Cow::Owned(replaced) = pattern.replace_all(text, with) {
        *text = Cow::Owned(replaced);
    }
}

#[cfg(test)]
mod tests {
    use super::{hide, hide_named};
    use crate::redact::names::Names;

    #[test]
    fn shapes_are_hidden() {
        for (text, hidden) in [
            ("mail jane.doe+x@mail.example.org now", "mail [email] now"),
            ("?to=jane%40example.org&x=1", "?to=[email]&x=1"),
            (r"jane\u0040example.org", "[email]"),
            ("zoë@müller.example", "[email]"),
            ("root@localhost", "[email]"),
            ("call +49 170 1234567.", "call [phone]."),
            ("+44 (0) 20 7946 0123", "[phone]"),
            ("tel=%2B491701234567", "tel=[phone]"),
            ("eyJhbGciOi.eyJzdWIiOi.c2ln", "[jwt]"),
            ("sb_secret_abcDEF_123", "[key]"),
            ("sk_live_4eC39HqLyj", "[key]"),
            ("id AKIAIOSFODNN7EXAMPLE", "id [key]"),
            ("ghp_16C7e42F292c6912E7", "[key]"),
            ("Authorization: Bearer abc.def", "Authorization: Bearer [key]"),
            ("a bearer token is required", "a bearer token is required"),
            ("postgres://app:pw@db/x", "postgres://[key]@db/x"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMII\n", "[key]"),
        ] {
            assert_eq!(hide(text), hidden, "{text}");
        }
    }

    #[test]
    fn ordinary_text_stays() {
        for text in [
            "2026-01-31T10:00:00+02:00",
            "1e+5, 3.4 s, budget 2 s",
            "GET https://example.org/api/health?x=1",
            "pg@16 a @ b @media",
            "",
        ] {
            assert_eq!(hide(text), text);
        }
    }

    #[test]
    fn names_hide_values_in_loose_text() {
        let names = Names::new(&["plate".to_owned()]);
        for (text, hidden) in [
            ("/a?token=abc&page=2", "/a?token=[secret]&page=2"),
            ("email=x&city=Berlin", "email=[personal]&city=[personal]"),
            (r#"{"phone": "0170 1", "ok": true"#, r#"{"phone": "[personal]", "ok": true"#),
            (
                r#"[{"name":"Jane Doe","password":"hun"#,
                r#"[{"name":"[personal]","password":"[secret]""#,
            ),
            (r#"{"name":"disk","plate":12}"#, r#"{"name":"disk","plate":"[personal]"}"#),
            ("Set-Cookie: a=b; c\nDate: x", "Set-Cookie: [secret]\nDate: x"),
            ("filename=x hostname=y", "filename=x hostname=y"),
        ] {
            assert_eq!(hide_named(text, &names), hidden, "{text}");
        }
    }
}
