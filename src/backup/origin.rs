//! What a backup is of, and whose backups are meant.
//!
//! Several sources may share a location and name their environments alike: two projects, two
//! machines with a tunnel on one port. Two backups are of one source if environment and database
//! are the same, and the Supabase project; where there is none, the server's own number, which a
//! pooler, another name or another port does not change; and only where a role may not read that
//! number, host and port. A backup of storage alone is of the project's URL, and of no database's
//! source: it never stands for one.

use super::manifest::SourceIdentity;
use crate::database::ConnectionUrl;
use crate::fault::Fault;

/// What a backup is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin {
    environment: String,
    at: At,
    database: String,
}

/// By what a source is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum At {
    Project(String),
    System(String),
    Address(String, u16),
    /// Started by the harness, and another one each time.
    Demonstration,
    /// The URL of the project, of which there is storage alone.
    Storage(String),
}

/// What a backup is of, and how it was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) origin: Origin,
    host: String,
    port: u16,
    /// As the connection calls it.
    alias: String,
}

impl From<&SourceIdentity> for Reached {
    fn from(source: &SourceIdentity) -> Self {
        let (host, port) = (source.host.to_lowercase(), source.port);
        let at = match (source.started, &source.project, &source.system_identifier) {
            _ if source.storage.is_some() => {
                At::Storage(source.storage.clone().unwrap_or_default())
            }
            (true, ..) => At::Demonstration,
            (false, Some(project), _) => At::Project(project.clone()),
            (false, None, Some(number)) => At::System(number.clone()),
            (false, None, None) => At::Address(host.clone(), port),
        };
        let (environment, database) = (source.environment.clone(), source.database.clone());
        let alias = source.alias.as_ref().unwrap_or(&database).clone();
        Self { origin: Origin { environment, at, database }, host, port, alias }
    }
}

impl Reached {
    /// Whether a connection's URL leads there, as far as its text tells.
    pub(crate) fn is_at(&self, url: &ConnectionUrl) -> bool {
        let there = match (url.project(), &self.origin.at) {
            (Some(project), At::Project(ours)) => project == *ours,
            (Some(_), _) | (None, At::Project(_) | At::Demonstration | At::Storage(_)) => false,
            (None, _) => (&self.host, self.port) == (&url.host().to_lowercase(), url.port()),
        };
        there && [&self.alias, &self.origin.database].iter().any(|name| *name == url.database())
    }

    /// The URL of the project, where it is of storage alone.
    fn storage(&self) -> Option<&str> {
        match &self.origin.at {
            At::Storage(url) => Some(url),
            _ => None,
        }
    }

    pub(crate) fn environment(&self) -> &str {
        &self.origin.environment
    }

    /// Such as `production (db.example.com:5432/app)`.
    pub(crate) fn shown(&self) -> String {
        let place = match &self.origin.at {
            At::Project(project) => format!("project {project}"),
            At::Demonstration => "a demonstration".to_owned(),
            At::Storage(url) => format!("storage of {url}"),
            At::System(_) | At::Address(..) => {
                format!("{}:{}/{}", self.host, self.port, self.alias)
            }
        };
        format!("{} ({place})", self.origin.environment)
    }
}

/// Which part of a source is backed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// The database, and its storage.
    Database,
    /// Storage alone, since no database is configured: the URL of the project, where that is to
    /// be had.
    Storage(Option<String>),
}

/// Whose backups are meant.
#[derive(Clone, Copy)]
pub(crate) struct Whose<'a> {
    /// The environment's name.
    pub(crate) environment: &'a str,
    /// Whether a backup that is named by its id must be of it too.
    pub(crate) strict: bool,
    /// The database's URL, asked for only where the name alone does not tell.
    pub(crate) url: &'a dyn Fn() -> Option<ConnectionUrl>,
    /// Which part of it is meant.
    pub(crate) part: &'a Part,
    /// Asks the server there who it is, where the URL's text does not tell.
    pub(crate) ask: &'a dyn Fn(&ConnectionUrl) -> Result<SourceIdentity, Fault>,
}

impl Whose<'_> {
    /// Holds a backup that was named by its id against whose it should be: what to say of it
    /// where it is another place's.
    ///
    /// # Errors
    /// It is another environment's.
    pub(crate) fn admits(&self, found: &Reached) -> Result<Option<String>, Fault> {
        let (wanted, shown) = (self.environment, found.shown());
        if found.environment() != wanted {
            if !self.strict {
                return Ok(None);
            }
            let help = format!(
                "name one of `{wanted}` (`smokedrill backup list --env {wanted}`), or the \
                 environment that is meant"
            );
            return Err(Fault::usage(format!("it is of {shown}, not of `{wanted}`")).help(help));
        }
        let elsewhere =
            || Some(format!("the backup is of {shown}, and the configured URL leads elsewhere"));
        match (self.part, found.storage()) {
            (Part::Storage(Some(url)), Some(storage)) if url != storage => return Ok(elsewhere()),
            (Part::Storage(_), _) | (_, Some(_)) => return Ok(None),
            (Part::Database, None) => {}
        }
        let Some(url) = (self.url)() else { return Ok(None) };
        if found.is_at(&url)
            || (self.ask)(&url).is_ok_and(|is| Reached::from(&is).origin == found.origin)
        {
            return Ok(None);
        }
        Ok(elsewhere())
    }

    /// Which of the sources is meant: the one that the URL leads to. Where no URL is to be had,
    /// the only one; of several none is taken for the one that is meant.
    ///
    /// # Errors
    /// That cannot be told: what there is, and why.
    pub(crate) fn among(&self, known: &[&Reached]) -> Result<Option<Origin>, Fault> {
        let meant = |reached: &&&Reached| {
            reached.environment() == self.environment
                && match self.part {
                    Part::Database => reached.storage().is_none(),
                    Part::Storage(None) => reached.storage().is_some(),
                    Part::Storage(url) => reached.storage() == url.as_deref(),
                }
        };
        let mut ours: Vec<&Reached> = Vec::new();
        for reached in known.iter().filter(meant) {
            if !ours.iter().any(|other| other.origin == reached.origin) {
                ours.push(reached);
            }
        }
        if ours.is_empty() {
            return Ok(None);
        }
        let there: Vec<String> = ours.iter().map(|reached| reached.shown()).collect();
        let there = there.join(", ");
        let Some(url) = (self.url)() else {
            return match ours.as_slice() {
                [only] => Ok(Some(only.origin.clone())),
                _ => Err(Fault::errored(format!(
                    "backups of several sources are kept here under that name, and no URL is \
                     configured that says which is meant: {there}"
                ))),
            };
        };
        let mut at: Vec<&Origin> = known
            .iter()
            .filter(|reached| meant(reached) && reached.is_at(&url))
            .map(|reached| &reached.origin)
            .collect();
        at.sort_unstable();
        at.dedup();
        if let [only] = at.as_slice() {
            return Ok(Some((*only).clone()));
        }
        let told = match (self.ask)(&url) {
            Ok(identity) => {
                let asked = Reached::from(&identity).origin;
                if ours.iter().any(|reached| reached.origin == asked) {
                    return Ok(Some(asked));
                }
                "the server that answers there is another".to_owned()
            }
            Err(fault) => format!("who answers there could not be asked: {}", fault.line()),
        };
        Err(Fault::errored(format!(
            "the configured URL leads to {}, and the backups that are kept here under that name \
             are of {there}; {told}",
            url.shown()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, Reached, Whose};
    use crate::backup::choose::tests::identity;
    use crate::backup::manifest::SourceIdentity;
    use crate::database::ConnectionUrl;
    use crate::fault::{Fault, FaultKind};

    fn same(one: &SourceIdentity, other: &SourceIdentity) -> bool {
        Reached::from(one).origin == Reached::from(other).origin
    }

    #[test]
    fn a_source_is_known_by_its_project_its_number_or_its_address() {
        let numbered = |host, number| identity("production", host, Some(number));
        let bare = |host| identity("production", host, None);
        let project = |host, reference: &str| SourceIdentity {
            project: Some(reference.to_owned()),
            ..numbered(host, "7")
        };
        assert!(same(&numbered("localhost", "7"), &numbered("127.0.0.1", "7")));
        assert!(!same(&numbered("localhost", "7"), &numbered("localhost", "8")), "a tunnel");
        assert!(
            same(&bare("db.test"), &bare("DB.test")) && !same(&bare("a.test"), &bare("b.test"))
        );
        assert!(same(&project("db.x.supabase.co", "x"), &project("pooler.supabase.com", "x")));
        assert!(!same(&project("db.x.supabase.co", "x"), &project("db.y.supabase.co", "y")));
        let other = SourceIdentity { database: "b".to_owned(), ..numbered("localhost", "7") };
        assert!(!same(&numbered("localhost", "7"), &other));
        assert!(same(&identity("local", "a", Some("1")), &identity("local", "b", Some("2"))));
    }

    #[test]
    fn a_named_backup_must_be_of_the_environment_and_may_be_of_another_place() {
        let url = || ConnectionUrl::parse("postgres://a:b@db.test/app").ok();
        let ask = |_: &ConnectionUrl| Ok(identity("production", "db.test", Some("7")));
        let part = &Part::Database;
        let whose = Whose { environment: "production", strict: true, url: &url, part, ask: &ask };
        let admits = |whose: Whose<'_>, of| whose.admits(&Reached::from(&of));
        let demo = identity("local", "127.0.0.1", Some("1"));
        let told = admits(whose, demo.clone()).unwrap_err();
        assert_eq!(told.kind(), FaultKind::Usage);
        assert!(told.line().contains("of local (a demonstration), not of `production`"), "{told}");
        // Whoever names no environment means the backup.
        assert_eq!(admits(Whose { strict: false, ..whose }, demo).unwrap(), None);
        for there in ["db.test", "another-name.test"] {
            assert_eq!(admits(whose, identity("production", there, Some("7"))).unwrap(), None);
        }
        let elsewhere = identity("production", "old.test", Some("6"));
        let told = admits(whose, elsewhere.clone()).unwrap().unwrap();
        assert!(told.contains("old.test:5432/app") && told.contains("elsewhere"), "{told}");
        // Production may be gone: the backup is what there is.
        let gone = |_: &ConnectionUrl| Err(Fault::errored("no answer"));
        assert!(admits(Whose { ask: &gone, ..whose }, elsewhere).unwrap().is_some());
    }
}
