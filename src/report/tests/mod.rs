//! The reports held against files, against independent readers, and against malice.
//!
//! `../golden/<case>.json` is a journal; beside it lies each report of it. After an intended
//! change, `UPDATE_GOLDEN=1 cargo test --lib report` writes them anew.

mod golden;
mod history;
mod hostile;
mod junit;

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use crate::journal::Journal;

use super::history::History;

type Tried = Result<(), Box<dyn Error>>;

const CASES: [&str; 5] = ["rich", "passed", "unfinished", "interrupted", "empty"];

fn golden_path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "src/report/golden", name].iter().collect()
}

fn journal(case: &str) -> Result<Journal, Box<dyn Error>> {
    let text = fs::read_to_string(golden_path(&format!("{case}.json")))?;
    Ok(serde_json::from_str(&text)?)
}

/// The history beside a case; a case without one has never run before.
fn history(case: &str) -> Result<(tempfile::TempDir, History), Box<dyn Error>> {
    let reports = tempfile::tempdir()?;
    let known = golden_path(&format!("{case}.history.json"));
    if known.exists() {
        fs::create_dir(reports.path().join("history"))?;
        fs::copy(known, reports.path().join("history/smoke-staging.json"))?;
    }
    let run = journal(case)?.run;
    let history = History::load(reports.path(), &run.kind, &run.environment);
    Ok((reports, history))
}
