//! Restoring into staging, at most once a run: the stages, their proof, and the swap.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use super::restored::Restored;
use super::state::{Backup, State};
use super::trials::RESTORED;
use crate::actor;
use crate::audit::{Audit, Operation, Record, Standing};
use crate::backup::display::Display;
use crate::backup::id::new_id;
use crate::backup::manifest::SourceIdentity;
use crate::backup::place;
use crate::backup::progress::Progress;
use crate::backup::stop::Stop;
use crate::backup::storage::{Api, Network};
use crate::database::{ConnectionUrl, PgTools, Session, SourceKind};
use crate::environment::model::DatabaseKind;
use crate::environment::source::resolve_database;
use crate::fault::Fault;
use crate::harness::{Blocked, Context};
use crate::proof::{self, Proved, Subject};
use crate::report::console::tell;
use crate::restore::archive::Archive;
use crate::restore::failure::{self as page, Failed};
use crate::restore::guard;
use crate::restore::hosted::buckets;
use crate::restore::marker;
use crate::restore::migrations::Migrations;
use crate::restore::place::{BEFORE, COMMITTED, Taken};
use crate::restore::stages::{Course, Made, Order, make};

/// What is restored into.
struct Target {
    url: ConnectionUrl,
    /// Whether it is a hosted project, and its storage's API.
    hosted: bool,
    storage: Option<Api>,
    /// Whether this run has made it, just for this.
    own: bool,
}

/// The restored staging, made at most once; a failure is remembered.
///
/// # Errors
/// Why there is none, and whose fault that is.
pub(super) fn restored(state: &State, context: &Context) -> Result<Arc<Restored>, Blocked> {
    let bring = || match context.shared() {
        Some(shared) => shared
            .once("restore", || restore(state, context))
            .unwrap_or_else(|message| Err(blame(Fault::errored(message)))),
        None => restore(state, context),
    };
    state.restored.get_or_init(|| bring().map(Arc::new)).clone()
}

fn blame(fault: Fault) -> Blocked {
    Blocked { id: RESTORED.to_owned(), fault }
}

fn restore(state: &State, context: &Context) -> Result<Restored, Blocked> {
    let target = target(state, context).map_err(blame)?;
    let backup = state.backup(context)?;
    backup.sound(context)?;
    let stop = Stop::default();
    let _listening = context.stop_with(&stop);
    let began = Timestamp::now();
    let id = new_id(began);
    let path = state.root.join(&state.settings.audit);
    let audit = Audit::open(&path).map_err(blame)?;
    let record = |result, detail: String| Record {
        operation: Operation::RestoreRun,
        source: target.url.shown(),
        object: Some(backup.manifest.id.clone()),
        result,
        detail,
        manifest: None,
    };
    audit.append(&record(Standing::Started, format!("as {id}"))).map_err(blame)?;
    tell(&format!(
        "restoring {} into {} ({}), masked\n",
        backup.manifest.id,
        target.url.shown(),
        context.environment()
    ));
    let mut course = Course::default();
    let done = run(state, context, &backup, &target, (&id, &stop), &mut course);
    let fault = match &done {
        Ok(restored) => restored.red().map(|blocked| blocked.fault),
        Err(fault) => Some(fault.clone()),
    };
    if let Some(fault) = fault {
        let log: Vec<String> =
            course.log.iter().map(|line| context.redactor().secrets(line)).collect();
        let failed = Failed {
            run: &id,
            began,
            fault: &fault,
            environment: context.environment(),
            target: &target.url.shown(),
            backup: Some(&backup.manifest),
            held: backup.held(context).ok(),
            stages: &course.stages,
            kept: course.kept.as_deref(),
            serving: course.serving.unwrap_or(BEFORE),
            connectivity: &connectivity(context, &target, &backup),
            log: &log,
        };
        match page::write(context.reports(), &failed, context.redactor()) {
            Ok(folder) => context.note(&format!(
                "what is known of the failed restore is in {}",
                folder.join("failure.md").display()
            )),
            Err(lost) => tell(&format!("warning: {}\n", lost.line())),
        }
        let line = context.redactor().secrets(&fault.line());
        if let Err(lost) = audit.append(&record(Standing::from(fault.kind()), line)) {
            tell(&format!("warning: {}\n", lost.line()));
        }
    } else if let Ok(restored) = &done {
        let detail = format!("{} people masked, {} proofs", restored.people, restored.proofs.len());
        audit.append(&record(Standing::Passed, detail)).map_err(blame)?;
    }
    done.map_err(blame)
}

/// The stages, the proof, and the swap.
fn run(
    state: &State,
    context: &Context,
    backup: &Backup,
    target: &Target,
    (id, stop): (&str, &Stop),
    course: &mut Course,
) -> Result<Restored, Fault> {
    let runtime = context.runtime();
    if target.own {
        runtime.block_on(marker::mark(&target.url, context.environment()))?;
    }
    let tools = tools(state, context, target, backup)?;
    let productions = productions(state, context);
    let progress = Arc::new(Progress::default());
    let workers = std::thread::available_parallelism().map_or(2, |n| n.get().clamp(2, 8));
    let who = format!("smokedrill restore {id} {}@{}", actor::actor(), actor::host());
    let made = {
        let _display = Display::start(&progress, "restore", backup.manifest.database.bytes);
        make(
            &Order {
                id,
                environment: context.environment(),
                url: &target.url,
                hosted: target.hosted,
                storage: target.storage.as_ref(),
                productions: &productions,
                archive: Archive {
                    store: &backup.store,
                    manifest: &backup.manifest,
                    identities: backup.identities.as_ref(),
                },
                rules: &state.rules,
                tools: &tools,
                workers,
                application: &who,
                runtime,
                progress: &progress,
                stop,
            },
            course,
        )?
    };
    let placed = place(state, backup, (&made, target), (&who, workers), (context, stop), course);
    let placed = match placed {
        Ok(placed) if placed.taken.is_some() => placed,
        not => {
            let (kept, serving) = runtime.block_on(made.place.give_up());
            (course.kept, course.serving) = (kept, Some(serving));
            not?
        }
    };
    let mut notes: Vec<String> =
        made.rewritten.webhooks.iter().map(|hook| format!("webhook disabled: {hook}")).collect();
    notes.extend(made.rewritten.left_out.iter().map(|what| format!("left out: {what}")));
    notes.extend(made.place.left().notes().iter().cloned());
    if placed.taken.is_some()
        && let Some(api) = &target.storage
    {
        course.serving = Some(COMMITTED);
        let set_up = course.stage("storage set-up", |_| {
            runtime.block_on(stop.unless(buckets::set_up(api, &backup.manifest, stop)))?
        })?;
        notes.extend(set_up.notes());
    }
    let left = placed.taken.iter().flat_map(|taken| &taken.left);
    notes.extend(left.map(|fault| format!("an earlier staging stays: {}", fault.line())));
    Ok(Restored {
        stages: course.stages.clone(),
        proofs: placed.proofs,
        notes,
        people: made.people.persons(),
        migrations: placed.migrations,
        swapped: placed.taken.is_some(),
        before: placed.taken.and_then(|taken| taken.before),
        kept: course.kept.clone(),
    })
}

/// What was proved, and how it took its place, if it did.
struct Placed {
    proofs: Vec<Proved>,
    migrations: Option<Migrations>,
    taken: Option<Taken>,
}

/// The proof, and where it holds, the migrations and the place.
fn place(
    state: &State,
    backup: &Backup,
    (made, target): (&Made, &Target),
    (who, workers): (&str, usize),
    (context, stop): (&Context, &Stop),
    course: &mut Course,
) -> Result<Placed, Fault> {
    let runtime = context.runtime();
    let proofs = prove(made, backup, workers, (context, stop), course)?;
    if proofs.iter().any(|proved| proved.result.is_err()) {
        return Ok(Placed { proofs, migrations: None, taken: None });
    }
    let migrations = course.stage("migration check", |_| {
        let folder = state.root.join("supabase/migrations");
        let migrate = made.place.migrate(&folder, &made.url, (who, &made.permit));
        runtime.block_on(stop.unless(migrate))?
    })?;
    let taken = course.stage(if target.hosted { "commit" } else { "swap" }, |_| {
        runtime.block_on(made.place.take())
    })?;
    Ok(Placed { proofs, migrations, taken: Some(taken) })
}
fn prove(
    made: &Made,
    backup: &Backup,
    workers: usize,
    (context, stop): (&Context, &Stop),
    course: &mut Course,
) -> Result<Vec<Proved>, Fault> {
    course.stage("proof", |_| {
        let within = context.runtime().block_on(made.place.session())?;
        proof::prove(&Subject {
            url: &made.url,
            manifest: &backup.manifest,
            plan: &made.plan,
            people: &made.people,
            allowed: &made.allowed,
            sums: &made.sums,
            rewritten: &made.rewritten.objects,
            left: made.place.left(),
            within: within.as_ref(),
            workers,
            runtime: context.runtime(),
            stop,
        })
    })
}

/// Where it is restored to.
fn target(state: &State, context: &Context) -> Result<Target, Fault> {
    let redactor = context.redactor();
    let name = context.environment();
    if let Some(own) = &context.staging {
        let url = ConnectionUrl::parse(own)?;
        redactor.learn(own);
        url.password().map(|password| redactor.learn(password));
        return Ok(Target { url, hosted: false, storage: None, own: true });
    }
    if name == state.settings.source {
        let message = format!("`{name}` is what backups are made of: it is only ever read");
        return Err(Fault::usage(message)
            .stage("guard")
            .help("name the environment to restore into: `--env staging`"));
    }
    let found = resolve_database(&state.environments, name, redactor);
    let found = found.map_err(|problems| place::told(&problems))?;
    let url = ConnectionUrl::parse(&found.url)?;
    url.password().map(|password| redactor.learn(password));
    let hosted = is_hosted(&url, found.kind)?;
    // In a database of one's own, the rows of buckets are enough.
    let storage = found.storage.filter(|_| hosted);
    let storage = storage.map(|(url, key)| Api::new(&url, &key, &Network::default()));
    Ok(Target { url, hosted, storage: storage.transpose()?, own: false })
}

/// Whether it is a hosted project: one that has one database, which nobody may rename.
fn is_hosted(url: &ConnectionUrl, kind: Option<DatabaseKind>) -> Result<bool, Fault> {
    match (url.kind(), kind) {
        (SourceKind::Plain, kind) => Ok(kind == Some(DatabaseKind::Supabase)),
        (_, None | Some(DatabaseKind::Supabase)) => Ok(true),
        (_, Some(DatabaseKind::Postgres)) => {
            let message = "this is a hosted Supabase project, which is restored in place";
            let help = "leave out `kind = \"postgres\"` in suites/environments.toml";
            Err(Fault::usage(message).stage("guard").object(url.shown()).help(help))
        }
    }
}

/// Programs that read the archive, and fit the target.
fn tools(
    state: &State,
    context: &Context,
    target: &Target,
    backup: &Backup,
) -> Result<PgTools, Fault> {
    let session = context.runtime().block_on(Session::open(&target.url, "smokedrill restore"))?;
    let server = session.server_version();
    context.runtime().block_on(session.close());
    // An archive is read by programs that are not older than those that wrote it.
    let written = backup.manifest.tools.iter().find(|tool| tool.name == "pg_dump");
    let written = written.and_then(|tool| {
        let number = tool.version.split(|c: char| !c.is_ascii_digit()).find(|n| !n.is_empty())?;
        number.parse::<i32>().ok()
    });
    let wanted = server.max(written.unwrap_or_default().saturating_mul(10_000));
    let own = context.source.as_ref().and_then(|source| source.tools.clone());
    let folder = own.or_else(|| state.settings.tools.as_ref().map(|tools| state.root.join(tools)));
    PgTools::find(folder.as_deref(), wanted)
}

/// Productions that are known beside the backup's own source, as they are now.
fn productions(state: &State, context: &Context) -> Vec<SourceIdentity> {
    let name = &state.settings.source;
    let url = match &context.source {
        Some(own) => Some(own.database.clone()),
        None => resolve_database(&state.environments, name, context.redactor())
            .ok()
            .map(|found| found.url),
    };
    let Some(url) = url.and_then(|url| ConnectionUrl::parse(&url).ok()) else { return Vec::new() };
    match context.runtime().block_on(guard::identify(name, &url)) {
        Ok(identity) => vec![identity],
        Err(fault) => {
            // In the worst week it may be gone; the backup says which one it was.
            context.note(&format!("production was not asked who it is: {}", fault.line()));
            Vec::new()
        }
    }
}

/// How staging and production answer.
fn connectivity(context: &Context, target: &Target, backup: &Backup) -> Vec<String> {
    let begun = Instant::now();
    let staging = context.runtime().block_on(Session::open(&target.url, "smokedrill diagnostics"));
    let staging = match staging {
        Ok(session) => {
            format!("answers in {:.0?}, version {}", begun.elapsed(), session.server_version())
        }
        Err(fault) => fault.line(),
    };
    let source = &backup.manifest.source;
    vec![
        format!("staging {}: {staging}", target.url.shown()),
        format!(
            "the backup's source: {}@{}:{}/{}, PostgreSQL {}",
            source.user, source.host, source.port, source.database, source.server_version
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hosted_project_is_known_by_its_host_or_by_what_is_said_of_it() {
        let is = |url: &str, kind| is_hosted(&ConnectionUrl::parse(url).unwrap(), kind);
        let (plain, supabase) = (Some(DatabaseKind::Postgres), Some(DatabaseKind::Supabase));
        for url in [
            "postgres://postgres:x@db.abcdefghij.supabase.co:5432/postgres",
            "postgres://postgres.abcdefghij:x@aws-0-eu-central-1.pooler.supabase.com:5432/postgres",
        ] {
            assert!(is(url, None).unwrap() && is(url, supabase).unwrap(), "{url}");
            let told = is(url, plain).unwrap_err().to_string();
            assert!(told.contains("restored in place"), "{told}");
        }
        let own = "postgres://a:b@db.test/app";
        assert!(!is(own, None).unwrap() && !is(own, plain).unwrap() && is(own, supabase).unwrap());
    }
}
