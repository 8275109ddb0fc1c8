//! What the page is filled with: texts as they are to be read, and no judgement of its own.

use jiff::tz::TimeZone;
use serde::Serialize;

use super::super::build::{long, pieces, promised, share};
use super::super::model::{DrillReport, Objective, Status};
use super::super::section::Tone;
use super::super::{evidence, recommend};
use super::charts::{self, Bar, SpanRow, Trend};
use crate::report::{text, units};

/// How many checks the picture of latencies has.
const LATENCIES: usize = 12;

/// What the page is filled with.
#[derive(Debug, Serialize)]
pub(super) struct View {
    date: String,
    status: &'static str,
    tone: &'static str,
    headline: String,
    advice: String,
    run: String,
    environment: String,
    by: String,
    version: String,
    revision: u32,
    cards: Vec<Card>,
    recommendations: Vec<Advice>,
    issues: Vec<IssueView>,
    timeline: Vec<SpanRow>,
    whole: String,
    recovery: Option<(String, String)>,
    objectives: Vec<ObjectiveRow>,
    stages: Vec<StageRow>,
    latencies: Vec<LatencyRow>,
    more_latencies: usize,
    trends: Vec<Trend>,
    drills: Vec<DrillRow>,
}

/// A text in pieces, each with whether it is code.
pub(super) type Pieces = Vec<(String, bool)>;

/// A figure of the first screen.
#[derive(Debug, Serialize)]
struct Card {
    label: &'static str,
    value: String,
    note: String,
    tone: &'static str,
    share: Option<Bar>,
}

#[derive(Debug, Serialize)]
struct Advice {
    text: Pieces,
    weight: u8,
    word: &'static str,
}

#[derive(Debug, Serialize)]
struct IssueView {
    id: String,
    about: Option<String>,
    what: &'static str,
    lines: Vec<Pieces>,
    since: Option<String>,
}

#[derive(Debug, Serialize)]
struct ObjectiveRow {
    title: String,
    measured: String,
    promised: String,
    share: String,
    bar: Option<Bar>,
    met: &'static str,
    tone: &'static str,
    how: String,
}

#[derive(Debug, Serialize)]
struct StageRow {
    title: String,
    ended: &'static str,
    tone: &'static str,
    took: String,
    share: String,
    change: String,
    passed: String,
}

#[derive(Debug, Serialize)]
struct LatencyRow {
    id: String,
    bar: Bar,
    over: bool,
    tone: &'static str,
    value: String,
    budget: String,
    percent: String,
}

#[derive(Debug, Serialize)]
struct DrillRow {
    when: String,
    status: &'static str,
    tone: &'static str,
    rto: String,
    rpo: String,
    backup: String,
    restore: String,
    data: String,
    smoke: String,
}

impl View {
    pub(super) fn new(report: &DrillReport) -> Self {
        let (run, summary) = (&report.run, &report.summary);
        let (status, tone) = status(summary.status);
        let (timeline, whole) = charts::timeline(report);
        let recommendations = summary.recommendations.iter().map(|one| Advice {
            text: pieces(&one.text),
            weight: one.weight,
            word: ["must", "should", "could"].get(usize::from(one.weight) - 1).unwrap_or(&"could"),
        });
        let issues = summary.issues.iter().map(|issue| IssueView {
            id: issue.id.clone(),
            about: issue.about.clone(),
            what: if issue.what == "failed" { "failed" } else { "could not be judged" },
            lines: issue.why.lines().map(|line| pieces(&text::one_line(line))).collect(),
            since: issue.since.map(units::time),
        });
        Self {
            date: run.started.to_zoned(TimeZone::UTC).date().to_string(),
            status,
            tone: name(Some(tone)),
            headline: summary.headline.clone(),
            advice: summary.advice.clone(),
            run: run.id.clone(),
            environment: run.environment.clone(),
            by: format!("{}@{}", report.evidence.actor, report.evidence.host),
            version: run.version.clone(),
            revision: report.revision,
            cards: cards(report),
            recommendations: recommendations.collect(),
            issues: issues.collect(),
            timeline,
            whole,
            recovery: report
                .objective("rto")
                .and_then(|rto| Some((long(rto.seconds?), promised(rto.target)))),
            objectives: report.objectives.iter().map(objective).collect(),
            stages: stages(report),
            latencies: latencies(report),
            more_latencies: report.latencies.len().saturating_sub(LATENCIES),
            trends: charts::trends(report),
            drills: drills(report),
        }
    }
}

fn status(status: Status) -> (&'static str, Tone) {
    match status {
        Status::Pass => ("PASS", Tone::Good),
        Status::Fail => ("FAIL", Tone::Bad),
        Status::Partial => ("NO WHOLE DRILL", Tone::Warn),
    }
}

pub(super) fn name(tone: Option<Tone>) -> &'static str {
    match tone {
        Some(Tone::Good) => "good",
        Some(Tone::Warn) => "warn",
        Some(Tone::Bad) => "bad",
        Some(Tone::Mute) => "mute",
        None => "",
    }
}

fn took(seconds: Option<f64>) -> String {
    seconds.map_or("–".to_owned(), long)
}

fn met(objective: &Objective) -> (&'static str, Tone) {
    match (objective.met, objective.name.as_str()) {
        (Some(true), _) => ("met", Tone::Good),
        (Some(false), "plan") => ("cannot be met by this plan", Tone::Warn),
        (Some(false), _) => ("missed", Tone::Bad),
        (None, _) => ("not measured", Tone::Mute),
    }
}

fn cards(report: &DrillReport) -> Vec<Card> {
    let summary = &report.summary;
    let mut cards: Vec<Card> = [("rto", "Recovery time"), ("rpo", "Recovery point")]
        .iter()
        .filter_map(|(id, label)| {
            let objective = report.objective(id)?;
            let (word, mut tone) = met(objective);
            let promised = promised(objective.target);
            let mut note = match objective.seconds {
                Some(_) => format!("{word}: {} of {promised}", share(objective.percent)),
                None => format!("promised: {promised}"),
            };
            // That this one backup was young enough is not all there is to say.
            let plan = report.objective("plan").filter(|_| *id == "rpo");
            if let Some(apart) = plan.filter(|plan| plan.met == Some(false)).and_then(|p| p.seconds)
            {
                note += &format!(", but {} between backups", long(apart));
                tone = if tone == Tone::Good { Tone::Warn } else { tone };
            }
            Some(Card {
                label,
                value: objective.seconds.map_or("not measured".to_owned(), long),
                note,
                tone: name(Some(tone)),
                share: objective.percent.map(|percent| Bar::of(0.0, percent, 100.0)),
            })
        })
        .collect();
    let (passed, total) = (summary.smoke_passed, summary.smoke_total);
    let tone = match (passed, total) {
        (_, 0) => Tone::Mute,
        (passed, total) if passed == total => Tone::Good,
        _ => Tone::Bad,
    };
    cards.push(Card {
        label: "Smoke tests",
        value: format!("{passed}/{total}"),
        note: if total == 0 { "none was selected" } else { "of the application, passed" }
            .to_owned(),
        tone: name(Some(tone)),
        share: None,
    });
    let count = |which: &str| summary.counts.get(which).copied().unwrap_or_default();
    let issues = summary.issues.len();
    cards.push(Card {
        label: "Issues",
        value: issues.to_string(),
        note: format!("{} tests passed, {} skipped", count("passed"), count("skipped")),
        tone: name(Some(if issues == 0 { Tone::Good } else { Tone::Bad })),
        share: None,
    });
    cards.push(Card {
        label: "Total duration",
        value: took(summary.total_seconds),
        note: format!(
            "backup {}, restore {}",
            took(summary.backup_seconds),
            took(summary.restore_seconds)
        ),
        tone: "",
        share: None,
    });
    cards.push(Card {
        label: "Next drill",
        value: summary.next_drill.map_or("–".to_owned(), |date| date.to_string()),
        note: "the first weekday of the next quarter".to_owned(),
        tone: "",
        share: None,
    });
    cards
}

fn objective(objective: &Objective) -> ObjectiveRow {
    let (word, tone) = met(objective);
    ObjectiveRow {
        title: objective.title.clone(),
        measured: took(objective.seconds),
        promised: promised(objective.target),
        share: share(objective.percent),
        bar: objective.percent.map(|percent| Bar::of(0.0, percent, 100.0)),
        met: word,
        tone: name(Some(tone)),
        how: objective.how.clone(),
    }
}

fn stages(report: &DrillReport) -> Vec<StageRow> {
    let rows = report.stages.iter().map(|stage| {
        let (ended, tone) = evidence::ended(stage.ended);
        let change = match stage.seconds.zip(stage.last_seconds) {
            Some((now, last)) if last > 0.0 => {
                let percent = (now - last) / last * 100.0;
                let usual = stage
                    .usual_seconds
                    .map_or(String::new(), |usual| format!(", usually {}", long(usual)));
                format!("{percent:+.0} % (was {}{usual})", long(last))
            }
            _ => "–".to_owned(),
        };
        let together = stage.name == "integrity" && stage.seconds.is_none();
        StageRow {
            title: stage.title.clone(),
            ended,
            tone: name(Some(tone)),
            took: if together { "with the masking proof".to_owned() } else { took(stage.seconds) },
            share: share(stage.percent),
            change,
            passed: format!("{} of {}", stage.passed, stage.tests),
        }
    });
    rows.collect()
}

fn latencies(report: &DrillReport) -> Vec<LatencyRow> {
    let rows = report.latencies.iter().take(LATENCIES).map(|found| LatencyRow {
        id: found.id.clone(),
        bar: Bar::of(0.0, found.percent, 100.0),
        over: found.percent > 100.0,
        tone: name(Some(match found.percent {
            over if over > 100.0 => Tone::Bad,
            near if near >= recommend::NEAR => Tone::Warn,
            _ => Tone::Good,
        })),
        value: units::against(found.value_ms, Some(found.budget_ms)),
        budget: units::budget(found.budget_ms),
        percent: share(Some(found.percent)),
    });
    rows.collect()
}

fn drills(report: &DrillReport) -> Vec<DrillRow> {
    let rows = report.history.iter().rev().map(|line| {
        let (status, tone) = status(line.status);
        let stage = |name: &str| took(line.stages.get(name).copied());
        DrillRow {
            when: units::time(line.started),
            status,
            tone: name(Some(tone)),
            rto: took(line.rto),
            rpo: took(line.rpo),
            backup: stage("backup"),
            restore: stage("restore"),
            data: line.data_bytes.map_or("–".to_owned(), units::size),
            smoke: format!("{}/{}", line.smoke_passed, line.smoke_total),
        }
    });
    rows.collect()
}
