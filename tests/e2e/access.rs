//! Credentials: sent where they belong, refused when they are false, left behind elsewhere.

use crate::support::Project;
use crate::support::server::Server;

const ENVIRONMENT: &str = r#"
[environment.local]
base_url = "{server}"
headers.apikey = "gateway-key"
[environment.local.credentials.staff]
bearer = { env = "SMOKEDRILL_TEST_TOKEN" }
headers.x-role = "staff-role"
cookies.session = "cookie-value"
query.sig = "signature"
[environment.local.credentials.robot]
basic = { username = "robot", password = { env = "SMOKEDRILL_TEST_TOKEN" } }
"#;

fn project(server: &Server, suite: &str) -> Project {
    let environments = ENVIRONMENT.replace("{server}", &server.url);
    Project::with(&[("environments.toml", &environments), ("s.toml", suite)])
}

fn run(project: &Project, arguments: &[&str]) -> crate::support::Ran {
    let output =
        project.command(arguments).env("SMOKEDRILL_TEST_TOKEN", "tok-5ecret-4711").output();
    project.ran(output.expect("the program starts"))
}

#[test]
fn a_credential_is_sent_whole_and_its_false_twin_shares_nothing_with_it() {
    let server = Server::start();
    let suite = "[[check]]\nname = \"c\"\nrequest = \"GET /private\"\ncredential = \"staff\"\nexpect.status = 200\n";
    let ran = run(&project(&server, suite), &["--test-threads", "1"]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    let requests = server.requests("/private");
    assert_eq!(requests.len(), 3);
    let [real, without, falsely] = [&requests[0], &requests[1], &requests[2]];
    assert_eq!(real.headers["authorization"], "Bearer tok-5ecret-4711");
    assert_eq!(real.headers["x-role"], "staff-role");
    assert_eq!(real.headers["cookie"], "session=cookie-value");
    assert_eq!(real.target, "/private?sig=signature");
    for name in ["authorization", "x-role", "cookie"] {
        assert!(!without.headers.contains_key(name), "{name}");
        assert_ne!(falsely.headers[name], real.headers[name], "{name}");
        assert_eq!(falsely.headers[name].len(), real.headers[name].len(), "{name}");
    }
    assert_eq!(without.target, "/private");
    assert_ne!(falsely.target, real.target);
    // The gateway's key belongs to the environment, not to the credential.
    assert!(requests.iter().all(|request| request.headers["apikey"] == "gateway-key"));
}

#[test]
fn what_counts_as_refused_can_be_said_and_the_test_left_out_with_a_reason() {
    let server = Server::start();
    let check = "[[check]]\nname = \"c\"\nrequest = \"GET /private\"\ncredential = \"staff\"\nexpect.status = 200\n";
    let not_401 = format!("{check}refusal.status = 404\n");
    let ran = run(&project(&server, &not_401), &[]);
    assert_eq!(ran.code, 1, "{}", ran.console());
    assert_eq!(ran.junit().failures, 2);
    let left_out = format!("{check}refusal.skip = \"the gateway answers for it\"\n");
    let ran = run(&project(&server, &left_out), &[]);
    assert_eq!((ran.code, ran.junit().tests), (0, 1), "{}", ran.console());
}

#[test]
fn basic_credentials_are_encoded_and_hidden_in_that_form_too() {
    let server = Server::start();
    let suite = "[[check]]\nname = \"c\"\nrequest = \"GET /echo\"\ncredential = \"robot\"\nrefusal.skip = \"an echo\"\nexpect.json.target = \"/nowhere\"\n";
    let ran = run(&project(&server, suite), &[]);
    assert_eq!(ran.code, 1);
    let sent = server.requests("/echo")[0].headers["authorization"].clone();
    assert_eq!(sent, "Basic cm9ib3Q6dG9rLTVlY3JldC00NzEx");
    assert!(!ran.everything().contains("cm9ib3Q6dG9rLTVlY3JldC00NzEx"), "{}", ran.everything());
}

#[test]
fn credentials_stay_behind_when_a_redirect_leads_to_another_host() {
    let (server, other) = (Server::start(), Server::start());
    let suite = format!(
        "[[check]]\nname = \"c\"\nrequest = \"GET /to/302?{}/echo\"\ncredential = \"staff\"\nredirects = 3\nrefusal.skip = \"a redirect\"\nheaders.x-own = \"of the suite\"\nexpect.status = 200\n",
        other.url
    );
    let mut project = project(&server, &suite);
    let ran = run(&project, &[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    let arrived = &other.requests("/echo")[0];
    for name in ["authorization", "cookie", "x-role", "apikey", "x-own"] {
        assert!(!arrived.headers.contains_key(name), "{name}: {arrived:?}");
    }
    // A body is not carried there at all.
    let suite = suite
        .replace("GET /to/302", "POST /to/307")
        .replace("expect.", "body.json = { a = 1 }\nexpect.");
    project = self::project(&server, &suite);
    let ran = run(&project, &[]);
    assert_eq!(ran.code, 3, "{}", ran.console());
    assert!(ran.console().contains("it was not sent"), "{}", ran.console());
    assert_eq!(other.requests("/echo").len(), 1);
}

#[test]
fn a_redirect_changes_the_method_only_as_the_standard_says() {
    let server = Server::start();
    for (request, arrives) in [
        ("DELETE /to/302", "DELETE"),
        ("PUT /to/301", "PUT"),
        ("POST /to/302", "GET"),
        ("DELETE /to/303", "GET"),
        ("POST /to/308", "POST"),
    ] {
        let suite = format!(
            "[[check]]\nname = \"c\"\nrequest = \"{request}?/echo\"\nredirects = 1\nexpect.json.method = \"{arrives}\"\n"
        );
        let ran = run(&project(&server, &suite), &[]);
        assert_eq!(ran.code, 0, "{request}: {}", ran.console());
    }
}

#[test]
fn a_long_real_answer_costs_little_when_its_refusal_is_judged() {
    let server = Server::start();
    let suite = "[[check]]\nname = \"c\"\nrequest = \"GET /long\"\ncredential = \"staff\"\nexpect.status = 200\n";
    let started = std::time::Instant::now();
    let ran = run(&project(&server, suite), &[]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
