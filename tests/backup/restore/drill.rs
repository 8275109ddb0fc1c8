//! A whole drill: objectives measured when all else has ended, its report, its line of history.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Target, shared};

/// The folders of the drills' reports, oldest first.
fn reports(target: &Target) -> Vec<PathBuf> {
    let folders = fs::read_dir(target.project.path().join("reports/drill")).unwrap().flatten();
    let mut folders: Vec<PathBuf> =
        folders.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn json(folder: &std::path::Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("report.json")).unwrap()).unwrap()
}

#[test]
fn a_drill_is_measured_and_leaves_a_report_and_a_line() {
    let site = shared();
    let target = Target::unmarked(&site);
    assert_eq!(target.mark(&target.shown()).code, 0);
    let drill = || target.project.run(&["drill", "--env", "staging"]);
    let ran = drill();
    assert_eq!(ran.code, 0, "{}", ran.console());
    for id in ["objectives::rto", "objectives::rpo", "restore::swapped", "smoke::ready"] {
        assert_eq!(ran.outcome(id), "passed", "{id}");
    }
    // The only backup is the drill's own.
    assert_eq!(ran.outcome("objectives::plan"), "skipped");
    assert!(ran.reason("production::answers").contains("[environment.production.ready]"));

    let folder = reports(&target).pop().unwrap();
    let report = json(&folder);
    assert_eq!(report["format"], "smokedrill.drill/1");
    assert_eq!(report["summary"]["status"], "pass", "{}", report["left_out"]);
    assert_eq!(ran.outcome("compliance::no-secret-in-artefacts"), "passed");
    let backup = target.project.only_backup();
    let id = backup.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(report["evidence"]["backup"]["id"], id.as_str());
    let seal = fs::read_to_string(backup.join("manifest.json.sha256")).unwrap();
    let seal = seal.split_whitespace().next().unwrap();
    assert_eq!(report["evidence"]["backup"]["manifest_sha256"], seal);
    let (source, staging) =
        (&report["evidence"]["backup"]["source"], &report["evidence"]["restore"]["target"]);
    assert_ne!(source["system_identifier"], staging["system_identifier"]);
    assert!(staging["system_identifier"].is_string(), "{staging}");
    let rto = report["objectives"][0]["seconds"].as_f64().unwrap();
    let restored = report["summary"]["restore_seconds"].as_f64().unwrap();
    let whole = report["summary"]["total_seconds"].as_f64().unwrap();
    assert!(restored <= rto && rto <= whole, "{restored} {rto} {whole}");
    let page = fs::read_to_string(folder.join("report.md")).unwrap();
    assert!(page.contains(&id) && page.contains(seal), "{page}");
    assert!(fs::read_to_string(folder.join("report.html")).unwrap().contains(&id));

    // The same with a promise that nobody can keep.
    target.project.settings("[objectives]\nrto = \"1s\"\n");
    let ran = drill();
    ran.is_red("objectives::rto", &["restore to last green check", "at most 1.00 s"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.outcome("objectives::plan"), "passed");
    let folders = reports(&target);
    assert_eq!(folders.len(), 2);
    let report = json(&folders[1]);
    assert_eq!(report["summary"]["status"], "fail");
    assert_eq!(report["summary"]["issues"][0]["id"], "objectives::rto");
    let told = report["deviations"].to_string();
    assert!(told.contains("drill.toml was changed") && told.contains("it is FAIL"), "{told}");
    let shown = target.project.run(&["drill-history"]);
    assert_eq!(shown.stdout.matches(" staging ").count(), 2, "{}", shown.console());
    assert!(shown.stdout.contains("red objectives::rto"), "{}", shown.console());

    // One of years ago goes by a command, which is on record; the others stay.
    let old = folders[0].with_file_name("20200101T000000Z-00000000");
    assert!(
        std::process::Command::new("cp")
            .arg("-r")
            .args([&folders[0], &old])
            .status()
            .unwrap()
            .success()
    );
    let mut report = json(&old);
    report["run"]["started"] = "2020-01-01T00:00:00Z".into();
    fs::write(old.join("report.json"), report.to_string()).unwrap();
    let pruned = target.project.run(&["reports", "prune", "--dry-run"]);
    assert!(
        pruned.stdout.contains("would remove 20200101T000000Z-00000000"),
        "{}",
        pruned.console()
    );
    assert!(old.is_dir());
    let pruned = target.project.run(&["reports", "prune"]);
    assert_eq!((pruned.code, reports(&target)), (0, folders), "{}", pruned.console());
    let log = target.project.run(&["audit", "list"]);
    assert_eq!(log.stdout.matches("report.prune").count(), 2, "{}", log.console());
    assert_eq!(target.project.run(&["audit", "verify"]).code, 0);
}

#[test]
fn what_is_red_before_leaves_no_time_measured() {
    let site = shared();
    let target = Target::new(&site);
    target.project.write(
        "suites/more.toml",
        "[[check]]\nname = \"wrong\"\nrequest = \"GET /api/health\"\nexpect.status = 404\n",
    );
    let ran = target.restore(&[]);
    ran.is_red("more::wrong", &[]);
    assert_eq!(ran.reason("objectives::rto"), "needs `more::wrong`");
    // Without any check there is nothing to measure to; and it is no success.
    let ran =
        target.project.run(&["drill", "--env", "staging", "--backup", "latest", "objectives::"]);
    assert_eq!(ran.reason("objectives::rto"), "not measured: nothing was restored in this run");
    assert_eq!(ran.outcome("objectives::rpo"), "passed", "{}", ran.console());
    let report = json(&reports(&target).pop().unwrap());
    assert_eq!(report["summary"]["status"], "partial");
}

#[test]
fn a_plan_that_cannot_keep_the_rpo_is_told_so_and_fails_the_drill_where_that_is_wanted() {
    let site = shared();
    let target = Target::new(&site);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    for (plan, code) in [("advisory", 0), ("blocking", 1)] {
        target.project.settings(&format!("[objectives]\nrpo = \"1s\"\nplan = {plan:?}\n"));
        let words = ["drill", "--env", "staging", "--backup", "latest", "objectives::plan"];
        let ran = target.project.run(&words);
        assert_eq!((ran.code, ran.outcome("objectives::plan")), (code, "failed".to_owned()));
        assert!(ran.reason("objectives::plan").contains("the newest backup before this drill was"));
        let report = json(&reports(&target).pop().unwrap());
        assert_eq!(report["objectives"][2]["met"], false);
        let first = &report["summary"]["recommendations"][0];
        assert_eq!(first["from"], "objectives::plan", "{first}");
        assert_eq!(first["weight"], 1);
    }
}

#[test]
fn production_is_asked_as_its_ready_says_and_only_read() {
    let site = shared();
    let target = Target::unmarked(&site);
    let path = target.project.path().join("suites/environments.toml");
    let text = fs::read_to_string(&path).unwrap();
    let base = text.split("base_url = \"").nth(1).unwrap().split('"').next().unwrap();
    for (url, request, outcome, says) in [
        (base, "GET /api/health", "passed", ""),
        (base, "GET /api/nothing", "errored", "not ready within"),
        (base, "POST /api/health", "errored", "`POST` may write"),
        ("http://127.0.0.1:9", "GET /api/health", "errored", "not ready within"),
    ] {
        let production = format!(
            "[environment.production]\nbase_url = {url:?}\n[environment.production.ready]\n\
             request = {request:?}\ndeadline = \"1s\"\ninterval = \"100ms\"\n"
        );
        fs::write(&path, production + &text).unwrap();
        let ran = target.project.run(&["drill", "--env", "staging", "production::"]);
        assert_eq!(ran.outcome("production::answers"), outcome, "{}", ran.console());
        assert!(ran.reason("production::answers").contains(says), "{}", ran.console());
    }
    // Nothing of a backup was asked for.
    assert!(target.project.backups().is_empty());
}

#[test]
fn a_staging_that_is_a_database_alone_is_asked_its_queries_and_its_checks_say_why_they_are_not() {
    let site = shared();
    let target = Target::new(&site);
    let path = target.project.path().join("suites/environments.toml");
    let text = fs::read_to_string(&path).unwrap();
    let silent = |line: &&str| !line.starts_with("base_url");
    let text: Vec<&str> = text.lines().filter(silent).collect();
    fs::write(&path, text.join("\n")).unwrap();
    target.project.write(
        "suites/more.toml",
        "[[check]]\nname = \"signed\"\nrequest = \"GET /{{ path }}\"\ncredential = \"unknown\"\n\
         expect.status = 200\n\n[[query]]\nname = \"wrong\"\nsql = \"select 1 from customers limit 1\"\n\
         expect.rows = 2\n",
    );
    let ran = target.restore(&[]);
    ran.is_red("more::wrong", &["expect.rows"]);
    assert_eq!(ran.outcome("restore::swapped"), "passed");
    assert_eq!(ran.outcome("database::no-job-without-customer"), "passed");
    for id in ["smoke::ready", "more::signed", "more::signed::refused-without-credential"] {
        assert_eq!(ran.outcome(id), "skipped", "{id}");
        assert!(ran.reason(id).contains("it has no `base_url`"), "{}", ran.reason(id));
    }
}
