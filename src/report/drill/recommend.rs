//! What is to be done, by what happened: never a fixed list.
//!
//! | weight | from |
//! |---|---|
//! | 1 | what is red; an objective that was missed, or that the plan cannot meet |
//! | 2 | what nearly was: a threshold or a budget almost reached, retries, checks that did not run, a stage much slower than usual |
//! | 3 | the stage that the next minute is best spent on |

use super::build::{long, promised};
use super::compare::differ;
use super::model::{DrillReport, Ended, Recommendation, Stage, Status, Test};
use crate::journal::{Measure, RestoreEvidence, Side};
use crate::report::{text, units};

/// From this share of a threshold on, in percent, it is nearly reached.
pub(super) const NEAR: f64 = 80.0;

/// How many of one kind are told before the rest is only counted.
const MOST: usize = 5;

/// Everything, gravest first.
pub(super) fn recommend(report: &DrillReport) -> Vec<Recommendation> {
    let mut all = Vec::new();
    red(report, &mut all);
    objectives(report, &mut all);
    advisory(report, &mut all);
    near(report, &mut all);
    slower(report, &mut all);
    retried(report, &mut all);
    skipped(report, &mut all);
    slowest(report, &mut all);
    all.sort_by_key(|one: &Recommendation| one.weight);
    all
}

/// What came of the drill, and what is to be done about it, each in a sentence.
pub(super) fn verdict(report: &DrillReport) -> (String, String) {
    let summary = &report.summary;
    let measured = |name: &str| report.objective(name).filter(|found| found.seconds.is_some());
    let took = |name: &str| {
        let found = measured(name)?;
        Some((long(found.seconds?), promised(found.target)))
    };
    match summary.status {
        Status::Pass => {
            let rto = took("rto").map(|(took, of)| format!(" within {took} ({of} promised)"));
            let rpo = took("rpo").map(|(age, of)| format!(", from data {age} old ({of} promised)"));
            let headline = format!(
                "Production can be recovered: a backup was restored into {}, proved, and \
                 answering{}{}.",
                report.run.environment,
                rto.unwrap_or_default(),
                rpo.unwrap_or_default()
            );
            let plan = report.objective("plan").filter(|plan| plan.met == Some(false));
            let grave = summary.recommendations.iter().filter(|one| one.weight == 1).count();
            let against = "Nothing that was tested stands against a go";
            let advice = match (plan, grave) {
                (Some(plan), _) => format!(
                    "{against}, but backups are made too seldom for the {} of work that may be \
                     lost at most: see the first recommendation.",
                    promised(plan.target)
                ),
                (None, 0) => format!("{against}."),
                (None, _) => format!("{against}, but see what must be done first."),
            };
            (headline, advice)
        }
        Status::Partial => (
            format!(
                "This was no whole drill: {}, so it shows less than a recovery.",
                summary.lacking.as_deref().unwrap_or("a stage was left out")
            ),
            "Run all of it before anybody signs: `make drill`.".to_owned(),
        ),
        Status::Fail => {
            let first = summary.issues.first();
            let what = first.map_or("the run failed as a whole".to_owned(), |issue| {
                match (issue.id.as_str(), issue.what.as_str()) {
                    ("run", _) => issue.why.clone(),
                    (id, "failed") => format!("{id} failed"),
                    (id, _) => format!("{id} could not be judged"),
                }
            });
            let others = match summary.issues.len() {
                0 | 1 => String::new(),
                many => format!(", and {} more", many - 1),
            };
            let part = summary.lacking.as_deref();
            let part = part.map(|why| format!(" It was no whole one: {why}.")).unwrap_or_default();
            let headline = format!(
                "This drill does not show that production can be recovered: {what}{others}.{part}"
            );
            let staging = report.evidence.restore.as_ref().map(staging).unwrap_or_default();
            (headline, format!("No go: mend what the issues name, and drill again.{staging}"))
        }
    }
}

/// What serves after a restore that may have failed, and whether that is kept.
fn staging(restore: &RestoreEvidence) -> String {
    let serving = restore.failure.as_ref().map(|failure| failure.serving.as_str());
    let serves = match (restore.serves, serving) {
        (true, None) => return String::new(),
        (true, Some(_)) => " The restored staging serves, which was proved before that".to_owned(),
        (false, Some(serving)) if !restore.before_serves() => {
            format!(" What serves is {}", text::one_line(serving))
        }
        (false, _) => " The staging of before serves on".to_owned(),
    };
    match restore.failure.as_ref().and_then(|failure| failure.kept.as_ref()) {
        Some(_) => format!("{serves}; what failed is kept for whoever looks into it."),
        None => format!("{serves}."),
    }
}

fn push(all: &mut Vec<Recommendation>, weight: u8, from: &str, text: String) {
    all.push(Recommendation { weight, text, from: from.to_owned() });
}

fn red(report: &DrillReport, all: &mut Vec<Recommendation>) {
    let issues = &report.summary.issues;
    for issue in issues.iter().take(MOST) {
        let mut lines = issue.why.lines();
        let first = text::one_line(lines.next().unwrap_or_default());
        let help = lines.find_map(|line| line.trim().strip_prefix("help: "));
        let help = help.map(|help| format!("; {}", text::one_line(help))).unwrap_or_default();
        let since =
            issue.since.map(|since| format!(" (red since the drill of {})", units::time(since)));
        let since = since.unwrap_or_default();
        push(all, 1, &issue.id, format!("Mend {}{since}: {first}{help}", issue.id));
    }
    if issues.len() > MOST {
        let more = issues.len() - MOST;
        push(all, 1, "run", format!("Mend what else is red: {}", text::count(more, "more test")));
    }
}

fn objectives(report: &DrillReport, all: &mut Vec<Recommendation>) {
    for objective in &report.objectives {
        let promised = promised(objective.target);
        let id = format!("objectives::{}", objective.name);
        let Some(seconds) = objective.seconds else { continue };
        let took = long(seconds);
        let red = report.summary.issues.iter().any(|issue| issue.id == id);
        match (objective.name.as_str(), objective.met) {
            ("plan", Some(false)) => {
                let text = format!(
                    "Change the plan or the promise: between two backups lie {took} ({}), and at \
                     most {promised} of work may be lost. Back up more often, rely on \
                     point-in-time recovery, or agree on another RPO",
                    objective.how
                );
                // The test's own red says the same with less.
                all.retain(|one| one.from != id);
                push(all, 1, &id, text);
            }
            (_, Some(false)) if !red => {
                push(
                    all,
                    1,
                    &id,
                    format!("{}: {took} measured, {promised} promised", objective.title),
                );
            }
            (_, Some(true)) if objective.percent.is_some_and(|percent| percent >= NEAR) => {
                let share = objective.percent.unwrap_or_default();
                let text = format!(
                    "{} is nearly used up: {took} of {promised} ({share:.0} %)",
                    objective.title
                );
                push(all, 2, &id, text);
            }
            _ => {}
        }
    }
}

fn advisory(report: &DrillReport, all: &mut Vec<Recommendation>) {
    let tests = report.tests.iter().filter(|test| test.ended == Ended::Advisory);
    for test in tests.filter(|test| test.id != "objectives::plan").take(MOST) {
        let why = text::first_line(test.reason.as_deref().unwrap_or_default());
        push(all, 2, &test.id, format!("Look at {}, which fails no run: {why}", test.id));
    }
}

/// The share of its threshold that a figure takes, in percent, where it holds.
fn share(measure: &Measure) -> Option<f64> {
    let limit = measure.limit.filter(|limit| measure.holds() && limit.value > 0.0)?;
    match limit.at {
        Side::Most => units::percent(measure.value, limit.value),
        Side::Least => units::percent(limit.value, measure.value),
    }
}

fn near(report: &DrillReport, all: &mut Vec<Recommendation>) {
    let passed = |test: &&Test| test.ended == Ended::Passed;
    let figures = report.tests.iter().filter(passed);
    // What is set, such as a retention, is not measured; and objectives are told by themselves.
    let figures = figures.filter(|test| !["objectives", "prerequisites"].contains(&&*test.stage));
    let figures = figures.flat_map(|test| test.measured.iter().map(move |figure| (test, figure)));
    // A count of one that must be one is no narrow escape.
    let figures = figures.filter(|(_, figure)| figure.unit != crate::journal::Unit::Count);
    let mut near: Vec<(f64, String, String)> = figures
        .filter_map(|(test, figure)| Some((share(figure)?, test.id.clone(), figure.to_string())))
        .collect();
    near.extend(report.latencies.iter().filter(|found| found.percent <= 100.0).map(|found| {
        let (value, budget) = (units::duration(found.value_ms), units::budget(found.budget_ms));
        (found.percent, found.id.clone(), format!("{value} of {budget}"))
    }));
    near.retain(|(percent, ..)| *percent >= NEAR);
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (percent, id, told) in near.into_iter().take(MOST) {
        let text = format!("{id} nearly reached its threshold: {told}, {percent:.0} % of it");
        push(all, 2, &id, text);
    }
}

fn slower(report: &DrillReport, all: &mut Vec<Recommendation>) {
    for stage in &report.stages {
        let Some((took, usual)) = stage.seconds.zip(stage.usual_seconds) else { continue };
        if took > usual && differ(took, usual) {
            let (name, took, usual) = (&stage.title, long(took), long(usual));
            let text = format!("{name} took {took}, where it usually takes {usual}: find out why");
            push(all, 2, &stage.name, text);
        }
    }
}

fn retried(report: &DrillReport, all: &mut Vec<Recommendation>) {
    let tests: Vec<&Test> = report.tests.iter().filter(|test| !test.retries.is_empty()).collect();
    let Some(first) = tests.first() else { return };
    let ids: Vec<String> = tests.iter().map(|test| test.id.clone()).collect();
    let why = text::first_line(first.retries.first().map_or("", String::as_str));
    let text = format!("Not at the first try: {} ({why})", text::list(&ids, MOST));
    push(all, 2, &first.id, text);
}

/// What did not run for a reason of its own.
fn skipped(report: &DrillReport, all: &mut Vec<Recommendation>) {
    let groups: Vec<_> = report.skipped.iter().filter(|group| !group.consequence).collect();
    let number: usize = groups.iter().map(|group| group.tests.len()).sum();
    let told = groups.iter().map(|group| {
        format!("{}: {}", text::list(&group.tests, MOST), text::first_line(&group.reason))
    });
    let told: Vec<String> = told.collect();
    if let Some(first) = groups.iter().find_map(|group| group.tests.first()) {
        let what = match number {
            1 => "1 test did not run, and shows nothing".to_owned(),
            many => format!("{many} tests did not run, and show nothing"),
        };
        push(all, 2, first, format!("{what}. {}", told.join("; ")));
    }
    if !report.left_out.is_empty() {
        let left = text::list(&report.left_out, MOST);
        push(all, 2, "run", format!("Run what the selection left out: {left}"));
    }
}

fn slowest(report: &DrillReport, all: &mut Vec<Recommendation>) {
    let timed = report.stages.iter().filter(|stage| stage.seconds.is_some_and(|s| s > 0.0));
    let slowest =
        |a: &&Stage, b: &&Stage| a.seconds.unwrap_or(0.0).total_cmp(&b.seconds.unwrap_or(0.0));
    let Some(stage) = timed.max_by(slowest) else { return };
    let (name, took) = (&stage.title, long(stage.seconds.unwrap_or_default()));
    let total = report.summary.total_seconds.filter(|total| *total > 0.0);
    let share = total.and_then(|total| units::percent(stage.seconds?, total));
    let share = share.map(|share| format!(", {share:.0} % of the drill")).unwrap_or_default();
    let step = stage.steps.iter().max_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let within = step
        .filter(|_| stage.steps.len() > 1)
        .map(|step| format!("; most of it is `{}` ({})", step.name, long(step.seconds)));
    let text = format!(
        "Whoever wants a faster recovery begins with: {name} ({took}{share}){}",
        within.unwrap_or_default()
    );
    push(all, 3, &stage.name, text);
}
