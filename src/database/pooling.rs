//! Whether a way to a server hands its connections on between two statements.
//!
//! A pooler in transaction mode does, whatever its port. What a session sets there by SET stays
//! behind on a connection that the application gets next: its writes would fail by our
//! `default_transaction_read_only`. Two signs show it, both before anything is set:
//!
//! - of two connections that are open at once, both are served by one process of the server, or
//!   one of them by several;
//! - a setting is in force that a session before this one has set, and nobody has reset.
//!
//! Source: PgBouncer's manual, "SQL feature map for pooling modes".

use tokio_postgres::{Client, SimpleQueryMessage};

use super::connect;
use super::url::ConnectionUrl;
use crate::fault::Fault;

/// How often either connection says which process serves it.
const ROUNDS: usize = 4;

/// The first column of the first row; without a prepared statement, which would be lost on the
/// next connection.
pub(super) async fn ask(client: &Client, sql: &str) -> Result<Vec<String>, tokio_postgres::Error> {
    let messages = client.simple_query(sql).await?;
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let texts = rows.flat_map(|row| {
        (0..row.len()).map(|column| row.get(column).unwrap_or_default().to_owned())
    });
    Ok(texts.collect())
}

/// Makes sure, beside a connection that has set nothing yet, that connections are not handed on.
///
/// # Errors
/// They are; or the server cannot be asked.
pub(super) async fn refuse(
    client: &Client,
    url: &ConnectionUrl,
    application: &str,
) -> Result<(), Fault> {
    let (other, _driver, _) = connect::connect(url, application).await?;
    let mut processes: [Option<String>; 2] = [None, None];
    for _ in 0..ROUNDS {
        for (index, client) in [client, &other].into_iter().enumerate() {
            let said = ask(client, "select pg_catalog.pg_backend_pid()").await;
            let process = said.map_err(|error| super::refusal::said(&error))?.pop();
            let before =
                processes[index].get_or_insert_with(|| process.clone().unwrap_or_default());
            if process.as_ref() != Some(before) {
                return Err(handed_on());
            }
        }
        if processes[0] == processes[1] {
            return Err(handed_on());
        }
    }
    Ok(())
}

/// What is said of such a way.
pub(super) fn handed_on() -> Fault {
    let message = "a pooler between hands connections on to others with what was set on them \
                   (transaction mode, or no `server_reset_query`): snapshots and locks would be \
                   lost, and the application would get sessions that are read-only";
    let help = "use the session pooler or the direct connection";
    Fault::usage(message).help(help)
}

#[cfg(test)]
mod tests {
    use smokedrill_demo::Pooler;

    use crate::database::testing::{database, writer};
    use crate::database::{ConnectionUrl, Session};

    async fn opened(url: &str) -> Result<Session, String> {
        let url = ConnectionUrl::parse(url).unwrap();
        Session::open(&url, "smokedrill test").await.map_err(|fault| fault.to_string())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn where_connections_are_handed_on_nothing_is_set() {
        let text = database("handed_on").await;
        for (pooler, fits) in
            [(Pooler::start(&text).unwrap(), true), (Pooler::handing_on(&text).unwrap(), false)]
        {
            let url = pooler.url(&text);
            match opened(&url).await {
                Ok(_) => assert!(fits),
                Err(said) => {
                    assert!(!fits && said.contains("transaction mode"), "{said}");
                    assert!(said.contains("help: use the session pooler"), "{said}");
                }
            }
            let application = writer(&url).await;
            application.batch_execute("create table if not exists t ()").await.unwrap();
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_a_session_before_has_set_is_seen() {
        let text = database("handed_down").await;
        let pooler = Pooler::handing_on(&text).unwrap();
        let application = writer(&pooler.url(&text)).await;
        application.batch_execute("set default_transaction_read_only = on").await.unwrap();
        let said = opened(&pooler.url(&text)).await.unwrap_err();
        assert!(said.contains("hands connections on"), "{said}");
    }
}
