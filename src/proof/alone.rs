//! Each proof by itself: what the server refuses to one is that one's own red.

use super::{Proved, Subject};
use crate::database::Session;
use crate::fault::Fault;

/// Asks what a proof asks, so that a refusal harms nobody else. Within a transaction it stands
/// behind a savepoint: an error would end the transaction for all others, and what a function
/// that is called on the way has written is undone.
pub(super) async fn alone<T>(
    subject: &Subject<'_>,
    session: &Session,
    work: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    if subject.within.is_none() {
        return work.await;
    }
    run(session, "savepoint proof").await?;
    let result = work.await;
    let undone = run(session, "rollback to savepoint proof; release savepoint proof").await;
    result.and_then(|value| undone.map(|()| value))
}

/// A proof that could be made, or why it could not be.
pub(super) async fn judged(
    subject: &Subject<'_>,
    session: &Session,
    id: &'static str,
    work: impl Future<Output = Result<Proved, Fault>>,
) -> Proved {
    let result = alone(subject, session, work).await;
    result.unwrap_or_else(|fault| Proved {
        id: id.to_owned(),
        measures: Vec::new(),
        result: Err(fault),
        places: Vec::new(),
    })
}

async fn run(session: &Session, sql: &str) -> Result<(), Fault> {
    session.client().batch_execute(sql).await.map_err(|error| session.said(&error))
}
