//! What calls out of the database: in staging it leads nowhere, and does not run by itself.
//!
//! A webhook is a trigger whose function is one of the platform's; as often a function of the
//! application's own does it, by `pg_net`, `http`, `dblink` or an untrusted language, or calls
//! another that does. All their triggers come up disabled, those on events among them, and so do
//! rules that call one.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::archive::name;
use crate::backup::archive::{Entry, Toc};
use crate::pattern;

/// Where a webhook leads in staging: nowhere (RFC 2606 keeps `.invalid` free).
const NOWHERE: &str = "https://staging.invalid/";

/// What a body has that calls out, in small letters; for Rust and for the server alike. Other
/// functions of PostgreSQL that reach out need a privilege that no trigger has by itself.
pub(crate) const CALLS: &str = r#"(^|[^a-z0-9_])("?net"?\s*\.\s*"?http_|supabase_functions"?\s*\.\s*"?http_request|http_(get|post|put|patch|delete|head)\s*\(|http\s*\(\s*(row)?\s*\(|dblink[a-z_]*\s*\(|aws_lambda\s*\.|to\s+program\s|(urllib|http\.client|smtplib|lwp::|net::smtp)([^a-z]|$)|requests\.[a-z]+\s*\()"#;

/// What names such a function and does not call it, as the platform's does that gives `pg_net` to its
/// roles; for both, too.
pub(crate) const NAMED: &str = r#"(on|alter)\s+function\s+("?net"?\s*\.\s*)?"?http_[a-z]+"?\s*\("#;

static CALLING: LazyLock<Regex> = LazyLock::new(|| pattern::constant(CALLS));
static NAMING: LazyLock<Regex> = LazyLock::new(|| pattern::constant(NAMED));
static QUOTED: LazyLock<Regex> =
    LazyLock::new(|| pattern::constant(r#"'(?:[^']|'')*'|"(?:[^"]|"")*""#));
static LITERAL: LazyLock<Regex> = LazyLock::new(|| pattern::constant(r"'(?:[^']|'')*'"));
static OPTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern::constant(r#"(?<key>"(?:[^"]|"")+"|[A-Za-z_][\w$]*)(?<gap>\s+)[Ee]?'(?:[^']|'')*'"#)
});

/// Functions that call out, by their names.
pub(super) struct Outward {
    names: BTreeSet<String>,
    /// A call of one of them.
    calls: Option<Regex>,
    /// Views, by schema and name: their rules cannot be disabled.
    views: BTreeSet<(String, String)>,
}

impl Outward {
    /// Those of an archive, and those that call them.
    pub(super) fn of(toc: &Toc) -> Self {
        let functions = toc
            .entries
            .iter()
            .filter(|entry| matches!(entry.desc.as_str(), "FUNCTION" | "PROCEDURE"));
        let functions: Vec<(String, String)> = functions
            .filter_map(|entry| {
                let (name, _) = entry.tag.rsplit_once('(').unwrap_or((&entry.tag, ""));
                Some((bare(name), entry.definition.as_ref()?.to_lowercase()))
            })
            .collect();
        let views = toc.entries.iter().filter(|entry| entry.desc == "VIEW").map(Entry::key);
        Self { views: views.collect(), ..Self::among(&functions) }
    }

    /// Those among functions, each with its name and its definition in small letters.
    fn among(functions: &[(String, String)]) -> Self {
        let begins = functions.iter().filter(|(_, body)| calls_out(body));
        let mut names: BTreeSet<String> = begins.map(|(name, _)| name.clone()).collect();
        loop {
            let before = names.len();
            let known: Vec<String> = names.iter().map(|name| regex::escape(name)).collect();
            let pattern = format!(r#"(?:^|[^a-z0-9_])"?(?:{})"?\s*\("#, known.join("|"));
            let Some(calls) = Regex::new(&pattern).ok().filter(|_| before > 0) else {
                return Self { names, calls: None, views: BTreeSet::new() };
            };
            let callers = functions.iter().filter(|(_, body)| {
                // Its own name stands in its definition, too.
                let code = body.find(" as ").map_or(body.as_str(), |at| &body[at..]);
                calls.is_match(code)
            });
            names.extend(callers.map(|(name, _)| name.clone()).collect::<Vec<_>>());
            if names.len() == before {
                return Self { names, calls: Some(calls), views: BTreeSet::new() };
            }
        }
    }

    /// What calls out by itself: disabled, with arguments that lead nowhere. Nothing of what does not.
    pub(super) fn disabled(&self, entry: &Entry) -> Option<String> {
        let definition = entry.definition.as_deref()?;
        match entry.desc.as_str() {
            "TRIGGER" => self.trigger(definition),
            "EVENT TRIGGER" => self.event_trigger(definition),
            "RULE" => {
                let (schema, tag) = entry.key();
                let of =
                    tag.match_indices(' ').map(|(at, _)| (schema.clone(), tag[..at].to_owned()));
                let is_view = of.into_iter().any(|view| self.views.contains(&view));
                self.rule(definition, is_view)
            }
            _ => None,
        }
    }

    fn trigger(&self, trigger: &str) -> Option<String> {
        let (head, call) = self.outward_call(trigger)?;
        let call = match CALLING.is_match(&call.to_lowercase()) {
            true => nowhere(call),
            false => empty(call),
        };
        let disable = named(head)
            .map(|(name, table)| format!("\nALTER TABLE {table} DISABLE TRIGGER {name};\n"));
        Some(format!("{head}{call}\n{}", disable.unwrap_or_default()))
    }

    fn event_trigger(&self, trigger: &str) -> Option<String> {
        let (head, call) = self.outward_call(trigger)?;
        let (name, _) = raw_name(head.strip_prefix("CREATE EVENT TRIGGER ")?)?;
        let made = whole(call);
        Some(format!("{head}{made}\n\nALTER EVENT TRIGGER {name} DISABLE;\n"))
    }

    fn rule(&self, rule: &str, is_view: bool) -> Option<String> {
        let text = rule.to_lowercase();
        let calls = calls_out(&text) || self.calls.as_ref().is_some_and(|own| own.is_match(&text));
        let (name, rest) = raw_name(rule.strip_prefix("CREATE RULE ")?)?;
        // A view's own is what it shows.
        if !calls || name == "\"_RETURN\"" {
            return None;
        }
        let table = outside(rest, " TO ")? + " TO ".len();
        let (event, rest) = rest.split_at(table);
        let (table, _) = raw_path(rest)?;
        if is_view {
            return Some(format!("CREATE RULE {name}{event}{table} DO INSTEAD NOTHING;\n"));
        }
        Some(format!("{}\n\nALTER TABLE {table} DISABLE RULE {name};\n", rule.trim_end()))
    }

    /// What comes before a trigger's call, and the call, where it is one that leads out.
    fn outward_call<'t>(&self, trigger: &'t str) -> Option<(&'t str, &'t str)> {
        let begins = ["EXECUTE FUNCTION ", "EXECUTE PROCEDURE "];
        let (at, word) =
            begins.iter().filter_map(|word| Some((outside(trigger, word)?, word))).min()?;
        let (head, call) = trigger.split_at(at);
        let (path, _) = raw_path(&call[word.len()..])?;
        let mut called = name(path)?;
        if let Some(rest) = called.1.strip_prefix('.') {
            called = name(rest)?;
        }
        let leads_out =
            CALLING.is_match(&call.to_lowercase()) || self.names.contains(&called.0.to_lowercase());
        leads_out.then_some((head, call))
    }
}

/// Whether a body, in small letters, has a call that leads out.
fn calls_out(body: &str) -> bool {
    CALLING.is_match(&NAMING.replace_all(body, " "))
}

/// A name in small letters, without its quotation marks.
fn bare(name: &str) -> String {
    name.trim_matches('"').to_lowercase()
}

/// A call to its end, without the command that may follow it.
fn whole(call: &str) -> &str {
    outside(call, ");").map_or(call.trim_end(), |at| &call[..at + 2])
}

/// A webhook's call with arguments that lead nowhere.
fn nowhere(call: &str) -> String {
    let mut number = 0;
    let made = LITERAL.replace_all(whole(call), |_: &Captures<'_>| {
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

/// The call of a function of the project's own: which of its arguments is a key, nobody knows.
fn empty(call: &str) -> String {
    let made = LITERAL.replace_all(whole(call), |literal: &Captures<'_>| match &literal[0] {
        text if text.contains("://") => format!("'{NOWHERE}'"),
        _ => "''".to_owned(),
    });
    made.into_owned()
}

/// Name and table of `CREATE TRIGGER name AFTER INSERT ON table FOR EACH ROW …`.
fn named(head: &str) -> Option<(&str, &str)> {
    let (_, rest) = head.split_once("TRIGGER ")?;
    let (name, rest) = raw_name(rest)?;
    let (table, _) = raw_path(&rest[outside(rest, " ON ")? + " ON ".len()..])?;
    Some((name, table))
}

/// The name that a text begins with, as it is written there, and what comes after it.
fn raw_name(text: &str) -> Option<(&str, &str)> {
    let (_, rest) = name(text)?;
    Some(text.split_at(text.len() - rest.len()))
}

/// The same of a name that may have a schema.
fn raw_path(text: &str) -> Option<(&str, &str)> {
    let (_, rest) = name(text)?;
    let rest = match rest.strip_prefix('.') {
        Some(second) => name(second)?.1,
        None => rest,
    };
    Some(text.split_at(text.len() - rest.len()))
}

/// Where a word stands first that is in no literal and in no quoted name.
fn outside(text: &str, word: &str) -> Option<usize> {
    let blank = QUOTED.replace_all(text, |quoted: &Captures<'_>| "_".repeat(quoted[0].len()));
    blank.find(word)
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
        let made = outward(&[]).trigger(
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
            outward.trigger(&format!(
                "CREATE TRIGGER t BEFORE UPDATE ON public.jobs FOR EACH ROW EXECUTE FUNCTION {function}('a');\n\n\
                 ALTER TABLE public.jobs ENABLE ALWAYS TRIGGER t;\n"
            ))
        };
        for function in ["public.notify_crm", "public.\"Quoted\"", "public.deeper"] {
            let made = of(function).unwrap();
            assert!(made.ends_with("\nALTER TABLE public.jobs DISABLE TRIGGER t;\n"), "{made}");
            assert!(made.contains("('')") && !made.contains("ENABLE"), "{made}");
        }
        assert_eq!([of("public.touch"), of("public.sender_of")], [None, None]);
    }

    #[test]
    fn arguments_of_the_project_s_own_lead_nowhere_either() {
        let own = [("notify", "begin perform net.http_post(tg_argv[0]); return new; end")];
        let made = outward(&own).trigger(
            "CREATE TRIGGER t AFTER INSERT ON public.jobs FOR EACH ROW EXECUTE FUNCTION \
             public.notify('https://crm.prod/hook', 'x-key: it''s Hq7);');\n",
        );
        let made = made.unwrap();
        assert!(made.contains("public.notify('https://staging.invalid/', '');\n"), "{made}");
    }

    #[test]
    fn names_with_blanks_and_words_within_literals_are_read_as_they_are() {
        let call = "begin perform net.http_post('x'); return new; end";
        let outward = outward(&[("\"my. (hook\"", call), ("plain", "begin return new; end")]);
        let of = |function: &str| {
            outward.trigger(&format!(
                "CREATE CONSTRAINT TRIGGER \"a AFTER b\" AFTER UPDATE OF \"c ON d\" ON public.\"e FOR EACH\" \
                 NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW \
                 WHEN ((new.note = 'EXECUTE FUNCTION x('::text)) EXECUTE FUNCTION {function}('EXECUTE FUNCTION y(');\n"
            ))
        };
        let made = of("public.\"My. (Hook\"").unwrap();
        let end = "\nALTER TABLE public.\"e FOR EACH\" DISABLE TRIGGER \"a AFTER b\";\n";
        assert!(made.ends_with(end) && made.contains("= 'EXECUTE FUNCTION x('"), "{made}");
        assert_eq!(of("public.plain"), None);
    }

    #[test]
    fn event_triggers_and_rules_that_call_out_are_disabled_and_no_others() {
        let outward = outward(&[
            ("told", "begin perform net.http_post('https://crm.test'); end"),
            (
                "given",
                "begin grant execute on function net.http_post(text) to anon;
                alter function http_get(text) security definer; end",
            ),
        ]);
        let event = |function: &str| {
            outward.event_trigger(&format!(
                "CREATE EVENT TRIGGER \"on ddl\" ON ddl_command_end\n         WHEN TAG IN ('CREATE TABLE')\n   \
                 EXECUTE FUNCTION public.{function}();\n\nALTER EVENT TRIGGER \"on ddl\" ENABLE ALWAYS;\n"
            ))
        };
        let made = event("told").unwrap();
        let end = "FUNCTION public.told();\n\nALTER EVENT TRIGGER \"on ddl\" DISABLE;\n";
        assert!(made.ends_with(end), "{made}");
        assert_eq!(event("given"), None);
        let rule = |name: &str, what: &str| {
            outward.rule(&format!(
                "CREATE RULE {name} AS\n    ON INSERT TO public.\"a TO b\"\n   WHERE (new.a = ' TO c'::text) DO  {what};\n"
            ), false)
        };
        for what in ["SELECT public.told() AS told", "SELECT net.http_post('x'::text)"] {
            let made = rule("\"r TO s\"", what).unwrap();
            let end = ";\n\nALTER TABLE public.\"a TO b\" DISABLE RULE \"r TO s\";\n";
            assert!(made.ends_with(end), "{made}");
        }
        assert_eq!(rule("r", "INSTEAD NOTHING"), None);
        let of_view =
            "CREATE RULE r AS\n    ON UPDATE TO public.v DO INSTEAD  SELECT public.told();\n";
        assert_eq!(
            outward.rule(of_view, true).unwrap(),
            "CREATE RULE r AS\n    ON UPDATE TO public.v DO INSTEAD NOTHING;\n"
        );
        assert_eq!(rule("\"_RETURN\"", "INSTEAD SELECT public.told() AS told"), None);
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
