//! The marker: a table that staging carries, and production never.
//!
//! A URL that looks like staging's proves nothing. Once, a person says of a database that it may
//! be overwritten (`smokedrill staging mark`); what they said stands in the database itself, bound
//! to the server and the database: in a copy of staging, or in one of production made from it, it
//! counts for nothing.

use jiff::Timestamp;

use crate::actor;
use crate::database::{ConnectionUrl, Permit, Session, Writer, identity};
use crate::fault::Fault;

/// Where it stands.
pub(crate) const SCHEMA: &str = "smokedrill";
pub(crate) const TABLE: &str = "marker";

/// What a database says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marker {
    pub(crate) environment: String,
    pub(crate) server: String,
    pub(crate) database: String,
}

/// What binds a marker to its server: the cluster's own number, or else the project's.
pub(super) fn server(system_identifier: Option<&str>, project: Option<&str>) -> Option<String> {
    let project = project.map(|project| format!("project {project}"));
    system_identifier.map(|number| format!("system {number}")).or(project)
}

/// The marker of a database, if it carries one.
///
/// # Errors
/// The connection is lost.
pub(crate) async fn read(session: &Session) -> Result<Option<Marker>, Fault> {
    let said = |error: tokio_postgres::Error| session.said(&error).stage("staging's marker");
    let there = "select pg_catalog.to_regclass('smokedrill.marker') is not null";
    if !session.client().query_one(there, &[]).await.map_err(said)?.get::<_, bool>(0) {
        return Ok(None);
    }
    let asked = "select environment, server, database from smokedrill.marker limit 1";
    let row = session.client().query_opt(asked, &[]).await.map_err(said)?;
    Ok(row.map(|row| Marker { environment: row.get(0), server: row.get(1), database: row.get(2) }))
}

/// Sets the marker, for the database's name of now or of later.
///
/// # Errors
/// The role may not; the connection is lost.
pub(crate) async fn write(writer: &Writer, marker: &Marker) -> Result<(), Fault> {
    make(writer).await?;
    set(writer, marker).await
}

/// Makes its table. In a database that is being filled, before any event trigger is there: what one
/// does where a definition changes is none of the backup's.
///
/// # Errors
/// The role may not; the connection is lost.
pub(super) async fn make(writer: &Writer) -> Result<(), Fault> {
    let table = "create schema if not exists smokedrill;
        revoke all on schema smokedrill from public;
        create table if not exists smokedrill.marker (
            environment text not null, server text not null, database text not null,
            set_by text not null, set_at timestamptz not null);
        comment on table smokedrill.marker is
            'This database may be overwritten by a restore: see smokedrill.';
        truncate smokedrill.marker";
    writer.run(table).await.map_err(|fault| fault.stage("staging's marker"))
}

/// Says it in the table that is there.
///
/// # Errors
/// The connection is lost.
pub(super) async fn set(writer: &Writer, marker: &Marker) -> Result<(), Fault> {
    let by = format!("{}@{}", actor::actor(), actor::host());
    let at = Timestamp::now().to_string();
    let row = "insert into smokedrill.marker values ($1, $2, $3, $4, $5::text::timestamptz)";
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&marker.environment, &marker.server, &marker.database, &by, &at];
    let written = writer.client().execute(row, &values).await;
    written.map_err(|error| writer.said(&error).stage("staging's marker"))?;
    Ok(())
}

/// Marks a database as one that may be overwritten. Whoever calls this has asked a person, or has
/// just made the database.
///
/// # Errors
/// It cannot be told which server it is; the role may not write there.
pub(crate) async fn mark(url: &ConnectionUrl, environment: &str) -> Result<Marker, Fault> {
    let session = Session::open(url, "smokedrill staging mark").await?;
    let target = identity(&session, environment, url).await?;
    session.close().await;
    let server = server(target.system_identifier.as_deref(), target.project.as_deref());
    let Some(server) = server else {
        let help = "grant the role EXECUTE on pg_control_system(), or use the project's own host";
        let message =
            "the server does not say which one it is, so a marker could not be bound to it";
        return Err(Fault::errored(message).object(url.shown()).help(help));
    };
    let permit = Permit::proved(&target);
    let marker = Marker { environment: environment.to_owned(), server, database: target.database };
    let writer = Writer::open(url, "smokedrill staging mark", &permit).await?;
    write(&writer, &marker).await?;
    Ok(marker)
}
