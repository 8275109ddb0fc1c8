//! One look at a source: how fast it answers, and who waits for whom.

use std::time::{Duration, Instant};

use tokio_postgres::error::SqlState;

use super::Thresholds;
use crate::database::session::Session;
use crate::fault::Fault;

/// How long beyond its time-out an answer is waited for, before the connection counts as lost.
const GRACE: Duration = Duration::from_secs(5);

/// What was seen at once.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sample {
    /// How long the probe took, or was waited for.
    pub(super) latency: Duration,
    /// Sessions in this database, not ours, that wait for a lock.
    pub(super) waiting_locks: u64,
    /// Those of them that wait for one of ours.
    pub(super) blocked_by_us: u64,
    /// The age of the oldest snapshot on the server, as far as it may be seen.
    pub(super) oldest_snapshot: Duration,
    /// Who holds that.
    pub(super) holder: String,
    /// Our sessions.
    pub(super) connections: u64,
    /// The server processes of those that have a transaction number.
    pub(super) writers: Vec<i32>,
}

/// Sets the time-outs of a session that probes: a probe that takes twice as long as it may has
/// said enough.
pub(super) async fn prepare(session: &Session, thresholds: &Thresholds) -> Result<(), Fault> {
    let limit = limit(thresholds).as_millis();
    let sql = format!("set statement_timeout = {limit}; set lock_timeout = {limit}");
    session.client().batch_execute(&sql).await.map_err(|error| session.said(&error))
}

/// Measures the probe.
///
/// # Errors
/// The probe is not valid SQL, or the connection is lost.
pub(super) async fn probe(session: &Session, thresholds: &Thresholds) -> Result<Duration, Fault> {
    let began = Instant::now();
    let asked = session.client().simple_query(&thresholds.probe);
    let answer = tokio::time::timeout(limit(thresholds) + GRACE, asked).await;
    let latency = began.elapsed();
    match answer {
        Ok(Ok(_)) => Ok(latency),
        Ok(Err(error)) => match error.code() {
            Some(&SqlState::QUERY_CANCELED | &SqlState::LOCK_NOT_AVAILABLE) => Ok(latency),
            _ => Err(session.said(&error)),
        },
        Err(_) => Err(silent()),
    }
}

/// Measures the probe, and looks at the sessions.
///
/// # Errors
/// As of [`probe`].
pub(super) async fn sample(
    session: &Session,
    application: &str,
    thresholds: &Thresholds,
) -> Result<Sample, Fault> {
    let latency = probe(session, thresholds).await?;
    let asked =
        async { session.client().query_one(include_str!("sample.sql"), &[&application]).await };
    let answer = tokio::time::timeout(limit(thresholds) + GRACE, asked).await;
    let row = answer.map_err(|_| silent())?.map_err(|error| session.said(&error))?;
    let count = |place| u64::try_from(row.get::<_, i64>(place)).unwrap_or_default();
    let age: Option<f64> = row.get(2);
    Ok(Sample {
        latency,
        waiting_locks: count(0),
        blocked_by_us: count(1),
        oldest_snapshot: Duration::try_from_secs_f64(age.unwrap_or_default()).unwrap_or_default(),
        holder: row.get::<_, Option<String>>(3).unwrap_or_default(),
        connections: count(4),
        writers: row.get(5),
    })
}

fn limit(thresholds: &Thresholds) -> Duration {
    (thresholds.latency * 2).max(Duration::from_secs(1))
}

fn silent() -> Fault {
    Fault::errored("the source does not answer")
}
