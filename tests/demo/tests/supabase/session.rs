//! Questions to a database, and the programs that come with it.

use std::path::Path;
use std::process::{Command, Output};

use futures_util::TryStreamExt;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// A connection, with the runtime that it lives in.
pub(crate) struct Session {
    runtime: Runtime,
    client: Client,
}

impl Session {
    pub(crate) fn open(url: &str) -> Session {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let client = runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
            tokio::spawn(connection);
            client
        });
        Session { runtime, client }
    }

    /// The first column of every row, as text.
    pub(crate) fn texts(&self, sql: &str) -> Vec<String> {
        self.run(sql).unwrap_or_else(|error| panic!("{error}: {sql}"))
    }

    /// The one text that a query returns.
    pub(crate) fn text(&self, sql: &str) -> String {
        let mut texts = self.texts(sql);
        assert_eq!(texts.len(), 1, "{sql}");
        texts.remove(0)
    }

    /// Runs statements that may fail, and says why they do.
    pub(crate) fn run(&self, sql: &str) -> Result<Vec<String>, String> {
        let messages = self.runtime.block_on(self.client.simple_query(sql));
        let messages = messages.map_err(|error| {
            error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string)
        })?;
        let row = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("NULL").to_owned()),
            _ => None,
        };
        Ok(messages.iter().filter_map(row).collect())
    }

    /// The rows and bytes that COPY gives of a table.
    pub(crate) fn copied(&self, table: &str) -> (i64, i64) {
        self.runtime.block_on(async {
            let stream = self.client.copy_out(&format!("copy {table} to stdout")).await.unwrap();
            let sums = stream.try_fold((0, 0), |(rows, bytes), chunk| async move {
                Ok((rows + 1, bytes + i64::try_from(chunk.len()).unwrap()))
            });
            sums.await.unwrap()
        })
    }
}

/// Runs a program of PostgreSQL's, in the C locale.
pub(crate) fn program(folder: &Path, name: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(folder.join(name));
    command.args(arguments).env("LC_ALL", "C").env_remove("PGOPTIONS").output().unwrap()
}
