//! The new database: like the old one in all that is not its content.

use super::Plain;
use crate::database::{ConnectionUrl, quoted};
use crate::fault::Fault;

/// The settings that are lists of names (`GUC_LIST_QUOTE` in PostgreSQL's source).
const LISTS: [&str; 4] =
    ["local_preload_libraries", "search_path", "session_preload_libraries", "temp_tablespaces"];

impl Plain {
    /// Makes the new database, like the old one in owner, encoding, locale and settings.
    ///
    /// # Errors
    /// The role may not.
    pub(crate) async fn create(&self) -> Result<ConnectionUrl, Fault> {
        let name = self.name("restoring");
        let like = "select pg_catalog.pg_get_userbyid(datdba)::text,
                pg_catalog.pg_encoding_to_char(encoding)::text, datcollate::text, datctype::text
            from pg_catalog.pg_database where datname = $1";
        let row = self.admin.client().query_one(like, &[&self.url.database()]).await;
        let row = row.map_err(|error| self.admin.said(&error))?;
        let [owner, encoding, collate, ctype] =
            [0, 1, 2, 3].map(|index| row.get::<_, String>(index));
        let text = |text: &str| format!("'{}'", text.replace('\'', "''"));
        self.admin
            .run(&format!(
                "create database {} owner {} template template0 encoding {} lc_collate {} lc_ctype {}",
                quoted(&name),
                quoted(&owner),
                text(&encoding),
                text(&collate),
                text(&ctype)
            ))
            .await
            .map_err(|fault| fault.help("the role must be allowed to create databases (CREATEDB)"))?;
        let settings = "select unnest(setconfig) from pg_catalog.pg_db_role_setting s
            join pg_catalog.pg_database d on d.oid = s.setdatabase
            where d.datname = $1 and s.setrole = 0";
        let rows = self.admin.client().query(settings, &[&self.url.database()]).await;
        for row in rows.map_err(|error| self.admin.said(&error))? {
            let setting: String = row.get(0);
            if let Some((key, value)) = setting.split_once('=') {
                // A list of names is one text here, quoted as it was set.
                let value = if LISTS.contains(&key) { value.to_owned() } else { text(value) };
                let set = format!("alter database {} set {key} to {value}", quoted(&name));
                self.admin.run(&set).await?;
            }
        }
        self.grant_alike(&name).await?;
        Ok(self.url.to(&name))
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
