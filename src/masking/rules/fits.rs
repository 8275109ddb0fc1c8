//! Whether what a rule makes of a value can stand in its column: a rule that cannot is told before
//! a row is loaded, not by the server in the middle of it.

use std::net::IpAddr;

use crate::backup::manifest::Column;
use crate::masking::plan::Action;

/// What is wrong, and what to do about it.
type Wrong = (String, &'static str);

/// The greatest number of a person, as it stands in place of `{id}`.
const GREATEST: &str = "99999999";

/// Whether an action can apply to a column.
pub(super) fn fits(action: &Action, fact: &Column) -> Result<(), Wrong> {
    let declared = &fact.declared;
    let longest = match action {
        Action::Email
        | Action::Phone
        | Action::Contact
        | Action::Name
        | Action::Text
        | Action::ObjectKey(_)
        | Action::Secret
            if !is_text(fact) || is_json(fact) =>
        {
            return Err((
                format!("a column of type {declared} holds no such text"),
                "use `\"null\"`, `{ value = \"…\" }`, a JSON rule or `{ keep = \"reason\" }`",
            ));
        }
        // Of older applications many documents are in columns of text.
        Action::Json(_) if !is_text(fact) => {
            let message = format!("a column of type {declared} holds no JSON");
            return Err((message, "use `\"null\"`, `\"empty\"` or `{ value = \"…\" }`"));
        }
        Action::Null if !fact.nullable => {
            let message = "the column is NOT NULL".to_owned();
            return Err((message, "use `\"empty\"` or `{ value = \"…\" }`"));
        }
        Action::Empty if !may_be_empty(fact) => {
            let message = format!("the empty string is no value of type {declared}");
            return Err((message, "use `\"null\"` or `{ value = \"…\" }`"));
        }
        Action::Value(template) if template.of.is_some() && !template.text.contains("{id}") => {
            let message = "`of` says whose number `{id}` is, and there is no `{id}`".to_owned();
            return Err((message, "write `{id}` in the value, or leave `of` out"));
        }
        Action::Value(template) => {
            let value = template.text.replace("{id}", GREATEST);
            if !could_be(&fact.base, &value) {
                let message = format!("this is no value of type {declared}");
                return Err((message, "write it as PostgreSQL does: `t`, `1970-01-01`, `{}`"));
            }
            Some(value.chars().count())
        }
        Action::Email | Action::Contact => Some("test-99999999@example.com".len()),
        Action::Phone => Some("+100000099999999".len()),
        Action::Name => Some("Test Customer 99999999".len()),
        _ => None,
    };
    match (longest, fact.length) {
        (Some(longest), Some(length)) if longest > length as usize => Err((
            format!(
                "what it becomes has up to {longest} characters, and a column of type {declared} \
                 takes {length}"
            ),
            "use `\"secret\"`, which fits any length, or `{ value = \"…\" }`",
        )),
        _ => Ok(()),
    }
}

/// Whether its values are texts.
pub(super) fn is_text(fact: &Column) -> bool {
    let base = fact.base.rsplit('.').next().unwrap_or_default();
    matches!(base, "text" | "varchar" | "bpchar" | "citext" | "name" | "json" | "jsonb" | "xml")
}

fn is_json(fact: &Column) -> bool {
    matches!(fact.base.as_str(), "json" | "jsonb")
}

fn may_be_empty(fact: &Column) -> bool {
    let base = fact.base.rsplit('.').next().unwrap_or_default();
    let like_text = matches!(base, "bytea" | "tsvector" | "tsquery" | "hstore" | "ltree");
    fact.array || like_text || is_text(fact) && !is_json(fact)
}

/// Whether a value could be one of a type. Of types that are not named here the server judges.
fn could_be(base: &str, value: &str) -> bool {
    match base {
        "bool" => matches!(value, "t" | "f" | "true" | "false"),
        "int2" => value.parse::<i16>().is_ok(),
        "int4" => value.parse::<i32>().is_ok(),
        "int8" => value.parse::<i64>().is_ok(),
        "float4" | "float8" | "numeric" => value.parse::<f64>().is_ok(),
        "date" => {
            matches!(value, "infinity" | "-infinity") || value.parse::<jiff::civil::Date>().is_ok()
        }
        "inet" | "cidr" => {
            let (address, bits) = value.split_once('/').unwrap_or((value, "0"));
            let most = match address.parse() {
                Ok(IpAddr::V4(_)) => 32,
                Ok(IpAddr::V6(_)) => 128,
                Err(_) => return false,
            };
            bits.parse::<u8>().is_ok_and(|bits| bits <= most)
        }
        "uuid" => {
            let digits = value.bytes().filter(u8::is_ascii_hexdigit).count();
            digits == 32 && value.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
        }
        "json" | "jsonb" => serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok(),
        _ => true,
    }
}
