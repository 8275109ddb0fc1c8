//! A database of ours, for the session that makes, renames and removes others, where the one that is
//! restored into is `postgres`: a session holds its own database fast. `template1` would do, but
//! while somebody is connected to that one, nobody can create a database, and somebody else's may
//! be renamed or removed at any time. It is made from `template0`, and removed at the end; what a
//! kill leaves is taken by the next restore, and removed at its end.

use super::Plain;
use crate::database::{ConnectionUrl, Permit, Writer};
use crate::fault::Fault;

/// Its name: one for all restores, because locks are of a database.
const NAME: &str = "smokedrill_maintenance";

/// How often it is made and connected to: the end of another restore may remove it between.
const TRIES: u32 = 5;

/// The name of the database beside, in which all is done.
pub(super) fn beside(url: &ConnectionUrl) -> &'static str {
    if url.database() == "postgres" { NAME } else { "postgres" }
}

/// A session in the database beside, which is made where it is ours and not there.
///
/// # Errors
/// It cannot be connected to, or made.
pub(super) async fn enter(
    url: &ConnectionUrl,
    application: &str,
    permit: &Permit,
) -> Result<Writer, Fault> {
    let (beside, mut tries) = (beside(url), 0);
    loop {
        if beside == NAME {
            make(url, application, permit).await?;
        }
        tries += 1;
        match Writer::open(&url.to(beside), application, &permit.beside(beside)).await {
            Err(_) if beside == NAME && tries < TRIES => {}
            opened => return opened,
        }
    }
}

/// Makes it, where it is not there.
async fn make(url: &ConnectionUrl, application: &str, permit: &Permit) -> Result<(), Fault> {
    let there = "select datconnlimit = -2 from pg_catalog.pg_database where datname = $1";
    let writer = Writer::open(url, application, permit).await?;
    let row = writer.client().query_opt(there, &[&NAME]).await;
    match row.map_err(|error| writer.said(&error))?.map(|row| row.get(0)) {
        None => {}
        Some(false) => return Ok(()),
        // Its removal was cut short, as by a full disk: nobody can be let in any more.
        Some(true) => writer.run(&format!("drop database if exists {NAME}")).await?,
    }
    match writer.run(&format!("create database {NAME} template template0")).await {
        // Another restore was faster: by its name, or by its row.
        Err(fault) if !["42P04", "23505"].iter().any(|code| fault.line().contains(code)) => {
            Err(fault.help("the role must be allowed to create databases (CREATEDB)"))
        }
        _ => Ok(()),
    }
}

impl Plain {
    /// Ends the session in which all was done, and its lock, and removes the database made for it.
    /// Where that cannot be done now, as while another restore waits, the next one does it.
    pub(super) async fn retire(&self) {
        if self.admin_url.database() == NAME {
            let _ = self.remove().await;
        }
    }

    async fn remove(&self) -> Result<(), Fault> {
        let permit = self.permit.beside(NAME);
        let within = Writer::open(&self.admin_url, "smokedrill restore", &permit).await?;
        // Whatever somebody keeps under that name is no concern of ours.
        let foreign = "select exists (select from pg_catalog.pg_class where oid >= 16384)";
        let row = within.client().query_one(foreign, &[]).await;
        if row.map_err(|error| within.said(&error))?.get(0) {
            return Ok(());
        }
        drop(within);
        let writer = Writer::open(&self.url, "smokedrill restore", &self.permit).await?;
        let ended = self.process.end(writer.client()).await;
        ended.map_err(|error| writer.said(&error))?;
        // The server itself waits some seconds for sessions that are about to end.
        writer.run(&format!("drop database if exists {NAME}")).await
    }
}
