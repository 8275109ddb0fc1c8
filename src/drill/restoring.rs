//! Restoring into staging, at most once a run: the stages, their proof, and the swap.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use super::restored::Restored;
use super::state::{Backup, State};
use super::target::{Target, productions, settings_beside, target, tools};
use super::trials::RESTORED;
use crate::actor;
use crate::audit::{Audit, Operation, Record, Standing};
use crate::backup::display::Display;
use crate::backup::id::new_id;
use crate::backup::manifest::SourceIdentity;
use crate::backup::progress::Progress;
use crate::backup::stop::Stop;
use crate::database::{Session, identify};
use crate::fault::Fault;
use crate::harness::{Blocked, Context};
use crate::journal::{RestoreEvidence, Step};
use crate::proof::{self, Proved, Subject};
use crate::report::console::tell;
use crate::restore::archive::Archive;
use crate::restore::course::Course;
use crate::restore::failure::{self as page, Failed};
use crate::restore::hosted::buckets;
use crate::restore::loaded::Loaded;
use crate::restore::marker;
use crate::restore::migrations::{self, Migrations};
use crate::restore::place::{BEFORE, COMMITTED, Taken};
use crate::restore::serves::Serves;
use crate::restore::stages::{Made, Order, make};

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
    backup.manifest.archive().map_err(blame)?;
    let began = Timestamp::now();
    let identity = identify(context.environment(), &target.url);
    let started = |identity| SourceIdentity { started: target.own, ..identity };
    let mut evidence = RestoreEvidence {
        started: began,
        loaded_before: None,
        finished: None,
        stages: Vec::new(),
        target: context.runtime().block_on(identity).ok().map(started),
        serves: false,
        kept: Vec::new(),
        people: 0,
        failure: None,
    };
    context.evidence(|all| all.restore = Some(evidence.clone()));
    backup.sound(context)?;
    let stop = Stop::default();
    let _listening = context.stop_with(&stop);
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
    let (as_what, restoring) = match state.resume {
        true => (format!("as {id}, going on with what an earlier one has loaded"), "resuming"),
        false => (format!("as {id}"), "restoring"),
    };
    let begun = audit.append(&record(Standing::Started, as_what)).map_err(blame)?;
    tell(&format!(
        "{restoring} {} into {} ({}), masked\n",
        backup.manifest.id,
        target.url.shown(),
        context.environment()
    ));
    // Who is killed can say nothing any more: what is written before is what is known then.
    let step = |(name, seconds): &(String, f64)| Step { name: name.clone(), seconds: *seconds };
    let begins = |stages: &[(String, f64)]| {
        let steps = stages.iter().map(step).collect();
        context.evidence(|all| _ = all.restore.as_mut().map(|restore| restore.stages = steps));
        if let Some((stage, _)) = stages.last() {
            state.at(Some(stage));
        }
    };
    let mut course = Course { begins: Some(&begins), ..Course::default() };
    let mut done = run(state, context, &backup, &target, (&id, began, &stop), &mut course);
    state.at(None);
    evidence.finished = Some(Timestamp::now());
    evidence.stages = course.stages.iter().map(step).collect();
    evidence.kept = course.kept.iter().cloned().collect();
    if let Ok(restored) = &done {
        (evidence.serves, evidence.people) = (restored.swapped, restored.people);
        evidence.loaded_before = restored.resumed.as_ref().map(|loaded| loaded.seconds);
        evidence.kept.extend(restored.before.clone());
    }
    context.evidence(|all| all.restore = Some(evidence.clone()));
    let fault = match &done {
        Ok(restored) => restored.red().map(|blocked| blocked.fault).or(restored.late.clone()),
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
            resumable: resumable(state, context, (&backup, &target), &course),
            serving: course.serving.unwrap_or(BEFORE),
            places: &done.as_ref().map(Restored::places).unwrap_or_default(),
            by_rules: done.as_ref().is_ok_and(Restored::wants_rules),
            connectivity: &connectivity(context, &target, &backup),
            log: &log,
        };
        match page::write(context.reports(), &failed, context.redactor()) {
            Ok(left) => {
                context.note(&format!(
                    "what is known of the failed restore is in {}/failure.md",
                    left.bundle
                ));
                evidence.failure = Some(Box::new(left));
                context.evidence(|all| all.restore = Some(evidence));
            }
            Err(lost) => tell(&format!("warning: {}\n", lost.line())),
        }
        let line = context.redactor().secrets(&fault.line());
        if let Err(lost) = audit.conclude(&begun, &record(Standing::from(fault.kind()), line)) {
            context.note(&format!("that the restore failed is not on record: {lost}"));
        }
    } else if let Ok(restored) = &mut done {
        let mut detail =
            format!("{} people masked, {} proofs", restored.people, restored.proofs.len());
        if let Some(loaded) = &restored.resumed {
            detail.push_str(&format!(", of what {} had loaded", loaded.run));
        }
        restored.unrecorded = audit.conclude(&begun, &record(Standing::Passed, detail)).err();
    }
    done.map_err(blame)
}

/// The stages, the proof, and the swap.
fn run(
    state: &State,
    context: &Context,
    backup: &Backup,
    target: &Target,
    (id, began, stop): (&str, Timestamp, &Stop),
    course: &mut Course<'_>,
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
        let _display = Display::start(&progress, "restore", backup.manifest.archive_bytes());
        make(
            &Order {
                id,
                began,
                environment: context.environment(),
                url: &target.url,
                hosted: target.hosted,
                resume: state.resume,
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
    let mut placed = match placed {
        Ok(placed) if placed.taken.is_some() => placed,
        not => {
            let (kept, serves) = runtime.block_on(made.place.give_up());
            (course.kept, course.serving) = (kept, Some(made.place.told(serves)));
            let mut placed = not?;
            match (placed.late.take(), serves) {
                // It did, and the server's word for it was lost.
                (late @ Some(_), Serves::Restored) => {
                    (placed.late, placed.taken) = (late, Some(made.place.taken()));
                }
                (Some(fault), _) => return Err(fault),
                (None, _) => {}
            }
            placed
        }
    };
    let mut notes: Vec<String> =
        made.rewritten.webhooks.iter().map(|hook| format!("webhook disabled: {hook}")).collect();
    notes.extend(made.rewritten.left_out.iter().map(|what| format!("left out: {what}")));
    notes.extend(made.place.left().notes().iter().cloned());
    // One that did not answer before is not waited for again.
    if !productions.is_empty() {
        notes.extend(settings_beside(state, context, &target.url));
    }
    if placed.taken.is_some()
        && let Some(api) = &target.storage
    {
        let set_up = course.stage("storage set-up", |_| {
            runtime.block_on(stop.unless(buckets::set_up(api, &backup.manifest, stop)))?
        });
        match set_up {
            Ok(set_up) => notes.extend(set_up.notes()),
            Err(fault) => {
                course.serving = Some(COMMITTED);
                placed.late.get_or_insert(fault);
            }
        }
    }
    let left = placed.taken.iter().flat_map(|taken| &taken.left);
    notes.extend(left.map(|fault| format!("an earlier staging stays: {}", fault.line())));
    Ok(Restored {
        stages: course.stages.clone(),
        proofs: placed.proofs,
        notes,
        people: made.people.persons(),
        migrations: placed.migrations,
        after: placed.after,
        swapped: placed.taken.is_some(),
        late: placed.late,
        unrecorded: None,
        before: placed.taken.and_then(|taken| taken.before),
        kept: course.kept.clone(),
        resumed: made.resumed,
    })
}

/// What was proved, and how it took its place, if it did.
struct Placed {
    proofs: Vec<Proved>,
    migrations: Option<Migrations>,
    /// What was proved again after them.
    after: Vec<Proved>,
    taken: Option<Taken>,
    /// Why it did not, or what failed after it had.
    late: Option<Fault>,
}

/// The proof, and where it holds, the migrations and the place.
fn place(
    state: &State,
    backup: &Backup,
    (made, target): (&Made, &Target),
    (who, workers): (&str, usize),
    (context, stop): (&Context, &Stop),
    course: &mut Course<'_>,
) -> Result<Placed, Fault> {
    let runtime = context.runtime();
    let mut placed = Placed {
        proofs: prove("proof", made, (backup, workers), (context, stop), course, proof::prove)?,
        migrations: None,
        after: Vec::new(),
        taken: None,
        late: None,
    };
    let is_red = |proofs: &[Proved]| proofs.iter().any(|proved| proved.result.is_err());
    if is_red(&placed.proofs) {
        return Ok(placed);
    }
    let migrations = course.stage(migrations::STAGE, |_| {
        let folder = state.root.join("supabase/migrations");
        let migrate = made.place.migrate(&folder, &made.url, (who, &made.permit));
        runtime.block_on(stop.unless(migrate))?
    })?;
    let (refused, any) = (migrations.refused().is_some(), !migrations.pending.is_empty());
    placed.migrations = Some(migrations);
    if refused {
        return Ok(placed);
    }
    if any {
        let again = |subject: &Subject<'_>| proof::again::again(subject, &placed.proofs);
        let stage = "proof after migrations";
        placed.after = prove(stage, made, (backup, workers), (context, stop), course, again)?;
        if is_red(&placed.after) {
            return Ok(placed);
        }
    }
    let stage = if target.hosted { "commit" } else { "swap" };
    match course.stage(stage, |_| runtime.block_on(made.place.take())) {
        Ok(taken) => placed.taken = Some(taken),
        Err(fault) => placed.late = Some(fault),
    }
    Ok(placed)
}

/// Has something proved of what was made.
fn prove(
    stage: &str,
    made: &Made,
    (backup, workers): (&Backup, usize),
    (context, stop): (&Context, &Stop),
    course: &mut Course<'_>,
    ask: impl FnOnce(&Subject<'_>) -> Result<Vec<Proved>, Fault>,
) -> Result<Vec<Proved>, Fault> {
    course.stage(stage, |_| {
        let within = context.runtime().block_on(made.place.session())?;
        ask(&Subject {
            url: &made.url,
            manifest: &backup.manifest,
            plan: &made.plan,
            people: &made.people,
            allowed: &made.allowed,
            sums: &made.sums,
            sequences: &made.sequences,
            rewritten: &made.rewritten.objects,
            left: made.place.left(),
            within: within.as_ref(),
            workers,
            runtime: context.runtime(),
            stop,
        })
    })
}

/// Whether a later run can go on with what this one keeps, or why not. Nothing where nothing is kept
/// that was loaded to its end.
fn resumable(
    state: &State,
    context: &Context,
    (backup, target): (&Backup, &Target),
    course: &Course<'_>,
) -> Option<Result<(), String>> {
    let kept = course.kept.as_deref().filter(|_| !target.own)?;
    let asked = async {
        let wanted = Loaded::of(("", Timestamp::now()), &backup.manifest, &state.rules)?;
        let serving = Session::open(&target.url, "smokedrill restore").await?;
        let marker = marker::read(&serving).await?;
        serving.close().await;
        let session = Session::open(&target.url.to(kept), "smokedrill restore").await?;
        let found = wanted.resumable(&session, marker.as_ref()).await?;
        session.close().await;
        Ok::<_, Fault>(found.map(drop))
    };
    context.runtime().block_on(asked).ok()
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
