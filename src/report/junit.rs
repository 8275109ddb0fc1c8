//! `junit.xml`, for the dashboards of CI systems.
//!
//! ```xml
//! <testsuites>
//!   <testsuite id="0" name="smoke" package="smoke" tests="2" errors="0" failures="1" …>
//!     <testcase name="health" time="0.0123" classname="smoke.smoke"/>
//!     <testcase name="ready" time="0.0041" classname="smoke.smoke">
//!       <failure type="failed" message="failed: smoke::ready: 1 expectation not met (…)">…</failure>
//!     </testcase>
//!   </testsuite>
//! </testsuites>
//! ```
//!
//! What its readers do decides its shape:
//!
//! - Jenkins splits `classname` at its last dot, so a suite's own dots become underscores.
//! - GitLab shows an element's content and not its `message`, so the whole text is content.
//! - GitLab drops the second of two cases of one `classname` and name, so there are none.
//! - Neither knows of advisory trials: their trouble is a skip that says so.
//! - All of them know only cases. What is wrong with the run as a whole is a case too.
//! - Jenkins' schema (`junit-10.xsd`) has no `file` attribute on a case, and refuses the whole
//!   report for one; the place is in the text, as `--> suites/smoke.toml:31`.

use std::collections::HashSet;

use jiff::Timestamp;
use junit_report::{Duration, OffsetDateTime, Report, TestCase, TestResult, TestSuite};

use crate::journal::{Entry, Journal, Outcome};

use super::{failure, text, verdict};

/// The journal as JUnit XML.
pub(crate) fn render(journal: &Journal) -> Result<String, String> {
    let mut suites: Vec<TestSuite> = Vec::new();
    let mut taken = HashSet::new();
    for entry in &journal.entries {
        let started = entry.started.unwrap_or(journal.run.started);
        let case = unique(&mut taken, of_entry(journal, entry));
        add(&mut suites, journal, &entry.suite, started, case);
    }
    if let Some(trouble) = verdict::run_trouble(journal) {
        let case = unique(&mut taken, of_run(journal, trouble));
        add(&mut suites, journal, "run", journal.run.started, case);
    }
    let mut report = Report::new();
    report.add_testsuites(suites);
    let mut xml = Vec::new();
    report.write_xml(&mut xml).map_err(|error| error.to_string())?;
    xml.push(b'\n');
    String::from_utf8(xml).map_err(|error| error.to_string())
}

fn of_entry(journal: &Journal, entry: &Entry) -> TestCase {
    // Rendered only for trouble: most entries of most runs have none to tell of.
    let whole = || failure::text(entry);
    let headline = || attribute(&failure::headline(entry));
    let mut output = Vec::new();
    let result = match entry.outcome {
        Some(Outcome::Failed | Outcome::Errored) if !entry.blocking => {
            output.push(whole());
            skipped("advisory", &format!("advisory: {}", failure::why(entry)))
        }
        Some(Outcome::Failed) => TestResult::Failure {
            type_: "failed".to_owned(),
            message: headline(),
            cause: Some(content(&whole())),
        },
        Some(Outcome::Errored) => TestResult::Error {
            type_: "could not judge".to_owned(),
            message: headline(),
            cause: Some(content(&whole())),
        },
        Some(Outcome::Skipped) => skipped("skipped", &verdict::reason(entry)),
        // One fault is one red: that the run did not finish is the run's own case.
        None if entry.started.is_some() => skipped("unfinished", "begun, but not finished"),
        None => skipped("unfinished", "not begun: the run did not get this far"),
        Some(Outcome::Passed) => TestResult::Success,
    };
    if entry.outcome == Some(Outcome::Passed) && !entry.measured.is_empty() {
        let figures: Vec<String> = entry.measured.iter().map(ToString::to_string).collect();
        output.push(figures.join("\n"));
    }
    if let Some(retried) = verdict::retried(entry) {
        let tries: Vec<String> = entry.retries.iter().map(|retry| text::one_line(retry)).collect();
        output.push(format!("{retried}: {}", tries.join("; ")));
    }
    let ms = entry.latency.as_ref().map(|latency| latency.value_ms).or(entry.duration_ms);
    let output = (!output.is_empty()).then(|| output.join("\n\n"));
    case(journal, &entry.suite, &entry.name, ms, result, output)
}

fn of_run(journal: &Journal, trouble: &str) -> TestCase {
    let mut lines = vec![format!("{}: {trouble}", verdict::word(journal.run.verdict))];
    lines.extend(journal.run.notes.iter().map(|note| format!("  note  {}", text::one_line(note))));
    let result = TestResult::Error {
        type_: "run".to_owned(),
        message: attribute(trouble),
        cause: Some(content(&lines.join("\n"))),
    };
    case(journal, "run", "the run is complete", None, result, None)
}

/// The one place that makes a case: every text in it has been made fit for XML.
fn case(
    journal: &Journal,
    suite: &str,
    name: &str,
    ms: Option<f64>,
    result: TestResult,
    output: Option<String>,
) -> TestCase {
    let seconds = ms.filter(|ms| ms.is_finite()).unwrap_or_default() / 1000.0;
    let class = format!("{}.{}", attribute(&journal.run.kind), attribute(suite).replace('.', "_"));
    TestCase {
        name: attribute(name),
        // The suite's time is a sum that must not overflow, whatever a journal says.
        time: Duration::saturating_seconds_f64(seconds.clamp(0.0, 1e9)),
        result,
        classname: Some(class),
        filepath: None,
        system_out: output.map(|output| content(&output)),
        system_err: None,
    }
}

fn skipped(kind: &str, reason: &str) -> TestResult {
    TestResult::SkippedWithCause {
        type_: kind.to_owned(),
        message: attribute(reason),
        cause: Some(content(reason)),
    }
}

/// Fit for an attribute: one line, never empty. The library does the quoting.
fn attribute(foreign: &str) -> String {
    let line = text::one_line(foreign);
    if line.is_empty() { "(empty)".to_owned() } else { line }
}

/// Fit for the CDATA section that the library writes as it is: where the text would end the
/// section, it is ended and begun again within the end mark.
fn content(foreign: &str) -> String {
    text::visible(foreign).replace("]]>", "]]]]><![CDATA[>")
}

fn unique(taken: &mut HashSet<(Option<String>, String)>, mut case: TestCase) -> TestCase {
    let name = case.name.clone();
    let mut number = 1;
    while !taken.insert((case.classname.clone(), case.name.clone())) {
        number += 1;
        case.name = format!("{name} ({number})");
    }
    case
}

fn add(
    suites: &mut Vec<TestSuite>,
    journal: &Journal,
    name: &str,
    started: Timestamp,
    case: TestCase,
) {
    let name = attribute(name);
    let timestamp = moment(started);
    if let Some(suite) = suites.iter_mut().find(|suite| suite.name == name) {
        suite.timestamp = suite.timestamp.min(timestamp);
        suite.testcases.push(case);
        return;
    }
    let mut suite = TestSuite::new(&name);
    suite.package = attribute(&journal.run.kind);
    suite.timestamp = timestamp;
    suite.testcases.push(case);
    suites.push(suite);
}

/// The library can write only the years 0 to 9999; a journal read from a file may hold others.
fn moment(time: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(time.as_second())
        .ok()
        .filter(|time| (0..=9999).contains(&time.year()))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
