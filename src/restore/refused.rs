//! What the server refuses once rows are masked: by which rule, of which column, and what to do.
//!
//! ```text
//! data import: public.profiles: value for domain app.address violates check constraint "address_check" …
//!   help: the rule `value` of public.profiles.marketing_email makes what it refuses: …
//! ```
//!
//! A server names a constraint, an index or a column, and never a rule. Which columns a constraint is
//! about, the backup's table of contents says. No value is told.

use std::collections::BTreeSet;

use crate::backup::archive::Toc;
use crate::backup::settings::table_name;
use crate::fault::Fault;
use crate::masking::plan::{Action, MaskPlan, Rows};

/// What a server says where a value is against a definition.
const AGAINST: [&str; 7] = [
    "violates",
    "could not create unique index",
    "could not create exclusion constraint",
    "is violated by some row",
    "contains null values",
    "value too long for type",
    "SQLSTATE 23",
];

/// The fault with the rules that may have led to it, where it is of that kind.
pub(super) fn explained(fault: Fault, plan: &MaskPlan, toc: &Toc) -> Fault {
    let line = fault.line();
    let is_against = AGAINST.iter().any(|words| line.contains(words));
    if !is_against || line.contains("row-level security") {
        return fault;
    }
    let cleared = cleared(&line, plan, toc);
    if line.contains("foreign key") && !cleared.is_empty() {
        return fault.help(format!(
            "`rows = \"clear\"` of {} in suites/masking.toml leaves out what this refers to: load \
             its rows, masked, or clear the table that refers to it, too",
            cleared.join(", ")
        ));
    }
    let rules = rules(&line, plan, toc);
    if rules.is_empty() {
        return fault.help(
            "no rule masks what this is about: production's own rows are against it, or what was \
             left out is missing; mend it in production, and back that up",
        );
    }
    fault.help(format!(
        "{} what it refuses: give the column another rule in suites/masking.toml whose values fit, \
         such as `{{ value = \"…{{id}}…\" }}`, or `keep` with a reason",
        match rules.len() {
            1 => format!("the rule {} makes", rules.concat()),
            _ => format!("one of the rules {} makes", rules.join(", ")),
        }
    ))
}

/// The tables that come without rows, and that a foreign key in a message refers to.
fn cleared(line: &str, plan: &MaskPlan, toc: &Toc) -> Vec<String> {
    let keys = toc.entries.iter().filter(|entry| entry.desc == "FK CONSTRAINT");
    let named = keys.filter(|entry| {
        line.split('"').skip(1).step_by(2).any(|name| entry.tag.ends_with(&format!(" {name}")))
    });
    let to: BTreeSet<&str> = named
        .filter_map(|entry| entry.definition.as_deref()?.split_once(" REFERENCES "))
        .filter_map(|(_, to)| to.split('(').next())
        .collect();
    let is_clear = |to: &&str| {
        let name = table_name(to.trim()).ok();
        let planned = name.and_then(|name| plan.tables.get(&name));
        planned.is_some_and(|planned| planned.rows == Rows::Clear)
    };
    to.into_iter().filter(is_clear).map(|to| to.trim().to_owned()).collect()
}

/// The rules of masked columns that a message is about: `email` of public.customers.email.
fn rules(line: &str, plan: &MaskPlan, toc: &Toc) -> Vec<String> {
    let quoted: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
    // What the names in the message stand for, in the words of the backup.
    let mut about: Vec<&str> = Vec::new();
    for entry in &toc.entries {
        let definition = entry.definition.as_deref().unwrap_or_default();
        let is = |name: &&&str| match entry.desc.as_str() {
            "INDEX" => entry.tag == **name,
            "CONSTRAINT" | "FK CONSTRAINT" | "CHECK CONSTRAINT" => {
                entry.tag.ends_with(&format!(" {name}"))
            }
            _ => false,
        };
        if quoted.iter().filter(|name| !name.is_empty()).any(|name| is(&name)) {
            about.extend([entry.tag.as_str(), definition]);
        }
        // A check stands within its table.
        if entry.desc == "TABLE" && quoted.contains(&entry.tag.as_str()) {
            let check = quoted.iter().find_map(|name| {
                let (plain, quoted) =
                    (format!("CONSTRAINT {name} CHECK"), format!("CONSTRAINT \"{name}\" CHECK"));
                definition.find(&plain).or_else(|| definition.find(&quoted))
            });
            if let Some(check) = check.and_then(|at| definition.get(at..)) {
                about.extend([entry.tag.as_str(), in_parentheses(check)]);
            }
        }
    }
    let about: BTreeSet<&str> = about.into_iter().flat_map(words).collect();
    let mut found = Vec::new();
    let loaded = plan.tables.iter().filter(|(_, planned)| planned.rows == Rows::Load);
    for ((schema, table), planned) in loaded {
        let place = format!("{schema}.{table}");
        let is_named = line.contains(&format!("{place}:")) || quoted.contains(&table.as_str());
        for column in planned.columns.iter().filter(|column| column.action != Action::Keep) {
            let name = column.name.as_str();
            let is_told = quoted.contains(&name) || line.contains(&format!(", column {name})"));
            if is_named && is_told || about.contains(table.as_str()) && about.contains(name) {
                found.push(format!("`{}` of {place}.{name}", word(&column.action)));
            }
        }
    }
    found
}

/// As far as the parenthesis that closes the first one.
pub(super) fn in_parentheses(text: &str) -> &str {
    let mut depth = 0_usize;
    let end = text.char_indices().find(|(_, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => return false,
        }
        depth == 0
    });
    end.map_or(text, |(at, _)| &text[..at])
}

/// The names in a definition.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// A rule as `masking.toml` calls it.
pub(super) fn word(action: &Action) -> &'static str {
    match action {
        Action::Keep => "keep",
        Action::Email => "email",
        Action::Phone => "phone",
        Action::Contact => "contact",
        Action::Name => "name",
        Action::Text => "text",
        Action::ObjectKey(_) => "object-key",
        Action::Json(_) => "json",
        Action::Secret => "secret",
        Action::Null => "null",
        Action::Empty => "empty",
        Action::Value(_) => "value",
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::backup::progress::Progress;
    use crate::backup::stop::Stop;
    use crate::backup::stream;
    use crate::database::testing::{database, production, writer};
    use crate::database::{ConnectionUrl, PgTools};
    use crate::masking::plan::{ColumnPlan, TablePlan, Template};

    pub(in crate::restore) fn table(columns: &[(&str, Action)]) -> TablePlan {
        let column = |(name, action): &(&str, Action)| ColumnPlan {
            name: (*name).to_owned(),
            array: false,
            text: true,
            length: None,
            action: action.clone(),
            passed: None,
        };
        TablePlan {
            rows: Rows::Load,
            columns: columns.iter().map(column).collect(),
            links: Vec::new(),
        }
    }

    /// The table of contents of a database's archive.
    pub(in crate::restore) fn contents(url: &str) -> Toc {
        let url = ConnectionUrl::parse(url).unwrap();
        let tools = PgTools::find(Some(production().bin_dir()), 150_000).unwrap();
        let mut dump = tools.command("pg_dump", &url, "smokedrill test");
        let dump = dump.args(["--format=custom", "--compress=0"]).output().unwrap();
        let packed = zstd::encode_all(&dump.stdout[..], 1).unwrap();
        let (progress, stop) = (Progress::default(), Stop::default());
        stream::read(&packed[..], &progress, &stop).unwrap().toc().clone()
    }

    #[tokio::test]
    async fn each_kind_of_refusal_names_the_rule_and_the_column() {
        let text = database("refused_by_rules").await;
        let client = writer(&text).await;
        let setup = "create domain public.address as text
                constraint address_check check (value like '%@%');
            create table public.people (id int primary key, email text, phone text not null,
                born text constraint born_known check (born <> ''), mail public.address);
            create unique index people_email on public.people (lower(email));
            create table public.jobs (who text, note text);
            alter table public.people add constraint people_phone unique (phone);
            alter table public.jobs add constraint jobs_who foreign key (who)
                references public.people (phone)";
        client.batch_execute(setup).await.unwrap();
        let toc = contents(&text);
        let mut plan = MaskPlan::default();
        let people = [
            ("id", Action::Keep),
            ("email", Action::Email),
            ("phone", Action::Phone),
            ("born", Action::Value(Template::new("never"))),
            ("mail", Action::Name),
        ];
        plan.tables.insert(("public".into(), "people".into()), table(&people));
        let jobs = [("who", Action::Text), ("note", Action::Null)];
        plan.tables.insert(("public".into(), "jobs".into()), table(&jobs));
        for (message, rules) in [
            (
                "value for domain address violates check constraint \"address_check\" \
                 (SQLSTATE 23514) (line 5, column mail)",
                "the rule `name` of public.people.mail makes",
            ),
            (
                "new row for relation \"people\" violates check constraint \"born_known\" (SQLSTATE 23514)",
                "the rule `value` of public.people.born makes",
            ),
            (
                "null value in column \"phone\" of relation \"people\" violates not-null constraint",
                "the rule `phone` of public.people.phone makes",
            ),
            (
                "could not execute query: ERROR:  could not create unique index \"people_email\"",
                "the rule `email` of public.people.email makes",
            ),
            (
                "insert or update on table \"jobs\" violates foreign key constraint \"jobs_who\"",
                "one of the rules `text` of public.jobs.who, `phone` of public.people.phone makes",
            ),
            ("could not create unique index \"people_pkey\"", "no rule masks what this is about"),
        ] {
            let fault = Fault::errored(message).stage("data import");
            let fault =
                if message.contains("domain") { fault.object("public.people") } else { fault };
            let told = explained(fault, &plan, &toc).to_string();
            assert!(told.contains(rules), "{told}");
        }
        // What a rule leaves out is no fault of production's.
        plan.tables.get_mut(&("public".into(), "people".into())).unwrap().rows = Rows::Clear;
        let fault =
            "insert or update on table \"jobs\" violates foreign key constraint \"jobs_who\"";
        let told = explained(Fault::errored(fault), &plan, &toc).to_string();
        assert!(told.contains("`rows = \"clear\"` of public.people"), "{told}");
        let other = explained(Fault::errored("no space left"), &plan, &toc);
        assert_eq!(other.to_string(), "no space left");
    }
}
