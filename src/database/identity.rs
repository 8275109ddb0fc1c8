//! Which source it is: enough to see that two backups are of the same one.

use super::session::Session;
use super::url::ConnectionUrl;
use crate::backup::manifest::SourceIdentity;
use crate::fault::Fault;

/// What a database is, as its server says it now, on a session of its own.
///
/// # Errors
/// It cannot be reached.
pub(crate) async fn identify(name: &str, url: &ConnectionUrl) -> Result<SourceIdentity, Fault> {
    let session = Session::open(url, "smokedrill guard").await?;
    let identity = identity(&session, name, url).await?;
    session.close().await;
    Ok(identity)
}

/// Asks the source who it is. What a role may not ask is left out.
///
/// # Errors
/// The connection is lost.
pub(crate) async fn identity(
    session: &Session,
    environment: &str,
    url: &ConnectionUrl,
) -> Result<SourceIdentity, Fault> {
    let facts = "select pg_catalog.host(pg_catalog.inet_server_addr()),
            pg_catalog.current_database()::text, current_user::text,
            pg_catalog.current_setting('server_version'),
            pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'execute')";
    let said = |error: tokio_postgres::Error| session.said(&error).stage("identity");
    let row = session.client().query_one(facts, &[]).await.map_err(said)?;
    let system_identifier = match row.get(4) {
        true => {
            let asked = "select system_identifier::text from pg_catalog.pg_control_system()";
            let row = session.client().query_one(asked, &[]).await.map_err(said)?;
            Some(row.get(0))
        }
        false => None,
    };
    // Debian adds its own: `15.18 (Debian 15.18-0+deb12u1)`.
    let version: String = row.get(3);
    let version = version.split_whitespace().next().unwrap_or_default();
    let database: String = row.get(1);
    Ok(SourceIdentity {
        environment: environment.to_owned(),
        host: url.host(),
        address: row.get(0),
        port: url.port(),
        alias: Some(url.database()).filter(|named| **named != database).map(str::to_owned),
        database,
        user: row.get(2),
        system_identifier,
        server_version: version.to_owned(),
        project: url.project(),
        standby: session.standby(),
        started: false,
        storage: None,
    })
}
