//! Pages in a real browser; where none is installed, that they say so.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::support::server::Server;
use crate::support::{Project, Ran};

/// Opens a page of that HTML, with those lines in its check.
fn open(html: &str, more: &str) -> Ran {
    let server = Server::start();
    let icon = "<link rel=\"icon\" href=\"data:,\">";
    let html = format!("<!doctype html>{icon}{html}");
    let html = utf8_percent_encode(&html, NON_ALPHANUMERIC);
    let suite =
        format!("[[page]]\nname = \"p\"\nopen = \"/html?{html}\"\ntimeout = \"3s\"\n{more}\n");
    Project::new(&server.url, &suite).run(&[])
}

/// Whether pages can be opened here at all; that one is skipped says why.
fn is_there() -> bool {
    let ran = open("<p>hello", "expect.text = [\"hello\"]");
    let journal = ran.journal();
    let entry = &journal["entries"][0];
    if entry["outcome"] == "passed" {
        return true;
    }
    let reason = entry["reason"].as_str().unwrap_or_default();
    assert_eq!(entry["outcome"], "skipped", "{}", ran.console());
    assert!(reason.contains("no browser is installed") && reason.contains("chromium"), "{reason}");
    false
}

#[test]
fn what_a_person_would_see_is_judged_and_what_the_browser_tells_of() {
    if !is_there() {
        return;
    }
    let ok = "<title>Jobs</title><main>Upcoming jobs</main>";
    let good = open(
        ok,
        "expect.selectors = [\"main\"]\nexpect.text = [\"Upcoming\"]\nexpect.title = \"Jobs\"\nbudget = \"3s\"",
    );
    assert_eq!(good.code, 0, "{}", good.console());
    for (html, more, told) in [
        ("<script>console.error('boom', {a: 1})</script>", "", "page.console"),
        ("<script>null.x</script>", "", "page.console"),
        ("<script>Promise.reject(new Error('late'))</script>", "", "page.console"),
        ("<img src=/status/404>", "", "page.requests"),
        ("<script>fetch('/status/500')</script>", "", "page.requests"),
        ("<script src=http://127.0.0.1:9/x.js></script>", "", "page.requests"),
        (ok, "expect.selectors = [\"#none\"]", "expect.selectors"),
        ("<p id=a hidden>x", "expect.selectors = [\"#a\"]", "expect.selectors"),
        (ok, "expect.text = [\"Past jobs\"]", "expect.text"),
        (ok, "expect.title = \"Other\"", "expect.title"),
        (ok, "expect.url = \"/other\"", "expect.url"),
        (ok, "budget = \"1us\"", "budget"),
        (ok, "steps = [{ click = \"#none\" }]", "steps"),
    ] {
        let ran = open(html, more);
        assert_eq!(ran.code, 1, "{html} {more}: {}", ran.console());
        let entry = &ran.journal()["entries"][0];
        let broken = entry["broken"].as_array().expect("what is broken");
        let names: Vec<_> = broken.iter().filter_map(|one| one["expectation"].as_str()).collect();
        assert!(names.contains(&told), "{html} {more}: {names:?}");
    }
    let tolerated = open("<img src=/status/404>", "tolerate = [\"/status/404$\"]");
    assert_eq!(tolerated.code, 0, "{}", tolerated.console());
}

#[test]
fn steps_fill_in_and_click_and_what_comes_late_is_waited_for() {
    if !is_there() {
        return;
    }
    let form = "<form onsubmit=\"event.preventDefault(); setTimeout(() => \
                document.body.append('Hello ' + document.querySelector('#who').value), 700)\">\
                <input id=who value=nobody><button>Go</button></form>";
    let more = "steps = [{ fill = \"#who\", with = \"{{ environment }}\" }, { click = \"button\" }]\n\
                expect.text = [\"Hello local\"]\nscreenshot = true";
    let ran = open(form, more);
    assert_eq!(ran.code, 0, "{}", ran.console());
    let picture = ran.journal()["entries"][0]["attachments"][0].as_str().map(str::to_owned);
    let picture = std::fs::read(ran.reports.join(picture.expect("a picture"))).expect("a file");
    assert!(picture.starts_with(b"\x89PNG"), "it is a picture");
    let none = open("<p>x", "");
    assert!(none.journal()["entries"][0]["attachments"].is_null(), "only where it is asked for");
}

#[test]
fn what_cannot_be_opened_is_not_judged() {
    if !is_there() {
        return;
    }
    let page = |url: &str, more: &str| {
        let suite = format!("[[page]]\nname = \"p\"\nopen = \"/hang\"\ntimeout = \"1s\"\n{more}");
        Project::new(url, &suite).run(&[])
    };
    let dead = page("http://127.0.0.1:9", "");
    assert_eq!(dead.code, 3, "{}", dead.console());
    assert!(dead.console().contains("ERR_"), "{}", dead.console());
    let server = Server::start();
    let hung = page(&server.url, "");
    assert_eq!(hung.code, 3, "{}", hung.console());
    assert!(hung.console().contains("within 1s"), "{}", hung.console());
}

#[test]
fn a_step_is_one_thing_and_a_pattern_is_one() {
    for (more, told) in [
        ("steps = [{ fill = \"#a\" }]", "this is no step"),
        ("steps = [{ click = \"#a\", wait_for = \"#b\" }]", "this is no step"),
        ("tolerate = [\"(\"]", "regex"),
        ("expect.selector = [\"a\"]", "selectors"),
    ] {
        let suite = format!("[[page]]\nname = \"p\"\nopen = \"/\"\n{more}\n");
        let ran = Project::new("http://127.0.0.1:9", &suite).run(&[]);
        assert_eq!(ran.code, 2, "{more}: {}", ran.console());
        assert!(ran.console().contains(told), "{more}: {}", ran.console());
    }
}
