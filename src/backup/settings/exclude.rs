//! What a backup leaves out on purpose, and the names of tables and schemas as SQL writes them.

use std::fmt;

use super::model::ExcludeSpec;

/// Something that is left out on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excluded {
    /// The schema's name, as the database has it.
    pub(crate) schema: String,
    /// The table's name, as the database has it; nothing for the whole schema.
    pub(crate) table: Option<String>,
    /// Whether only the rows are left out.
    pub(crate) data_only: bool,
    /// Why it is no loss.
    pub(crate) reason: String,
}

impl Excluded {
    /// Whether both name the same table or schema.
    pub(super) fn is_the_same(&self, other: &Self) -> bool {
        (&self.schema, &self.table) == (&other.schema, &other.table)
    }
}

/// As manifests name it: `vault.secrets (data)`.
impl fmt::Display for Excluded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.schema)?;
        if let Some(table) = &self.table {
            write!(f, ".{table}")?;
        }
        f.write_str(if self.data_only { " (data)" } else { "" })
    }
}

/// What is wrong: the key below the entry, the message, and what to do.
type Wrong = (&'static str, String, &'static str);

/// Reads one entry.
pub(super) fn excluded(spec: &ExcludeSpec) -> Result<Excluded, Wrong> {
    let (schema, table) = match (&spec.table, &spec.schema) {
        (Some(name), None) => match table_name(name) {
            Ok((schema, table)) => (schema, Some(table)),
            Err(message) => return Err(("/table", message, HELP)),
        },
        (None, Some(name)) => match names(name).map(<[String; 1]>::try_from) {
            Ok(Ok([schema])) => (schema, None),
            Ok(Err(_)) => {
                let message = "expected the name of a schema alone".to_owned();
                return Err(("/schema", message, "name a table under `table` instead"));
            }
            Err(message) => return Err(("/schema", message, HELP)),
        },
        _ => {
            let message = "expected exactly one of `table` and `schema`".to_owned();
            return Err(("", message, "write one entry for each of them"));
        }
    };
    let data_only = spec.data_only.unwrap_or(false);
    Ok(Excluded { schema, table, data_only, reason: spec.reason.trim().to_owned() })
}

const HELP: &str = "write it as in SQL, such as \"vault.secrets\"; quote names that are not plain, \
                    within single quotes of TOML: 'app.\"Old Jobs\"'";

/// A table with its schema, as SQL reads it: `vault.secrets`, `app."Old Jobs"`.
///
/// # Errors
/// It is none; what is wrong.
pub(crate) fn table_name(text: &str) -> Result<(String, String), String> {
    match <[String; 2]>::try_from(names(text)?) {
        Ok([schema, table]) => Ok((schema, table)),
        Err(_) => Err("expected a schema and a table, with a dot between them".to_owned()),
    }
}

/// Names with dots between them, as SQL reads them. A name with capitals needs quotes, since SQL
/// would make them small without a word.
fn names(text: &str) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    let mut rest = text;
    loop {
        let (name, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_name(quoted).ok_or("a quotation mark has no end")?,
            None => {
                let (name, after) = rest.split_at(rest.find(['.', '"']).unwrap_or(rest.len()));
                (name.to_owned(), after)
            }
        };
        if name.is_empty() {
            return Err("a name is empty".to_owned());
        }
        let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$');
        let odd = |letter: char| !plain(letter) || letter.is_uppercase();
        if !rest.starts_with('"') && name.contains(odd) {
            return Err(format!("`{name}` needs quotes"));
        }
        names.push(name);
        match after.strip_prefix('.') {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(names),
            None => return Err("expected a dot between two names".to_owned()),
        }
    }
}

/// The name up to the closing mark, and what comes after that; two marks stand for one.
pub(crate) fn quoted_name(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"')?;
        name.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return Some((name, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::names;

    #[test]
    fn names_are_read_as_sql_reads_them() {
        for (text, parts) in [
            ("jobs", &["jobs"][..]),
            ("public.jobs", &["public", "jobs"]),
            ("a.b.c", &["a", "b", "c"]),
            ("\"Old.Jobs\"", &["Old.Jobs"]),
            ("app.\"Old \"\"Jobs\"\"\"", &["app", "Old \"Jobs\""]),
            ("größe.tür_1$", &["größe", "tür_1$"]),
        ] {
            assert_eq!(
                names(text).as_deref(),
                Ok(&parts.iter().map(|p| p.to_string()).collect::<Vec<_>>()[..]),
                "{text}"
            );
        }
        for wrong in ["", ".", "a.", ".a", "Jobs", "a b", "a*", "a\"b\"", "\"a\"b", "\"a", "\"\""] {
            assert!(names(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn quoting_brings_every_name_through(schema in "\\PC{1,20}", table in "\\PC{1,20}") {
            let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
            let text = format!("{}.{}", quoted(&schema), quoted(&table));
            prop_assert_eq!(names(&text), Ok(vec![schema, table]));
        }
    }
}
