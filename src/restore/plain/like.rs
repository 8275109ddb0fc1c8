//! The new database: like the old one in all that is not its content.

use super::Plain;
use crate::database::{ConnectionUrl, Permit, quoted};
use crate::fault::Fault;

/// The settings that are lists of names (`GUC_LIST_QUOTE` in PostgreSQL's source).
const LISTS: [&str; 4] =
    ["local_preload_libraries", "search_path", "session_preload_libraries", "temp_tablespaces"];

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
    /// Makes the new database, like the old one in owner, encoding, locale, tablespace, settings
    /// and grants.
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
        let rows = client.query(SETTINGS, &[&self.url.database(), &name]).await;
        for row in rows.map_err(said)? {
            let (alter, setting): (String, String) = (row.get(0), row.get(1));
            if let Some((key, value)) = setting.split_once('=') {
                let text = || format!("'{}'", value.replace('\'', "''"));
                // A list of names is one text here, quoted as it was set.
                let value = if LISTS.contains(&key) { value.to_owned() } else { text() };
                self.admin.run(&format!("{alter} set {key} to {value}")).await.map_err(
                    |fault| {
                        fault.object(format!("{alter} set {key}")).help(
                            "the old database has this setting, and the new one would lack it: \
                         restore as a role that may set it, or reset it in the old one first",
                        )
                    },
                )?;
            }
        }
        self.grant_alike(&name).await?;
        Ok((self.url.to(&name), self.permit.beside(&name)))
    }

    /// Who may do what in the new database, and how many may at once: as in the old one. A new
    /// database lets everybody in.
    async fn grant_alike(&self, name: &str) -> Result<(), Fault> {
        let grants =
            "select format('alter database %I connection limit %s', $2::text, datconnlimit)
            from pg_catalog.pg_database where datname = $1
            union all select format('revoke all on database %I from public', $2::text)
            union all select format('grant %s on database %I to %s%s', privilege_type, $2::text,
                    case grantee when 0 then 'public' else grantee::regrole::text end,
                    case when is_grantable then ' with grant option' else '' end)
                from pg_catalog.pg_database, lateral pg_catalog.aclexplode(
                    coalesce(datacl, pg_catalog.acldefault('d', datdba)))
                where datname = $1 and grantee <> datdba";
        let rows = self.admin.client().query(grants, &[&self.url.database(), &name]).await;
        for row in rows.map_err(|error| self.admin.said(&error))? {
            self.admin.run(row.get(0)).await?;
        }
        Ok(())
    }
}
