//! A plain PostgreSQL as target: restored beside the old database, and put in its place by rename.
//!
//! ```text
//! app_restoring_ID    being filled; what a kill leaves is removed by the next restore
//! app                 serves, until all has passed
//! app_before_ID       what served before, until the next success
//! app_failed_ID       what failed, kept to be looked at, until the next success
//! ```

use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64;

use crate::database::{ConnectionUrl, Permit, Writer, quoted};
use crate::fault::Fault;

/// The first number of the lock that a restore holds, `rest` in ASCII; the second stands for the
/// database.
const LOCK: i32 = 0x7265_7374;

/// How often a swap is tried: each time the server itself waits some seconds for sessions to end.
const TRIES: u32 = 12;

/// PostgreSQL cuts longer names off.
const LONGEST: usize = 63;

/// The settings that are lists of names (`GUC_LIST_QUOTE` in PostgreSQL's source).
const LISTS: [&str; 4] =
    ["local_preload_libraries", "search_path", "session_preload_libraries", "temp_tablespaces"];

/// A database that is restored into, and those beside it.
pub(crate) struct Plain {
    admin: Writer,
    url: ConnectionUrl,
    /// The part of names that tells this restore.
    id: String,
}

impl Plain {
    /// Takes the lock on restores of this database, and removes what killed ones have left.
    ///
    /// # Errors
    /// Another restore is under way; the role may not create databases.
    pub(crate) async fn open(
        url: &ConnectionUrl,
        id: &str,
        application: &str,
        permit: &Permit,
    ) -> Result<Self, Fault> {
        // One is needed that is not renamed.
        let beside = if url.database() == "postgres" { "template1" } else { "postgres" };
        let admin = Writer::open(&url.to(beside), application, permit).await?;
        let id = id.to_lowercase().replace('-', "_");
        let plain = Self { admin, url: url.clone(), id };
        lock(&plain.admin, plain.url.database()).await?;
        for left in plain.named("restoring").await? {
            plain.drop(&left).await?;
        }
        Ok(plain)
    }

    /// The name of one of this restore.
    fn name(&self, what: &str) -> String {
        self.name_of(what, &self.id)
    }

    /// The name of one of ours: the target's, what it is, and which restore.
    fn name_of(&self, what: &str, id: &str) -> String {
        let tail = format!("_{what}_{id}");
        let head: String = self.url.database().chars().take(LONGEST - tail.len().min(50)).collect();
        format!("{head}{tail}")
    }

    /// Our databases of one kind, in the order of their names, and so of time. A name that only
    /// begins as ours do is somebody else's.
    async fn named(&self, what: &str) -> Result<Vec<String>, Fault> {
        let asked = "select datname::text from pg_catalog.pg_database order by 1";
        let rows = self.admin.client().query(asked, &[]).await;
        let rows = rows.map_err(|error| self.admin.said(&error))?;
        let names = rows.iter().map(|row| row.get::<_, String>(0));
        let ours = |name: &String| {
            let id = name.rsplit_once(&format!("_{what}_")).filter(|(_, id)| is_id(id));
            id.is_some_and(|(_, id)| *name == self.name_of(what, id))
        };
        Ok(names.filter(ours).collect())
    }

    async fn drop(&self, name: &str) -> Result<(), Fault> {
        self.quiet(name).await?;
        self.admin.run(&format!("drop database if exists {}", quoted(name))).await
    }

    /// Ends every session on a database.
    async fn quiet(&self, name: &str) -> Result<(), Fault> {
        let end = "select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
            where datname = $1 and pid <> pg_catalog.pg_backend_pid()";
        for _ in 0..50 {
            let ended = self.admin.client().query(end, &[&name]).await;
            if ended.map_err(|error| self.admin.said(&error))?.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let message = format!("sessions on the database {name} do not end");
        Err(Fault::errored(message).help("end them by hand (pg_terminate_backend), and try again"))
    }

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

    /// Puts the new database in the place of the old one. An earlier one that cannot be removed
    /// makes no failure of it: by then the new one serves.
    ///
    /// # Errors
    /// It cannot be: then the old one serves on.
    pub(crate) async fn swap(&self) -> Result<Swapped, Fault> {
        let (new, old) = (self.name("restoring"), self.url.database());
        let (earlier, failed) = (self.named("before").await?, self.named("failed").await?);
        let before = self.name("before");
        let renamed = format!(
            "begin; alter database {old} rename to {before}; alter database {new} rename to {old}; commit",
            old = quoted(old),
            before = quoted(&before),
            new = quoted(&new),
        );
        // Both or none, whatever happens; and again while an application comes back between.
        let mut tries = 0;
        loop {
            self.quiet(&new).await?;
            self.quiet(old).await?;
            match self.admin.run(&renamed).await {
                Ok(()) => break,
                Err(fault) => {
                    self.admin.run("rollback").await?;
                    tries += 1;
                    if tries == TRIES {
                        let help = "the old database serves on, under its name; stop the \
                                    application that comes back at once, and try again";
                        return Err(fault.help(help));
                    }
                }
            }
        }
        let mut left = Vec::new();
        for name in earlier.iter().chain(&failed) {
            left.extend(self.drop(name).await.err().map(|fault| fault.object(name)));
        }
        Ok(Swapped { before, left })
    }

    /// Keeps what failed, to be looked at; its name.
    ///
    /// # Errors
    /// It cannot be renamed, and stays under the name that it had.
    pub(crate) async fn keep_failed(&self) -> Result<String, Fault> {
        let (new, failed) = (self.name("restoring"), self.name("failed"));
        self.quiet(&new).await?;
        let rename = format!("alter database {} rename to {}", quoted(&new), quoted(&failed));
        self.admin.run(&rename).await?;
        Ok(failed)
    }
}

/// Takes the lock on restores of a database, for as long as the session lasts.
///
/// # Errors
/// Another restore is under way.
pub(super) async fn lock(admin: &Writer, database: &str) -> Result<(), Fault> {
    let client = admin.client();
    let said = |error: tokio_postgres::Error| admin.said(&error);
    let name = xxh3_64(database.as_bytes()).to_le_bytes();
    let name = i32::from_le_bytes([name[0], name[1], name[2], name[3]]);
    let take = "select pg_catalog.pg_try_advisory_lock($1, $2)";
    let row = client.query_one(take, &[&LOCK, &name]).await.map_err(said)?;
    if row.get(0) {
        return Ok(());
    }
    let holder = "select a.application_name || ', since '
            || to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC'
        from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a using (pid)
        where l.locktype = 'advisory' and l.granted and l.objsubid = 2
          and l.classid = $1::int8::oid and l.objid = $2::int8::oid limit 1";
    // The server shows them as numbers without a sign.
    let (one, two) = (i64::from(LOCK), i64::from(name.cast_unsigned()));
    let row = client.query_opt(holder, &[&one, &two]).await.map_err(said)?;
    let who = row.map_or("one that has just ended".to_owned(), |row| row.get(0));
    let message = format!("another restore into this database is under way: {who}");
    Err(Fault::errored(message).help("wait until it is done, and try again"))
}

/// How a swap went.
#[derive(Debug)]
pub(crate) struct Swapped {
    /// The old database's new name.
    pub(crate) before: String,
    /// Why an earlier one is still there.
    pub(crate) left: Vec<Fault>,
}

/// Whether a part of a name is that of a restore: `20261126t153628z_9f0ffb82`.
fn is_id(text: &str) -> bool {
    let Some((time, random)) = text.split_once('_') else { return false };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let time = time.strip_suffix('z').and_then(|time| time.split_once('t'));
    let time = time.is_some_and(|(day, hour)| {
        day.len() == 8 && hour.len() == 6 && digits(day) && digits(hour)
    });
    time && random.len() == 8 && random.bytes().all(hex)
}

#[cfg(test)]
#[path = "plain_tests.rs"]
mod tests;
