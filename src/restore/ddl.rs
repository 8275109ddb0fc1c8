//! Definitions, before they reach staging: secrets are reset, nobody's address stays in a comment
//! or a function's body, and nothing that calls out of the database comes up by itself.
//!
//! | object | what becomes of it |
//! |---|---|
//! | triggers, event triggers and rules that call out of the database ([`outward`]) | disabled; their arguments reset |
//! | foreign servers and user mappings | hosts, users and passwords reset |
//! | subscriptions | left out |
//! | any definition | addresses, and known numbers and names masked; keys and tokens reset |
//!
//! What of it cannot be told from an ordinary word stays, and the proof refuses it by its place.

use std::collections::BTreeSet;

use regex::Regex;

use super::hosted::left::Key;
use super::objects;
use super::outward::{self, Outward};
use crate::backup::archive::{Entry, Toc};
use crate::fault::Fault;
use crate::masking::text::{Known, SECRETS, mask_code, reset_keys, reset_passwords};

/// What stands for a key or token in a definition.
const RESET: &str = "staging-reset";

/// What was done to definitions.
#[derive(Debug, Default)]
pub(crate) struct Rewritten {
    /// Objects whose definitions differ from production's now: kind, schema and name.
    pub(crate) objects: BTreeSet<Key>,
    /// What calls out, disabled: `public.invoices invoice_webhook`.
    pub(crate) webhooks: Vec<String>,
    /// What was left out.
    pub(crate) left_out: Vec<String>,
}

/// Rewrites a table of contents, and leaves out what is data.
///
/// # Errors
/// No number is left.
pub(crate) fn rewrite(toc: &mut Toc, known: Known<'_>) -> Result<Rewritten, Fault> {
    let secrets = Regex::new(SECRETS).map_err(Fault::errored)?;
    let bearer =
        Regex::new(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}").map_err(Fault::errored)?;
    let outward = Outward::of(toc);
    let mut rewritten = Rewritten::default();
    let mut changed = BTreeSet::new();
    toc.entries.retain(|entry| match entry.desc.as_str() {
        "TABLE DATA" | "BLOBS" => false,
        "SUBSCRIPTION" => {
            rewritten.left_out.push(format!("subscription {entry}"));
            false
        }
        _ => true,
    });
    events_last(toc);
    for entry in &mut toc.entries {
        let Some(definition) = entry.definition.clone().filter(|text| !text.is_empty()) else {
            continue;
        };
        let reset = match entry.desc.as_str() {
            "TRIGGER" | "EVENT TRIGGER" | "RULE" => match outward.disabled(entry) {
                Some(disabled) => {
                    rewritten.webhooks.push(entry.to_string());
                    disabled
                }
                None => definition.clone(),
            },
            "USER MAPPING" => outward::mapping(&definition, RESET),
            "SERVER" => outward::server(&definition),
            _ => definition.clone(),
        };
        // Of those too: what stands in a webhook's condition is not one of its arguments.
        let reset = reset_keys(&reset, known.people, RESET);
        let masked = mask_code(&reset, known)?;
        let masked = reset_passwords(&masked, RESET);
        let masked = secrets.replace_all(&masked, RESET);
        let made = bearer.replace_all(&masked, format!("$1 {RESET}")).into_owned();
        if made != definition {
            changed.insert(entry.dump_id);
            entry.definition = Some(made);
        }
    }
    rewritten.objects = objects::of(toc, &changed);
    Ok(rewritten)
}

/// Has event triggers made after the last materialized view is filled, which they would hear of: what
/// they do then is none of the backup's. `pg_dump` has them before that.
fn events_last(toc: &mut Toc) {
    let filled = toc.entries.iter().filter(|entry| entry.desc == "MATERIALIZED VIEW DATA");
    let filled: Vec<i64> = filled.map(|entry| entry.dump_id).collect();
    let is_event = |entry: &Entry| entry.desc == "EVENT TRIGGER";
    for entry in toc.entries.iter_mut().filter(|entry| is_event(entry)) {
        entry.dependencies.extend(&filled);
    }
    // What is said of one comes after it, and is heard by none.
    toc.entries.sort_by_key(|entry| {
        let is_said = matches!(entry.desc.as_str(), "COMMENT" | "SECURITY LABEL");
        is_event(entry) || is_said && entry.tag.starts_with("EVENT TRIGGER ")
    });
}
