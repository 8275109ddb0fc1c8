//! The new database: like the old one in all that is not its content.

use super::Plain;
use crate::database::{ConnectionUrl, Permit, quoted};
use crate::fault::Fault;

/// The settings that are lists of names (`GUC_LIST_QUOTE` in PostgreSQL's source, as `pg_dump` knows
/// them).
const LISTS: [&str; 6] = [
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
];

/// What `create database` says of encoding, locale and place, in the words of the server's version:
/// a row as JSON has the columns that there are. The version of the collation is not taken over:
/// every index of the new database is made with that of now, which the server writes down.
const LIKE: &str =
    "select format('owner %I template template0 encoding %L lc_collate %L lc_ctype %L',
        pg_catalog.pg_get_userbyid(d.datdba), pg_catalog.pg_encoding_to_char(d.encoding),
        d.datcollate, d.datctype)
    || case r ->> 'datlocprovider' when 'i' then ' locale_provider icu'
        when 'b' then ' locale_provider builtin' when 'c' then ' locale_provider libc' else '' end
    || coalesce(format(case r ->> 'datlocprovider' when 'b' then ' builtin_locale %L'
            when 'i' then ' icu_locale %L' end,
        coalesce(r ->> 'datlocale', r ->> 'daticulocale')), '')
    || case when r ->> 'daticurules' is null then '' else
        format(' icu_rules %L', r ->> 'daticurules') end
    || case t.spcname when 'pg_default' then '' else format(' tablespace %I', t.spcname) end
    from pg_catalog.pg_database d
        join pg_catalog.pg_tablespace t on t.oid = d.dattablespace,
        lateral pg_catalog.to_jsonb(d) r
    where d.datname = $1";

/// What was set for the database, and in it for one role: the statement's beginning, and the
/// setting.
const SETTINGS: &str = "select case s.setrole when 0 then format('alter database %I', $2::text)
        else format('alter role %I in database %I', pg_catalog.pg_get_userbyid(s.setrole), $2::text) end,
        unnest(s.setconfig)
    from pg_catalog.pg_db_role_setting s join pg_catalog.pg_database d on d.oid = s.setdatabase
    where d.datname = $1 order by s.setrole";

impl Plain {
    /// Makes the new database, like the old one in owner, encoding, locale, tablespace and settings;
    /// nobody but its owner is let in before it has taken the old one's place.
    ///
    /// # Errors
    /// The role may not.
    pub(crate) async fn create(&self) -> Result<(ConnectionUrl, Permit), Fault> {
        let name = self.name("restoring");
        let said = |error: tokio_postgres::Error| self.admin.said(&error);
        let client = self.admin.client();
        let row = client.query_one(LIKE, &[&self.url.database()]).await.map_err(said)?;
        let like: String = row.get(0);
        self.admin.run(&format!("create database {} {like}", quoted(&name))).await.map_err(
            |fault| {
                fault.help(
                    "the role must be allowed to create databases (CREATEDB), and in the old \
                     one's tablespace (CREATE)",
                )
            },
        )?;
        let close = format!("revoke all on database {} from public", quoted(&name));
        self.admin.run(&close).await?;
        let rows = client.query(SETTINGS, &[&self.url.database(), &name]).await;
        for row in rows.map_err(said)? {
            let (alter, setting): (String, String) = (row.get(0), row.get(1));
            if let Some((key, value)) = setting.split_once('=') {
                self.admin.run(&set(&alter, key, value)?).await.map_err(|fault| {
                    fault.object(format!("{alter} set {key}")).help(
                        "the old database has this setting, and the new one would lack it: \
                         restore as a role that may set it, or reset it in the old one first",
                    )
                })?;
            }
        }
        Ok((self.url.to(&name), self.permit.beside(&name)))
    }

    /// What opens the new database as the old one is open: who may do what in it, how many may at
    /// once, and what was said of it.
    pub(super) async fn opening(&self, name: &str) -> Result<String, Fault> {
        let grants =
            "select format('alter database %I connection limit %s', $2::text, datconnlimit)
            from pg_catalog.pg_database where datname = $1
            union all select format('comment on database %I is %L', $2::text,
                    pg_catalog.shobj_description(oid, 'pg_database'))
                from pg_catalog.pg_database where datname = $1
            union all select format('revoke all on database %I from public', $2::text)
            union all select format('grant %s on database %I to %s%s', privilege_type, $2::text,
                    case grantee when 0 then 'public' else grantee::regrole::text end,
                    case when is_grantable then ' with grant option' else '' end)
                from pg_catalog.pg_database, lateral pg_catalog.aclexplode(
                    coalesce(datacl, pg_catalog.acldefault('d', datdba)))
                where datname = $1 and grantee <> datdba";
        let rows = self.admin.client().query(grants, &[&self.url.database(), &name]).await;
        let rows = rows.map_err(|error| self.admin.said(&error))?;
        let all: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        Ok(all.join("; "))
    }
}

/// A setting as a statement. Whoever owns the old database has written its text, and may not have a
/// word in what is done here.
fn set(alter: &str, key: &str, value: &str) -> Result<String, Fault> {
    let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let value = match LISTS.contains(&key) {
        false => literal(value),
        true => {
            let names = names(value).ok_or_else(|| {
                let message = "the old database has this setting, and it is no list of names";
                Fault::usage(message)
                    .object(format!("{alter} set {key}"))
                    .help("set it anew in the old database, or reset it")
            })?;
            let all: Vec<String> = names.iter().map(|name| literal(name)).collect();
            match all.is_empty() {
                true => "''".to_owned(),
                false => all.join(", "),
            }
        }
    };
    Ok(format!("{alter} set {} to {value}", quoted(key)))
}

/// The names of a list as the server keeps it, each without its quotes; nothing, where it is none.
fn names(text: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, after) = match rest.strip_prefix('"') {
            Some(inner) => until_quote(inner)?,
            None => {
                let end = rest.find(|c: char| c == ',' || c.is_ascii_whitespace());
                let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
                (name.to_owned(), after)
            }
        };
        if name.is_empty() && !rest.starts_with('"') {
            return None;
        }
        names.push(name);
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            // After a comma there is another.
            Some(more) if !more.trim_start().is_empty() => more.trim_start(),
            None if after.is_empty() => after,
            _ => return None,
        };
    }
    Some(names)
}

/// A quoted name, its opening quote taken off, and what is behind it.
fn until_quote(text: &str) -> Option<(String, &str)> {
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
    use super::*;

    #[test]
    fn a_list_of_names_is_quoted_name_by_name_and_is_never_a_statement() {
        let set = |key: &str, value: &str| set("alter database \"a\"", key, value);
        for (value, shown) in [
            ("\"$user\", public, \"a \"\"b\"\"; it's\"", "'$user', 'public', 'a \"b\"; it''s'"),
            ("x;alter/**/role/**/me/**/superuser", "'x;alter/**/role/**/me/**/superuser'"),
            ("\"\"", "''"),
            ("", "''"),
        ] {
            let expected = format!("alter database \"a\" set \"search_path\" to {shown}");
            assert_eq!(set("search_path", value).unwrap(), expected);
        }
        for none in ["a b", "a,", ",a", "\"a", "a; b"] {
            assert!(set("search_path", none).is_err(), "{none}");
        }
        let plain = set("my.\"x", "a'; b").unwrap();
        assert_eq!(plain, "alter database \"a\" set \"my.\"\"x\" to 'a''; b'");
    }
}
