//! What the program does for staging that is no test: the marker, and a look at the rules.

mod production;

use std::fmt::Write as _;
use std::path::Path;

use crate::audit::{Audit, Operation, Record, Standing};
use crate::backup::backups::settings;
use crate::backup::choose::Choice;
use crate::backup::encryption::Identities;
use crate::backup::origin::{Part, Whose};
use crate::backup::place::{self, Found, told};
use crate::backup::stop::Stop;
use crate::database::{ConnectionUrl, identify};
use crate::environment::load::Environments;
use crate::environment::source::resolve_database;
use crate::fault::Fault;
use crate::masking::plan::{Action, Rows};
use crate::masking::rules::{Resolved, Rules};
use crate::project::root;
use crate::redact::Redactor;
use crate::report::console::tell;
use crate::report::units;
use crate::restore::archive::Archive;
use crate::restore::rehearse::rehearse;
use crate::restore::{columns, marker};
use production::Beside;

/// Marks the database of an environment as one that a restore may overwrite. `ask` is given what
/// it is, and gives back what the person typed: the same, or nothing is done.
///
/// # Errors
/// *Usage*: the environment is the source of backups, or something else was typed. *Errored*: the
/// database cannot be reached or written to.
pub fn mark_staging(
    suites: &Path,
    environment: &str,
    ask: impl FnOnce(&str) -> String,
) -> Result<String, Fault> {
    let settings = settings(suites)?;
    if environment == settings.source {
        let message = format!("`{environment}` is what backups are made of");
        return Err(Fault::usage(message).help("mark the environment that is restored into"));
    }
    let environments = Environments::load(suites).map_err(|problems| told(&problems))?;
    let redactor = Redactor::new(&[], Vec::new());
    let resolved = resolve_database(&environments, environment, &redactor);
    let url = ConnectionUrl::parse(&resolved.map_err(|problems| told(&problems))?.url)?;
    let shown = url.shown();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| Fault::errored(format!("no runtime: {error}")))?;
    let beside = Beside { settings: &settings, root: &root(suites), environments: &environments };
    beside.compare(environment, &url, &runtime)?;
    if ask(&shown).trim() != shown {
        let message = "that is not what was asked for: nothing was marked";
        return Err(Fault::usage(message).help(format!("type {shown} to mark it")));
    }
    let audit = Audit::open(&root(suites).join(&settings.audit))?;
    let marked = runtime.block_on(marker::mark(&url, environment));
    let (result, detail) = match &marked {
        Ok(_) => (Standing::Passed, format!("as {environment}")),
        Err(fault) => (Standing::from(fault.kind()), fault.line()),
    };
    let (operation, object) = (Operation::StagingMark, None);
    let source = shown.clone();
    audit.append(&Record { operation, source, object, result, detail, manifest: None })?;
    marked?;
    Ok(format!("{shown} is marked as `{environment}`: a restore may overwrite it\n"))
}

/// What the masking rules make of each column of a backup; with `rows`, every row is masked too,
/// and none kept: what a restore would stumble over is told without any server. `latest` and
/// `previous` are of the environment that is named, or of the source that `drill.toml` names.
///
/// # Errors
/// *Usage*: a rule does not fit, or a column that could hold personal data has none: with the
/// lines to paste. *Errored*: the backup cannot be read, or a value cannot be masked.
pub fn check_masking(
    suites: &Path,
    environment: Option<&str>,
    backup: &str,
    identity: Option<&Path>,
    rows: bool,
) -> Result<String, Fault> {
    let settings = settings(suites)?;
    let rules = Rules::load(suites).map_err(|problems| told(&problems))?;
    let redactor = Redactor::new(&[], Vec::new());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| Fault::errored(format!("no runtime: {error}")))?;
    let store = place::open(&settings, &root(suites), &redactor, runtime.handle())?;
    let choice = Choice::parse(backup)?;
    let environments = Environments::load(suites).map_err(|problems| told(&problems))?;
    let strict = environment.is_some();
    let environment = &place::meant(environment, &settings, &environments, &store)?;
    let url = || place::url_of(&environments, environment, &redactor);
    let ask = |url: &ConnectionUrl| runtime.block_on(identify(environment, url));
    // What masks is what restores: it needs a database.
    let part = &Part::Database;
    let whose = Whose { environment, strict, url: &url, part, ask: &ask };
    let log = root(suites).join(&settings.audit);
    let note = |text: &str| tell(&format!("note: {text}\n"));
    let found = place::find(&store, &choice, whose, &log, note)?;
    note(&format!("the backup is {}", found.shown()));
    let Found { manifest, hold: _hold, .. } = found;
    let identities = identity.map(Identities::load).transpose()?;
    let archive = Archive { store: &store, manifest: &manifest, identities: identities.as_ref() };
    let toc = archive.contents(&Stop::default())?;
    let resolved = columns::resolved(&rules, &manifest, &toc)?;
    let mut text = listed(&resolved);
    if rows {
        // Every row of production goes through here.
        let begins = Record {
            operation: Operation::MaskingCheck,
            source: store.shown(),
            object: Some(manifest.id.clone()),
            result: Standing::Started,
            detail: "every row".to_owned(),
            manifest: None,
        };
        let done = Audit::open(&log)?.during(begins, &redactor, || {
            let done = rehearse(&archive, &resolved.plan)?;
            let detail = format!("{} rows masked, and none kept", done.rows);
            Ok((done, detail))
        })?;
        let seconds = done.masking.as_secs_f64();
        let _ = writeln!(
            text,
            "{} rows, {} of COPY text, {} people: masked in {} by one thread, {:.0} MB/s",
            done.rows,
            units::size(done.bytes),
            done.people,
            units::duration(seconds * 1e3),
            done.bytes as f64 / 1e6 / seconds.max(1e-9)
        );
    }
    Ok(text)
}

/// A line for each column that has a rule, and one for each table that comes empty.
fn listed(resolved: &Resolved) -> String {
    let mut text = String::new();
    let mut unasked = 0_u64;
    for ((schema, table), planned) in &resolved.plan.tables {
        if planned.rows == Rows::Clear {
            let _ = writeln!(text, "{schema}.{table}: no rows");
            continue;
        }
        for column in &planned.columns {
            let name = (schema.clone(), table.clone(), column.name.clone());
            let what = match &column.action {
                Action::Keep => match resolved.kept.get(&name) {
                    Some(reason) => &format!("stays: {reason}"),
                    None => {
                        unasked += 1;
                        continue;
                    }
                },
                Action::Email => "test-{id}@example.com",
                Action::Phone => "+1000000{id}",
                Action::Contact => "test-{id}@example.com or +1000000{id}",
                Action::Name => "Test Customer {id}",
                Action::Text => "text, people in it masked",
                Action::ObjectKey(_) => "key of an object, masked",
                Action::Json(_) => "JSON, masked",
                Action::Secret => "staging-…",
                Action::Null => "NULL",
                Action::Empty => "empty",
                Action::Value(template) => &template.text,
            };
            let _ = writeln!(text, "{schema}.{table}.{}: {what}", column.name);
        }
    }
    let _ = writeln!(
        text,
        "{unasked} more columns stay, of types and names that ask for no rule (numbers, times)"
    );
    text
}
