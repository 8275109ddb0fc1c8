//! The wait for a fresh deployment.

use crate::support::Project;
use crate::support::server::Server;

const SUITE: &str = "[[check]]\nname = \"c\"\nrequest = \"GET /ok\"\nexpect.status = 200\n[[check]]\nname = \"d\"\nrequest = \"GET /ok\"\nexpect.status = 200\n";

fn project(server: &Server, ready: &str) -> Project {
    let environments = format!(
        "[environment.local]\nbase_url = \"{}\"\n[environment.local.ready]\n{ready}",
        server.url
    );
    Project::with(&[("environments.toml", &environments), ("s.toml", SUITE)])
}

#[test]
fn it_waits_for_so_many_successes_in_a_row_once_a_run() {
    let server = Server::start();
    let ready =
        "request = \"GET /flaky/503/3\"\ndeadline = \"10s\"\ninterval = \"20ms\"\nsuccesses = 2\n";
    let ran = project(&server, ready).run(&["--test-threads", "8"]);
    assert_eq!(ran.code, 0, "{}", ran.console());
    assert_eq!(server.requests("/flaky").len(), 5, "three refusals, two successes");
    assert_eq!(ran.outcome("environment::ready"), "passed");
}

#[test]
fn after_the_deadline_one_trial_is_red_and_the_others_name_it() {
    let server = Server::start();
    let ready = "request = \"GET /status/503\"\ndeadline = \"200ms\"\ninterval = \"20ms\"\n";
    let project = project(&server, ready);
    let ran = project.run(&[]);
    assert_eq!(ran.code, 3, "{}", ran.console());
    assert_eq!(ran.outcome("environment::ready"), "errored");
    let reason = ran.entry("s::c")["reason"].clone();
    assert!(
        reason.as_str().is_some_and(|text| text.starts_with("needs `environment::ready`")),
        "{reason}"
    );
    assert_eq!((ran.junit().errors, ran.junit().skipped), (1, 2));
    assert_eq!(server.requests("/ok").len(), 0);
    // Not selected, and red all the same.
    let filtered = project.run(&["s::c"]);
    assert_eq!(filtered.code, 3, "{}", filtered.console());
    assert_eq!(filtered.outcome("environment::ready"), "errored");
}

#[test]
fn a_terminal_condition_ends_the_wait_at_once() {
    let server = Server::start();
    let ready = "request = \"GET /status/403\"\ndeadline = \"20s\"\ninterval = \"20ms\"\nstop.status = [401, 403]\n";
    let started = std::time::Instant::now();
    let ran = project(&server, ready).run(&[]);
    assert!(started.elapsed().as_secs() < 5);
    assert_eq!(ran.code, 1, "{}", ran.console());
    assert!(ran.console().contains("waiting is pointless"), "{}", ran.console());
}

#[test]
fn the_wait_can_be_interrupted() {
    let server = Server::start();
    let ready = "request = \"GET /status/503\"\ndeadline = \"30s\"\ninterval = \"20s\"\n";
    let project = project(&server, ready);
    let child =
        project.command(&[]).stdout(std::process::Stdio::piped()).spawn().expect("it starts");
    while server.requests("/status").is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let told = std::time::Instant::now();
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill is there").success());
    let ran = project.ran(child.wait_with_output().expect("it ends"));
    assert_eq!(ran.code, 130);
    assert!(told.elapsed().as_secs_f64() < 1.0);
}

#[test]
fn that_the_environment_is_up_shows_nothing_of_checks_that_did_not_run() {
    let server = Server::start();
    let project = project(&server, "request = \"GET /ok\"\ndeadline = \"5s\"\n");
    let suite = SUITE.replace("expect.", "environments = [\"other\"]\nexpect.");
    project.write("s.toml", &suite);
    let environments = format!(
        "[environment.local]\nbase_url = \"{0}\"\nready = {{ request = \"GET /ok\", deadline = \"5s\" }}\n[environment.other]\nbase_url = \"{0}\"\n",
        server.url
    );
    project.write("environments.toml", &environments);
    let ran = project.run(&[]);
    assert_eq!(ran.code, 3, "{}", ran.console());
    assert!(ran.console().contains("no check ran"), "{}", ran.console());
    let alone = project.run(&["environment::ready"]);
    assert_eq!(alone.code, 0, "{}", alone.console());
}
