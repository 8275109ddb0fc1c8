//! What is wrong with a page that was seen.

use regex::Regex;
use url::Url;

use super::visit::Seen;
use crate::journal::Broken;
use crate::suite::page::PageExpect;

/// How many console errors and failed requests are told of.
const MOST: usize = 5;

/// Everything that is wrong. What matches one of `tolerate` is no fault.
pub(crate) fn judge(seen: &Seen, expect: &PageExpect, tolerate: &[Regex]) -> Vec<Broken> {
    let mut broken = Vec::new();
    let mut wrong = |expectation: &str, at: Option<&str>, expected: &str, actual: String| {
        let (expectation, at) = (expectation.to_owned(), at.map(str::to_owned));
        broken.push(Broken { expectation, at, expected: expected.to_owned(), actual });
    };
    let tolerated = |text: &str| tolerate.iter().any(|pattern| pattern.is_match(text));
    match seen.status {
        Some(status) if status >= 400 => {
            wrong("page", None, "the page loads", format!("status {status}"));
        }
        _ => {}
    }
    let console = seen.console.iter().filter(|text| !tolerated(text));
    for text in console.take(MOST) {
        wrong("page.console", None, "no error on the console", one_line(text));
    }
    // A browser asks for it by itself, whether the page has one or not.
    let icon = |url: &str| Url::parse(url).is_ok_and(|url| url.path() == "/favicon.ico");
    let failed = seen.failed.iter().filter(|(url, _)| !tolerated(url) && !icon(url));
    for (url, why) in failed.take(MOST) {
        wrong("page.requests", Some(url), "every request of the page succeeds", why.clone());
    }
    if let Some(selector) = &seen.stuck {
        wrong("steps", Some(selector), "something to act on", "nothing".to_owned());
    }
    let selectors = expect.selectors.iter().zip(&seen.selectors).filter(|(_, there)| !**there);
    for (selector, _) in selectors {
        wrong("expect.selectors", Some(selector), "something visible", "nothing".to_owned());
    }
    let texts = expect.text.iter().zip(&seen.text).filter(|(_, there)| !**there);
    for (text, _) in texts {
        wrong("expect.text", None, text, "not to be read on the page".to_owned());
    }
    if let Some(title) = expect.title.as_ref().filter(|title| !seen.title.contains(*title)) {
        wrong("expect.title", None, title, format!("{:?}", seen.title));
    }
    if let Some(url) = expect.url.as_ref().filter(|url| !leads(url, &seen.url)) {
        wrong("expect.url", None, url, seen.url.clone());
    }
    broken
}

/// Whether the browser is where it should be: at a path, or at an absolute URL.
pub(super) fn leads(expected: &str, actual: &str) -> bool {
    let Ok(actual) = Url::parse(actual) else { return false };
    match Url::parse(expected) {
        Ok(expected) => expected == actual,
        Err(_) => {
            let query = actual.query().map(|query| format!("?{query}")).unwrap_or_default();
            let path = actual.path();
            expected == path || expected == format!("{path}{query}")
        }
    }
}

fn one_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_where_its_path_or_its_whole_url_says() {
        let at = "https://app.test/jobs?page=2";
        assert!(leads("/jobs", at) && leads("/jobs?page=2", at) && leads(at, at));
        for other in ["/", "/job", "/jobs?page=3", "https://other.test/jobs?page=2"] {
            assert!(!leads(other, at), "{other}");
        }
        assert!(!leads("/jobs", "about:blank#"));
    }

    #[test]
    fn everything_that_is_wrong_is_told_and_what_is_tolerated_is_not() {
        let seen = Seen {
            status: Some(404),
            console: vec!["TypeError: x is undefined\n  at a.js".into(), "ads are off".into()],
            failed: vec![
                ("https://app.test/favicon.ico".into(), "status 404".into()),
                ("https://app.test/api/jobs".into(), "status 500".into()),
                ("https://ads.test/a".into(), "net::ERR_FAILED".into()),
            ],
            stuck: Some("#email".into()),
            selectors: vec![true, false],
            text: vec![false],
            title: "Sign in".into(),
            url: "https://app.test/login".into(),
            ..Seen::default()
        };
        let expect = PageExpect {
            selectors: vec!["main".into(), "#jobs".into()],
            text: vec!["Upcoming".into()],
            title: Some("Jobs".into()),
            url: Some("/jobs".into()),
        };
        let tolerate = [Regex::new("^https://ads").unwrap(), Regex::new("ads are off").unwrap()];
        let told = judge(&seen, &expect, &tolerate);
        let told: Vec<_> =
            told.iter().map(|one| (one.expectation.as_str(), &*one.actual)).collect();
        assert_eq!(
            told,
            [
                ("page", "status 404"),
                ("page.console", "TypeError: x is undefined"),
                ("page.requests", "status 500"),
                ("steps", "nothing"),
                ("expect.selectors", "nothing"),
                ("expect.text", "not to be read on the page"),
                ("expect.title", "\"Sign in\""),
                ("expect.url", "https://app.test/login"),
            ]
        );
    }
}
