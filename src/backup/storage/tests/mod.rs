//! Against a real database and the stand-in for the storage API over it.

mod contents;
mod drift;
pub(crate) mod fake;
mod faults;
mod listing;

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;
use smokedrill_demo::{Production, Storage};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, NoTls};

use super::patience::Patience;
use super::{Api, Listed, Network, Wanted, by_api, by_database};
use crate::backup::stop::Stop;
use crate::fault::Fault;

/// For the tests that only read. Its watchdog removes it when the process ends.
static PRODUCTION: LazyLock<Production> = LazyLock::new(|| Production::start(0).unwrap());

/// Tries as often as ever, and waits for little.
const QUICK: Patience = Patience {
    tries: 4,
    first: Duration::from_millis(10),
    longest: Duration::from_millis(50),
    connect: Duration::from_secs(5),
    answer: Duration::from_secs(20),
};

fn quick() -> Network {
    Network { patience: QUICK, ..Network::default() }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// A session in a snapshot of its own, as a backup has it.
async fn snapshot(url: &str) -> Client {
    let client = connect(url).await;
    client.batch_execute("begin isolation level repeatable read read only").await.unwrap();
    client
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn named(names: &[&str]) -> Wanted {
    Wanted::Named(names.iter().map(|name| (*name).to_owned()).collect())
}

/// What a listing found, with its lines.
type Found = (Listed, Vec<u8>);

fn over_sql(url: &str, wanted: &Wanted) -> Result<Option<Found>, Fault> {
    runtime().block_on(async {
        let (client, mut out) = (snapshot(url).await, Vec::new());
        let listed = by_database(&client, wanted, &mut out, &Stop::default()).await?;
        Ok(listed.map(|listed| (listed, out)))
    })
}

fn over_http(storage: &Storage, key: &str, wanted: &Wanted) -> Result<Found, Fault> {
    let api = Api::new(storage.project_url(), key, &quick())?;
    runtime().block_on(async {
        let mut out = Vec::new();
        Ok((by_api(&api, wanted, &mut out, &Stop::default()).await?, out))
    })
}

/// The lines, by bucket and key.
fn lines(text: &[u8]) -> BTreeMap<(String, String), Value> {
    let lines = std::str::from_utf8(text).unwrap().lines();
    let lines: Vec<Value> = lines.map(|line| line.parse().unwrap()).collect();
    let field = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    let keys: Vec<_> =
        lines.iter().map(|line| (field(line, "bucket"), field(line, "name"))).collect();
    assert!(keys.is_sorted_by(|one, next| one < next), "not in the order of their bytes");
    keys.into_iter().zip(lines).collect()
}

/// A future that may move to another thread, as those of a backup must.
fn sendable<T: Send>(future: T) -> T {
    future
}
