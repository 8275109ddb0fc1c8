//! Connections to a cluster's databases, and how they are filled.

use std::borrow::Cow;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Builder;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Row};

use crate::cluster::Cluster;

/// Why a query has no answer. The text is for logs, and for `/api/ready`.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Failure {
        // A database error's own Display is only "db error".
        Failure(error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string))
    }
}

/// The database as one API sees it: a connection, made when it is needed and made again when the
/// server has closed it, as when a restore replaces the database under a running application.
pub(crate) struct Database {
    config: Config,
    client: Mutex<Option<Arc<Client>>>,
}

impl Database {
    pub(crate) fn new(config: Config) -> Database {
        Database { config, client: Mutex::new(None) }
    }

    async fn client(&self) -> Result<Arc<Client>, Failure> {
        let mut slot = self.client.lock().await;
        if let Some(client) = slot.as_ref().filter(|client| !client.is_closed()) {
            return Ok(Arc::clone(client));
        }
        let (client, connection) = self.config.connect(NoTls).await?;
        // Its error reaches us as the error of the queries on it.
        tokio::spawn(connection);
        Ok(Arc::clone(slot.insert(Arc::new(client))))
    }

    pub(crate) async fn rows(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Failure> {
        Ok(self.client().await?.query(sql, parameters).await?)
    }

    /// The one text that a query returns, or nothing if it returns no row.
    pub(crate) async fn text(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<String>, Failure> {
        let rows = self.rows(sql, parameters).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        Ok(row.try_get(0)?)
    }

    /// The one JSON document that a query returns, as text.
    pub(crate) async fn json(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Value, Failure> {
        let text = self.text(sql, parameters).await?.unwrap_or_default();
        serde_json::from_str(&text).map_err(|error| Failure(error.to_string()))
    }
}

/// How to connect to a database of the cluster as its superuser.
pub(crate) fn config(cluster: &Cluster, database: &str) -> Config {
    let mut config = Config::new();
    config.host("127.0.0.1").port(cluster.port()).dbname(database);
    config.user(cluster.superuser()).password(cluster.password());
    config.connect_timeout(Duration::from_secs(5));
    config
}

/// SQL for one database. It has a connection of its own, so what it sets ends with it.
pub(crate) struct Script {
    pub(crate) name: &'static str,
    pub(crate) database: &'static str,
    pub(crate) sql: Cow<'static, str>,
}

impl Script {
    pub(crate) fn new(name: &'static str, database: &'static str, sql: &'static str) -> Script {
        Script { name, database, sql: Cow::Borrowed(sql) }
    }

    async fn run(self, config: Config) -> Result<(), String> {
        let database = Database::new(config);
        let done = async { Ok(database.client().await?.batch_execute(&self.sql).await?) }.await;
        done.map_err(|Failure(error)| format!("{}: {error}", self.name))
    }
}

/// Runs the steps one after another, and the scripts of each step side by side.
pub(crate) fn load(cluster: &Cluster, steps: Vec<Vec<Script>>) -> Result<(), String> {
    let connect = |script: Script| (config(cluster, script.database), script);
    let steps: Vec<Vec<(Config, Script)>> =
        steps.into_iter().map(|step| step.into_iter().map(connect).collect()).collect();
    let work = async move {
        for step in steps {
            let mut running = JoinSet::new();
            for (config, script) in step {
                running.spawn(script.run(config));
            }
            while let Some(ended) = running.join_next().await {
                ended.map_err(|error| error.to_string())??;
            }
        }
        Ok(())
    };
    // A thread, because our caller may be inside a runtime of its own, where none can be entered.
    let thread = thread::Builder::new().name("demo-load".to_owned()).spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| error.to_string())?.block_on(work)
    });
    let failed = |error: String| format!("the demo database could not be filled: {error}");
    let thread = thread.map_err(|error| failed(error.to_string()))?;
    let done: Result<(), String> =
        thread.join().map_err(|_| failed("the thread panicked".to_owned()))?;
    done.map_err(failed)
}
