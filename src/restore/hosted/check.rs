//! Whether a project can be restored into, found out before anything is touched: all that is in
//! the way is told at once.

use std::collections::BTreeSet;

use super::fit::Fit;
use super::look::There;
use super::platform;
use super::select::{Selected, select};
use crate::backup::archive::{Entry, Toc};
use crate::backup::manifest::Manifest;
use crate::database::{ConnectionUrl, Session, quoted};
use crate::fault::Fault;
use crate::masking::plan::{MaskPlan, Rows};

/// How many objects of a kind are named.
const SHOWN: usize = 12;

/// What a restore in place will do.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(super) there: There,
    pub(super) selected: Selected,
    pub(crate) fit: Fit,
}

/// Looks at the target, and leaves out of the table of contents what cannot be made there.
///
/// # Errors
/// The role lacks a right, or the target something that the backup needs.
pub(crate) async fn prepare(
    url: &ConnectionUrl,
    toc: &mut Toc,
    plan: &MaskPlan,
    manifest: &Manifest,
) -> Result<Prepared, Fault> {
    let session = Session::open(url, "smokedrill restore").await?;
    let there = There::look(&session).await;
    session.close().await;
    let there = there?;
    let mut selected = select(toc, &there);
    let is_table = |entry: &&Entry| entry.desc == "TABLE";
    let made: BTreeSet<(String, String)> =
        toc.entries.iter().filter(is_table).map(Entry::key).collect();
    let (fit, notes, mut problems) = Fit::compare(plan, manifest, &there, &made);
    selected.left.notes.extend(notes);
    problems.extend(rights(&there, &selected));
    problems.extend(closed(plan, manifest, &there));
    problems.extend(extensions(&there, manifest, &mut selected));
    problems.extend(locks(&there, toc));
    match problems.is_empty() {
        true => Ok(Prepared { there, selected, fit }),
        false => {
            let message = format!(
                "the project cannot be restored into, and nothing was touched:\n- {}",
                problems.join("\n- ")
            );
            Err(Fault::errored(message).object(url.shown()))
        }
    }
}

/// What the role must be allowed to.
fn rights(there: &There, selected: &Selected) -> Vec<String> {
    let role = quoted(&there.role);
    let mut problems = Vec::new();
    if !there.sees_all {
        problems.push(format!(
            "row security applies to the role: use the project's own, `postgres`, or `alter role \
             {role} bypassrls`"
        ));
    }
    if let Some(fault) = &there.triggers_off {
        problems.push(format!(
            "the role may not have triggers off while rows are loaded ({}): `grant set on \
             parameter session_replication_role to {role}`",
            fault.line()
        ));
    }
    if !there.creates {
        problems.push(format!(
            "the role may not make anything in the database or in `public`: `grant create on \
             database … to {role}`, `grant create on schema public to {role}`"
        ));
    }
    let others = there.others(&selected.schemas);
    if !others.is_empty() {
        problems.push(format!("schemas belong to other roles: {}", others.join(", ")));
    }
    // Where a schema goes, what is in it goes with it, whosever it is.
    let stuck = there.objects.iter().filter(|object| !object.own && there.stays(&object.schema));
    let stuck: Vec<String> = stuck
        .map(|object| format!("{} {} (of {})", object.kind, object.name, object.owner))
        .collect();
    if !stuck.is_empty() {
        problems.push(format!(
            "what is in the way belongs to other roles: {}; `alter … owner to {role}`, or drop it",
            some(&stuck)
        ));
    }
    problems
}

/// Tables of the platform that must be replaced, and that the role cannot.
fn closed(plan: &MaskPlan, manifest: &Manifest, there: &There) -> Vec<String> {
    let mut wrong = Vec::new();
    for (key, table) in &there.tables {
        let planned = plan.tables.get(key);
        let mut recorded = manifest.tables().iter();
        let rows = recorded.find(|one| (&one.schema, &one.name) == (&key.0, &key.1));
        let by_rows = rows.is_some_and(|table| table.rows > 0)
            && planned.is_some_and(|plan| plan.rows == Rows::Load);
        if !platform::may_be_closed(&key.0, &key.1) && !table.replaceable(by_rows) {
            let lacks =
                [(!table.reads, "SELECT"), (!table.adds, "INSERT"), (!table.empties, "TRUNCATE")];
            let lacks: Vec<&str> =
                lacks.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
            wrong.push(format!("{}.{} ({})", key.0, key.1, lacks.join(", ")));
        }
    }
    match wrong.is_empty() {
        true => Vec::new(),
        false => vec![format!(
            "the role {} lacks rights on tables of the platform: {}; a project's own role has \
             them: use `postgres`, or ask Supabase's support",
            quoted(&there.role),
            some(&wrong)
        )],
    }
}

/// Extensions that must be there. What only the platform needs, in another version perhaps, may
/// be missing.
fn extensions(there: &There, manifest: &Manifest, selected: &mut Selected) -> Vec<String> {
    let mut lacking = Vec::new();
    for extension in &manifest.catalogue.extensions {
        let name = &extension.name;
        let is_needed = selected.needed.contains(name) || !platform::is_extension(name);
        match there.extensions.contains(name) {
            true => {}
            false if is_needed => lacking.push(format!(
                "create extension {} with schema {};",
                quoted(name),
                quoted(&extension.schema)
            )),
            false => {
                selected.left.absent.insert(name.clone());
                selected.left.notes.push(format!("left out: extension {name}: the platform's"));
            }
        }
    }
    match lacking.is_empty() {
        true => Vec::new(),
        false => vec![format!(
            "extensions are missing; enable them in the project's dashboard, or: {}",
            lacking.join(" ")
        )],
    }
}

/// All is one transaction, which holds a lock on each thing that it drops or makes.
fn locks(there: &There, toc: &Toc) -> Vec<String> {
    let relations = toc.entries.iter().map(|entry| match entry.desc.as_str() {
        // With its long values, and their index.
        "TABLE" | "MATERIALIZED VIEW" => 3,
        "INDEX" | "CONSTRAINT" | "SEQUENCE" | "VIEW" | "FOREIGN TABLE" | "BLOB" => 1,
        _ => 0,
    });
    let wanted = there.relations + relations.sum::<u64>();
    match wanted > there.locks {
        false => Vec::new(),
        true => vec![format!(
            "one transaction would hold {wanted} locks, and the server has room for {}: raise \
             max_locks_per_transaction",
            there.locks
        )],
    }
}

fn some(list: &[String]) -> String {
    let shown = list.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match list.len() > SHOWN {
        true => format!("{shown} and {} more", list.len() - SHOWN),
        false => shown,
    }
}
