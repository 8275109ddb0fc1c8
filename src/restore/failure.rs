//! What is left behind by a restore that failed: one page for people, and a bundle of evidence.
//!
//! ```text
//! reports/restore-20261124T034125Z-9f31c2aa/
//!     failure.md          what failed, what is kept, what to do next
//!     places.txt          every place that a proof found wrong, with its count
//!     archive.txt         what is in the backup's archive, entry by entry
//!     connectivity.txt    how production and staging answered
//!     log.txt             the end of what the tools said
//!     SHA256SUMS          of all of these (sha256sum --check)
//! ```
//!
//! The runbook asks for each of these: the symptoms and the messages, the failed staging kept, the
//! three things that it looks into first, and its options, here as commands in their order.

use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::options::options;
use crate::backup::archive::Held;
use crate::backup::manifest::Manifest;
use crate::evidence::{FailureEvidence, Way};
use crate::fault::Fault;
use crate::redact::Redactor;
use crate::report::folder::replace;
use crate::report::{markdown, units};
use crate::suite::source::hex;

/// How many lines of the tools' log are kept: as many as the runbook reads.
const TAIL: usize = 100;

/// The file with every other's hash.
const SUMS: &str = "SHA256SUMS";

/// What is known of a restore that failed.
pub(crate) struct Failed<'a> {
    /// The run's name.
    pub(crate) run: &'a str,
    pub(crate) began: Timestamp,
    pub(crate) fault: &'a Fault,
    /// The environment that was restored into, and its database as it may be shown.
    pub(crate) environment: &'a str,
    pub(crate) target: &'a str,
    /// The backup, once there was one.
    pub(crate) backup: Option<&'a Manifest>,
    /// What its archive holds, where it could be looked into.
    pub(crate) held: Option<&'a Held>,
    /// The stages that were begun, each with the seconds that it took.
    pub(crate) stages: &'a [(String, f64)],
    /// Where the failed staging is kept, if anything was begun.
    pub(crate) kept: Option<&'a str>,
    /// Whether a later restore can go on with that, or why not, where all was loaded into it.
    pub(crate) resumable: Option<Result<(), String>>,
    /// What serves now.
    pub(crate) serving: &'a str,
    /// Every place that is wrong, with its count, by the proof that says so.
    pub(crate) places: &'a [(String, Vec<(String, u64)>)],
    /// Whether the rules have to change, so that what was loaded by them is of no use.
    pub(crate) by_rules: bool,
    /// How production and staging answered, line by line.
    pub(crate) connectivity: &'a [String],
    /// What the tools said.
    pub(crate) log: &'a [String],
}

/// Writes page and bundle; what there is of them, with the ways out.
///
/// # Errors
/// They cannot be written.
pub(crate) fn write(
    reports: &Path,
    failed: &Failed<'_>,
    redactor: &Redactor,
) -> Result<FailureEvidence, Fault> {
    let folder = reports.join(format!("restore-{}", failed.run));
    let fault = |error: std::io::Error| {
        Fault::errored(format!("the diagnostic bundle cannot be written: {error}"))
            .object(folder.display())
    };
    std::fs::create_dir_all(&folder).map_err(fault)?;
    let lines = |lines: &[String]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let start = failed.log.len().saturating_sub(TAIL);
    let tail = failed.log.get(start..).unwrap_or_default();
    let unread = || {
        "the archive could not be looked into: see failure.md, and `smokedrill backup verify`\n"
            .to_owned()
    };
    let listing = failed.held.map_or_else(unread, listing);
    let mut options = options(failed, &folder.display().to_string());
    let mut sums = String::new();
    for (name, text) in [
        // What is called after somebody stands in both.
        ("places.txt", redactor.personal(&places(failed.places))),
        ("archive.txt", redactor.personal(&listing)),
        ("connectivity.txt", lines(failed.connectivity)),
        // The tools print rows where they fail.
        ("log.txt", redactor.personal(&lines(tail))),
        ("failure.md", page(failed, &options)),
    ] {
        let text = redactor.secrets(&text);
        replace(&folder.join(name), text.as_bytes()).map_err(fault)?;
        let _ = writeln!(sums, "{}  {name}", hex(&Sha256::digest(&text)));
    }
    replace(&folder.join(SUMS), sums.as_bytes()).map_err(fault)?;
    let hidden = |command: &String| redactor.secrets(command);
    for way in &mut options {
        way.text = redactor.secrets(&way.text);
        way.commands = way.commands.iter().map(hidden).collect();
    }
    Ok(FailureEvidence {
        kept: failed.kept.map(|kept| redactor.secrets(kept)),
        serving: failed.serving.to_owned(),
        bundle: folder.display().to_string(),
        sha256: hex(&Sha256::digest(&sums)),
        options,
    })
}

/// The places, proof by proof.
fn places(all: &[(String, Vec<(String, u64)>)]) -> String {
    let mut text = String::new();
    for (proof, places) in all {
        let _ = writeln!(text, "{proof}");
        for (place, count) in places {
            let _ = writeln!(text, "    {place}: {count}");
        }
    }
    if all.is_empty() { "no proof names a place\n".to_owned() } else { text }
}

/// The page.
fn page(failed: &Failed<'_>, options: &[Way]) -> String {
    let Failed { environment, target, fault, .. } = failed;
    let mut page = format!(
        "# The restore into {} failed\n\n{}",
        markdown::word(environment),
        markdown::fence("text", &fault.to_string())
    );
    let mut line = |name: &str, value: String| {
        let _ = writeln!(page, "- {name}: {value}");
    };
    line("began", units::time(failed.began));
    line("target", markdown::code(target));
    match failed.backup {
        Some(manifest) => line(
            "backup",
            format!("`{}`, as of {}", manifest.id, units::time(manifest.snapshot.time)),
        ),
        None => line("backup", "none was chosen yet".to_owned()),
    }
    line("serving now", failed.serving.to_owned());
    match failed.kept {
        Some(kept) => line("kept for debugging", markdown::code(kept)),
        None => line("kept for debugging", "nothing beside what serves now".to_owned()),
    }
    page.push_str("\n## Stages\n\n");
    for (stage, seconds) in failed.stages {
        let _ = writeln!(page, "- {}: {}", markdown::code(stage), units::duration(seconds * 1e3));
    }
    if failed.stages.is_empty() {
        page.push_str("- none was begun\n");
    }
    page.push_str("\n## What to do, in this order\n\n");
    for (index, way) in options.iter().enumerate() {
        let _ = writeln!(page, "{}. {}", index + 1, way.told("\n\n   "));
    }
    page
}

/// What `pg_restore --list` shows: number, kind, schema, name and owner.
fn listing(held: &Held) -> String {
    let mut text = format!(
        "; archive {} of {}, PostgreSQL {}, pg_dump {}\n",
        held.toc.version, held.toc.dbname, held.toc.server_version, held.toc.tool_version
    );
    for entry in &held.toc.entries {
        let _ = writeln!(
            text,
            "{}; {} {} {} {}",
            entry.dump_id,
            entry.desc,
            entry.namespace.as_deref().unwrap_or("-"),
            entry.tag,
            entry.owner.as_deref().unwrap_or("-"),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed<'a>(fault: &'a Fault, log: &'a [String]) -> Failed<'a> {
        Failed {
            run: "20261124T034125Z-9f31c2aa",
            began: Timestamp::UNIX_EPOCH,
            fault,
            environment: "staging",
            target: "postgres@db.test:5432/app",
            backup: None,
            held: None,
            stages: &[],
            kept: Some("app_failed_20261124"),
            resumable: None,
            serving: "the staging of before",
            places: &[],
            by_rules: false,
            connectivity: &[],
            log,
        }
    }

    fn shown(failed: &Failed<'_>) -> String {
        page(failed, &options(failed, "reports/restore-x"))
    }

    #[test]
    fn the_page_names_what_failed_what_is_kept_and_what_to_do_in_order() {
        let fault = Fault::errored("no space").stage("data import").help("make room");
        let page = shown(&failed(&fault, &[]));
        let places = [
            "data import: no space",
            "help: make room",
            "the staging of before",
            "app_failed_20261124",
            "make restore-staging ENV=staging",
            "BACKUP=previous",
            "escalate",
            "drop database \"app_failed_20261124\"",
        ];
        let found: Vec<_> = places.iter().map(|text| page.find(text)).collect();
        assert!(found.iter().all(Option::is_some) && found.is_sorted(), "{found:?}\n{page}");
    }

    #[test]
    fn where_all_was_loaded_to_go_on_is_the_first_way_or_why_it_is_none() {
        let fault = Fault::errored("no").stage("migration check");
        let of = |resumable| shown(&Failed { resumable: Some(resumable), ..failed(&fault, &[]) });
        let page = of(Ok(()));
        let (on, again) = (page.find("RESUME=1`").unwrap(), page.find("from the beginning"));
        assert!(on < again.unwrap() && page.contains("\n2. Everything was loaded"), "{page}");
        let page = of(Err("the migration 7 was applied".to_owned()));
        assert!(page.contains("migration 7") && !page.contains("RESUME"), "{page}");
    }

    #[test]
    fn where_rules_must_change_the_places_come_first_and_nothing_goes_on() {
        let fault = Fault::failed("public.t.c (2)").help("write a rule for these columns");
        let of =
            |by_rules| shown(&Failed { by_rules, resumable: Some(Ok(())), ..failed(&fault, &[]) });
        let page = of(true);
        for text in ["1. Read places.txt", "suites/masking.toml", "/places.txt", "write a rule"] {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert!(page.contains("from the beginning") && !page.contains("RESUME"), "{page}");
        let page = of(false);
        assert!(page.contains("RESUME=1") && !page.contains("masking.toml"), "{page}");
    }

    #[test]
    fn the_bundle_holds_the_end_of_the_log_without_secrets_or_people() {
        let folder = tempfile::tempdir().unwrap();
        let redactor = Redactor::new(&[], Vec::new());
        redactor.learn("hunter22");
        let mut log: Vec<String> = (0..500).map(|number| format!("line {number}")).collect();
        log.push("password hunter22, jane.doe@mail.test".to_owned());
        let fault = Fault::errored("no");
        let places: Vec<_> = (0..20).map(|n| (format!("public.t.c{n}"), 2)).collect();
        let named = ("policy public.t jane.doe@mail.test reads".to_owned(), 1);
        let places = [
            ("masking::rules-held".to_owned(), places),
            ("integrity::objects".to_owned(), vec![named]),
        ];
        let failed = Failed { places: &places, ..failed(&fault, &log) };
        let bundle = write(folder.path(), &failed, &redactor).unwrap();
        let place = Path::new(&bundle.bundle);
        let sums = std::fs::read_to_string(place.join(SUMS)).unwrap();
        assert_eq!(bundle.sha256, hex(&Sha256::digest(&sums)));
        for line in sums.lines() {
            let (sum, name) = line.split_once("  ").unwrap();
            assert_eq!(
                sum,
                hex(&Sha256::digest(std::fs::read(place.join(name)).unwrap())),
                "{name}"
            );
        }
        assert_eq!(sums.lines().count(), 5);
        let all = std::fs::read_to_string(place.join("places.txt")).unwrap();
        assert!(all.contains("masking::rules-held\n    public.t.c0: 2\n"), "{all}");
        assert!(all.lines().count() == 23 && !all.contains("jane.doe"), "{all}");
        let text = std::fs::read_to_string(place.join("log.txt")).unwrap();
        assert_eq!(text.lines().count(), TAIL);
        assert!(text.starts_with("line 401\n") && !text.contains("hunter22"), "{text}");
        assert!(!text.contains("jane.doe"), "{text}");
    }
}
