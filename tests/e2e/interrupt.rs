//! A run that is told to stop, or killed, leaves reports that say so.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::support::Project;
use crate::support::server::Server;

const SUITE: &str = r#"
[[check]]
name = "quick"
request = "GET /ok"
expect.status = 200
[[check]]
name = "hangs"
request = "GET /hang"
timeout = "30s"
expect.status = 200
[[check]]
name = "later"
request = "GET /hang?later"
timeout = "30s"
expect.status = 200
"#;

/// Starts a run, and waits until it hangs in its second check.
fn started(project: &Project, server: &Server) -> Child {
    let mut command = project.command(&["--test-threads", "1"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().expect("the program starts");
    let deadline = Instant::now() + Duration::from_secs(20);
    while server.requests("/hang").is_empty() {
        assert!(Instant::now() < deadline, "the check was never sent");
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(sent.expect("kill is there").success());
}

#[test]
fn ctrl_c_and_sigterm_end_the_run_within_a_second_and_the_reports_are_there() {
    for (name, code) in [("-INT", 130), ("-TERM", 143)] {
        let server = Server::start();
        let project = Project::new(&server.url, SUITE);
        let child = started(&project, &server);
        let told = Instant::now();
        signal(&child, name);
        let ran = project.ran(child.wait_with_output().expect("it ends"));
        assert!(told.elapsed() < Duration::from_secs(1), "{:?}", told.elapsed());
        assert_eq!(ran.code, code, "{}", ran.console());
        assert_eq!(ran.outcome("s::quick"), "passed");
        assert_eq!(ran.outcome("s::hangs"), "skipped");
        assert_eq!(ran.outcome("s::later"), "skipped");
        assert_eq!(ran.journal()["run"]["verdict"], "interrupted");
        assert!(ran.report("summary.md").starts_with("**INTERRUPTED**"));
        assert_eq!(ran.junit().errors, 1, "a dashboard must not take it for a good run");
        assert_eq!(server.requests("/hang?later").len(), 0);
    }
}

#[test]
fn a_killed_run_is_not_taken_for_the_one_before_it() {
    let server = Server::start();
    let project = Project::new(&server.url, SUITE);
    assert_eq!(project.run(&["quick"]).code, 0);
    let mut child = started(&project, &server);
    signal(&child, "-KILL");
    child.wait().expect("it ends");
    let ran = project.ran(Command::new("true").output().expect("true"));
    assert_eq!(ran.journal()["run"]["verdict"], "unfinished");
    assert!(ran.report("summary.md").starts_with("**DID NOT FINISH**"));
    assert!(ran.junit().errors >= 1);
}
