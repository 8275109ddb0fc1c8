//! What a tool hands on of a server's error: its words without the code, and rows beside them.

use super::refusal::{FUNCTION, HIDDEN, WORDS, unquoted};
use crate::fault::Fault;

/// How the server begins what it says of values.
const OF_VALUES: [&str; 8] = [
    "invalid ",
    "value ",
    "malformed ",
    "date/time ",
    "duplicate JSON",
    "unrecognized ",
    "character with byte",
    "bit string ",
];

/// What a tool hands on of a server's error, where that may quote a row: said by a function in its
/// own words, or of a value. The tool does not hand on its code.
pub(crate) fn told_by_tool(lines: &[String], tool: &str) -> Option<Fault> {
    let said = |line: &String| {
        let (_, message) = line.split_once(": error: ")?.1.split_once("ERROR:  ")?;
        Some(message.to_owned())
    };
    let (at, message) = lines.iter().enumerate().find_map(|(at, line)| Some((at, said(line)?)))?;
    let own = format!("{tool}: ");
    let behind = lines.iter().skip(at + 1).take_while(|line| !line.starts_with(&own));
    let mut behind = behind.map(|line| line.trim_start_matches("CONTEXT:  "));
    let within =
        behind.find(|line| line.starts_with(FUNCTION) || line.starts_with("SQL function "));
    match within {
        Some(place) => Some(Fault::errored(HIDDEN).at(place).object(tool).help(WORDS)),
        // A setting's name is no value.
        None if message.starts_with("unrecognized configuration parameter ") => None,
        None if OF_VALUES.iter().any(|begin| message.starts_with(begin)) => {
            Some(Fault::errored(unquoted(&message)).object(tool))
        }
        None => None,
    }
}

/// The lines of a tool, without what quotes rows: details, contexts, and words of functions or of
/// values.
pub(crate) fn without_rows(lines: Vec<String>, tool: &str) -> Vec<String> {
    let hides = told_by_tool(&lines, tool).is_some();
    let (own, mut within) = (format!("{tool}: "), false);
    let kept = lines.into_iter().filter_map(|line| {
        let begins = |marks: &[&str]| marks.iter().any(|mark| line.starts_with(mark));
        if begins(&["DETAIL:", "CONTEXT:", "QUERY:", "STATEMENT:"]) {
            within = true;
        } else if begins(&["HINT:", "Command was:", own.as_str()]) {
            within = false;
        }
        match line.split_once("ERROR:  ") {
            Some((head, _)) if hides => {
                // What stands on the next lines belongs to it.
                within = true;
                Some(format!("{head}ERROR:  …"))
            }
            _ => (!within).then_some(line),
        }
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tool_hands_on_of_a_function_or_a_value_is_not_told() {
        let told = |lines: &[&str]| {
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            told_by_tool(&lines, "pg_restore").map(|fault| fault.line())
        };
        let error =
            |text: &str| format!("pg_restore: error: could not execute query: ERROR:  {text}");
        let raised = told(&[
            "pg_restore: while PROCESSING TOC:",
            &error("no jane"),
            "CONTEXT:  PL/pgSQL function public.f(text) line 3 at RAISE",
            "Command was: CREATE INDEX i ON public.t USING btree (public.f(name));",
        ]);
        let raised = raised.unwrap();
        assert!(raised.contains("public.f(text) line 3") && !raised.contains("jane"), "{raised}");
        let value = told(&[&error("invalid input syntax for type integer: \"jane\"")]).unwrap();
        assert!(value.ends_with("for type integer: \"…\""), "{value}");
        // What is of definitions is told whole, by whoever runs the tool.
        assert_eq!(told(&[&error("could not create unique index \"people_email\"")]), None);
        assert_eq!(told(&["pg_restore: error: could not open file"]), None);
        assert_eq!(told(&[&error("unrecognized configuration parameter \"a\"")]), None);
        assert!(told(&[&error("unrecognized headerline \"jane\"")]).is_some());
    }

    #[test]
    fn the_log_holds_no_row_and_no_function_s_words() {
        let clean = |lines: &[&str]| {
            without_rows(lines.iter().map(|line| (*line).to_owned()).collect(), "pg_restore")
        };
        let error = "pg_restore: error: could not execute query: ERROR:  could not create unique index \"i\"";
        let lines = [
            "pg_restore: creating INDEX",
            error,
            "DETAIL:  Key (a)=(ja",
            "ne) is duplicated.",
            "Command was: CREATE",
        ];
        assert_eq!(clean(&lines), ["pg_restore: creating INDEX", error, "Command was: CREATE"]);
        let lines = [
            "pg_restore: error: could not execute query: ERROR:  no jane",
            "nor jack",
            "CONTEXT:  PL/pgSQL function public.f(text) line 3 at RAISE",
            "Command was: CREATE",
        ];
        let error = "pg_restore: error: could not execute query: ERROR:  …";
        assert_eq!(clean(&lines), [error, "Command was: CREATE"]);
    }
}
