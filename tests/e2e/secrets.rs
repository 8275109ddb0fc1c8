//! No secret and no personal data in anything that a run writes.

use crate::support::Project;
use crate::support::server::Server;

const TOKEN: &str = "s3cr+t/t0ken=ä&x";

/// The forms in which a secret turns up: as it is, in base64, in URLs.
fn forms() -> Vec<String> {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    let percent = percent_encoding::utf8_percent_encode(TOKEN, percent_encoding::NON_ALPHANUMERIC);
    let form: String = url::form_urlencoded::byte_serialize(TOKEN.as_bytes()).collect();
    vec![
        TOKEN.to_owned(),
        STANDARD.encode(TOKEN),
        URL_SAFE_NO_PAD.encode(TOKEN),
        percent.to_string(),
        form,
    ]
}

#[test]
fn a_secret_shows_in_no_output_whatever_fails() {
    let server = Server::start();
    let environments = format!(
        "[environment.local]\nbase_url = \"{}\"\n[environment.local.variables]\ntoken = {{ env = \"SMOKEDRILL_TEST_TOKEN\" }}\n",
        server.url
    );
    let suite = r#"
        [[check]]
        name = "echoed in header, query, form and body"
        request = "POST /echo"
        query.token = "{{ token }}"
        headers.x-encoded = "{{ token | urlencode }}"
        body.json = { token = "{{ token }}" }
        expect.status = 404
        expect.text = { not_contains = "{{ token }}", matches = "^nothing$" }
        expect.json.body = "{{ token }}"
        [[check]]
        name = "hangs"
        request = "GET /hang?{{ token | urlencode }}"
        timeout = "200ms"
        expect.status = 200
        [[check]]
        name = "retried"
        request = "GET /status/503?{{ token | urlencode }}"
        retry = { times = 1, on = ["unavailable"], interval = "1ms" }
        expect.status = 200
    "#;
    let project = Project::with(&[("environments.toml", &environments), ("s.toml", suite)]);
    let output = project
        .command(&["--format", "pretty"])
        .env("SMOKEDRILL_TEST_TOKEN", TOKEN)
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", project.path().join("step.md"))
        .output();
    let ran = project.ran(output.expect("the program starts"));
    assert_eq!(ran.code, 1, "{}", ran.console());
    let step = std::fs::read_to_string(project.path().join("step.md")).expect("a step summary");
    let everything = format!("{}{step}", ran.everything());
    assert!(server.requests("/echo")[0].body.contains(TOKEN), "the secret was sent");
    for form in forms() {
        assert!(!everything.contains(&form), "{form} in {everything}");
    }
    assert!(everything.contains("***"));
}

#[test]
fn a_secret_that_got_around_into_what_a_run_wrote_makes_the_run_red() {
    let server = Server::start();
    let environments = format!(
        "[environment.local]\nbase_url = \"{}\"\n[environment.local.variables]\ntoken = {{ env = \"SMOKEDRILL_TEST_TOKEN\" }}\n",
        server.url
    );
    let suite = "[[check]]\nname = \"c\"\nrequest = \"GET /status/200?{{ token | urlencode }}\"\nexpect.status = 200\n";
    let project = Project::with(&[("environments.toml", &environments), ("s.toml", suite)]);
    let run = || {
        let output = project.command(&[]).env("SMOKEDRILL_TEST_TOKEN", TOKEN).output();
        project.ran(output.expect("the program starts"))
    };
    let ran = run();
    assert_eq!(ran.code, 0, "{}", ran.console());
    // As if something had written it meanwhile.
    let planted = ran.reports.join("deep/planted.txt");
    std::fs::create_dir_all(planted.parent().expect("a folder")).expect("a folder");
    for form in forms() {
        let file = std::fs::File::create(&planted).expect("a file");
        std::io::Write::write_all(&mut &file, format!("x{form}x").as_bytes()).expect("written");
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
        file.set_modified(later).expect("a time");
        let ran = run();
        assert_eq!(ran.code, 1, "{form}: {}", ran.console());
        assert!(ran.report("summary.md").contains("deep/planted.txt"), "{}", ran.console());
        assert_eq!(ran.journal()["run"]["verdict"], "failed");
        assert!(!ran.everything().contains(&form), "{form}");
    }
    std::fs::remove_file(&planted).expect("gone");
    assert_eq!(run().code, 0);
}

#[test]
fn personal_data_of_an_answer_shows_in_no_output() {
    let server = Server::start();
    let suite = r#"
        [[check]]
        name = "c"
        request = "GET /people"
        expect.json.customer = { full_name = 1, email = 2, phone = 3 }
        expect.jsonpath."$.customer.email" = "someone@else.test"
        expect.jsonpath."$.customer.phone" = { matches = "^x$" }
        expect.text = { matches = "^nothing$" }
    "#;
    let ran = Project::new(&server.url, suite).run(&[]);
    assert_eq!(ran.code, 1);
    for text in ["Jane", "jane.doe", "mail.test", "1234567"] {
        assert!(!ran.everything().contains(text), "{text} in {}", ran.everything());
    }
}

#[test]
fn a_captured_token_is_hidden_like_any_other() {
    let server = Server::start();
    let suite = r#"
        [[check]]
        name = "login"
        request = "POST /login"
        capture.token = { jsonpath = "$.token" }
        expect.status = 200
        [[check]]
        name = "c"
        request = "GET /echo?{{ token }}"
        needs = ["login"]
        headers.x-token = "{{ token }}"
        expect.status = 404
    "#;
    let ran = Project::new(&server.url, suite).run(&[]);
    assert_eq!(ran.code, 1);
    assert!(!ran.everything().contains("tok-5ecret-4711"), "{}", ran.everything());
}

#[test]
fn a_secret_too_short_to_hide_is_refused() {
    let environments = "[environment.local]\nbase_url = \"http://127.0.0.1:9\"\nheaders.apikey = { env = \"SMOKEDRILL_TEST_TOKEN\" }\n";
    let suite = "[[check]]\nname = \"c\"\nrequest = \"GET /\"\nexpect.status = 200\n";
    let project = Project::with(&[("environments.toml", environments), ("s.toml", suite)]);
    let output = project.command(&[]).env("SMOKEDRILL_TEST_TOKEN", "abc").output();
    let ran = project.ran(output.expect("the program starts"));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("fewer than 4 characters"), "{}", ran.stderr);
    assert!(ran.stderr.contains("environments.toml:3"), "{}", ran.stderr);
}

#[test]
fn what_is_captured_of_a_person_shows_in_no_output() {
    let server = Server::start();
    let suite = r#"
        [[check]]
        name = "who"
        request = "GET /people"
        capture.person = { jsonpath = "$.customer.full_name" }
        capture.mail = { jsonpath = "$.customer.email" }
        expect.status = 200
        [[check]]
        name = "c"
        request = "GET /echo"
        needs = ["who"]
        query = { q = "{{ person }}", mail = "{{ mail }}" }
        expect.json.body = "{{ person }}"
    "#;
    let ran = Project::new(&server.url, suite).run(&[]);
    assert_eq!(ran.code, 1, "{}", ran.console());
    let asked = &server.requests("/echo")[0].target;
    assert!(asked.contains("Jane"), "{asked}");
    for text in ["Jane", "jane.doe"] {
        assert!(!ran.everything().contains(text), "{text} in {}", ran.everything());
    }
}

#[test]
fn a_secret_capture_is_hidden_even_when_its_own_check_fails() {
    let server = Server::start();
    let suite = r#"
        [[check]]
        name = "login"
        request = "POST /login"
        capture.a-missing = { jsonpath = "$.nowhere" }
        capture.zid = { jsonpath = "$.token", secret = true }
        expect.status = 200
        [[check]]
        name = "c"
        request = "GET /ok"
        needs = ["login"]
        expect.status = 200
    "#;
    let suite = suite.replace("a-missing", "a_missing");
    for expected in ["expect.status = 200", "expect.status = 201"] {
        let server_url = Server::start().url;
        let suite = suite.replacen("expect.status = 200", expected, 1);
        let ran = Project::new(&server_url, &suite).run(&["--exact", "s::c"]);
        assert_eq!(ran.code, 1, "{}", ran.console());
        assert!(!ran.everything().contains("tok-5ecret"), "{}", ran.everything());
    }
    drop(server);
}

#[test]
fn a_literal_secret_is_not_shown_with_the_problem_beside_it() {
    let suite = "[[check]]\nname = \"c\"\nrequest = \"GET /\"\nexpect.status = 200\n";
    for lines in [
        "[environment.local.credentials]\nstaff = { bearer = \"literal-secret-123\", foo = 1 }\n",
        "[environment.local]\nheaders = { apikey = \"literal-secret-123\" \n",
        "[environment.local.credentials.staff]\nbearer = \"literal-secret-123\nx\n",
    ] {
        let ran = Project::with(&[("environments.toml", lines), ("s.toml", suite)]).run(&[]);
        assert_eq!(ran.code, 2, "{}", ran.console());
        assert!(ran.stderr.contains("environments.toml:2"), "{}", ran.stderr);
        assert!(!ran.everything().contains("literal-secret"), "{}", ran.everything());
    }
}
