//! Headers, the content type among them, and where a redirect leads.

use std::collections::BTreeMap;

use super::show::{broken, cell, key, names, one_line, quoted};
use super::status::describe;
use super::text::{Subject, Text};
use super::{Errors, pointer};
use crate::check::observation::Observation;
use crate::journal::Broken;
use crate::redact::{Redactor, sensitive_header};
use crate::suite::expect::TextMatch;

/// The headers that are expected.
pub(super) struct Headers(Vec<(String, Text)>);

impl Headers {
    /// Compiles the conditions, by header name.
    pub(super) fn compile(expect: &BTreeMap<String, TextMatch>, errors: &mut Errors) -> Self {
        let compile = |(name, expect): (&String, &TextMatch)| {
            let at = pointer("/headers", name);
            if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
                errors.push((at.clone(), format!("`{}` is not a header name", one_line(name))));
            }
            (name.clone(), Text::compile(expect, &at, errors))
        };
        Self(expect.iter().map(compile).collect())
    }

    /// Every condition that does not hold. Of a header that is repeated, one value must meet it
    /// or all of them joined by `, `.
    pub(super) fn judge(&self, seen: &Observation, redactor: &Redactor) -> Vec<Broken> {
        let mut found = Vec::new();
        for (name, text) in &self.0 {
            let mut readings: Vec<String> = values(seen, name);
            if readings.len() > 1 {
                readings.push(readings.join(", "));
            }
            let shown = || match readings.last() {
                Some(_) if sensitive_header(name) => "\"[secret]\"".to_owned(),
                Some(value) => cell(redactor, name, value),
                None => String::new(),
            };
            let subject = Subject { readings: &readings, missing: "no such header", shown: &shown };
            found.extend(text.judge(&subject, &key("expect.headers", name), Some(name)));
        }
        found
    }
}

/// The content type that is expected.
pub(super) struct ContentType {
    essence: String,
    parameters: Vec<(String, String)>,
    written: String,
}

impl ContentType {
    /// Takes `type/subtype; name=value` apart.
    pub(super) fn compile(expect: &str, errors: &mut Errors) -> Self {
        let (essence, parameters) = take_apart(expect);
        if !matches!(essence.split_once('/'), Some((a, b)) if !a.is_empty() && !b.is_empty()) {
            let message = "expected a media type such as `application/json`";
            errors.push(("/content_type".to_owned(), message.to_owned()));
        }
        Self { essence, parameters, written: expect.trim().to_owned() }
    }

    /// What is wrong, if anything: the type in any case, and those parameters that are given.
    pub(super) fn judge(&self, seen: &Observation, redactor: &Redactor) -> Option<Broken> {
        let values = values(seen, "content-type");
        let actual = match values.last() {
            None => "no content-type header".to_owned(),
            Some(value) => {
                let (essence, parameters) = take_apart(value);
                let has = |wanted| parameters.contains(wanted);
                if essence == self.essence && self.parameters.iter().all(has) {
                    return None;
                }
                cell(redactor, "content-type", value)
            }
        };
        let at = Some("content-type".to_owned());
        Some(broken("expect.content_type", at, quoted(&self.written), actual))
    }
}

/// The essence in lower case, and the parameters with names and values in lower case: of those
/// that matter here (`charset`), the case of neither does.
fn take_apart(media: &str) -> (String, Vec<(String, String)>) {
    let mut parts = media.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let parameter = |part: &str| {
        let (name, value) = part.split_once('=')?;
        let value = value.trim().trim_matches('"');
        Some((name.trim().to_ascii_lowercase(), value.to_ascii_lowercase()))
    };
    (essence, parts.filter_map(parameter).collect())
}

/// Where the redirect leads. A condition is held against the whole URL, and also against its
/// path and query as long as it leads to the same host: `/login` elsewhere is not `/login`.
pub(super) fn judge_redirect(text: &Text, seen: &Observation, redactor: &Redactor) -> Vec<Broken> {
    let target = seen.redirect.as_ref().filter(|_| (300..400).contains(&seen.status));
    let same_host = target.is_some_and(|target| target.host() == seen.url.host());
    let readings = target.map_or_else(Vec::new, |target| {
        let mut readings = vec![target.to_string()];
        if same_host {
            readings.push(target[url::Position::BeforePath..url::Position::AfterQuery].to_owned());
            readings.push(target[url::Position::BeforePath..].to_owned());
        }
        readings
    });
    let shown = || {
        let url = target.map(|target| quoted(&redactor.personal(target.as_str())));
        format!("{}{}", url.unwrap_or_default(), if same_host { "" } else { ", on another host" })
    };
    let missing = if (300..400).contains(&seen.status) {
        format!("{} without a location", describe(seen.status))
    } else {
        format!("{}, which is no redirect", describe(seen.status))
    };
    let subject = Subject { readings: &readings, missing: &missing, shown: &shown };
    text.judge(&subject, "expect.redirect", Some("location"))
}

/// The values of a header, in order; what is not UTF-8 is replaced.
pub(super) fn values(seen: &Observation, name: &str) -> Vec<String> {
    let values = seen.headers.get_all(name).into_iter();
    values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}

/// The content type as it stands, for messages.
pub(super) fn content_type(seen: &Observation, redactor: &Redactor) -> String {
    match values(seen, "content-type") {
        none if none.is_empty() => "no content type".to_owned(),
        values => names(values.iter().map(|value| redactor.personal(value))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{ContentType, Headers, judge_redirect};
    use crate::check::judge::text::Text;
    use crate::check::observation::samples::seen;
    use crate::redact::Redactor;

    #[test]
    fn headers_are_judged_by_name() {
        let redactor = Redactor::new(&[], vec![]);
        let seen = seen(
            200,
            &[("Cache-Control", "no-store"), ("vary", "a"), ("vary", "b"), ("set-cookie", "s=1")],
            b"",
        );
        for (expect, broken) in [
            (json!({"cache-control": "no-store"}), None),
            (json!({"Vary": "b"}), None),
            (json!({"vary": "a, b"}), None),
            (json!({"vary": "c"}), Some("expect.headers.vary: \"c\" / \"a, b\"")),
            (
                json!({"etag": {"exists": true}}),
                Some("expect.headers.etag: that it is there / no such header"),
            ),
            (json!({"etag": {"exists": false}}), None),
            (json!({"set-cookie": "x"}), Some("expect.headers.set-cookie: \"x\" / \"[secret]\"")),
        ] {
            let mut errors = Vec::new();
            let expect = serde_json::from_value(expect).expect("headers");
            let found = Headers::compile(&expect, &mut errors).judge(&seen, &redactor);
            let found =
                found.first().map(|b| format!("{}: {} / {}", b.expectation, b.expected, b.actual));
            assert_eq!(found.as_deref(), broken);
            assert!(errors.is_empty());
        }
    }

    #[test]
    fn content_types_are_compared_by_essence() {
        let redactor = Redactor::new(&[], vec![]);
        for (expect, actual, holds) in [
            ("application/json", "Application/JSON; charset=utf-8", true),
            ("text/csv; charset=UTF-8", "text/csv;charset=\"utf-8\"", true),
            ("text/csv; charset=utf-8", "text/csv", false),
            ("text/csv", "text/html", false),
        ] {
            let mut errors = Vec::new();
            let compiled = ContentType::compile(expect, &mut errors);
            let seen = seen(200, &[("content-type", actual)], b"");
            assert_eq!(compiled.judge(&seen, &redactor).is_none(), holds, "{expect} {actual}");
            assert!(errors.is_empty());
        }
        let mut errors = Vec::new();
        let compiled = ContentType::compile("json", &mut errors);
        assert_eq!(errors[0].0, "/content_type");
        let actual = compiled.judge(&seen(200, &[], b""), &redactor).map(|b| b.actual);
        assert_eq!(actual.as_deref(), Some("no content-type header"));
    }

    #[test]
    fn redirects_are_compared_by_path_or_whole() {
        let redactor = Redactor::new(&[], vec![]);
        for (expect, status, target, broken) in [
            (json!("/login"), 302, Some("http://api.test/login"), None),
            (json!("/login?a=1"), 302, Some("http://api.test/login?a=1#x"), None),
            (json!("http://api.test/login"), 302, Some("http://api.test/login"), None),
            (json!({"matches": "^/lo"}), 302, Some("http://api.test/login"), None),
            (
                json!("/login"),
                302,
                Some("http://evil.test/login"),
                Some("\"http://evil.test/login\", on another host"),
            ),
            (
                json!("/login"),
                302,
                Some("http://api.test/out?token=1"),
                Some("\"http://api.test/out?token=[secret]\""),
            ),
            (json!("/login"), 200, None, Some("200 OK, which is no redirect")),
            (
                json!("/login"),
                201,
                Some("http://api.test/login"),
                Some("201 Created, which is no redirect"),
            ),
            (json!("/login"), 302, None, Some("302 Found without a location")),
            (json!({"exists": false}), 200, None, None),
        ] {
            let mut errors = Vec::new();
            let expect = serde_json::from_value(expect).expect("a match");
            let text = Text::compile(&expect, "/redirect", &mut errors);
            let mut seen = seen(status, &[], b"");
            seen.redirect = target.map(|target| target.parse().expect("a URL"));
            let found = judge_redirect(&text, &seen, &redactor);
            assert_eq!(found.first().map(|b| b.actual.as_str()), broken);
        }
    }
}
