//! The runbook's template: its labels as they stand, with the values of the drill.

use super::super::markdown;
use super::super::model::Status;
use super::report;

/// The template, word for word.
const TEMPLATE: &str = "\
DR Drill Execution Report - {date}

Executive Summary:
- Drill Status: [PASS/FAIL]
- Total Duration: {duration}
- Issues Encountered: {count}

Metrics:
- Backup Duration: {backup_time}
- Restore Duration: {restore_time}
- Smoke Test Results: {pass_count}/{total_count}

Recommendations:
1. {recommendation_1}
2. {recommendation_2}
3. {recommendation_3}

Next Drill Date: {next_date}
";

/// The page's beginning with what stands in the template's places, in their order.
fn filled(case: &str) -> Vec<String> {
    let page = markdown::render(&report(case));
    let page = page.strip_prefix("# ").unwrap();
    let mut lines = page.lines();
    let mut found = Vec::new();
    for wanted in TEMPLATE.lines() {
        let label = wanted.split(['{', '[']).next().unwrap();
        if label.ends_with(". ") {
            continue;
        }
        let line = lines.find(|line| !line.starts_with(|c: char| c.is_ascii_digit())).unwrap();
        let value = line.strip_prefix(label);
        found.push(
            value.unwrap_or_else(|| panic!("{line:?} does not begin with {label:?}")).to_owned(),
        );
    }
    found.retain(|value| !value.is_empty());
    found
}

#[test]
fn every_label_stands_in_its_place_with_a_value() {
    let values = [
        "2026-11-24",
        "PASS",
        "16 min 58 s",
        "0",
        "3 min 08 s",
        "13 min 09 s",
        "6/6",
        "2027-01-01",
    ];
    assert_eq!(filled("passed"), values);
    let values = [
        "2026-11-24",
        "FAIL",
        "16 min 58 s",
        "1",
        "3 min 08 s",
        "13 min 07 s",
        "0/6",
        "2027-01-01",
    ];
    assert_eq!(filled("failed"), values);
    let partial = filled("partial");
    assert!(partial[1].starts_with("not decided"), "{partial:?}");
    assert_eq!(partial[5], "not measured");
}

#[test]
fn recommendations_come_from_what_happened() {
    let told = |case: &str| -> Vec<String> {
        let report = report(case);
        let all = report.summary.recommendations.iter();
        all.map(|one| format!("{} {}: {}", one.weight, one.from, one.text)).collect()
    };
    let passed = told("passed");
    for (from, says) in [
        ("1 objectives::plan", "25 h 41 min"),
        ("2 smoke::ops-samples", "86 % of it"),
        ("2 smoke::ops-samples", "429 Too Many Requests"),
        ("2 prerequisites::supabase-cli", "not used"),
        ("3 restore", "`rows`"),
    ] {
        let found = passed.iter().any(|one| one.starts_with(from) && one.contains(says));
        assert!(found, "{from} {says}: {passed:#?}");
    }
    let failed = told("failed");
    assert!(failed[0].contains("masking::no-production-value-survives"), "{failed:#?}");
    assert!(failed[0].contains("give the column a rule"), "{failed:#?}");
    assert!(!failed.iter().any(|one| one.contains("25 h 41 min")), "{failed:#?}");
    // What was skipped for want of something that is red is said by that one.
    assert!(
        !failed.iter().any(|one| one.contains("did not run") && one.contains("smoke::")),
        "{failed:#?}"
    );
}

#[test]
fn what_was_not_measured_is_no_success() {
    let failed = report("failed");
    let rto = failed.objective("rto").unwrap();
    assert_eq!((rto.seconds, rto.met), (None, None));
    assert_eq!(rto.how, "not measured: needs `masking::no-production-value-survives`");
    assert_eq!(report("partial").summary.status, Status::Partial);
    let passed = report("passed");
    let rto = passed.objective("rto").unwrap();
    assert!((rto.seconds.unwrap() - 791.713).abs() < 0.5, "{rto:?}");
    assert_eq!(passed.objective("plan").unwrap().met, Some(false));
}
