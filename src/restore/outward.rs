//! What calls out of the database: in staging it leads nowhere, and does not run by itself.
//!
//! A webhook is a trigger whose function is one of the platform's; as often a function of the
//! application's own does it, by `pg_net`, `http`, `dblink` or an untrusted language, or calls
//! another that does. All their triggers come up disabled.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::backup::archive::Toc;
use crate::pattern;

/// Where a webhook leads in staging: nowhere (RFC 2606 keeps `.invalid` free).
const NOWHERE: &str = "https://staging.invalid/";

/// What a body has that calls out, in small letters; for Rust and for the server alike. Other
/// functions of PostgreSQL that reach out need a privilege that no trigger has by itself.
pub(crate) const CALLS: &str = r#"(^|[^a-z0-9_])("?net"?\s*\.\s*"?http_|supabase_functions"?\s*\.\s*"?http_request|http_(get|post|put|patch|delete|head)\s*\(|http\s*\(\s*(row)?\s*\(|dblink[a-z_]*\s*\(|aws_lambda\s*\.|to\s+program\s|(urllib|http\.client|smtplib|lwp::|net::smtp)([^a-z]|$)|requests\.[a-z]+\s*\()"#;

static CALLING: LazyLock<Regex> = LazyLock::new(|| pattern::constant(CALLS));
static LITERAL: LazyLock<Regex> = LazyLock::new(|| pattern::constant(r"'(?:[^']|'')*'"));
static OPTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern::constant(r#"(?<key>"(?:[^"]|"")+"|[A-Za-z_][\w$]*)(?<gap>\s+)[Ee]?'(?:[^']|'')*'"#)
});

/// Functions that call out, by their names.
pub(super) struct Outward(BTreeSet<String>);

impl Outward {
    /// Those of an archive, and those that call them.
    pub(super) fn of(toc: &Toc) -> Self {
        let functions = toc
            .entries
            .iter()
            .filter(|entry| matches!(entry.desc.as_str(), "FUNCTION" | "PROCEDURE"));
        let functions: Vec<(String, String)> = functions
            .filter_map(|entry| {
                let name = entry.tag.split('(').next().unwrap_or_default();
                Some((bare(name), entry.definition.as_ref()?.to_lowercase()))
            })
            .collect();
        Self::among(&functions)
    }

    /// Those among functions, each with its name and its definition in small letters.
    fn among(functions: &[(String, String)]) -> Self {
        let begins = functions.iter().filter(|(_, body)| CALLING.is_match(body));
        let mut names: BTreeSet<String> = begins.map(|(name, _)| name.clone()).collect();
        loop {
            let before = names.len();
            let known: Vec<String> = names.iter().map(|name| regex::escape(name)).collect();
            let pattern = format!(r#"(?:^|[^a-z0-9_])"?(?:{})"?\s*\("#, known.join("|"));
            let Some(calls) = Regex::new(&pattern).ok().filter(|_| before > 0) else { break };
            let callers = functions.iter().filter(|(_, body)| {
                // Its own name stands in its definition, too.
                let code = body.find(" as ").map_or(body.as_str(), |at| &body[at..]);
                calls.is_match(code)
            });
            names.extend(callers.map(|(name, _)| name.clone()).collect::<Vec<_>>());
            if names.len() == before {
                break;
            }
        }
        Self(names)
    }

    /// A trigger that calls out: disabled, and nothing where it does not. One that is a webhook
    /// leads nowhere besides.
    pub(super) fn disabled(&self, trigger: &str) -> Option<String> {
        let begin = trigger.find("EXECUTE ")?;
        let (head, call) = trigger.split_at(begin);
        let is_hook = CALLING.is_match(&call.to_lowercase());
        let called = call.split_whitespace().nth(2)?.split('(').next()?;
        let called = called.rsplit('.').next().map(bare)?;
        if !is_hook && !self.0.contains(&called) {
            return None;
        }
        let call = match is_hook {
            true => nowhere(call),
            false => call.trim_end().to_owned(),
        };
        let disable = named(head)
            .map(|(name, table)| format!("\nALTER TABLE {table} DISABLE TRIGGER {name};\n"));
        Some(format!("{head}{call}\n{}", disable.unwrap_or_default()))
    }
}

/// A name in small letters, without its quotation marks.
fn bare(name: &str) -> String {
    name.trim_matches('"').to_lowercase()
}

/// A webhook's call with arguments that lead nowhere.
fn nowhere(call: &str) -> String {
    let end = call.rfind(");").map_or(call.len(), |at| at + 2);
    let mut number = 0;
    let made = LITERAL.replace_all(&call[..end], |_: &Captures<'_>| {
        number += 1;
        match number {
            1 => format!("'{NOWHERE}'"),
            2 => "'POST'".to_owned(),
            5 => "'1000'".to_owned(),
            _ => "'{}'".to_owned(),
        }
    });
    made.into_owned()
}

/// Name and table of `CREATE TRIGGER name AFTER INSERT ON table FOR EACH ROW …`.
fn named(head: &str) -> Option<(&str, &str)> {
    let rest = head.strip_prefix("CREATE ")?;
    let rest = rest.split_once("TRIGGER ").map(|(_, rest)| rest)?;
    let end = [" BEFORE ", " AFTER ", " INSTEAD OF "].iter().filter_map(|w| rest.find(w)).min()?;
    let (name, rest) = rest.split_at(end);
    let (_, rest) = rest.split_once(" ON ")?;
    let ends = [" FROM ", " NOT DEFERRABLE", " DEFERRABLE", " REFERENCING ", " FOR EACH"];
    let end = ends.iter().filter_map(|word| rest.find(word)).min()?;
    Some((name, &rest[..end]))
}

/// A user mapping without any of its secrets.
pub(super) fn mapping(definition: &str, reset: &str) -> String {
    LITERAL.replace_all(definition, format!("'{reset}'")).into_owned()
}

/// A server whose host is nowhere; what it is called, and the names of tables there, stay.
pub(super) fn server(definition: &str) -> String {
    let Some(at) = definition.find("OPTIONS (") else { return definition.to_owned() };
    let (head, options) = definition.split_at(at);
    let made = OPTION.replace_all(options, |option: &Captures<'_>| {
        let key = &option["key"];
        match key {
            "dbname" | "port" | "fetch_size" | "use_remote_estimate" => option[0].to_owned(),
            _ => format!("{key}{}'staging.invalid'", &option["gap"]),
        }
    });
    format!("{head}{made}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outward(functions: &[(&str, &str)]) -> Outward {
        let functions = functions.iter().map(|(name, body)| {
            let made = format!("CREATE FUNCTION public.{name}() RETURNS trigger AS $${body}$$;\n");
            (bare(name), made.to_lowercase())
        });
        Outward::among(&functions.collect::<Vec<_>>())
    }

    #[test]
    fn a_webhook_leads_nowhere_and_is_disabled() {
        let made = outward(&[]).disabled(
            "CREATE TRIGGER hook AFTER INSERT ON public.\"My t\" FOR EACH ROW EXECUTE FUNCTION \
             supabase_functions.http_request('https://a.test/?k=1', 'POST', '{\"a\":\"Bearer eyJ\"}', '{}', '5000');\n",
        );
        assert_eq!(
            made.unwrap(),
            "CREATE TRIGGER hook AFTER INSERT ON public.\"My t\" FOR EACH ROW EXECUTE FUNCTION \
             supabase_functions.http_request('https://staging.invalid/', 'POST', '{}', '{}', '1000');\n\n\
             ALTER TABLE public.\"My t\" DISABLE TRIGGER hook;\n"
        );
    }

    #[test]
    fn a_trigger_whose_own_function_calls_out_is_disabled_and_no_other() {
        let outward = outward(&[
            ("notify_crm", "begin perform net.http_post('https://crm.test'); return new; end"),
            ("\"Quoted\"", "begin perform \"net\" . \"http_get\"('x'); return new; end"),
            ("send", "select content from http_post('https://crm.test', $1)"),
            ("deeper", "begin perform public.send('x'); return new; end"),
            ("touch", "begin new.at = now(); -- no http here\n return new; end"),
            ("sender_of", "begin perform resend(1); return new; end"),
        ]);
        let of = |function: &str| {
            outward.disabled(&format!(
                "CREATE TRIGGER t BEFORE UPDATE ON public.jobs FOR EACH ROW EXECUTE FUNCTION {function}('a');\n\n\
                 ALTER TABLE public.jobs ENABLE ALWAYS TRIGGER t;\n"
            ))
        };
        for function in ["public.notify_crm", "public.\"Quoted\"", "public.deeper"] {
            let made = of(function).unwrap();
            assert!(made.ends_with("\nALTER TABLE public.jobs DISABLE TRIGGER t;\n"), "{made}");
            assert!(made.contains("('a')"), "{made}");
        }
        assert_eq!([of("public.touch"), of("public.sender_of")], [None, None]);
    }

    #[test]
    fn a_server_s_host_is_reset_and_its_port_is_not() {
        let made = server(
            "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (\n    host 'db.prod',\n    port '5432'\n);\n",
        );
        assert!(made.contains("host 'staging.invalid',\n    port '5432'"), "{made}");
        // A value of several lines, and one of the kind that has backslashes.
        let made = server(
            "CREATE SERVER s FOREIGN DATA WRAPPER x OPTIONS (\n    key 'line of\nport ''a secret''',\n    \"Other\" E'a\\\\b'\n);\n",
        );
        assert!(!made.contains("secret") && !made.contains("line of"), "{made}");
        assert!(
            made.contains("key 'staging.invalid',\n    \"Other\" 'staging.invalid'\n);"),
            "{made}"
        );
    }
}
