//! Connections to the business's database, and its contents.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Builder;
use tokio::sync::Mutex;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Row};

use crate::cluster::{Cluster, USER};

/// The name of the database.
pub(crate) const NAME: &str = "fieldservice";

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

/// How to connect to a database of the cluster.
pub(crate) fn config(cluster: &Cluster, database: &str) -> Config {
    let mut config = Config::new();
    config.host("127.0.0.1").port(cluster.port()).dbname(database);
    config.user(USER).password(cluster.password());
    config.connect_timeout(Duration::from_secs(5));
    config
}

/// Makes the database and fills it.
pub(crate) fn load(cluster: &Cluster) -> Result<(), String> {
    let maintenance = Database::new(config(cluster, "postgres"));
    let database = Database::new(config(cluster, NAME));
    let work = async move {
        let client = maintenance.client().await?;
        client.batch_execute(&format!("create database {NAME}")).await?;
        let client = database.client().await?;
        client.batch_execute(include_str!("schema.sql")).await?;
        client.batch_execute(include_str!("seed.sql")).await?;
        Ok(())
    };
    // A thread, because our caller may be inside a runtime of its own, where none can be entered.
    let thread = thread::Builder::new().name("demo-load".to_owned()).spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure(error.to_string()))?;
        runtime.block_on(work)
    });
    let failed = |error: String| format!("the demo database could not be filled: {error}");
    let thread = thread.map_err(|error| failed(error.to_string()))?;
    let done: Result<(), Failure> =
        thread.join().map_err(|_| failed("the thread panicked".to_owned()))?;
    done.map_err(|Failure(error)| failed(error))
}
