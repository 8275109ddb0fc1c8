//! The smoke test under cargo-nextest, where each trial is a process of its own.
//!
//! A harness of its own, so that it can be skipped, with the reason, where nextest is missing.

use std::path::Path;
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = vec![Trial::ignorable_test("smoke_under_nextest", under_nextest)];
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Lists and runs the project's own suite: one environment for all processes, one login, and
/// reports to which every process has added its part.
fn under_nextest() -> Result<Completion, Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let known = Command::new(env!("CARGO")).args(["nextest", "--version"]).output();
    if !known.is_ok_and(|output| output.status.success()) {
        return Ok(Completion::ignored_with("cargo-nextest is not installed"));
    }
    let reports = tempfile::tempdir()?;
    let nextest = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(root).args(["nextest"]).args(words).args(["--test", "smoke"]);
        for name in ["NEXTEST", "NEXTEST_RUN_ID", "SMOKE_ENV", "CARGO_MANIFEST_DIR"] {
            command.env_remove(name);
        }
        command.env("SMOKEDRILL_REPORTS", reports.path()).output()
    };
    let listed = nextest(&["list"])?;
    let said = String::from_utf8_lossy(&listed.stdout).into_owned();
    if !said.contains("smoke::health") {
        return Err(format!("not listed: {said}{}", String::from_utf8_lossy(&listed.stderr)).into());
    }
    let ran = nextest(&["run", "--no-fail-fast"])?;
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    if !ran.status.success() {
        return Err(format!("the run failed: {said}").into());
    }
    let journal = std::fs::read_to_string(reports.path().join("journal.json"))?;
    let journal: serde_json::Value = serde_json::from_str(&journal)?;
    let entries = journal["entries"].as_array().map(Vec::len);
    if entries != Some(6) || journal["run"]["verdict"] != "passed" {
        return Err(format!("the processes' reports are not one: {journal:#}").into());
    }
    let junit = std::fs::read_to_string(reports.path().join("junit.xml"))?;
    let junit = roxmltree::Document::parse(&junit)?;
    let cases = junit.descendants().filter(|node| node.has_tag_name("testcase")).count();
    match cases {
        6 => Ok(Completion::Completed),
        other => Err(format!("{other} cases in junit.xml").into()),
    }
}
