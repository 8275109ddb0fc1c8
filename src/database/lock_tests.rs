use super::*;
use crate::database::Session;
use crate::database::testing::{database, owner, session};
use crate::database::url::ConnectionUrl;

const ID: &str = "20261124T034125Z-9f31c2aa";

#[tokio::test]
async fn the_second_is_told_who_holds_it_and_since_when() {
    let url = ConnectionUrl::parse(&database("locked").await).unwrap();
    let name = application_name(ID, "mara", "backups-1");
    let first = SourceLock::take(Session::open(&url, &name).await.unwrap()).await.unwrap();
    assert!(first.held().await);
    let said = SourceLock::take(session(&url).await).await.unwrap_err().to_string();
    assert!(
        said.contains(
            "backup 20261124T034125Z-9f31c2aa by mara@backups-1, since 2026-11-24 03:41:25 UTC"
        ),
        "{said}"
    );
    // Another database of the server is another source.
    let other = SourceLock::take(session(&owner()).await).await.unwrap();
    other.release().await;
    first.release().await;
    let second = SourceLock::take(session(&url).await).await.unwrap();
    assert!(second.held().await);
}

#[tokio::test]
async fn a_lock_goes_with_its_session() {
    let url = ConnectionUrl::parse(&database("lost").await).unwrap();
    let lock = SourceLock::take(session(&url).await).await.unwrap();
    let admin =
        crate::database::testing::writer(&crate::database::testing::production().superuser_url())
            .await;
    let own = lock.session().client().query_one("select pg_backend_pid()", &[]).await.unwrap();
    let own: i32 = own.get(0);
    admin.execute("select pg_terminate_backend($1)", &[&own]).await.unwrap();
    assert!(!lock.held().await);
}

#[test]
fn names_fit_and_foreign_ones_are_shown_as_they_are() {
    let name =
        application_name(ID, "somebody-with-a-long-name", "a.host.with.a.long.name.example.org");
    assert_eq!(name.len(), 63);
    assert!(name.starts_with("smokedrill backup 20261124T034125Z-9f31c2aa somebody-with"));
    let said = held(Some((Some("psql".into()), 4711))).to_string();
    assert!(said.contains("`psql`, server process 4711"), "{said}");
    assert!(
        held(Some((Some("smokedrill backup odd x@y".into()), 1)))
            .to_string()
            .contains("backup odd by x@y, server")
    );
    assert!(held(None).to_string().contains("has just ended"));
}
