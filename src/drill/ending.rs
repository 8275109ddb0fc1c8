//! The end of a drill: its report, made of the record and of what other parts add.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::state::State;
use crate::actor;
use crate::fault::Fault;
use crate::harness::Ending;
use crate::journal::{Evidence, Journal, Revision, Targets};
use crate::report::drill::section::{Block, Place, Section};
use crate::report::drill::{Inputs, folder};
use crate::review;
use crate::suite::source::hex;
use crate::tasks;

/// What is known before the run begins; where trials are only listed, nobody is asked.
pub(super) fn evidence(state: &State, listed: bool) -> Evidence {
    let settings = &state.settings;
    Evidence {
        actor: actor::actor(),
        host: actor::host(),
        revision: if listed { None } else { revision(&state.root) },
        objectives: Targets {
            rto: settings.rto.as_secs_f64(),
            rpo: settings.rpo.as_secs_f64(),
            backup: settings.maximum_duration.as_secs_f64(),
        },
        source: settings.source.clone(),
        ..Evidence::default()
    }
}

/// What writes the report.
pub(super) fn of(state: &Arc<State>) -> Ending {
    let state = Arc::clone(state);
    Box::new(move |journal, redactor, reports, draft| {
        let (sections, pictures) = added(&state, journal, reports)?;
        let inputs = Inputs { journal, zone: state.settings.time_zone.clone(), sections, pictures };
        // Where each trial is a process of its own, each would add a line.
        let alone = std::env::var_os("NEXTEST_RUN_ID").is_none();
        folder::write(reports, &inputs, redactor, alone && !draft).map(Some)
    })
}

/// A picture with the name of its file.
type Picture = (String, Vec<u8>);

/// What other parts of the house add: sections, and the pictures in them.
fn added(
    state: &State,
    journal: &Journal,
    reports: &Path,
) -> Result<(Vec<Section>, Vec<Picture>), String> {
    let settings = &state.settings;
    let mut sections = review::Section::of(journal, &[], &settings.review).sections();
    let (pages, pictures) = pages(journal, reports);
    sections.extend(pages);
    let book = tasks::Book::of(reports);
    let fault = |fault: Fault| fault.to_string();
    // Of a part of a drill nothing is to be learned yet.
    if journal.entries.iter().any(|entry| entry.suite == "objectives" && entry.outcome.is_some()) {
        book.after(&journal.run.id, &settings.activities).map_err(fault)?;
    }
    let known = book.tasks().map_err(fault)?;
    if !known.is_empty() {
        sections.push(tasks::section(&known, &journal.run.id));
    }
    Ok((sections, pictures))
}

/// The pictures of pages that were opened.
fn pages(journal: &Journal, reports: &Path) -> (Option<Section>, Vec<Picture>) {
    let (mut blocks, mut pictures) = (Vec::new(), Vec::new());
    for entry in &journal.entries {
        for attached in entry.attachments.iter().filter(|name| name.ends_with(".png")) {
            let Ok(picture) = std::fs::read(reports.join(attached)) else { continue };
            let file = attached.replace('/', "-");
            let about = entry.description.as_deref().unwrap_or_default();
            let alt = format!("The page of {}. {about}", entry.id);
            let sha256 = hex(&Sha256::digest(&picture));
            blocks.push(Block::Text { text: entry.id.clone() });
            blocks.push(Block::Picture { file: file.clone(), alt, sha256 });
            pictures.push((file, picture));
        }
    }
    let (id, title, place) = ("pages".to_owned(), "Pages".to_owned(), Place::Body);
    let section = match blocks.is_empty() {
        true => None,
        false => Some(Section { id, title, place, blocks }),
    };
    (section, pictures)
}

/// The revision of the project's files, where they are under git and that is installed.
fn revision(root: &Path) -> Option<Revision> {
    let git = |words: &[&str]| {
        let folder = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        let mut command = Command::new("git");
        command.arg("-C").arg(folder).args(words).stdin(Stdio::null()).stderr(Stdio::null());
        let output = command.output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
    Some(Revision { commit, modified: !changed.is_empty() })
}
