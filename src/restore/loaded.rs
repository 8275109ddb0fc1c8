//! What a new database says of itself once everything is in it: of which backup, by which rules.
//!
//! ```text
//! smokedrill.loaded: {"run": "20261126T…", "backup": "20261126T…", "manifest": "9f…", "rules": "c1…", …}
//! ```
//!
//! It is written last of all, so that a database without it is one that lacks something. What
//! follows, the proof above all, can be done again in such a database where all of that is still
//! so: nothing is taken on trust, since the proof reads every field anew.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::marker::{self, Marker};
use super::migrations;
use crate::backup::manifest::Manifest;
use crate::database::{Session, Writer};
use crate::fault::Fault;
use crate::masking::rules::Rules;
use crate::suite::source::hex;

/// Where it stands, in the marker's schema.
pub(crate) const TABLE: &str = "loaded";

/// What was loaded, and by which restore.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Loaded {
    /// The restore that loaded it, and when that one began.
    pub(crate) run: String,
    pub(crate) began: Timestamp,
    /// What its stages took until everything was there.
    pub(crate) seconds: f64,
    pub(crate) backup: String,
    /// The SHA-256 of the backup's manifest, and of the rules.
    manifest: String,
    rules: String,
    program: String,
    /// The versions of the migrations that the backup came with.
    migrations: Vec<String>,
}

impl Loaded {
    /// What a restore loads.
    ///
    /// # Errors
    /// The manifest cannot be written.
    pub(crate) fn of(
        (run, began): (&str, Timestamp),
        manifest: &Manifest,
        rules: &Rules,
    ) -> Result<Self, Fault> {
        Ok(Self {
            run: run.to_owned(),
            began,
            seconds: 0.0,
            backup: manifest.id.clone(),
            manifest: hex(&Sha256::digest(manifest.to_json()?)),
            rules: rules.hash(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            migrations: Vec::new(),
        })
    }

    /// Makes its table, before any event trigger is there.
    ///
    /// # Errors
    /// The connection is lost.
    pub(crate) async fn table(writer: &Writer) -> Result<(), Fault> {
        let table = "create table smokedrill.loaded (what jsonb not null);
            comment on table smokedrill.loaded is 'All of a backup was loaded: see smokedrill.'";
        writer.run(table).await
    }

    /// Writes it down, in the database where all of it is now.
    ///
    /// # Errors
    /// The connection is lost.
    pub(crate) async fn write(&self, writer: &Writer) -> Result<(), Fault> {
        let said = |error: tokio_postgres::Error| writer.said(&error);
        let migrations = migrations::known(writer.client()).await.map_err(said)?;
        let whole = Self { migrations: migrations.unwrap_or_default(), ..self.clone() };
        let text = serde_json::to_string(&whole).map_err(Fault::errored)?;
        let row = "insert into smokedrill.loaded values ($1::text::jsonb)";
        writer.client().execute(row, &[&text]).await.map_err(said)?;
        Ok(())
    }

    /// Whether a restore of this can go on in a database: what was loaded there, or why not.
    ///
    /// # Errors
    /// The connection is lost.
    pub(crate) async fn resumable(
        &self,
        session: &Session,
        marker: Option<&Marker>,
    ) -> Result<Result<Self, String>, Fault> {
        let Some(found) = read(session).await? else {
            return Ok(Err("not everything was loaded into it".to_owned()));
        };
        let Some(found) = found.filter(|found| found.program == self.program) else {
            return Ok(Err("it was loaded by another version of this program".to_owned()));
        };
        if found.backup != self.backup {
            let what = format!("it was loaded from the backup {}", found.backup);
            return Ok(Err(format!("{what}, not from {}", self.backup)));
        }
        if found.manifest != self.manifest {
            return Ok(Err(format!("the manifest of {} is another one now", self.backup)));
        }
        if found.rules != self.rules {
            return Ok(Err("it was masked by other rules than those of now".to_owned()));
        }
        if marker::read(session).await?.as_ref() != marker {
            return Ok(Err("its marker is not that of the database that serves".to_owned()));
        }
        let now = migrations::known(session.client()).await;
        let now = now.map_err(|error| session.said(&error))?.unwrap_or_default();
        Ok(match now.iter().find(|version| !found.migrations.contains(version)) {
            None if now == found.migrations => Ok(found),
            None => Err("its list of migrations is not the backup's any more".to_owned()),
            Some(version) => Err(format!(
                "the migration {version} was applied to it already, so that it cannot be \
                 compared with the backup"
            )),
        })
    }
}

/// What a database says of itself; of a form of another version, nothing.
async fn read(session: &Session) -> Result<Option<Option<Loaded>>, Fault> {
    let said = |error: tokio_postgres::Error| session.said(&error);
    let there = "select pg_catalog.to_regclass('smokedrill.loaded') is not null";
    if !session.client().query_one(there, &[]).await.map_err(said)?.get::<_, bool>(0) {
        return Ok(None);
    }
    let asked = "select what::text from smokedrill.loaded limit 1";
    let row = session.client().query_opt(asked, &[]).await.map_err(said)?;
    Ok(row.map(|row| serde_json::from_str(row.get(0)).ok()))
}

#[cfg(test)]
#[path = "loaded_tests.rs"]
mod tests;
