//! Making the backup of a run: prerequisites first, and each step into the audit log.

use std::sync::Arc;

use jiff::Timestamp;

use super::prerequisites::Findings;
use super::state::State;
use super::trials::MADE;
use crate::audit::{Audit, Operation, Record, Standing};
use crate::backup::display::Display;
use crate::backup::id::new_id;
use crate::backup::make::{self, Order, Unmade};
use crate::backup::progress::Progress;
use crate::backup::stop::Stop;
use crate::fault::Fault;
use crate::harness::{Blocked, Context};
use crate::report::console::tell;

/// Makes the backup; its name.
///
/// # Errors
/// Why there is none, and whose fault that is.
pub(super) fn make(state: &State, context: &Context) -> Result<String, Blocked> {
    let blame = |fault: Fault| Blocked { id: MADE.to_owned(), fault };
    let findings = Findings::of(state, context);
    if let Some(red) = findings.red() {
        return Err(red);
    }
    let gathered = &findings.gathered;
    let Some((source, tools)) = gathered.source.as_ref().zip(gathered.tools.as_ref()) else {
        return Err(blame(Fault::errored("the prerequisites gave no source")));
    };
    let id = new_id(Timestamp::now());
    let stop = Stop::default();
    let _listening = context.stop_with(&stop);
    let progress = Arc::new(Progress::default());
    let store = state.store(context).map_err(blame)?;
    let path = state.root.join(&state.settings.audit);
    let audit = Audit::open(&path).map_err(blame)?;
    for finding in audit.damage() {
        context.note(&finding.fault(&path).line());
    }
    let record = |result, detail: String| Record {
        operation: Operation::BackupCreate,
        source: source.url.shown(),
        object: Some(id.clone()),
        result,
        detail,
    };
    let place = format!("to {}", store.shown());
    let anchor = audit.append(&record(Standing::Started, place)).map_err(blame)?;
    tell(&format!(
        "backing up {} ({}) as {id} to {}\n",
        source.url.shown(),
        source.environment,
        store.shown()
    ));
    let made = {
        let _display = Display::start(&progress, "backup", source.estimate);
        make::make(&Order {
            id: &id,
            environment: &source.environment,
            url: &source.url,
            tools,
            api: gathered.api.as_ref(),
            settings: &state.settings,
            store: &store,
            recipients: gathered.recipients.as_ref(),
            redactor: context.redactor(),
            runtime: context.runtime(),
            progress: &progress,
            stop: &stop,
            anchor: Some(anchor),
        })
    };
    match made {
        Ok(manifest) => {
            let detail = format!("{} rows, {} bytes", manifest.rows(), manifest.data_bytes());
            audit.append(&record(Standing::Passed, detail)).map_err(blame)?;
            Ok(id)
        }
        Err(Unmade { fault, log }) => {
            if let Some(path) = keep_log(context, &id, &log) {
                context.note(&format!("what the tools said of the backup is in {path}"));
            }
            let result = Standing::from(fault.kind());
            let line = context.redactor().secrets(&fault.line());
            // The backup's own fault is what matters now; that it could not be recorded is added.
            if let Err(lost) = audit.append(&record(result, line)) {
                tell(&format!("warning: {}\n", lost.line()));
            }
            Err(blame(fault))
        }
    }
}

/// Keeps what the tools said of a backup that is not there; where.
fn keep_log(context: &Context, id: &str, log: &[String]) -> Option<String> {
    if log.is_empty() {
        return None;
    }
    let path = context.reports().join(format!("backup-{id}.log"));
    std::fs::write(&path, log.join("\n") + "\n").ok()?;
    Some(path.display().to_string())
}
