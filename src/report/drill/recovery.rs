//! What a failed drill leaves to people: symptoms, what is kept, where to look, and what to do.
//!
//! Of a restore that failed, its own page says so already (`restore::failure`), and this repeats it.
//! What failed before or after has other ways out.

use super::model::{DrillReport, Status};
use super::section::{Block, Cell, Fact, Place, Section};
use crate::evidence::{FailureEvidence, Way};
use crate::journal::Verdict;
use crate::report::text;

/// How many symptoms are told here; all of them are issues.
const MOST: usize = 6;

/// The section; none where nothing failed.
pub(super) fn section(report: &DrillReport) -> Option<Section> {
    if report.summary.status != Status::Fail {
        return None;
    }
    let restore = report.evidence.restore.as_ref();
    let failure = restore.and_then(|restore| restore.failure.as_deref());
    let mut blocks = Vec::new();
    let symptoms = symptoms(report);
    if !symptoms.is_empty() {
        blocks.push(Block::Facts { facts: symptoms });
    }
    blocks.push(Block::Facts { facts: kept(report, failure) });
    let ways = failure.map_or_else(|| ways(report), |failure| failure.options.clone());
    blocks.push(Block::Text { text: "What to do, in this order:".to_owned() });
    let items = ways.iter().map(|way| Cell::text(way.told("\n"))).collect();
    blocks.push(Block::List { ordered: true, items });
    Some(Section {
        id: "recovery".to_owned(),
        title: "What failed, and what to do".to_owned(),
        place: Place::Top,
        blocks,
    })
}

/// What went wrong, each with its message.
fn symptoms(report: &DrillReport) -> Vec<Fact> {
    let issues = &report.summary.issues;
    let mut facts: Vec<Fact> = issues
        .iter()
        .take(MOST)
        .map(|issue| {
            let why: Vec<&str> = issue.why.lines().map(str::trim).collect();
            Fact::new(&issue.id, Cell::text(why.join("; ")))
        })
        .collect();
    if let Some(more) = issues.len().checked_sub(MOST).filter(|more| *more > 0) {
        let told = format!("{}: see the issues", text::count(more, "symptom"));
        facts.push(Fact::new("And more", Cell::text(told)));
    }
    facts
}

/// What is there to be looked into.
fn kept(report: &DrillReport, failure: Option<&FailureEvidence>) -> Vec<Fact> {
    let mut facts = Vec::new();
    let code = |name: &str, text: &str| Fact::new(name, Cell::code(text));
    let journal = "journal.json";
    match (failure, &report.evidence.restore) {
        (Some(failure), _) => {
            facts.push(match &failure.kept {
                Some(kept) => code("Failed staging, kept", kept),
                None => Fact::new("Failed staging", Cell::text("nothing beside what serves now")),
            });
            facts.push(Fact::new("Serving now", Cell::text(&failure.serving)));
            facts.push(code("Investigation bundle", &failure.bundle));
            facts.push(code("SHA-256 of its SHA256SUMS", &failure.sha256));
            return facts;
        }
        (None, Some(restore)) if restore.serves => {
            facts.push(Fact::new("Serving now", Cell::text("the new staging, which was proved")));
            if !restore.kept.is_empty() {
                facts.push(code("The staging of before, kept", &restore.kept.join(", ")));
            }
        }
        _ => {
            let untouched = "nothing was restored: staging is as it was before";
            facts.push(Fact::new("Serving now", Cell::text(untouched)));
        }
    }
    facts.push(code("Investigation bundle", &format!("{journal} beside this report")));
    if let Some(sha256) = report.artefacts.get(journal) {
        facts.push(code("Its SHA-256", sha256));
    }
    facts
}

/// The ways out of a drill that failed before its restore, or after.
fn ways(report: &DrillReport) -> Vec<Way> {
    let (run, evidence) = (&report.run, &report.evidence);
    let environment = &run.environment;
    let again = Way::new("Make the drill again", &[&format!("make drill ENV={environment}")]);
    let show = Way::new(
        "Show how the drill stands, with all that is in the way of a go",
        &["make review"],
    );
    let escalate = Way::new(
        "If it is the platform, escalate with the evidence in one signed file: see the contacts, and \
         Supabase's support",
        &["make evidence SIGN=minisign.key"],
    );
    if matches!(run.verdict, Verdict::Interrupted | Verdict::Unfinished) {
        return vec![again, show];
    }
    let restored = evidence.restore.as_ref().is_some_and(|restore| restore.serves);
    let mut ways = Vec::new();
    if restored {
        ways.push(Way::new(
            "Mend what the messages name, and ask the checks again of what serves",
            &[&format!("make smoke ENV={environment}")],
        ));
    } else {
        ways.push(Way::new(
            "Look whether production answers, read-only and on record",
            &[&format!("make psql-prod-readonly ENV={}", evidence.source)],
        ));
        ways.push(Way::new(
            "Mend what the messages name, and make the backup again, alone",
            &[&format!("make backup-prod ENV={}", evidence.source)],
        ));
        ways.push(Way::new(
            "If production cannot be backed up now, drill with the newest backup that is good",
            &[&format!("make restore-staging ENV={environment} BACKUP=latest")],
        ));
    }
    ways.extend([again, show, escalate]);
    ways
}
