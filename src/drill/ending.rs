//! The end of a drill: its report, made of the record and of what other parts add.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::state::State;
use crate::actor;
use crate::harness::Ending;
use crate::journal::{Evidence, Journal, Revision, Targets};
use crate::report::drill::section::Section;
use crate::report::drill::{Inputs, folder};

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
    Box::new(move |journal, redactor, reports| {
        let (sections, pictures) = added(&state, journal);
        let inputs = Inputs { journal, sections, pictures };
        // Where each trial is a process of its own, each would add a line.
        let alone = std::env::var_os("NEXTEST_RUN_ID").is_none();
        folder::write(reports, &inputs, redactor, alone).map(Some)
    })
}

/// What other parts of the house add: sections, and the pictures in them.
fn added(_: &State, _: &Journal) -> (Vec<Section>, Vec<(String, Vec<u8>)>) {
    (Vec::new(), Vec::new())
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
