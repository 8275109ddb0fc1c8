//! What proves the rest, as sections: both renderers know those.

use super::build::long;
use super::model::{DrillReport, Ended, Test};
use super::section::{Block, Cell, Fact, Place, Section, Tone};
use crate::backup::manifest::SourceIdentity;
use crate::report::{text, units};

/// Every section of the evidence, in order.
pub(super) fn sections(report: &DrillReport) -> Vec<Section> {
    let sections = [
        ("issues", "Issues", issues(report)),
        ("not-run", "What did not run, and why", not_run(report)),
        ("deviations", "Different from the last drill", deviations(report)),
        ("who", "Who, when, with what", who(report)),
        ("places", "Source and target", places(report)),
        ("backup", "The backup that was proved", backup(report)),
        ("impact", "Impact on production", impact(report)),
        ("tests", "Every test", tests(report)),
        ("notes", "Notes", notes(report)),
        ("hashes", "Hashes", hashes(report)),
    ];
    let sections = sections.into_iter().filter(|(.., blocks)| !blocks.is_empty());
    let sections = sections.map(|(id, title, blocks)| Section {
        id: id.to_owned(),
        title: title.to_owned(),
        place: Place::Evidence,
        blocks,
    });
    sections.collect()
}

/// How a test ended, in words and as news.
pub(super) fn ended(ended: Ended) -> (&'static str, Tone) {
    match ended {
        Ended::Passed => ("passed", Tone::Good),
        Ended::Failed => ("failed", Tone::Bad),
        Ended::Errored => ("could not judge", Tone::Bad),
        Ended::Unfinished => ("not finished", Tone::Bad),
        Ended::Advisory => ("advisory", Tone::Warn),
        Ended::Skipped => ("skipped", Tone::Mute),
    }
}

fn table(caption: &str, columns: &[&str], rows: Vec<Vec<Cell>>) -> Vec<Block> {
    if rows.is_empty() {
        return Vec::new();
    }
    let columns = columns.iter().map(|column| (*column).to_owned()).collect();
    vec![Block::Table { caption: caption.to_owned(), columns, rows }]
}

fn list(items: Vec<Cell>) -> Vec<Block> {
    if items.is_empty() { Vec::new() } else { vec![Block::List { ordered: false, items }] }
}

fn issues(report: &DrillReport) -> Vec<Block> {
    let rows = report.summary.issues.iter().map(|issue| {
        let what = if issue.what == "failed" { "failed" } else { "could not judge" };
        let since = issue.since.map_or("this drill".to_owned(), units::time);
        vec![
            Cell::code(&issue.id),
            Cell::text(what).tone(Tone::Bad),
            Cell::text(issue.about.as_deref().unwrap_or_default()),
            Cell::text(&issue.why),
            Cell::text(since),
        ]
    });
    table("What went wrong", &["Test", "How", "Meant to show", "Why", "Since"], rows.collect())
}

fn not_run(report: &DrillReport) -> Vec<Block> {
    let rows = report
        .skipped
        .iter()
        .map(|group| vec![Cell::text(&group.reason), Cell::code(group.tests.join(", "))]);
    let mut rows: Vec<Vec<Cell>> = rows.collect();
    if !report.left_out.is_empty() {
        let left = Cell::text("left out by the selection");
        rows.push(vec![left, Cell::code(report.left_out.join(", "))]);
    }
    table("What did not run", &["Reason", "Tests"], rows)
}

fn deviations(report: &DrillReport) -> Vec<Block> {
    list(report.deviations.iter().map(Cell::text).collect())
}

fn who(report: &DrillReport) -> Vec<Block> {
    let (run, evidence) = (&report.run, &report.evidence);
    let ended = run.finished.map_or("it did not end".to_owned(), units::time);
    let mut facts = vec![
        Fact::new("Run", Cell::code(&run.id)),
        Fact::new("By", Cell::text(format!("{}@{}", evidence.actor, evidence.host))),
        Fact::new("Began", Cell::text(units::time(run.started))),
        Fact::new("Ended", Cell::text(ended)),
    ];
    if let Some(code) = run.exit_code {
        facts.push(Fact::new("Exit code", Cell::text(code.to_string())));
    }
    facts.push(Fact::new("smokedrill", Cell::text(&run.version)));
    if let Some(backup) = &evidence.backup {
        let tools = backup.tools.iter();
        facts.extend(tools.map(|tool| Fact::new(&tool.name, Cell::text(&tool.version))));
    }
    let revision = match &evidence.revision {
        Some(revision) if revision.modified => {
            Cell::text(format!("{}, with changes that are not committed", revision.commit))
                .tone(Tone::Warn)
        }
        Some(revision) => Cell::code(&revision.commit),
        None => Cell::text("not under git, or git is not installed"),
    };
    facts.push(Fact::new("Git revision", revision));
    if !run.arguments.is_empty() {
        facts.push(Fact::new("Arguments", Cell::code(run.arguments.join(" "))));
    }
    vec![Block::Facts { facts }]
}

/// What a place says of itself.
type Telling = fn(&SourceIdentity) -> Option<String>;

fn places(report: &DrillReport) -> Vec<Block> {
    let evidence = &report.evidence;
    let source = evidence.backup.as_ref().map(|backup| &backup.source);
    let target = evidence.restore.as_ref().and_then(|restore| restore.target.as_ref());
    let value = |place: Option<&SourceIdentity>, tell: Telling| match place.map(tell) {
        Some(Some(text)) => Cell::code(text),
        Some(None) => Cell::text("not known"),
        None => Cell::text("not looked at").tone(Tone::Mute),
    };
    let tellers: [(&str, Telling); 7] = [
        ("Environment", |place| Some(place.environment.clone())),
        ("Connection", |place| {
            let database =
                || format!("{}@{}:{}/{}", place.user, place.host, place.port, place.database);
            Some(place.storage.clone().unwrap_or_else(database))
        }),
        ("Address, as the server sees it", |place| place.address.clone()),
        ("System identifier", |place| place.system_identifier.clone()),
        ("Supabase project", |place| place.project.clone()),
        ("PostgreSQL", |place| {
            Some(place.server_version.clone()).filter(|_| place.storage.is_none())
        }),
        ("What it is", |place| {
            let what = match (place.started, place.standby) {
                _ if place.storage.is_some() => "the storage of a project, alone",
                (true, _) => "a demonstration that the run has started itself",
                (false, true) => "a standby",
                (false, false) => "a primary",
            };
            Some(what.to_owned())
        }),
    ];
    let rows = tellers
        .iter()
        .map(|(name, tell)| vec![Cell::text(*name), value(source, *tell), value(target, *tell)]);
    let mut blocks = table(
        "What was backed up, and what was restored into",
        &["", "Source", "Target"],
        rows.collect(),
    );
    let mut facts = Vec::new();
    if let Some(url) = &report.run.base_url {
        facts.push(Fact::new("Application", Cell::code(url)));
    }
    if let Some(restore) = &evidence.restore {
        let serves = match restore.serves {
            true => Cell::text("the new staging").tone(Tone::Good),
            false if restore.before_serves() => {
                Cell::text("the staging of before").tone(Tone::Warn)
            }
            false => Cell::text("see below: it is not known").tone(Tone::Bad),
        };
        facts.push(Fact::new("What serves", serves));
        if !restore.kept.is_empty() {
            facts.push(Fact::new("Kept beside it", Cell::code(restore.kept.join(", "))));
        }
        facts.push(Fact::new("People masked", Cell::text(restore.people.to_string())));
    }
    if !facts.is_empty() {
        blocks.push(Block::Facts { facts });
    }
    blocks
}

fn backup(report: &DrillReport) -> Vec<Block> {
    let Some(backup) = &report.evidence.backup else { return Vec::new() };
    let made = if backup.made { "made in this drill" } else { "was there before" };
    let mut facts = vec![
        Fact::new("Backup", Cell::code(&backup.id)),
        Fact::new("SHA-256 of its manifest", Cell::code(&backup.manifest_sha256)),
        Fact::new("Where", Cell::code(&backup.location)),
        Fact::new(
            "Made",
            Cell::text(format!(
                "by {}, {} to {}; {made}",
                backup.maker,
                units::time(backup.started),
                units::time(backup.finished)
            )),
        ),
        Fact::new("Shows the moment", Cell::text(units::time(backup.snapshot.time))),
        Fact::new("Rows", Cell::text(backup.rows.to_string())),
        Fact::new("Uncompressed data", Cell::text(units::size(backup.data_bytes))),
        Fact::new("Stored", Cell::text(units::size(backup.stored_bytes()))),
        Fact::new("Encrypted", Cell::text(if backup.encrypted { "yes" } else { "no" })),
    ];
    if !backup.excluded.is_empty() {
        facts.push(Fact::new("Left out on purpose", Cell::text(backup.excluded.join("; "))));
    }
    let rows = backup.files.iter().map(|file| {
        vec![Cell::code(&file.name), Cell::text(units::size(file.bytes)), Cell::code(&file.sha256)]
    });
    let mut blocks = vec![Block::Facts { facts }];
    blocks.extend(table("Its files", &["File", "Size", "SHA-256"], rows.collect()));
    blocks
}

fn impact(report: &DrillReport) -> Vec<Block> {
    let Some(backup) = &report.evidence.backup else { return Vec::new() };
    let Some(impact) = &backup.impact else { return Vec::new() };
    let outcome = |id: &str| {
        let test = report.tests.iter().find(|test| test.id == id);
        let (word, tone) = test.map_or(("not looked at", Tone::Mute), |test| ended(test.ended));
        Cell::text(word).tone(tone)
    };
    let ms = |ms: f64| Cell::text(units::duration(ms));
    let count = |count: u64| Cell::text(count.to_string());
    let facts = vec![
        Fact::new("Production is as it was (backup::untouched)", outcome("backup::untouched")),
        Fact::new("Production did not suffer (backup::impact)", outcome("backup::impact")),
        Fact::new("Its application answers (production::answers)", outcome("production::answers")),
        Fact::new("Looks at it during the dump", count(impact.samples)),
        Fact::new("A query's latency before", ms(impact.baseline_ms)),
        Fact::new("During, the middle one", ms(impact.median_ms)),
        Fact::new("During, the longest", ms(impact.max_ms)),
        Fact::new("Locks waited for at once", count(impact.waiting_locks)),
        Fact::new("Sessions that waited for ours", count(impact.blocked_by_us)),
        Fact::new("Connections of ours", count(impact.connections)),
        Fact::new("Oldest snapshot", Cell::text(long(impact.oldest_snapshot))),
    ];
    vec![Block::Facts { facts }]
}

fn tests(report: &DrillReport) -> Vec<Block> {
    let rows = report.tests.iter().map(|test| {
        let (word, tone) = ended(test.ended);
        vec![
            Cell::code(&test.id),
            Cell::text(word).tone(tone),
            Cell::text(figures(report, test)),
            Cell::text(test.seconds.map(long).unwrap_or_default()),
        ]
    });
    let columns = ["Test", "How it ended", "What was found, and its threshold", "Took"];
    table("Every test that was selected", &columns, rows.collect())
}

/// What a test found: its figures with their thresholds, its latency with its budget, or why it did
/// not pass.
fn figures(report: &DrillReport, test: &Test) -> String {
    let mut told: Vec<String> = test.measured.iter().map(ToString::to_string).collect();
    let latency = report.latencies.iter().find(|found| found.id == test.id);
    told.extend(latency.map(|found| {
        let value = units::against(found.value_ms, Some(found.budget_ms));
        format!("{} {value} (at most {})", found.statistic, units::budget(found.budget_ms))
    }));
    told.extend(test.status.map(|status| format!("status {status}")));
    if !test.retries.is_empty() {
        told.push(format!(
            "after {}",
            text::count(test.retries.len(), "retry").replace("retrys", "retries")
        ));
    }
    if test.ended != Ended::Passed {
        told.extend(test.reason.as_deref().map(text::first_line));
    }
    match told.is_empty() {
        true => test.description.clone().unwrap_or_default(),
        false => told.join("; "),
    }
}

fn notes(report: &DrillReport) -> Vec<Block> {
    list(report.notes.iter().map(Cell::text).collect())
}

fn hashes(report: &DrillReport) -> Vec<Block> {
    let rows = |hashes: &std::collections::BTreeMap<String, String>| {
        let rows = hashes.iter();
        rows.map(|(path, hash)| vec![Cell::code(path), Cell::code(hash)]).collect::<Vec<_>>()
    };
    let columns = ["File", "SHA-256"];
    let mut blocks =
        table("Suites, settings and rules that were read", &columns, rows(&report.inputs));
    blocks.extend(table("What the run left beside this report", &columns, rows(&report.artefacts)));
    blocks
}
