//! The stages of a restore, in their order, up to the proof. A hosted project has the same ones, in
//! a transaction that is not committed yet (see `hosted`).
//!
//! | stage | what is done |
//! |---|---|
//! | `guard` | staging is told from production; again right before the first write |
//! | `masking rules` | every column has a rule, or nothing is done |
//! | `people` | the backup is read for who there is, its hash and rows proved |
//! | `prerequisites` | roles, extensions and rights are there, or nothing is done |
//! | `schema recreation` | a new database, or an emptied one; rewritten definitions |
//! | `data import` | rows masked on their way into the server |
//! | `indexes and keys` | sequences, indexes, constraints, triggers, policies; statistics |
//!
//! Where a restore goes on with what an earlier one has loaded, the last three are `resume`, which
//! finds that, and `rows of the backup`, which reads what it must come to.

use super::archive::Archive;
use super::columns::plan;
use super::course::Course;
use super::ddl::{self, Rewritten};
use super::gather;
use super::guard::guard;
use super::hosted::check::{Prepared, prepare};
use super::hosted::fit::Fit;
use super::hosted::{InPlace, buckets};
use super::load::{Load, Sums};
use super::loaded::Loaded;
use super::marker::{self, Marker};
use super::needs::needs;
use super::place::Place;
use super::plain::Plain;
use super::positions::{Position, positions};
use super::refused::explained;
use super::sections::{Contents, Part, Restoring};
use crate::backup::archive::Toc;
use crate::backup::manifest::SourceIdentity;
use crate::backup::progress::Progress;
use crate::backup::stop::Stop;
use crate::backup::storage::Api;
use crate::database::{ConnectionUrl, Permit, PgTools, Writer};
use crate::fault::Fault;
use crate::masking::people::People;
use crate::masking::plan::MaskPlan;
use crate::masking::rules::Rules;
use crate::masking::text::{Allowed, Known};
use jiff::Timestamp;
use tokio::runtime::Handle;

/// What is to be restored, and where.
pub(crate) struct Order<'a> {
    /// Which restore it is: part of names.
    pub(crate) id: &'a str,
    pub(crate) began: Timestamp,
    pub(crate) environment: &'a str,
    pub(crate) url: &'a ConnectionUrl,
    /// Whether it is a hosted project, which is restored in place.
    pub(crate) hosted: bool,
    /// The project's storage, where its API is to set up buckets.
    pub(crate) storage: Option<&'a Api>,
    /// Whether it goes on with what an earlier one has loaded.
    pub(crate) resume: bool,
    /// Productions beside the backup's source.
    pub(crate) productions: &'a [SourceIdentity],
    pub(crate) archive: Archive<'a>,
    pub(crate) rules: &'a Rules,
    pub(crate) tools: &'a PgTools,
    /// Connections that load at once.
    pub(crate) workers: usize,
    pub(crate) application: &'a str,
    pub(crate) runtime: &'a Handle,
    pub(crate) progress: &'a Progress,
    pub(crate) stop: &'a Stop,
}

/// What was restored, waiting for its proof.
pub(crate) struct Made {
    pub(crate) permit: Permit,
    pub(crate) place: Place,
    /// The database that it is in.
    pub(crate) url: ConnectionUrl,
    /// What was done with the columns that are there now.
    pub(crate) plan: MaskPlan,
    pub(crate) people: People,
    pub(crate) allowed: Allowed,
    pub(crate) sums: Sums,
    pub(crate) rewritten: Rewritten,
    pub(crate) sequences: Vec<Position>,
    /// What an earlier restore has loaded, where this one goes on with it.
    pub(crate) resumed: Option<Loaded>,
}

/// Restores into a database beside the one that serves, or into that one.
///
/// # Errors
/// What went wrong, with its stage; what had been made is kept under another name.
pub(crate) fn make(order: &Order<'_>, course: &mut Course<'_>) -> Result<Made, Fault> {
    let stop = order.stop;
    if order.resume && order.hosted {
        let message = "a hosted project is restored in one transaction: of one that failed there \
                       is nothing left to resume";
        let help = "restore again from the beginning, without `--resume`";
        return Err(Fault::usage(message).stage("resume").help(help));
    }
    let (target, permit) = course.stage("guard", |_| wait_guard(order))?;
    let mut toc = course.stage("backup", |_| {
        let toc = order.archive.contents(stop)?;
        in_utf8(&toc).map(|()| toc)
    })?;
    let plan =
        course.stage("masking rules", |_| plan(order.rules, order.archive.manifest, &toc))?;
    let prepared = course.stage("prerequisites", |_| {
        let manifest = order.archive.manifest;
        let prepared = match order.hosted {
            true => Some(wait_on(order, prepare(order.url, &mut toc, &plan, manifest))?),
            false => None,
        };
        wait_on(order, needs(order.url, &toc, manifest))?;
        if let Some(api) = order.storage {
            // It hears the word to stop by itself, and takes its bucket away first.
            order.runtime.block_on(buckets::reach(api, order.url, &permit, stop))?;
        }
        Ok(prepared)
    })?;
    let allowed = Allowed::new(&plan.allowed);
    let people = course.stage("people", |_| {
        gather::people(&order.archive, &plan, &allowed, (&Progress::default(), stop))
    })?;
    let known = Known { people: &people, allowed: &allowed, stop };
    let rewritten = course.stage("definitions", |_| ddl::rewrite(&mut toc, known))?;
    // Minutes may have passed: is it still the same database?
    let (again, _) = course.stage("guard", |_| wait_guard(order))?;
    if again.system_identifier != target.system_identifier || again.address != target.address {
        let message = "the name leads to another server than at the start";
        return Err(Fault::usage(message).stage("guard").object(order.url.shown()));
    }
    let (place, filled) = match &prepared {
        None => beside(order, course, &permit, (&toc, &plan, known))?,
        Some(prepared) => within(order, course, &permit, (&toc, &plan, known), prepared)?,
    };
    match filled {
        Ok(Filled { url, permit, sums, resumed }) => {
            let fit = prepared.map(|prepared| prepared.fit).unwrap_or_default();
            let (plan, sums) = fit.proved(&plan, &sums);
            let sequences = positions(&toc);
            Ok(Made {
                permit,
                place,
                url,
                plan,
                people,
                allowed,
                sums,
                rewritten,
                sequences,
                resumed,
            })
        }
        Err(fault) => {
            let (kept, serves) = order.runtime.block_on(place.give_up());
            (course.kept, course.serving) = (kept, Some(place.told(serves)));
            Err(stop.why().unwrap_or_else(|| explained(fault, &plan, &toc)))
        }
    }
}

/// What a restore makes, with where it is.
struct Filled {
    url: ConnectionUrl,
    permit: Permit,
    sums: Sums,
    resumed: Option<Loaded>,
}

/// Restores into a database beside the one that serves.
fn beside(
    order: &Order<'_>,
    course: &mut Course<'_>,
    permit: &Permit,
    what: (&Toc, &MaskPlan, Known<'_>),
) -> Result<(Place, Result<Filled, Fault>), Fault> {
    let opened = Plain::open(order.url, order.id, order.application, permit, order.resume);
    let plain = wait_on(order, opened)?;
    let filled = match order.resume {
        true => resume(order, course, &plain, what.1),
        false => fill(order, course, &plain, what),
    };
    Ok((Place::Beside(Box::new(plain), Box::default()), filled))
}

/// Restores into the database that serves, which does not see it yet.
fn within(
    order: &Order<'_>,
    course: &mut Course<'_>,
    permit: &Permit,
    (toc, plan, known): (&Toc, &MaskPlan, Known<'_>),
    prepared: &Prepared,
) -> Result<(Place, Result<Filled, Fault>), Fault> {
    let mut place = wait_on(order, InPlace::begin(order.url, order.application, permit))?;
    let load = |writer: &Writer| {
        let within = Some(writer);
        load(order, order.url, permit, (plan, known), (&prepared.fit, within)).run()
    };
    let filled = place.fill(order, course, (toc, prepared), load);
    let filled = filled.map(|sums| Filled {
        url: order.url.clone(),
        permit: permit.clone(),
        sums,
        resumed: None,
    });
    Ok((Place::Within(Box::new(place)), filled))
}

/// Loads the rows, masked.
fn load<'a>(
    order: &Order<'a>,
    url: &'a ConnectionUrl,
    permit: &'a Permit,
    (plan, known): (&'a MaskPlan, Known<'a>),
    (fit, within): (&'a Fit, Option<&'a Writer>),
) -> Load<'a> {
    Load {
        archive: order.archive,
        plan,
        known,
        url,
        application: order.application,
        permit,
        // One connection has one worker.
        workers: if within.is_some() { 1 } else { order.workers },
        fit,
        within,
        runtime: order.runtime,
        progress: order.progress,
        stop: order.stop,
    }
}

/// Makes the new database, and all that is in it.
fn fill(
    order: &Order<'_>,
    course: &mut Course<'_>,
    plain: &Plain,
    (toc, plan, known): (&Toc, &MaskPlan, Known<'_>),
) -> Result<Filled, Fault> {
    let mut loaded = loaded_by(order)?;
    let contents = (Contents::new(toc)?, wait_on(order, major_of(order))?);
    let (url, permit) = course.stage("schema recreation", |course| {
        let (url, permit) = wait_on(order, plain.create())?;
        section(order, course, &url, &permit, &contents, Part::PreData)?;
        Ok((url, permit))
    })?;
    let fit = Fit::default();
    let load = load(order, &url, &permit, (plan, known), (&fit, None));
    let sums = course.stage("data import", |_| load.run())?;
    course.stage("indexes and keys", |course| {
        // Production's event triggers, which come last, are not to hear of tables of our own.
        wait_on(order, async {
            let writer = Writer::open(&url, order.application, &permit).await?;
            marker::make(&writer).await?;
            Loaded::table(&writer).await
        })?;
        section(order, course, &url, &permit, &contents, Part::Sequences)?;
        section(order, course, &url, &permit, &contents, Part::PostData)?;
        let marker = wait_on(order, marker_of(order))?;
        wait_on(order, async {
            let writer = Writer::open(&url, order.application, &permit).await?;
            writer.run("analyze").await?;
            marker::set(&writer, &marker).await
        })
    })?;
    loaded.seconds = course.seconds();
    wait_on(order, async {
        loaded.write(&Writer::open(&url, order.application, &permit).await?).await
    })
    .map_err(|fault| fault.stage("indexes and keys"))?;
    Ok(Filled { url, permit, sums, resumed: None })
}

fn loaded_by(order: &Order<'_>) -> Result<Loaded, Fault> {
    Loaded::of((order.id, order.began), order.archive.manifest, order.rules)
}

/// Finds what an earlier restore has loaded, and reads what its rows must come to.
fn resume(
    order: &Order<'_>,
    course: &mut Course<'_>,
    plain: &Plain,
    plan: &MaskPlan,
) -> Result<Filled, Fault> {
    let (url, permit, loaded) = course.stage("resume", |_| {
        let wanted = loaded_by(order)?;
        wait_on(order, plain.resume(&wanted))
    })?;
    let sums = course.stage("rows of the backup", |_| {
        gather::sums(&order.archive, plan, (order.progress, order.stop))
    })?;
    Ok(Filled { url, permit, sums, resumed: Some(loaded) })
}

fn section(
    order: &Order<'_>,
    course: &mut Course<'_>,
    url: &ConnectionUrl,
    permit: &Permit,
    contents: &(Contents, i32),
    part: Part,
) -> Result<(), Fault> {
    let restoring = Restoring {
        tools: order.tools,
        url,
        application: order.application,
        permit,
        jobs: order.workers,
        server: contents.1,
        stop: order.stop,
    };
    let (result, said) = restoring.make(&contents.0, part);
    course.log.extend(said.lines);
    result
}

/// Rows are masked as UTF-8, in which names are compared and patterns looked for.
fn in_utf8(toc: &Toc) -> Result<(), Fault> {
    let entry = toc.entries.iter().find(|entry| entry.desc == "ENCODING");
    let definition = entry.and_then(|entry| entry.definition.as_deref()).unwrap_or_default();
    match definition.is_empty() || definition.contains("'UTF8'") {
        true => Ok(()),
        false => {
            let message = format!("the backup is not in UTF-8: {}", definition.trim());
            let help = "only databases in UTF-8 can be restored masked";
            Err(Fault::errored(message).help(help))
        }
    }
}

/// The server's version, such as 15.
async fn major_of(order: &Order<'_>) -> Result<i32, Fault> {
    let session = crate::database::Session::open(order.url, order.application).await?;
    let version = session.server_version();
    session.close().await;
    Ok(version / 10_000)
}

/// The marker of the database that serves: the new one takes it over with the name.
async fn marker_of(order: &Order<'_>) -> Result<Marker, Fault> {
    let session = crate::database::Session::open(order.url, order.application).await?;
    let marker = marker::read(&session).await?;
    session.close().await;
    marker.ok_or_else(|| Fault::usage("the marker has gone since the start").stage("guard"))
}

fn wait_guard(order: &Order<'_>) -> Result<(SourceIdentity, Permit), Fault> {
    let manifest = order.archive.manifest;
    wait_on(order, guard(order.environment, order.url, manifest, order.productions))
}

/// Waits, but no longer than nobody says stop.
pub(super) fn wait_on<T>(
    order: &Order<'_>,
    work: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    order.runtime.block_on(order.stop.unless(work))?
}
