//! The folder of a drill's report: written whole, and never over another.
//!
//! ```text
//! reports/drill/20261124T034125Z-9f31c2aa/
//!     report.md  report.json  report.html     the report
//!     summary.md  junit.xml  journal.json     the run's other reports, as they were
//!     SHA256SUMS                              of all of these (sha256sum --check)
//!     revisions/0/…                           the report before it was amended
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::model::{DrillReport, FORMAT};
use super::section::Block;
use super::{Inputs, build, html, markdown, runs};
use crate::redact::Redactor;
use crate::report::folder::{json, replace};
use crate::suite::source::hex;

/// The folder of drills within that of reports.
pub(crate) const DRILLS: &str = "drill";

/// The file with every other's hash.
const SUMS: &str = "SHA256SUMS";

/// Those of a report that is being amended.
const NEXT: &str = "SHA256SUMS.next";

/// The run's other reports, which are kept beside.
const OTHERS: [&str; 3] = ["summary.md", "junit.xml", "journal.json"];

/// Writes the report of a run, and with `line` its line of the history; the path of the page.
///
/// # Errors
/// It cannot be written; there is one of another run, or one that was amended since.
pub(crate) fn write(
    reports: &Path,
    inputs: &Inputs<'_>,
    redactor: &Redactor,
    line: bool,
) -> Result<String, String> {
    let known = runs::read(reports);
    let mut report = build::build(inputs, &known.lines, Timestamp::now());
    report.notes.extend(known.notes);
    let mut files = BTreeMap::new();
    for name in OTHERS {
        let path = reports.join(name);
        let content = fs::read(&path).map_err(|error| told(&path, &error))?;
        report.artefacts.insert(name.to_owned(), sha256(&content));
        files.insert(name.to_owned(), content);
    }
    files.extend(inputs.pictures.iter().cloned());
    report.recover();
    let report = hidden(&report, redactor)?;
    rendered(&report, &mut files)?;
    let place = reports.join(DRILLS).join(name(&report.run.id));
    free(&place, &report.run.id)?;
    let draft = reports.join(DRILLS).join(format!(".draft-{}", name(&report.run.id)));
    let written = || -> std::io::Result<()> {
        if draft.exists() {
            fs::remove_dir_all(&draft)?;
        }
        fs::create_dir_all(&draft)?;
        for (name, content) in &files {
            fs::write(draft.join(name), content)?;
        }
        fs::write(draft.join(SUMS), sums(&files))?;
        // Of this very run, by another of its processes.
        if place.exists() {
            fs::remove_dir_all(&place)?;
        }
        fs::rename(&draft, &place)
    };
    written().map_err(|error| {
        let _ = fs::remove_dir_all(&draft);
        told(&place, &error)
    })?;
    if line && let Some(line) = report.history.last() {
        runs::append(reports, line)?;
    }
    Ok(place.join("report.html").display().to_string())
}

/// Amends the report of a run, such as by a decision: what it said before is kept.
///
/// # Errors
/// There is none; it cannot be read or written.
pub(crate) fn amend(
    reports: &Path,
    run: &str,
    change: impl FnOnce(&mut DrillReport),
) -> Result<(), String> {
    let place = reports.join(DRILLS).join(name(run));
    prove(&place)?;
    let mut report = read(&place)?;
    let kept = place.join("revisions").join(report.revision.to_string());
    change(&mut report);
    report.revision += 1;
    let mut files = BTreeMap::new();
    let pictures = report.sections.iter().flat_map(|section| &section.blocks);
    let pictures = pictures.filter_map(|block| match block {
        Block::Picture { file, .. } => Some(file.clone()),
        _ => None,
    });
    for file in pictures.chain(OTHERS.map(str::to_owned)) {
        let path = place.join(&file);
        let content = fs::read(&path).map_err(|error| told(&path, &error))?;
        files.insert(file, content);
    }
    rendered(&report, &mut files)?;
    let written = || -> std::io::Result<()> {
        fs::create_dir_all(&kept)?;
        for name in ["report.md", "report.json", "report.html", SUMS] {
            fs::copy(place.join(name), kept.join(name))?;
        }
        // A kill between leaves some files of each: both are as they were written.
        let next = place.join(NEXT);
        replace(&next, sums(&files).as_bytes())?;
        for (name, content) in &files {
            replace(&place.join(name), content)?;
        }
        fs::rename(&next, place.join(SUMS))
    };
    written().map_err(|error| told(&place, &error))
}

/// Proves that every file of a report is as it was written. Where there is no report, nothing is
/// to be proved.
///
/// # Errors
/// One is not, or is gone.
pub(crate) fn prove(place: &Path) -> Result<(), String> {
    let sums = place.join(SUMS);
    let listed = match fs::read_to_string(&sums) {
        Ok(listed) => listed,
        Err(_) if !place.join("report.json").exists() => return Ok(()),
        Err(error) => return Err(told(&sums, &error)),
    };
    let next = fs::read_to_string(place.join(NEXT)).unwrap_or_default();
    for (sum, name) in listed.lines().filter_map(|line| line.split_once("  ")) {
        let path = place.join(name);
        let now = sha256(&fs::read(&path).map_err(|error| told(&path, &error))?);
        let amended = next.lines().any(|line| line.split_once("  ") == Some((&*now, name)));
        if now != sum && !amended {
            return Err(format!("{} is not as it was written: see {SUMS}", path.display()));
        }
    }
    Ok(())
}

/// The hash of a run's journal as it is kept with its report.
pub(crate) fn kept(reports: &Path, run: &str) -> Option<String> {
    let path = reports.join(DRILLS).join(name(run)).join("journal.json");
    fs::read(path).ok().map(|bytes| sha256(&bytes))
}

/// The report in a folder.
///
/// # Errors
/// There is none, or it is of a form that is not known.
pub(super) fn read(place: &Path) -> Result<DrillReport, String> {
    let path = place.join("report.json");
    let text = fs::read(&path).map_err(|error| told(&path, &error))?;
    let report: DrillReport = serde_json::from_slice(&text)
        .map_err(|error| format!("{} is no report of a drill: {error}", path.display()))?;
    match report.format.as_str() {
        FORMAT => Ok(report),
        other => Err(format!("{} has the form {other:?} and not {FORMAT:?}", path.display())),
    }
}

/// Refuses to write over another report than this run's own, as it left it.
fn free(place: &Path, run: &str) -> Result<(), String> {
    if !place.exists() {
        return Ok(());
    }
    match read(place) {
        Ok(there) if there.run.id == run && there.revision == 0 => Ok(()),
        _ => Err(format!("{} is there already, and is not overwritten", place.display())),
    }
}

/// The report in its three forms.
fn rendered(report: &DrillReport, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), String> {
    files.insert("report.json".to_owned(), json(report)?.into_bytes());
    files.insert("report.md".to_owned(), markdown::render(report).into_bytes());
    let page = html::render(report, files)?;
    files.insert("report.html".to_owned(), page.into_bytes());
    Ok(())
}

/// The report with every secret that the run knows hidden, wherever it stands.
fn hidden(report: &DrillReport, redactor: &Redactor) -> Result<DrillReport, String> {
    fn walk(value: &mut Value, redactor: &Redactor) {
        match value {
            Value::String(text) => *text = redactor.secrets(text),
            Value::Array(items) => items.iter_mut().for_each(|item| walk(item, redactor)),
            Value::Object(map) => map.values_mut().for_each(|item| walk(item, redactor)),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(report).map_err(|error| error.to_string())?;
    walk(&mut value, redactor);
    serde_json::from_value(value).map_err(|error| format!("the drill's report: {error}"))
}

fn sums(files: &BTreeMap<String, Vec<u8>>) -> String {
    let lines = files.iter();
    lines.map(|(name, content)| format!("{}  {name}\n", sha256(content))).collect()
}

fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// A folder's name for any run's id.
fn name(run: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    run.chars().map(|c| if safe(c) { c } else { '_' }).take(100).collect()
}

fn told(path: &Path, error: &std::io::Error) -> String {
    let shown: PathBuf = path.to_owned();
    format!("the drill's report: {}: {error}", shown.display())
}
