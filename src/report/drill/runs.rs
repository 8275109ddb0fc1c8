//! `reports/history.jsonl`: one line a drill, oldest first, to which lines are only ever added.
//!
//! ```json
//! {"format":"smokedrill.run/1","id":"20261124T034125Z-9f31c2aa","environment":"staging",
//!  "started":"2026-11-24T03:41:25Z","status":"pass","stages":{"backup":212.4,"restore":801.2},
//!  "rto":903.1,"rpo":254.0,"smoke_passed":9,"smoke_total":9,"red":[],"skipped":[], …}
//! ```
//!
//! (Each is one line in the file.) A line that cannot be read, such as one that a kill has torn, is
//! passed over and told of; those of another version are kept as they are.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::model::{DrillReport, Ended, LINE_FORMAT, RunLine, Status};
use super::running::Begun;
use crate::journal::Verdict;

/// The file's name in the folder of reports.
pub(crate) const FILE: &str = "history.jsonl";

/// What the file holds.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    /// Every run, oldest first.
    pub(crate) lines: Vec<RunLine>,
    /// What cannot be read of it.
    pub(crate) notes: Vec<String>,
}

/// Reads the drills that are known. A file that is not there knows none.
pub(crate) fn read(reports: &Path) -> Runs {
    let path = reports.join(FILE);
    let mut runs = Runs::default();
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return runs,
        Err(error) => {
            runs.notes.push(format!("{} cannot be read ({error})", path.display()));
            return runs;
        }
    };
    for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
        if line.is_empty() {
            continue;
        }
        match serde_json::from_slice::<RunLine>(line) {
            Ok(line) if line.format == LINE_FORMAT => runs.lines.push(line),
            Ok(line) => {
                let (path, at) = (path.display(), at + 1);
                runs.notes.push(format!("{path}:{at} has the form {:?}: passed over", line.format));
            }
            Err(error) => {
                let (path, at) = (path.display(), at + 1);
                runs.notes
                    .push(format!("{path}:{at} is no line of a drill ({error}): passed over"));
            }
        }
    }
    // One that was written twice is told once, as it was written last.
    let mut seen = std::collections::BTreeSet::new();
    let mut lines: Vec<RunLine> = runs.lines.into_iter().rev().collect();
    lines.retain(|line| seen.insert(line.id.clone()));
    lines.reverse();
    lines.sort_by_key(|line| line.started);
    runs.lines = lines;
    runs
}

/// Adds a drill. A torn line before it is closed, so that this one can be read.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn append(reports: &Path, line: &RunLine) -> Result<(), String> {
    let path = reports.join(FILE);
    let added = || -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options.read(true).append(true).create(true).open(&path)?;
        file.lock()?;
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        if file.seek(SeekFrom::End(0))? > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                text.insert(0, b'\n');
            }
        }
        file.write_all(&text)?;
        file.sync_all()
    };
    added().map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// One that did not end, in one line: nobody knows more of it.
pub(crate) fn unfinished(dead: &Begun) -> RunLine {
    RunLine {
        format: LINE_FORMAT.to_owned(),
        id: dead.id.clone(),
        environment: dead.environment.clone(),
        started: dead.started,
        finished: None,
        status: Status::Fail,
        whole: false,
        own: false,
        verdict: Verdict::Unfinished,
        seconds: None,
        stages: BTreeMap::new(),
        rto: None,
        rpo: None,
        backup: None,
        data_bytes: None,
        stored_bytes: None,
        smoke_passed: 0,
        smoke_total: 0,
        counts: BTreeMap::new(),
        red: Vec::new(),
        skipped: Vec::new(),
        inputs: BTreeMap::new(),
        versions: BTreeMap::new(),
    }
}

/// A report in one line.
pub(super) fn line(report: &DrillReport) -> RunLine {
    let evidence = &report.evidence;
    let ids = |which: fn(Ended) -> bool| {
        let tests = report.tests.iter().filter(|test| which(test.ended));
        tests.map(|test| test.id.clone()).collect()
    };
    let measured = |name: &str| report.objective(name).and_then(|objective| objective.seconds);
    let stages = report.stages.iter();
    let stages = stages.filter_map(|stage| Some((stage.name.clone(), stage.seconds?)));
    let mut versions = BTreeMap::from([("smokedrill".to_owned(), report.run.version.clone())]);
    if let Some(backup) = &evidence.backup {
        versions.extend(backup.tools.iter().map(|tool| (tool.name.clone(), tool.version.clone())));
        if backup.source.storage.is_none() {
            versions.insert("the source's PostgreSQL".into(), backup.source.server_version.clone());
        }
    }
    let target = evidence.restore.as_ref().and_then(|restore| restore.target.as_ref());
    if let Some(target) = target {
        versions.insert("staging's PostgreSQL".into(), target.server_version.clone());
    }
    RunLine {
        format: LINE_FORMAT.to_owned(),
        id: report.run.id.clone(),
        environment: report.run.environment.clone(),
        started: report.run.started,
        finished: report.run.finished,
        status: report.summary.status,
        whole: report.summary.whole,
        own: target.is_some_and(|target| target.started),
        verdict: report.run.verdict,
        seconds: report.summary.total_seconds,
        stages: stages.collect(),
        rto: measured("rto"),
        rpo: measured("rpo"),
        backup: evidence.backup.as_ref().map(|backup| backup.id.clone()),
        data_bytes: evidence.backup.as_ref().map(|backup| backup.data_bytes),
        stored_bytes: evidence.backup.as_ref().map(|backup| backup.stored_bytes()),
        smoke_passed: report.summary.smoke_passed,
        smoke_total: report.summary.smoke_total,
        counts: report.summary.counts.clone(),
        red: ids(|ended| matches!(ended, Ended::Failed | Ended::Errored)),
        skipped: ids(|ended| ended == Ended::Skipped),
        inputs: report.inputs.clone(),
        versions,
    }
}
