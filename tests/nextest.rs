//! The smoke test and the drill under cargo-nextest, where each trial is a process of its own.
//!
//! A harness of its own, so that it can be skipped, with the reason, where nextest is missing.

use std::path::Path;
use std::process::{Command, ExitCode, Output};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = vec![
        Trial::ignorable_test("smoke_under_nextest", || known(smoke)),
        Trial::ignorable_test("drill_under_nextest", || known(drill)),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn known(test: fn() -> Result<(), Failed>) -> Result<Completion, Failed> {
    let known = Command::new(env!("CARGO")).args(["nextest", "--version"]).output();
    if !known.is_ok_and(|output| output.status.success()) {
        return Ok(Completion::ignored_with("cargo-nextest is not installed"));
    }
    test().map(|()| Completion::Completed)
}

/// Lists and runs the project's own suite: one environment for all processes, one login, and
/// reports to which every process has added its part.
fn smoke() -> Result<(), Failed> {
    let reports = tempfile::tempdir()?;
    let listed = nextest(&["list", "--test", "smoke"], reports.path(), &[])?;
    let said = String::from_utf8_lossy(&listed.stdout).into_owned();
    if !said.contains("smoke::health") {
        return Err(format!("not listed: {said}{}", String::from_utf8_lossy(&listed.stderr)).into());
    }
    let ran = nextest(&["run", "--no-fail-fast", "--test", "smoke"], reports.path(), &[])?;
    whole(&ran, reports.path(), 23)
}

/// One source, one backup and one restore for all processes.
fn drill() -> Result<(), Failed> {
    let (reports, project) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let backups = project.path().join("backups");
    let settings = format!(
        "[backup]\nlocation = {backups:?}\nminimum_size = \"1kB\"\n[audit]\nfile = {:?}\n",
        project.path().join("audit.jsonl")
    );
    std::fs::write(project.path().join("drill.toml"), settings)?;
    // Checks that write say where they may: of that, `local` alone is asked for here.
    let environments = "[environment.local]\n[environment.staging]\n";
    std::fs::write(project.path().join("environments.toml"), environments)?;
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("suites");
    for name in ["masking.toml", "smoke.toml", "database.toml", "storage.toml", "sms.toml"] {
        std::fs::copy(own.join(name), project.path().join(name))?;
    }
    let suites = project.path().to_string_lossy().into_owned();
    let variables = [("SMOKEDRILL_SUITES", suites.as_str()), ("SMOKEDRILL_DEMO_SCALE", "0")];
    let ran = nextest(&["run", "--no-fail-fast", "--test", "drill"], reports.path(), &variables)?;
    // All trials, and the search of what they wrote for secrets.
    whole(&ran, reports.path(), 70 + 1)?;
    let audit = std::fs::read_to_string(project.path().join("audit.jsonl"))?;
    let restores = audit.lines().filter(|line| line.contains("restore.run")).count();
    // It begins, and it ends.
    if restores != 2 {
        return Err(format!("{restores} lines of restores: {audit}").into());
    }
    let made = std::fs::read_dir(&backups)?.flatten().filter(|entry| entry.path().is_dir());
    let made = made.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.')).count();
    match made {
        1 => Ok(()),
        other => Err(format!("{other} backups were made").into()),
    }
}

fn nextest(words: &[&str], reports: &Path, variables: &[(&str, &str)]) -> std::io::Result<Output> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).arg("nextest").args(words);
    for name in ["NEXTEST", "NEXTEST_RUN_ID", "SMOKE_ENV", "CARGO_MANIFEST_DIR"] {
        command.env_remove(name);
    }
    command.env("SMOKEDRILL_REPORTS", reports).envs(variables.iter().copied()).output()
}

/// Whether a run passed, and its reports tell of so many trials.
fn whole(ran: &Output, reports: &Path, trials: usize) -> Result<(), Failed> {
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    if !ran.status.success() {
        return Err(format!("the run failed: {said}").into());
    }
    let journal = std::fs::read_to_string(reports.join("journal.json"))?;
    let journal: serde_json::Value = serde_json::from_str(&journal)?;
    let entries = journal["entries"].as_array().map(Vec::len);
    if entries != Some(trials) || journal["run"]["verdict"] != "passed" {
        return Err(format!("the processes' reports are not one: {journal:#}").into());
    }
    let junit = std::fs::read_to_string(reports.join("junit.xml"))?;
    let junit = roxmltree::Document::parse(&junit)?;
    let cases = junit.descendants().filter(|node| node.has_tag_name("testcase")).count();
    match cases == trials {
        true => Ok(()),
        false => Err(format!("{cases} cases in junit.xml").into()),
    }
}
