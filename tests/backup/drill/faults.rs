//! What a drill does when something fails under it, as one table: for each fault the run's status,
//! its exit code, what its report says, whom it tells, and what stands in the audit log.
//!
//! Who is killed can say nothing: of that drill the next one tells, and `drill-status` before it.

use std::fs;
use std::process::Command;

use serde_json::Value;
use smokedrill_demo::Fault;

use super::stage::{Disk, Stage, gone};
use crate::support::{Ran, Session, until};

/// What is promised of a fault.
struct Row {
    /// Has a drill meet it; nothing where that cannot be done on this machine.
    fault: fn(&mut Stage) -> Option<Ran>,
    /// The verdict in `journal.json`.
    verdict: &'static str,
    code: i32,
    report: Report,
    /// What webhooks were told: each event, and the text of the first that tells of its end.
    told: (&'static [&'static str], &'static str),
    /// The lines of the audit log, from the drill's first to its last.
    audit: &'static [&'static str],
}

/// Where it is to be read, and what.
enum Report {
    /// The drill's own report: its only issues, what the first of them says, and what the section on
    /// what to do says.
    Own(&'static [&'static str], &'static [&'static str], &'static [&'static str]),
    /// The next drill's report, since this one could write none; and `drill-status` before it.
    Next(&'static str),
    /// The terminal, since there is no room for a report; then the next drill's, as above.
    Terminal(&'static [&'static str]),
}

use Report::{Next, Own, Terminal};

macro_rules! faults {
    ($($name:ident: $row:expr,)*) => { $(#[test] fn $name() { hold(&$row); })* };
}

faults! {
    production_gone_in_the_middle_of_its_backup: Row {
        fault: production_gone,
        verdict: "errored",
        code: 3,
        report: Own(
            &["backup::made"],
            &["closed"],
            &["staging is as it was", "`make backup-prod ENV=production`", "`make restore-staging ENV=staging BACKUP=latest`"],
        ),
        told: (&["started", "failed", "finished"], "backup::made"),
        audit: &["drill.run started", "backup.create started", "backup.create errored", "drill.run errored"],
    },
    staging_gone_in_the_middle_of_its_restore: Row {
        fault: staging_gone,
        verdict: "errored",
        code: 3,
        report: Own(
            &["restore::made"],
            &["data import"],
            &["Investigation bundle", "connectivity.txt", "`make restore-staging ENV=staging BACKUP=2", "BACKUP=previous`"],
        ),
        told: (&["started", "failed", "finished"], "restore::made"),
        audit: &[
            "drill.run started", "backup.create started", "backup.create passed",
            "restore.run started", "restore.run errored", "drill.run errored",
        ],
    },
    a_value_of_production_left_by_the_rules: Row {
        fault: unmasked,
        verdict: "failed",
        code: 1,
        report: Own(
            &["masking::no-production-value-survives"],
            &["public.customers.phone"],
            &["Failed staging, kept", "_failed_", "the staging of before", "`drop database", "`make restore-staging ENV=staging BACKUP=2"],
        ),
        told: (&["started", "failed", "finished"], "masking::no-production-value-survives"),
        audit: &[
            "drill.run started", "backup.create started", "backup.create passed",
            "restore.run started", "restore.run failed", "drill.run failed",
        ],
    },
    a_secret_of_the_run_in_a_file_beside_its_reports: Row {
        fault: secret_left,
        verdict: "failed",
        code: 1,
        report: Own(
            &["compliance::no-secret-in-artefacts"],
            &["tracer.log", "replace the secret"],
            &["the new staging, which was proved", "`make drill ENV=staging`"],
        ),
        told: (&["started", "finished"], "compliance::no-secret-in-artefacts"),
        audit: &[
            "drill.run started", "backup.create started", "backup.create passed",
            "restore.run started", "restore.run passed", "drill.run failed",
        ],
    },
    an_endpoint_slower_than_its_budget: Row {
        fault: slow_endpoint,
        verdict: "failed",
        code: 1,
        report: Own(
            &["smoke::ops-samples"],
            &["budget", "2.5"],
            &["the new staging, which was proved", "The staging of before, kept", "`make smoke ENV=staging`"],
        ),
        told: (&["started", "failed", "finished"], "smoke::ops-samples"),
        audit: &[
            "drill.run started", "backup.create started", "backup.create passed",
            "restore.run started", "restore.run passed", "drill.run failed",
        ],
    },
    a_recovery_that_takes_longer_than_was_promised: Row {
        fault: late,
        verdict: "failed",
        code: 1,
        report: Own(
            &["objectives::rto"],
            &["restore to last green check", "at most 1.00 s"],
            &["the new staging, which was proved", "`make drill ENV=staging`"],
        ),
        told: (&["started", "failed", "finished"], "objectives::rto"),
        audit: &[
            "drill.run started", "backup.create started", "backup.create passed",
            "restore.run started", "restore.run passed", "drill.run failed",
        ],
    },
    ctrl_c_while_it_restores: Row {
        fault: interrupted,
        verdict: "interrupted",
        code: 130,
        report: Own(
            &["run"],
            &["the run was interrupted before it was complete"],
            &["Failed staging, kept", "`make restore-staging ENV=staging BACKUP=2"],
        ),
        told: (&["started", "finished"], "INTERRUPTED"),
        audit: &[
            "drill.run started", "backup.create started", "backup.create passed",
            "restore.run started", "restore.run interrupted", "drill.run interrupted",
        ],
    },
    killed_while_it_restores: Row {
        fault: killed,
        verdict: "unfinished",
        code: -1,
        report: Next("left no report: it was killed"),
        told: (&["started", "finished"], "DID NOT FINISH"),
        audit: &[
            "drill.run started", "backup.create started", "backup.create passed",
            "restore.run started", "drill.run errored",
        ],
    },
    a_disk_of_reports_that_runs_full: Row {
        fault: full_disk,
        verdict: "unfinished",
        code: 3,
        report: Terminal(&["No space left on device", "audit.jsonl", "report"]),
        told: (&["started", "failed", "finished", "finished"], "No space left on device"),
        audit: &[
            "drill.run started", "backup.create started", "backup.create passed",
            "restore.run started", "drill.run errored",
        ],
    },
}

fn production_gone(stage: &mut Stage) -> Option<Ran> {
    let url = stage.site.production.superuser_url();
    let admin = Session::open(&url);
    let holding = Session::open(&url);
    holding.texts("begin; lock table customers in access exclusive mode");
    let running = stage.begin();
    let waits = "select pid from pg_stat_activity where wait_event_type = 'Lock'
        and application_name like 'smokedrill backup%'";
    until("pg_dump waits", || !admin.texts(waits).is_empty());
    gone(stage.site.production.data_dir());
    Some(running.end())
}

fn staging_gone(stage: &mut Stage) -> Option<Ran> {
    let running = stage.loading();
    gone(stage.target.staging.data_dir());
    Some(running.end())
}

fn unmasked(stage: &mut Stage) -> Option<Ran> {
    stage.target.rules("phone = \"phone\"\nother", "phone = { keep = \"x\" }\nother");
    Some(stage.drill())
}

fn secret_left(stage: &mut Stage) -> Option<Ran> {
    let running = stage.loading();
    fs::write(stage.reports("tracer.log"), format!("POST {}\n", stage.listener.url)).unwrap();
    Some(running.end())
}

fn slow_endpoint(stage: &mut Stage) -> Option<Ran> {
    let slow = stage.target.staging.broken_api("demo-staff-token", Fault::Slow).unwrap();
    let path = stage.target.project.path().join("suites/environments.toml");
    let text = fs::read_to_string(&path).unwrap();
    let base = text.split("base_url = \"").nth(1).unwrap().split('"').next().unwrap();
    fs::write(&path, text.replace(base, slow.base_url())).unwrap();
    Some(stage.drill())
}

fn late(stage: &mut Stage) -> Option<Ran> {
    stage.settings("[objectives]\nrto = \"1s\"");
    Some(stage.drill())
}

fn interrupted(stage: &mut Stage) -> Option<Ran> {
    let running = stage.loading();
    running.signal("-INT");
    Some(running.end())
}

fn killed(stage: &mut Stage) -> Option<Ran> {
    let running = stage.loading();
    running.signal("-KILL");
    Some(running.end())
}

fn full_disk(stage: &mut Stage) -> Option<Ran> {
    let disk = Disk::over(&stage.reports(""))?;
    let running = stage.loading();
    disk.fill();
    let ran = running.end();
    disk.empty();
    stage.keep(disk);
    Some(ran)
}

#[test]
fn where_no_report_can_be_written_nothing_is_begun_and_whoever_waits_is_told() {
    let stage = Stage::new();
    let Some(disk) = Disk::over(&stage.reports("")) else { return };
    let kept = stage.target.project.backups().len();
    disk.fill();
    let ran = stage.drill();
    disk.empty();
    assert_eq!(ran.code, 2, "{}", ran.console());
    holds("the terminal", &ran.console(), &["No space left on device", "--reports DIR"]);
    let told = stage.listener.all();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!((&told[0]["event"], &told[0]["verdict"]), (&"finished".into(), &"errored".into()));
    holds("what was told", told[0]["text"].as_str().unwrap(), &["nothing ran", "No space left"]);
    assert_eq!(stage.target.project.backups().len(), kept);
}

/// Has the fault happen, and holds what is there against the row.
fn hold(row: &Row) {
    let mut stage = Stage::new();
    let Some(ran) = (row.fault)(&mut stage) else { return };
    let console = ran.console();
    assert!(!console.contains("panicked"), "{console}");
    let journal = stage.journal();
    let drill = journal["run"]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (journal["run"]["verdict"].as_str().unwrap(), ran.code),
        (row.verdict, row.code),
        "{console}"
    );
    match row.report {
        Own(issues, why, recovery) => own(&stage, &journal, issues, why, recovery),
        Next(says) => next(&stage, &drill, says),
        Terminal(says) => {
            holds("the terminal", &console, says);
            next(&stage, &drill, "nothing could be written");
        }
    }
    let told = stage.listener.told(&drill);
    let events: Vec<&str> = told.iter().map(|body| body["event"].as_str().unwrap()).collect();
    assert_eq!(events, row.told.0, "{told:#?}");
    let ends: Vec<&Value> = told.iter().filter(|body| body["event"] == "finished").collect();
    let verdict = if ran.code == 3 { "errored" } else { row.verdict };
    assert_eq!(ends[0]["verdict"], verdict, "{ends:#?}");
    holds("what was told", ends[0]["text"].as_str().unwrap(), &[row.told.1]);
    assert_eq!(stage.audit(&drill), row.audit);
    let verified = stage.target.project.run(&["audit", "verify"]);
    assert_eq!(verified.code, 0, "{}", verified.console());
}

/// The drill's own report, in all its forms.
fn own(stage: &Stage, journal: &Value, issues: &[&str], why: &[&str], recovery: &[&str]) {
    let folder = stage.reports("drill").join(journal["run"]["id"].as_str().unwrap());
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let report: Value = serde_json::from_str(&read("report.json")).unwrap();
    let summary = &report["summary"];
    assert_eq!(summary["status"], "fail");
    let told: Vec<&str> = summary["issues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| issue["id"].as_str().unwrap())
        .collect();
    assert_eq!(told, issues);
    holds("the first issue", summary["issues"][0]["why"].as_str().unwrap(), why);
    // The run's other reports say the same of each test.
    assert_eq!(report["run"]["exit_code"], journal["run"]["exit_code"]);
    let search = report["tests"]
        .as_array()
        .unwrap()
        .iter()
        .find(|test| test["id"] == "compliance::no-secret-in-artefacts");
    assert!(search.unwrap()["measured"][0]["value"].as_f64().unwrap() > 5.0, "{search:#?}");
    let section =
        report["sections"].as_array().unwrap().iter().find(|s| s["id"] == "recovery").unwrap();
    holds("report.json", &section.to_string().replace("\\\"", "\""), recovery);
    let page = read("report.md");
    let page =
        page.split("## What failed, and what to do").nth(1).unwrap().split("\n## ").next().unwrap();
    holds("report.md", page, &[issues[0]]);
    holds(
        "report.html",
        &read("report.html"),
        &["id=\"recovery\"", "What to do, in this order", issues[0]],
    );
    // Each way is a command, and the bundle is what its hash says.
    let ways = page.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
    let without: Vec<&str> = ways.filter(|line| !line.contains('`')).collect();
    assert!(without.is_empty(), "{without:?}");
    let Some(failure) = report["evidence"]["restore"].get("failure") else { return };
    let bundle = stage.target.project.path().join(failure["bundle"].as_str().unwrap());
    let sum =
        stage.target.project.bare("sha256sum").arg(bundle.join("SHA256SUMS")).output().unwrap();
    assert!(String::from_utf8_lossy(&sum.stdout).starts_with(failure["sha256"].as_str().unwrap()));
    let check = stage
        .target
        .project
        .bare("sha256sum")
        .args(["--check", "SHA256SUMS"])
        .current_dir(&bundle)
        .output();
    assert!(check.unwrap().status.success());
    holds(
        "report.md",
        page,
        &[failure["sha256"].as_str().unwrap(), failure["bundle"].as_str().unwrap()],
    );
}

/// What `drill-status` says of a drill that could say nothing, and the next drill's report.
fn next(stage: &Stage, drill: &str, says: &str) {
    let status = stage.target.project.run(&["drill-status"]);
    assert_eq!(status.code, 1, "{}", status.console());
    holds("drill-status", &status.console(), &[drill, says]);
    let next = stage.drill();
    assert_eq!(next.code, 0, "{}", next.console());
    let id = stage.journal()["run"]["id"].as_str().unwrap().to_owned();
    let page = fs::read_to_string(stage.reports("drill").join(id).join("report.md")).unwrap();
    holds("the next report", &page, &[drill, says]);
    let history = stage.target.project.run(&["drill-history"]);
    holds("drill-history", &history.console(), &["died", "PASS"]);
    let status = stage.target.project.run(&["drill-status"]);
    assert!(!status.console().contains("left no report"), "{}", status.console());
}

#[test]
fn what_cannot_be_kept_is_red_everywhere_and_who_was_not_told_is_noted() {
    let stage = Stage::new();
    stage.settings("[[notify]]\nkind = \"json\"\nurl = \"http://127.0.0.1:1/T000/dead\"");
    fs::remove_dir_all(stage.reports("history")).unwrap();
    fs::write(stage.reports("history"), "in the way").unwrap();
    let ran = stage.drill();
    assert_eq!(ran.code, 3, "{}", ran.console());
    let id = stage.journal()["run"]["id"].as_str().unwrap().to_owned();
    let folder = stage.reports("drill").join(&id);
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    let journal = read("journal.json");
    // What is kept is what is on record.
    let log = fs::read_to_string(stage.reports("audit.jsonl")).unwrap();
    let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!((&last["operation"], &last["result"]), (&"drill.run".into(), &"errored".into()));
    let sum = Command::new("sha256sum").arg(folder.join("journal.json")).output().unwrap().stdout;
    assert_eq!(String::from_utf8_lossy(&sum).split(' ').next(), last["manifest"].as_str());
    let kept: Value = serde_json::from_slice(&journal).unwrap();
    let report: Value = serde_json::from_slice(&read("report.json")).unwrap();
    for run in [&kept["run"], &report["run"], &stage.journal()["run"]] {
        assert_eq!((&run["verdict"], &run["exit_code"]), (&"errored".into(), &3.into()));
    }
    let untold = "notify 1 (json) was not told `finished`";
    let summary = fs::read_to_string(stage.reports("summary.md")).unwrap();
    holds("summary.md", &summary, &[untold, "cannot write"]);
    holds("report.json", &report["notes"].to_string(), &[untold, "cannot write"]);
    holds("report.md", &String::from_utf8_lossy(&read("report.md")), &[untold]);
    let show = stage.target.project.run(&["review", "show"]);
    assert!(show.code == 0 && !show.console().contains("note:"), "{}", show.console());
}

#[track_caller]
fn holds(place: &str, text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {place}: {text}");
    }
}
