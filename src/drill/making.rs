//! Making the backup of a run: prerequisites first, and each step into the audit log.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;

use jiff::Timestamp;

use super::prerequisites::Findings;
use super::state::State;
use super::trials::MADE;
use crate::audit::{Audit, Operation, Record, Standing};
use crate::backup::display::Display;
use crate::backup::encryption::{Recipients, SUFFIX};
use crate::backup::id::new_id;
use crate::backup::make::{self, Order, Server, Unmade};
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
    let id = new_id(Timestamp::now());
    let path = state.root.join(&state.settings.audit);
    let audit = Audit::open(&path).map_err(blame)?;
    for finding in audit.damage() {
        context.note(&finding.fault(&path).line());
    }
    let findings = Findings::of(state, context);
    let gathered = &findings.gathered;
    let source = gathered.source.as_ref().map(|source| source.shown());
    let record = |operation, result, detail: String| Record {
        operation,
        source: source.clone().unwrap_or_else(|| state.settings.source.clone()),
        object: Some(id.clone()),
        result,
        detail: context.redactor().secrets(&detail),
        manifest: None,
    };
    let create = |result, detail: String| record(Operation::BackupCreate, result, detail);
    if let Some(red) = findings.red() {
        let detail = format!("not begun: {}: {}", red.id, red.fault.line());
        audit.append(&create(Standing::from(red.fault.kind()), detail)).map_err(blame)?;
        return Err(red);
    }
    let nothing = || blame(Fault::errored("the prerequisites gave no source"));
    let source = gathered.source.as_ref().ok_or_else(nothing)?;
    let server = match &source.url {
        None => None,
        Some(url) => {
            let tools = gathered.tools.as_ref().ok_or_else(nothing)?;
            Some(Server { url, estimate: source.estimate, tools })
        }
    };
    let stop = Stop::default();
    let _listening = context.stop_with(&stop);
    let progress = Arc::new(Progress::default());
    let store = state.store(context).map_err(blame)?;
    let place = format!("to {}", store.shown());
    let anchor = audit.anchored(&create(Standing::Started, place)).map_err(blame)?;
    tell(&format!(
        "backing up {} ({}) as {id} to {}\n",
        source.shown(),
        source.environment,
        store.shown()
    ));
    let tidied = |line: &str| {
        let line = format!("removed {line}");
        let record =
            Record { object: None, ..record(Operation::BackupTidy, Standing::Passed, line) };
        audit.append(&record).map(drop)
    };
    let made = {
        let order = Order {
            id: &id,
            environment: &source.environment,
            started: context.source.is_some(),
            api: gathered.api.as_ref(),
            settings: &state.settings,
            store: &store,
            recipients: gathered.recipients.as_ref(),
            redactor: context.redactor(),
            runtime: context.runtime(),
            progress: &progress,
            stop: &stop,
            anchor: Some(anchor),
            tidied: &tidied,
        };
        match &server {
            Some(server) => {
                let _display = Display::start(&progress, "backup", server.estimate);
                make::make(&order, server)
            }
            None => make::make_alone(&order),
        }
    };
    match made {
        Ok((manifest, sha256)) => {
            let passed = create(Standing::Passed, manifest.amount());
            let passed = Record { manifest: Some(sha256), ..passed };
            audit.append(&passed).map_err(|fault| {
                let why = format!("the backup {id} is there, and not on record: {}", fault.line());
                blame(Fault::errored(why).help(
                    "see that the audit log can be written, and take another: of this one it \
                     cannot be told whether its manifest was written anew",
                ))
            })?;
            Ok(id)
        }
        Err(Unmade { fault, log }) => {
            if let Some(path) = keep_log(context, &id, &log, gathered.recipients.as_ref()) {
                context.note(&format!("what the tools said of the backup is in {path}"));
            }
            // The backup's own fault is what matters now; that it could not be recorded is added.
            if let Err(lost) = audit.append(&create(Standing::from(fault.kind()), fault.line())) {
                tell(&format!("warning: {}\n", lost.line()));
            }
            Err(blame(fault))
        }
    }
}

/// Keeps what the tools said of a backup that is not there, encrypted where backups are; where.
fn keep_log(
    context: &Context,
    id: &str,
    log: &[String],
    recipients: Option<&Recipients>,
) -> Option<String> {
    if log.is_empty() {
        return None;
    }
    let suffix = recipients.map_or("", |_| SUFFIX);
    let path = context.reports().join(format!("backup-{id}.log{suffix}"));
    // The tools name what they stumble over, such as a table: for its owner to read.
    let mut file = OpenOptions::new();
    let mut file = file.write(true).create_new(true).mode(0o600).open(&path).ok()?;
    let text = log.join("\n") + "\n";
    match recipients {
        None => file.write_all(text.as_bytes()).ok()?,
        Some(recipients) => {
            let mut sealed = recipients.seal(file).ok()?;
            sealed.write_all(text.as_bytes()).ok()?;
            sealed.finish().ok()?;
        }
    }
    Some(path.display().to_string())
}
