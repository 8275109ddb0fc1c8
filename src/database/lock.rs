//! One backup of a source at a time, also from two machines: an advisory lock on the source.
//!
//! The lock is of the database, belongs to the session that takes it, and goes with it. Who
//! holds it is told by the holder's `application_name`, which every role may see; the id in it
//! begins with the time when that backup began.

use super::session::Session;
use super::url::cut;
use crate::fault::Fault;

/// The lock's two numbers: `smok` and `dril` in ASCII.
const KEYS: (i32, i32) = (0x736d_6f6b, 0x6472_696c);

/// What every backup's name begins with.
const PREFIX: &str = "smokedrill backup ";

/// What the sessions of a backup call themselves: `smokedrill backup ID ACTOR@HOST`, as far as
/// PostgreSQL's 63 bytes go.
pub(crate) fn application_name(id: &str, actor: &str, host: &str) -> String {
    cut(&format!("{PREFIX}{id} {actor}@{host}"))
}

/// The lock, held as long as this value.
#[derive(Debug)]
pub(crate) struct SourceLock {
    session: Session,
}

impl SourceLock {
    /// Takes it, or says who has it. The session is for further use by [`SourceLock::session`].
    ///
    /// # Errors
    /// Another backup holds it, or the connection is lost.
    pub(crate) async fn take(session: Session) -> Result<Self, Fault> {
        let said = |error: tokio_postgres::Error| session.said(&error).stage("source lock");
        let take = "select pg_catalog.pg_try_advisory_lock($1, $2)";
        let row = session.client().query_one(take, &[&KEYS.0, &KEYS.1]).await.map_err(said)?;
        if row.get(0) {
            return Ok(Self { session });
        }
        let holder = "select a.application_name, l.pid
            from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a using (pid)
            where l.locktype = 'advisory' and l.granted and l.objsubid = 2
              and l.classid = $1::int8::oid and l.objid = $2::int8::oid
              and l.database = (select oid from pg_catalog.pg_database
                                where datname = pg_catalog.current_database())";
        let keys: (i64, i64) = (KEYS.0.into(), KEYS.1.into());
        let row = session.client().query_opt(holder, &[&keys.0, &keys.1]).await.map_err(said)?;
        let holder = row.map(|row| (row.get::<_, Option<String>>(0), row.get::<_, i32>(1)));
        Err(held(holder).stage("source lock"))
    }

    /// The session that holds it.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Whether it is still held: it goes when the connection is lost.
    pub(crate) async fn held(&self) -> bool {
        let held = "select exists (select from pg_catalog.pg_locks
            where locktype = 'advisory' and granted and pid = pg_catalog.pg_backend_pid()
              and classid = $1::int8::oid and objid = $2::int8::oid and objsubid = 2)";
        let keys: (i64, i64) = (KEYS.0.into(), KEYS.1.into());
        let row = self.session.client().query_one(held, &[&keys.0, &keys.1]).await;
        row.is_ok_and(|row| row.get(0))
    }

    /// Lets go of it.
    pub(crate) async fn release(self) {
        self.session.close().await;
    }
}

/// Who holds it, and since when.
fn held(holder: Option<(Option<String>, i32)>) -> Fault {
    let help = "wait until that backup is done; if nothing of it runs any more, its session ends \
                when the server notices (within minutes), or by pg_terminate_backend";
    let Some((name, process)) = holder else {
        let message = "another backup of this source was under way, and has just ended";
        return Fault::errored(message).help("try again");
    };
    let name = name.unwrap_or_default();
    let known = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once(' '));
    let who = match known {
        Some((id, who)) => format!("backup {id} by {who}{}", since(id)),
        None => format!("`{name}`"),
    };
    let message =
        format!("another backup of this source is under way: {who}, server process {process}");
    Fault::errored(message).help(help)
}

/// The time in an id such as `20261124T034125Z-9f31c2aa`.
fn since(id: &str) -> String {
    let time = id.split('-').next().unwrap_or_default();
    match jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", time).and_then(|time| time.to_datetime()) {
        Ok(time) => format!(", since {} {} UTC", time.date(), time.time()),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
#[path = "lock_tests.rs"]
mod tests;
