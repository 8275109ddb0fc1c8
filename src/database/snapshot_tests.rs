use super::*;
use crate::database::testing::{database, owner, session, writer};
use crate::database::{ConnectionUrl, identity};

#[tokio::test]
async fn others_read_the_same_moment_and_nothing_was_written() {
    let text = database("moments").await;
    let url = ConnectionUrl::parse(&text).unwrap();
    let writer = writer(&text).await;
    writer
        .batch_execute("create table public.t (i int); insert into public.t values (1)")
        .await
        .unwrap();
    let snapshot = Snapshot::take(session(&url).await).await.unwrap();
    writer.batch_execute("insert into public.t values (2)").await.unwrap();
    let other = session(&url).await;
    let import = format!(
        "begin isolation level repeatable read read only; set transaction snapshot '{}'",
        snapshot.id()
    );
    other.client().batch_execute(&import).await.unwrap();
    for client in [snapshot.client(), other.client()] {
        let row = client.query_one("select count(*) from public.t", &[]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), 1);
    }
    let taken = snapshot.taken().clone();
    assert!(taken.lsn.unwrap().contains('/'));
    assert!(taken.time.duration_since(taken.local_time).abs() < jiff::SignedDuration::from_secs(5));
    let (session, unwritten) = snapshot.end().await.unwrap();
    assert!(unwritten);
    let row = session.client().query_one("select count(*) from public.t", &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 2);
}

#[tokio::test]
async fn a_transaction_number_is_noticed() {
    let snapshot = Snapshot::take(session(&owner()).await).await.unwrap();
    // The one way to get one in a transaction that only reads.
    snapshot.client().batch_execute("select pg_current_xact_id()").await.unwrap();
    let (_, unwritten) = snapshot.end().await.unwrap();
    assert!(!unwritten);
}

#[tokio::test]
async fn a_source_says_who_it_is() {
    let url = owner();
    let session = session(&url).await;
    let identity = identity(&session, "production", &url).await.unwrap();
    assert_eq!((identity.user.as_str(), identity.database.as_str()), ("postgres", "postgres"));
    assert_eq!(identity.address.as_deref(), Some("127.0.0.1"));
    assert!(identity.system_identifier.unwrap().parse::<u64>().unwrap() > 0);
    assert!(identity.server_version.starts_with(&(session.server_version() / 10_000).to_string()));
    assert!(!identity.server_version.contains(' ') && !identity.standby);
}
