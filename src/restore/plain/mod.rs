//! A plain PostgreSQL as target: restored beside the old database, and put in its place by rename.
//! `like` makes the new database as the old one is, `resume` takes over one that an earlier restore
//! has filled; `swap` puts it there, or says what serves;
//! `maintenance` is where the session is that does so.
//!
//! ```text
//! app_restoring_ID    being filled; what a kill leaves is removed by the next restore, unless that
//!                     one is to go on with it
//! app                 serves, until all has passed
//! app_before_ID       what served before, until the next success
//! app_failed_ID       what failed last, kept to be looked at, until the next success
//! ```
//!
//! What is being filled lets in nobody but its owner and superusers, also when it is killed or
//! fails: everybody else is let in with the renames that put it in its place.

mod like;
mod maintenance;
mod resume;
mod swap;

use std::sync::Mutex;
use std::time::Duration;

pub(crate) use swap::told;
use xxhash_rust::xxh3::xxh3_64;

use crate::database::{ConnectionUrl, Permit, Process, Writer, quoted};
use crate::fault::Fault;

/// The first number of the lock that a restore holds, `rest` in ASCII; the second stands for the
/// database.
const LOCK: i32 = 0x7265_7374;

/// PostgreSQL cuts longer names off: so many bytes, not characters.
const LONGEST: usize = 63;

/// A database that is restored into, and those beside it.
pub(crate) struct Plain {
    admin: Writer,
    /// Where the session for that is, and the server's process for it.
    admin_url: ConnectionUrl,
    process: Process,
    url: ConnectionUrl,
    permit: Permit,
    /// The number of the database that serves: it keeps it under every name.
    serves: u32,
    /// The number of the transaction that swaps, once there is one.
    swap: Mutex<Option<String>>,
    /// The part of names that tells this restore.
    id: String,
}

impl Plain {
    /// Takes the lock on restores of this database, and removes what killed ones have left, unless
    /// this one is to go on with that.
    ///
    /// # Errors
    /// Another restore is under way; the role may not create databases.
    pub(crate) async fn open(
        url: &ConnectionUrl,
        id: &str,
        application: &str,
        permit: &Permit,
        resumes: bool,
    ) -> Result<Self, Fault> {
        // One is needed that is not renamed.
        let admin_url = url.to(maintenance::beside(url));
        let admin = maintenance::enter(url, application, permit).await?;
        lock(&admin, url.database()).await?;
        let serves = "select (select oid from pg_catalog.pg_database where datname = $1)";
        let row = admin.client().query_one(serves, &[&url.database()]).await;
        let serves = row.map_err(|error| admin.said(&error))?.get(0);
        let process = Process::of(&admin).await?;
        let id = id.to_lowercase().replace('-', "_");
        let (url, permit, swap) = (url.clone(), permit.clone(), Mutex::default());
        let plain = Self { admin, admin_url, process, url, permit, serves, swap, id };
        let cleared = if resumes { Ok(()) } else { plain.clear().await };
        match cleared {
            Ok(()) => Ok(plain),
            Err(fault) => {
                plain.retire().await;
                Err(fault)
            }
        }
    }

    /// Removes what a killed restore left.
    async fn clear(&self) -> Result<(), Fault> {
        for left in self.named("restoring").await? {
            self.drop(&left).await?;
        }
        Ok(())
    }

    /// The name of one of this restore.
    fn name(&self, what: &str) -> String {
        self.name_of(what, &self.id)
    }

    /// The name of one of ours: the target's, what it is, and which restore. A name too long for
    /// that is cut, and told from others that begin alike by a hash of the whole.
    fn name_of(&self, what: &str, id: &str) -> String {
        let (tail, target) = (format!("_{what}_{id}"), self.url.database());
        let room = LONGEST.saturating_sub(tail.len());
        if target.len() <= room {
            return format!("{target}{tail}");
        }
        let hash = format!("_{:08x}", xxh3_64(target.as_bytes()) >> 32);
        let room = room.saturating_sub(hash.len());
        let head = (0..=room).rev().find_map(|end| target.get(..end)).unwrap_or_default();
        format!("{head}{hash}{tail}")
    }

    /// Our databases of one kind, in the order of their names, and so of time. A name that only
    /// begins as ours do is somebody else's.
    async fn named(&self, what: &str) -> Result<Vec<String>, Fault> {
        let asked = "select datname::text from pg_catalog.pg_database order by 1";
        let rows = self.admin.client().query(asked, &[]).await;
        let rows = rows.map_err(|error| self.admin.said(&error))?;
        Ok(self.ours(what, rows.iter().map(|row| row.get(0))))
    }

    /// Those names that are of our databases of one kind.
    fn ours(&self, what: &str, names: impl Iterator<Item = String>) -> Vec<String> {
        let ours = |name: &String| {
            let id = name.rsplit_once(&format!("_{what}_")).filter(|(_, id)| is_id(id));
            id.is_some_and(|(_, id)| *name == self.name_of(what, id))
        };
        names.filter(ours).collect()
    }

    async fn drop(&self, name: &str) -> Result<(), Fault> {
        drop_database(&self.admin, name).await
    }

    async fn quiet(&self, name: &str) -> Result<(), Fault> {
        quiet(&self.admin, name).await
    }
}

/// Removes a database, and ends every session on it first.
async fn drop_database(admin: &Writer, name: &str) -> Result<(), Fault> {
    quiet(admin, name).await?;
    admin.run(&format!("drop database if exists {}", quoted(name))).await
}

/// Ends every session on a database. Those of autovacuum, which are nobody's, the server itself ends
/// where they are in the way, and whoever owns the database may not.
async fn quiet(admin: &Writer, name: &str) -> Result<(), Fault> {
    let end = "select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
        where datname = $1 and pid <> pg_catalog.pg_backend_pid()
            and (usesysid is not null or pg_catalog.current_setting('is_superuser')::bool
                and backend_type <> 'autovacuum worker')";
    for _ in 0..50 {
        let ended = admin.client().query(end, &[&name]).await;
        let ended = ended.map_err(|error| {
            admin.said(&error).object(name).help(
                "somebody else is connected to it: end that session, or grant the role \
                 pg_signal_backend; the sessions of superusers are ended by superusers alone",
            )
        });
        if ended?.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let message = format!("sessions on the database {name} do not end");
    Err(Fault::errored(message).help("end them by hand (pg_terminate_backend), and try again"))
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
mod tests;
