//! After a stop: whether the server has let go of everything that a backup did there.

use std::time::Duration;

use tokio::time::Instant;

use crate::database::session::Session;
use crate::database::url::{ConnectionUrl, cut};
use crate::fault::Fault;

/// How often to look.
const INTERVAL: Duration = Duration::from_millis(100);

/// What the names of all our sessions begin with: others' are never ended.
const OURS: &str = "smokedrill ";

/// What became of our sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Quiesced {
    /// How many did not end by themselves, nor when their query was cancelled, and were ended.
    pub(crate) terminated: u64,
    /// How many are left.
    pub(crate) left: u64,
}

impl Quiesced {
    /// Whether none is left.
    pub(crate) fn clean(self) -> bool {
        self.left == 0
    }
}

/// Waits until no session of this name is left. After a third of the time what they do is
/// cancelled, after two thirds they are ended; a role may do both to its own sessions.
///
/// # Errors
/// The server cannot be asked.
pub(crate) async fn quiesced(
    url: &ConnectionUrl,
    application: &str,
    patience: Duration,
) -> Result<Quiesced, Fault> {
    let application = cut(application);
    if !application.starts_with(OURS) || application.len() <= OURS.len() {
        return Err(Fault::errored("only smokedrill's own sessions are ended").stage("clean-up"));
    }
    let session = Session::open(url, "smokedrill clean-up").await?;
    let began = Instant::now();
    let mut quiesced = Quiesced::default();
    let mut cancelled = false;
    loop {
        quiesced.left = act(&session, &application, "true").await?;
        let elapsed = began.elapsed();
        if quiesced.left == 0 || elapsed >= patience {
            break;
        }
        if quiesced.terminated == 0 && elapsed >= patience * 2 / 3 {
            quiesced.terminated = act(&session, &application, "pg_terminate_backend(pid)").await?;
        } else if !cancelled && elapsed >= patience / 3 {
            cancelled = true;
            act(&session, &application, "pg_cancel_backend(pid)").await?;
        }
        tokio::time::sleep(INTERVAL).await;
    }
    session.close().await;
    Ok(quiesced)
}

/// Does something to every session of the name, and says to how many it was done.
async fn act(session: &Session, application: &str, what: &str) -> Result<u64, Fault> {
    let sql = format!(
        "select count(*) filter (where {what}) from pg_catalog.pg_stat_activity
         where starts_with(application_name, $1) and usename = current_user
           and datname = current_database() and pid <> pg_backend_pid()"
    );
    let row = session.client().query_one(&sql, &[&application]).await;
    let row = row.map_err(|error| session.said(&error).stage("clean-up"))?;
    Ok(u64::try_from(row.get::<_, i64>(0)).unwrap_or_default())
}
