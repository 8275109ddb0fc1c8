//! A production for the tests of this folder, and databases beside it for those that change it.

use std::sync::LazyLock;

use smokedrill_demo::Production;

use super::{ConnectionUrl, Permit, Session};

/// Nobody drops it: its watchdog removes it when the process ends.
static PRODUCTION: LazyLock<Production> = LazyLock::new(|| {
    // Not within a test's own runtime.
    std::thread::spawn(|| Production::start(0).unwrap()).join().unwrap()
});

pub(crate) fn production() -> &'static Production {
    &PRODUCTION
}

pub(crate) fn owner() -> ConnectionUrl {
    ConnectionUrl::parse(&PRODUCTION.owner_url()).unwrap()
}

pub(crate) fn superuser() -> ConnectionUrl {
    ConnectionUrl::parse(&PRODUCTION.superuser_url()).unwrap()
}

pub(crate) async fn session(url: &ConnectionUrl) -> Session {
    Session::open(url, "smokedrill test").await.unwrap()
}

/// A session that writes, for what the others are to see.
pub(crate) async fn writer(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A permit for what a URL leads to now.
pub(crate) async fn permit(url: &ConnectionUrl) -> Permit {
    Permit::proved(&crate::database::identify("test", url).await.unwrap())
}

/// An empty database of its own in the same cluster, as the superuser's URL.
pub(crate) async fn database(name: &str) -> String {
    let client = writer(&PRODUCTION.superuser_url()).await;
    client.batch_execute(&format!("create database {name} template template0")).await.unwrap();
    PRODUCTION.superuser_url().replace("/postgres", &format!("/{name}")).replacen(
        &format!("/{name}:"),
        "/postgres:",
        1,
    )
}
