//! Questions to a database.

use futures_util::FutureExt as _;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// A connection, with the runtime that it lives in. Dropping it ends the session.
pub(crate) struct Session {
    client: Client,
    runtime: Runtime,
}

impl Session {
    pub(crate) fn open(url: &str) -> Self {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().unwrap();
        let client = runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
            tokio::spawn(connection.map(drop));
            client
        });
        Self { client, runtime }
    }

    /// The first column of every row, as text.
    pub(crate) fn texts(&self, sql: &str) -> Vec<String> {
        let messages = self.runtime.block_on(self.client.simple_query(sql));
        let messages = messages.unwrap_or_else(|error| panic!("{error}: {sql}"));
        let row = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("NULL").to_owned()),
            _ => None,
        };
        messages.iter().filter_map(row).collect()
    }

    /// How many sessions of backups the server has: those with a name that begins so.
    pub(crate) fn sessions(&self) -> usize {
        let ours = "select pid from pg_stat_activity where application_name like 'smokedrill%'";
        self.texts(ours).len()
    }
}

/// Each table with the number of its rows and a hash over them.
pub(crate) fn contents(url: &str) -> Vec<String> {
    let session = Session::open(url);
    let tables = session.texts(
        "select format('%I.%I', nspname, relname) from pg_class c join pg_namespace n
           on n.oid = relnamespace
         where relkind = 'r' and nspname !~ '^pg_' and nspname <> 'information_schema' order by 1",
    );
    let sum = |table: &String| {
        let sql = format!(
            "select count(*) || ' ' || coalesce(md5(string_agg(t::text, ',' order by t::text)), '')
             from {table} t"
        );
        format!("{table} {}", session.texts(&sql).concat())
    };
    tables.iter().map(sum).collect()
}
