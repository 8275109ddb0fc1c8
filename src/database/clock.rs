//! The server's clock beside this machine's. Names and ages of backups go by the one, and what is
//! recent by both.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::session::Session;
use crate::fault::Fault;

/// By how much the two may differ.
const TOLERATED: Duration = Duration::from_secs(5 * 60);

/// How far this machine's clock is ahead of the server's; negative where it is behind.
///
/// # Errors
/// The connection is lost, or the server's clock is beyond what is a time.
pub(crate) async fn ahead(session: &Session) -> Result<SignedDuration, Fault> {
    let asked = "select (extract(epoch from pg_catalog.clock_timestamp()) * 1000000)::int8";
    let before = Timestamp::now();
    let row = session.client().query_one(asked, &[]).await;
    let row = row.map_err(|error| session.said(&error).stage("clock"))?;
    let way = Timestamp::now().duration_since(before);
    let theirs = Timestamp::from_microsecond(row.get(0));
    let theirs =
        theirs.map_err(|_| Fault::errored("the server's clock is not right").stage("clock"))?;
    Ok(before.duration_since(theirs) + way / 2)
}

/// What a person is told where the two differ by too much.
pub(crate) fn differs(ahead: SignedDuration) -> Option<String> {
    let apart = ahead.unsigned_abs();
    if apart <= TOLERATED {
        return None;
    }
    let which = if ahead.is_negative() { "behind" } else { "ahead of" };
    let apart = humantime::format_duration(Duration::from_secs(apart.as_secs()));
    Some(format!(
        "this machine's clock is {apart} {which} the server's: names and ages of backups, and so \
         what is removed as too old, go by this machine's; correct the one that is wrong"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::testing::{owner, session};

    #[tokio::test]
    async fn on_one_machine_the_two_are_one() {
        let apart = ahead(&session(&owner()).await).await.unwrap();
        assert!(apart.unsigned_abs() < Duration::from_secs(2), "{apart}");
        assert_eq!(differs(apart), None);
    }

    #[test]
    fn a_difference_that_matters_is_told_with_its_direction() {
        let days = SignedDuration::from_hours(12 * 24);
        let told = differs(days).unwrap();
        assert!(told.contains("clock is 12days ahead of the server's"), "{told}");
        let told = differs(-days).unwrap();
        assert!(told.contains("clock is 12days behind the server's"), "{told}");
        for tolerated in [0, 299, -300] {
            assert_eq!(differs(SignedDuration::from_secs(tolerated)), None);
        }
        assert!(differs(SignedDuration::from_secs(301)).is_some());
    }
}
