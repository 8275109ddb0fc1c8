//! A person's look at production: `psql`, read-only by setting, and on record.
//!
//! The runbook's emergency connection. Read-only by setting means that no slip writes; whoever
//! means to can undo a setting, so it is said when the role itself could write.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::audit::{Audit, Operation, Record, Standing};
use crate::backup::backups::settings;
use crate::backup::place::told;
use crate::database::{ConnectionUrl, Keeper, PgTools, Session, keeper};
use crate::environment::load::Environments;
use crate::environment::source::resolve_database;
use crate::fault::Fault;
use crate::project::root;
use crate::redact::Redactor;
use crate::report::console::tell;

/// Opens `psql` on the database of an environment, or of the one that `drill.toml` names as its
/// source; the session is read-only by setting, and recorded in the audit log before it begins.
/// Returns psql's exit code.
///
/// # Errors
/// *Usage*: the files are wrong. *Errored*: the database cannot be reached, nothing would keep
/// `psql` from writing, there is none, or the record cannot be written.
pub fn psql(suites: &Path, environment: Option<&str>, arguments: &[String]) -> Result<u8, Fault> {
    let settings = settings(suites)?;
    let environments = Environments::load(suites).map_err(|problems| told(&problems))?;
    let redactor = Redactor::new(&[], Vec::new());
    let name = environment.unwrap_or(&settings.source);
    let resolved = resolve_database(&environments, name, &redactor);
    let url = ConnectionUrl::parse(&resolved.map_err(|problems| told(&problems))?.url)?;
    let root = root(suites);
    let audit = Audit::open(&root.join(&settings.audit))?;
    let record = |result, detail: String| Record {
        operation: Operation::AccessProduction,
        source: url.shown(),
        object: None,
        result,
        detail: redactor.secrets(&detail),
        manifest: None,
    };
    // Who was refused has tried, which is on record too.
    audit.append(&record(Standing::Started, format!("psql on {name}, read-only")))?;
    let folder = settings.tools.as_ref().map(|tools| root.join(tools));
    let ended = opened(&url, folder.as_deref(), arguments);
    let (result, detail) = match &ended {
        Ok(status) if status.success() => (Standing::Passed, format!("psql ended: {status}")),
        Ok(status) => (Standing::Errored, format!("psql ended: {status}")),
        Err(fault) => (Standing::from(fault.kind()), format!("not opened: {}", fault.line())),
    };
    let recorded = audit.append(&record(result, detail));
    let status = ended?;
    recorded?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// Opens `psql`, where something keeps it from writing; how it ended.
fn opened(
    url: &ConnectionUrl,
    folder: Option<&Path>,
    arguments: &[String],
) -> Result<ExitStatus, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Fault::errored(format!("no runtime: {error}")))?;
    let (version, kept, told) = runtime.block_on(async {
        let session = Session::open(url, "smokedrill psql").await?;
        let kept = keeper(&session).await.map_err(|fault| fault.object(url.shown()))?;
        Ok::<_, Fault>((session.server_version(), kept, session.read_only_from_start()))
    })?;
    if kept == Keeper::Setting {
        tell(&format!(
            "note: the session is read-only by setting, but the role {} itself may write; only a \
             role that may not is read-only whatever is typed\n",
            url.user()
        ));
    }
    let tools = PgTools::find(folder, version)?;
    let mut command = tools.command("psql", url, "smokedrill psql");
    // What a pooler drops at the start, psql says first; else it reads nobody's file.
    let _first = match told {
        true => {
            command.arg("--no-psqlrc");
            None
        }
        false => {
            let mut first = tempfile::NamedTempFile::new().map_err(Fault::errored)?;
            let set = b"set default_transaction_read_only = on;\n";
            first.write_all(set).map_err(Fault::errored)?;
            tell(
                "note: a pooler between drops what a session asks for at its start: it is made \
                  read-only by `set`, which a pooler may undo\n",
            );
            command.env("PSQLRC", first.path()).arg("--quiet");
            Some(first)
        }
    };
    command.args(arguments);
    command.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    let status = runtime.block_on(attended(&mut command));
    status.map_err(|error| Fault::errored(format!("psql cannot run: {error}")))
}

/// Runs it to its end. Ctrl-C is psql's own, which cancels a query by it and goes on: the terminal
/// sends it to both, and who ends by it here would leave psql alone and its end unrecorded. So it
/// is with a terminal that is closed.
async fn attended(command: &mut Command) -> io::Result<ExitStatus> {
    #[cfg(unix)]
    let _heard = {
        use tokio::signal::unix::{SignalKind, signal};
        [SignalKind::interrupt(), SignalKind::quit(), SignalKind::hangup()].map(signal)
    };
    command.status()
}
