//! The right to write to a database.

use crate::backup::manifest::SourceIdentity;
use crate::fault::Fault;

/// Proof that a database may be written to: that it is staging, and not production. Made by
/// `restore::guard` after it has looked at both, or of a database that a person has named, and
/// bound to the server and the database that were looked at: a name may lead elsewhere by the time
/// that it is resolved again, so that each [`Writer`](super::Writer) asks on its own connection.
#[derive(Debug, Clone)]
pub(crate) struct Permit {
    /// The cluster's own number, where the role may ask for it.
    system: Option<String>,
    project: Option<String>,
    /// Of the server, as it sees itself.
    address: Option<String>,
    database: String,
}

impl Permit {
    /// To be called by whoever has proved it of what is given.
    pub(crate) fn proved(target: &SourceIdentity) -> Self {
        Self {
            system: target.system_identifier.clone(),
            project: target.project.clone(),
            address: target.address.clone(),
            database: target.database.clone(),
        }
    }

    /// For a database of ours on the same server.
    pub(crate) fn beside(&self, database: &str) -> Self {
        Self { database: database.to_owned(), ..self.clone() }
    }

    /// Whether it holds for what a connection has led to.
    ///
    /// # Errors
    /// It does not, or that cannot be told.
    pub(super) fn holds(&self, found: &SourceIdentity) -> Result<(), Fault> {
        let other = match (&self.system, &found.system_identifier) {
            (Some(proved), Some(found)) => proved != found,
            (Some(_), None) => true,
            // What a server does not tell of itself, its place has to tell.
            (None, _) => self.project != found.project || self.address != found.address,
        };
        let what = match other {
            true => "server",
            false if self.database != found.database => "database",
            false => return Ok(()),
        };
        let message = format!(
            "the connection leads to another {what} than the one that was proved to be staging: \
             nothing was written there"
        );
        Err(Fault::usage(message).stage("guard").help(
            "see what the host's name leads to now, and whether the server was replaced; then \
             restore again",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::testing::{database, permit, superuser};
    use crate::database::{ConnectionUrl, Writer};

    #[tokio::test]
    async fn a_name_that_leads_elsewhere_by_then_is_refused_on_the_connection_itself() {
        let there = smokedrill_demo::Staging::start;
        let there = tokio::task::spawn_blocking(there).await.unwrap().unwrap();
        let url = ConnectionUrl::parse(&there.superuser_url()).unwrap();
        let held = permit(&url).await;
        Writer::open(&url, "smokedrill test", &held).await.unwrap();
        // The same name of a database, on another server.
        let told = Writer::open(&superuser(), "smokedrill test", &held).await.unwrap_err();
        assert!(told.to_string().contains("another server"), "{told}");
        assert_eq!(told.kind(), crate::fault::FaultKind::Usage);
        // Another one on the same server.
        let other = ConnectionUrl::parse(&database("not_permitted").await).unwrap();
        let held = permit(&superuser()).await;
        let told = Writer::open(&other, "smokedrill test", &held).await.unwrap_err();
        assert!(told.to_string().contains("another database"), "{told}");
        Writer::open(&other, "smokedrill test", &held.beside("not_permitted")).await.unwrap();
        tokio::task::spawn_blocking(|| drop(there)).await.unwrap();
    }

    #[tokio::test]
    async fn a_server_that_does_not_say_which_one_it_is_is_told_by_its_place() {
        let mut seen = crate::database::identify("x", &superuser()).await.unwrap();
        let held = Permit::proved(&seen);
        seen.system_identifier = None;
        // It said so at the start.
        assert!(held.holds(&seen).is_err());
        let held = Permit::proved(&seen);
        assert!(held.holds(&seen).is_ok());
        let moved = SourceIdentity { address: Some("10.9.9.9".to_owned()), ..seen.clone() };
        assert!(held.holds(&moved).is_err());
        let project = SourceIdentity { project: Some("abc".to_owned()), ..seen };
        assert!(held.holds(&project).is_err());
    }
}
