//! Definitions, before they reach staging: secrets are reset, nobody's address stays in a comment
//! or a function's body, and nothing that calls out of the database comes up by itself.
//!
//! | object | what becomes of it |
//! |---|---|
//! | webhooks (triggers of `supabase_functions.http_request`) | URL and headers reset; disabled |
//! | foreign servers and user mappings | hosts, users and passwords reset |
//! | subscriptions | left out |
//! | any definition | known addresses, numbers and names masked; keys and tokens reset |
//!
//! What of it cannot be told from an ordinary word stays, and the proof refuses it by its place.

use std::collections::BTreeSet;

use regex::Regex;

use super::hosted::left::Key;
use super::{keys, objects};
use crate::backup::archive::Toc;
use crate::fault::Fault;
use crate::masking::text::{Known, mask_known};

/// What stands for a key or token in a definition.
const RESET: &str = "staging-reset";

/// Where a webhook leads in staging: nowhere (RFC 2606 keeps `.invalid` free).
const NOWHERE: &str = "https://staging.invalid/";

/// Things that are keys by their form.
pub(crate) const SECRETS: &str = r"(?x)
    eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+
    | \b(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]+
    | \bsb_secret_[A-Za-z0-9_-]+
    | \bwhsec_[A-Za-z0-9]+
    | \bgh[pousr]_[A-Za-z0-9]{20,}
    | \bxox[abpr]-[A-Za-z0-9-]+";

/// What was done to definitions.
#[derive(Debug, Default)]
pub(crate) struct Rewritten {
    /// Objects whose definitions differ from production's now: kind, schema and name.
    pub(crate) objects: BTreeSet<Key>,
    /// Webhooks, disabled: `public.invoices invoice_webhook`.
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
    let literal = Regex::new(r"'(?:[^']|'')*'").map_err(Fault::errored)?;
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
    for entry in &mut toc.entries {
        let Some(definition) = entry.definition.clone().filter(|text| !text.is_empty()) else {
            continue;
        };
        let reset = match entry.desc.as_str() {
            "TRIGGER" if is_webhook(&definition) => {
                rewritten.webhooks.push(entry.to_string());
                webhook(&definition, &literal)
            }
            "USER MAPPING" => literal.replace_all(&definition, format!("'{RESET}'")).into_owned(),
            "SERVER" => server(&definition, &literal),
            _ => definition.clone(),
        };
        // Of those too: what stands in a webhook's condition is not one of its arguments.
        let masked = mask_known(&reset, known)?;
        let masked = keys::reset(&masked, known.people, RESET);
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

fn is_webhook(definition: &str) -> bool {
    ["supabase_functions.http_request(", "net.http_post(", "net.http_get("]
        .iter()
        .any(|call| definition.contains(call))
}

/// The trigger with arguments that lead nowhere, disabled.
fn webhook(definition: &str, literal: &Regex) -> String {
    let begin = definition.find("EXECUTE ").unwrap_or(definition.len());
    let (head, call) = definition.split_at(begin);
    let end = call.rfind(");").map_or(call.len(), |at| at + 2);
    let mut number = 0;
    let call = literal.replace_all(&call[..end], |_: &regex::Captures<'_>| {
        number += 1;
        match number {
            1 => format!("'{NOWHERE}'"),
            2 => "'POST'".to_owned(),
            5 => "'1000'".to_owned(),
            _ => "'{}'".to_owned(),
        }
    });
    let disable = trigger(head)
        .map(|(name, table)| format!("\nALTER TABLE {table} DISABLE TRIGGER {name};\n"));
    format!("{head}{call}\n{}", disable.unwrap_or_default())
}

/// Name and table of `CREATE TRIGGER name AFTER INSERT ON table FOR EACH ROW …`.
fn trigger(head: &str) -> Option<(&str, &str)> {
    let rest = head.strip_prefix("CREATE ")?;
    let rest = rest.split_once("TRIGGER ").map(|(_, rest)| rest)?;
    let end = [" BEFORE ", " AFTER ", " INSTEAD OF "].iter().filter_map(|w| rest.find(w)).min()?;
    let (name, rest) = rest.split_at(end);
    let (_, rest) = rest.split_once(" ON ")?;
    let ends = [" FROM ", " NOT DEFERRABLE", " DEFERRABLE", " REFERENCING ", " FOR EACH"];
    let end = ends.iter().filter_map(|word| rest.find(word)).min()?;
    Some((name, &rest[..end]))
}

/// A server whose host is nowhere; what it is called, and the names of tables there, stay.
fn server(definition: &str, literal: &Regex) -> String {
    let Some(at) = definition.find("OPTIONS (") else { return definition.to_owned() };
    let (head, options) = definition.split_at(at);
    let mut made = head.to_owned();
    for (index, line) in options.split('\n').enumerate() {
        if index > 0 {
            made.push('\n');
        }
        let key = line.trim().trim_start_matches("OPTIONS (").split(' ').next().unwrap_or_default();
        match matches!(key, "dbname" | "port" | "fetch_size" | "use_remote_estimate") {
            true => made.push_str(line),
            false => made.push_str(&literal.replace_all(line, "'staging.invalid'")),
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_leads_nowhere_and_is_disabled() {
        let literal = Regex::new(r"'(?:[^']|'')*'").unwrap();
        let made = webhook(
            "CREATE TRIGGER hook AFTER INSERT ON public.\"My t\" FOR EACH ROW EXECUTE FUNCTION \
             supabase_functions.http_request('https://a.test/?k=1', 'POST', '{\"a\":\"Bearer eyJ\"}', '{}', '5000');\n",
            &literal,
        );
        assert_eq!(
            made,
            "CREATE TRIGGER hook AFTER INSERT ON public.\"My t\" FOR EACH ROW EXECUTE FUNCTION \
             supabase_functions.http_request('https://staging.invalid/', 'POST', '{}', '{}', '1000');\n\n\
             ALTER TABLE public.\"My t\" DISABLE TRIGGER hook;\n"
        );
    }

    #[test]
    fn a_server_s_host_is_reset_and_its_port_is_not() {
        let literal = Regex::new(r"'(?:[^']|'')*'").unwrap();
        let made = server(
            "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (\n    host 'db.prod',\n    port '5432'\n);\n",
            &literal,
        );
        assert!(made.contains("host 'staging.invalid',\n    port '5432'"), "{made}");
    }
}
