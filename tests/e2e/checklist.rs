//! What the manual checklist leaves to tests: files, SMS and signing in, by the project's own suites.

use std::collections::BTreeSet;
use std::path::Path;

use smokedrill_demo::{Demo, Sms, SmsFault, Storage, StorageFault};

use crate::support::server::Server;
use crate::support::{Project, Ran};

/// The project's own suite of that name, in an environment of that name with these variables.
fn run(suite: &str, environment: &str, base_url: &str, variables: &str) -> Ran {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("suites").join(suite);
    let own = std::fs::read_to_string(own).expect("the suite");
    let mut environments = format!("[environment.{environment}.variables]\n{variables}\n");
    for name in ["local", "staging", "production"] {
        environments.push_str(&format!("[environment.{name}]\nbase_url = {base_url:?}\n"));
    }
    let project = Project::with(&[("environments.toml", &environments), (suite, &own)]);
    project.run(&["--env", environment])
}

fn of_storage(storage: &Storage, key: &str) -> String {
    format!("storage_url = {:?}\nstorage_key = {key:?}", storage.project_url())
}

fn of_sms(sms: &Sms) -> String {
    let (url, account, token) = (sms.base_url(), sms.account(), sms.auth_token());
    format!("sms_url = {url:?}\nsms_account = {account:?}\nsms_token = {token:?}")
}

/// The trials that ended so.
fn ended(ran: &Ran, outcomes: &[&str]) -> BTreeSet<String> {
    let journal = ran.journal();
    let entries = journal["entries"].as_array().expect("entries").iter();
    let ended =
        entries.filter(|entry| entry["outcome"].as_str().is_some_and(|o| outcomes.contains(&o)));
    ended.filter_map(|entry| entry["id"].as_str().map(str::to_owned)).collect()
}

fn red(ran: &Ran) -> BTreeSet<String> {
    ended(ran, &["failed", "errored"])
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn files_go_up_and_come_down_and_each_fault_is_the_one_red() {
    let demo = Demo::start().expect("the demo starts");
    let storage = demo.storage().expect("a storage API");
    for key in [storage.service_role_key(), storage.secret_key()] {
        let ran = run("storage.toml", "staging", demo.base_url(), &of_storage(&storage, key));
        assert_eq!((ran.code, ended(&ran, &["passed"]).len()), (0, 7), "{}", ran.console());
        assert!(!ran.console().contains(key), "the key is told");
    }
    // A key that may not write is a red, and no skip.
    let ran =
        run("storage.toml", "local", demo.base_url(), &of_storage(&storage, storage.anon_key()));
    assert_eq!(red(&ran), set(&["storage::upload"]), "{}", ran.console());
    for fault in StorageFault::OF_WRITING {
        let storage = demo.broken_storage(fault).expect("a broken storage API");
        let variables = of_storage(&storage, storage.service_role_key());
        let ran = run("storage.toml", "local", demo.base_url(), &variables);
        let expected: &[&str] = match fault {
            StorageFault::OpenUploads => &[
                "storage::upload::refused-with-false-credential",
                "storage::upload::refused-without-credential",
            ],
            StorageFault::OpenDownloads => &["storage::download-without-key"],
            StorageFault::ChangedBytes => &["storage::download"],
            _ => &["storage::removed"],
        };
        assert_eq!(red(&ran), set(expected), "{fault:?}: {}", ran.console());
    }
}

#[test]
fn a_message_is_sent_in_test_mode_and_each_fault_is_red() {
    let demo = Server::start();
    let good = Sms::start().expect("a provider");
    let ran = run("sms.toml", "staging", &demo.url, &of_sms(&good));
    assert_eq!((ran.code, ended(&ran, &["passed"]).len()), (0, 4), "{}", ran.console());
    assert!(!ran.console().contains(good.auth_token()), "the token is told");
    for fault in SmsFault::ALL {
        let sms = Sms::broken(fault).expect("a broken provider");
        let ran = run("sms.toml", "local", &demo.url, &of_sms(&sms));
        let expected: &[&str] = match fault {
            SmsFault::Unauthorized => &["sms::message", "sms::wrong-number"],
            SmsFault::Open => &[
                "sms::message::refused-with-false-credential",
                "sms::message::refused-without-credential",
            ],
            SmsFault::AnyNumber => &["sms::wrong-number"],
            SmsFault::Failing => &["sms::message"],
            SmsFault::Unavailable => &[
                "sms::message",
                "sms::message::refused-with-false-credential",
                "sms::message::refused-without-credential",
                "sms::wrong-number",
            ],
        };
        assert_eq!(red(&ran), set(expected), "{fault:?}: {}", ran.console());
    }
}

#[test]
fn signing_in_is_seen_in_a_browser_and_so_is_that_it_fails() {
    let demo = Demo::start().expect("the demo starts");
    let (email, password) = demo.staff_login();
    let with = |password: &str| {
        let variables = format!("sign_in_email = {email:?}\nsign_in_password = {password:?}");
        run("pages.toml", "local", demo.base_url(), &variables)
    };
    let ran = with(password);
    let entry = ran.entry("pages::sign-in");
    if entry["outcome"] == "skipped" {
        let reason = entry["reason"].as_str().unwrap_or_default();
        assert!(
            reason.contains("no browser is installed") && reason.contains("chromium"),
            "{reason}"
        );
        return;
    }
    assert_eq!((ran.code, &entry["outcome"]), (0, &"passed".into()), "{}", ran.console());
    let refused = with("another password");
    assert_eq!(red(&refused), set(&["pages::sign-in"]), "{}", refused.console());
    let told = refused.console();
    assert!(told.contains("expect.url") && told.contains("status 401"), "{told}");
    assert!(!told.contains("another password"), "{told}");
}

#[test]
fn what_writes_is_never_sent_to_production() {
    let server = Server::start();
    let variables = format!(
        "storage_url = {url:?}\nstorage_key = \"sb_secret_x\"\nsms_url = {url:?}\nsms_account = \"AC1\"\n\
         sms_token = \"token\"\nsign_in_email = \"a@b.test\"\nsign_in_password = \"word\"",
        url = server.url
    );
    for suite in ["storage.toml", "sms.toml", "pages.toml"] {
        let ran = run(suite, "production", &server.url, &variables);
        let journal = ran.journal();
        let entries = journal["entries"].as_array().expect("entries").iter();
        // That the application loads is looked at everywhere.
        for entry in entries.filter(|entry| entry["id"] != "pages::app") {
            let told = "only for local, staging; this is production";
            assert_eq!(entry["reason"], told, "{}", ran.console());
        }
        if suite != "pages.toml" {
            assert_eq!(server.requests("").len(), 0);
        }
    }
}

#[test]
fn what_is_not_set_is_told_and_skipped() {
    let server = Server::start();
    for (suite, variables, name, skipped) in [
        ("storage.toml", "storage_url = \"http://127.0.0.1:9\"\nstorage_key", "storage_key", 7),
        (
            "sms.toml",
            "sms_account = \"AC1\"\nsms_url = \"http://127.0.0.1:9\"\nsms_token",
            "sms_token",
            4,
        ),
        ("pages.toml", "sign_in_email = \"a@b.test\"\nsign_in_password", "sign_in_password", 1),
    ] {
        let unset = "{ env = \"SMOKEDRILL_E2E_NEVER_SET\", optional = true }";
        let ran = run(suite, "staging", &server.url, &format!("{variables} = {unset}"));
        let told = format!(
            "SMOKEDRILL_E2E_NEVER_SET is not set, which `{name}` of this environment comes from"
        );
        let journal = ran.journal();
        let entries = journal["entries"].as_array().expect("entries").iter();
        let told = entries.filter(|entry| entry["reason"] == told && entry["outcome"] == "skipped");
        assert_eq!(told.count(), skipped, "{}", ran.console());
    }
}

#[test]
fn what_needs_a_check_that_is_skipped_for_a_variable_is_skipped_too() {
    let server = Server::start();
    let suite = "[credentials.other]\nbearer = \"{{ token }}\"\norigin = \"{{ base_url }}\"\n\
                 [[check]]\nname = \"first\"\nrequest = \"GET /status/200\"\ncredential = \"other\"\n\
                 refusal = { skip = \"-\" }\nexpect.status = 200\n\
                 [[check]]\nname = \"second\"\nneeds = [\"first\"]\nrequest = \"GET /status/200\"\n\
                 expect.status = 200\n\
                 [[check]]\nname = \"third\"\nrequest = \"GET /status/200\"\nexpect.status = 200\n";
    let run = |token: &str| {
        let environments = format!(
            "[environment.local]\nbase_url = {:?}\nvariables.token = {token}\n",
            server.url
        );
        Project::with(&[("environments.toml", &environments), ("s.toml", suite)]).run(&[])
    };
    let ran = run("{ env = \"SMOKEDRILL_E2E_NEVER_SET\", optional = true }");
    assert_eq!(ran.code, 0, "{}", ran.console());
    assert_eq!(ended(&ran, &["skipped"]), set(&["s::first", "s::second"]));
    assert!(ran.console().contains("SMOKEDRILL_E2E_NEVER_SET is not set"), "{}", ran.console());
    let ran = run("{ env = \"PATH\", optional = true, secret = false }");
    assert_eq!(ended(&ran, &["passed"]).len(), 3, "{}", ran.console());
}

#[test]
fn only_a_variable_may_be_left_unset() {
    for (environment, told) in [
        (
            "variables.a = { env = \"NEVER\", default = \"x\", optional = true }",
            "only what comes from `env`, and has no `default`, can be `optional`",
        ),
        (
            "variables.a = { file = \"a\", optional = true }",
            "only what comes from `env`, and has no `default`, can be `optional`",
        ),
        (
            "headers.apikey = { env = \"NEVER\", optional = true }",
            "only a variable may be `optional`",
        ),
        ("variables.a = { env = \"NEVER\", optional = false }", "`NEVER` is not set"),
    ] {
        let environments =
            format!("[environment.local]\nbase_url = \"http://127.0.0.1:9\"\n{environment}\n");
        let suite = "[[check]]\nname = \"a\"\nrequest = \"GET /\"\nexpect.status = 200\n";
        let project = Project::with(&[("environments.toml", &environments), ("a.toml", suite)]);
        let ran = project.run(&[]);
        assert_eq!(ran.code, 2, "{environment}: {}", ran.console());
        assert!(ran.console().contains(told), "{environment}: {}", ran.console());
    }
}
