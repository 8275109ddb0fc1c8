//! Whether a database may be overwritten: it must be staging, and it must not be production.
//!
//! | what is compared | where it comes from |
//! |---|---|
//! | the cluster's own number | `pg_control_system()`, in the backup's manifest and of the target |
//! | the Supabase project | the host or the pooler's user of both URLs |
//! | address, port and database | as the servers see themselves, where one does not say its number |
//! | the name: host, port, database | as both URLs have it, whatever number answers there now |
//! | the marker | a table that staging carries, bound to its server and database |
//!
//! One sign that both are the same is enough to refuse; and so is not to know.

use super::marker::{self, SCHEMA, TABLE};
use crate::backup::manifest::{Manifest, SourceIdentity};
use crate::database::{ConnectionUrl, Permit, Session, identity};
use crate::fault::Fault;

/// Proves that the target is a staging, and not what the backup was made of, or any other
/// production that is known.
///
/// # Errors
/// It is production, or that cannot be told; it does not carry the marker.
pub(crate) async fn guard(
    environment: &str,
    url: &ConnectionUrl,
    manifest: &Manifest,
    productions: &[SourceIdentity],
) -> Result<(SourceIdentity, Permit), Fault> {
    let refuse = |fault: Fault| fault.stage("guard").object(url.shown());
    let session = Session::open(url, "smokedrill guard").await?;
    let target = identity(&session, environment, url).await?;
    let found = marker::read(&session).await?;
    session.close().await;
    let source = std::iter::once(&manifest.source);
    for production in source.chain(productions) {
        distinct(&target, production).map_err(refuse)?;
    }
    let marked = manifest.catalogue.objects.iter().any(|object| {
        object.kind == "table" && object.schema.as_deref() == Some(SCHEMA) && object.name == TABLE
    });
    if marked {
        let message = "the backup was made of a database that carries staging's marker";
        let help =
            "back production up, or remove the schema `smokedrill` there if it is production";
        return Err(refuse(Fault::usage(message).help(help)));
    }
    let wanted = marker::server(target.system_identifier.as_deref(), target.project.as_deref());
    let help = format!(
        "if this is staging, and all in it may be lost, say so once: \
         `smokedrill staging mark --env {environment}`"
    );
    match found {
        None => {
            let message = "the database does not say that it is staging";
            Err(refuse(Fault::usage(message).help(help)))
        }
        Some(marker)
            if Some(&marker.server) != wanted.as_ref() || marker.database != target.database =>
        {
            let message = "the marker in the database is that of another server or database";
            Err(refuse(Fault::usage(message).help(help)))
        }
        Some(marker) if marker.environment != environment => {
            let message =
                format!("the database is marked as `{}`, not `{environment}`", marker.environment);
            Err(refuse(Fault::usage(message).help(help)))
        }
        Some(_) => {
            let permit = Permit::proved(&target);
            Ok((target, permit))
        }
    }
}

/// What comparing two identities says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    /// They are of one server: by what.
    Same(&'static str),
    Distinct,
    Unknown,
}

/// Compares two identities.
pub(crate) fn compared(target: &SourceIdentity, production: &SourceIdentity) -> Compared {
    if target.project.is_some() && target.project == production.project {
        return Compared::Same("the project");
    }
    match (&target.system_identifier, &production.system_identifier) {
        (Some(target), Some(production)) if target == production => {
            return Compared::Same("the server (its system identifier)");
        }
        // A proxy, or a server that took production's place: what answers by production's name
        // today need not do so tomorrow.
        (Some(_), Some(_)) if is_named_alike(target, production) => {
            return Compared::Same("the name (host, port and database), though not the server,");
        }
        // Of an address within a network of its own, such as a container's, there are many.
        (Some(_), Some(_)) => return Compared::Distinct,
        _ => {}
    }
    let place = |one: &SourceIdentity| (one.address.clone(), one.port, one.database.clone());
    if target.address.is_some() && place(target) == place(production)
        || target.host == production.host && target.port == production.port
    {
        return Compared::Same("the address");
    }
    match (&target.project, &production.project) {
        (Some(_), Some(_)) => Compared::Distinct,
        _ => Compared::Unknown,
    }
}

/// Whether one name leads to both. A name that each machine has for itself says nothing; and
/// projects behind one pooler have one host.
fn is_named_alike(target: &SourceIdentity, production: &SourceIdentity) -> bool {
    let named = |one: &SourceIdentity| one.alias.clone().unwrap_or_else(|| one.database.clone());
    let host = target.host.to_lowercase();
    let is_everywhere = match host.parse::<std::net::IpAddr>() {
        Ok(address) => !address.is_loopback() && !address.is_unspecified(),
        Err(_) => host.contains('.') && !host.starts_with('/'),
    };
    let projects = (&target.project, &production.project);
    is_everywhere
        && !matches!(projects, (Some(one), Some(other)) if one != other)
        && host == production.host.to_lowercase()
        && target.port == production.port
        && named(target) == named(production)
}

/// Whether two identities are surely of two databases on two servers.
///
/// # Errors
/// They are of one, or that cannot be told.
pub(crate) fn distinct(target: &SourceIdentity, production: &SourceIdentity) -> Result<(), Fault> {
    match compared(target, production) {
        Compared::Distinct => Ok(()),
        Compared::Same(what) => {
            let help = "name staging's own database in suites/environments.toml: production is \
                        never written to";
            Err(Fault::usage(format!("this is production: {what} is the same")).help(help))
        }
        Compared::Unknown => {
            let message = "it cannot be told whether this is production: a server does not say \
                           which one it is";
            let help = "grant both roles EXECUTE on pg_control_system(), and make another backup";
            Err(Fault::usage(message).help(help))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(system: Option<&str>, project: Option<&str>, host: &str) -> SourceIdentity {
        SourceIdentity {
            environment: "x".into(),
            host: host.into(),
            address: Some(host.into()),
            port: 5432,
            database: "app".into(),
            alias: None,
            user: "postgres".into(),
            system_identifier: system.map(str::to_owned),
            server_version: "15.18".into(),
            project: project.map(str::to_owned),
            standby: false,
            started: false,
            storage: None,
        }
    }

    #[test]
    fn one_sign_of_sameness_is_enough_and_so_is_not_to_know() {
        let production = one(Some("7"), Some("abc"), "10.0.0.1");
        for (target, says) in [
            (one(Some("7"), None, "10.0.0.2"), "system identifier"),
            (one(Some("8"), Some("abc"), "10.0.0.2"), "the project"),
            (one(None, None, "10.0.0.1"), "the address"),
            (one(None, None, "10.0.0.2"), "cannot be told"),
            // Another server by production's name: behind a proxy, or in its place.
            (one(Some("8"), None, "10.0.0.1"), "the name (host, port and database)"),
        ] {
            let told = distinct(&target, &production).unwrap_err();
            assert!(told.to_string().contains(says), "{told}");
            assert_eq!(told.kind(), crate::fault::FaultKind::Usage);
        }
        let system = one(Some("8"), None, "10.0.0.1");
        // Another database behind the same proxy, another port, a name of this machine alone.
        let other = SourceIdentity { database: "staging".into(), ..system.clone() };
        assert!(distinct(&other, &production).is_ok());
        let aliased = SourceIdentity { alias: Some("app".into()), ..other };
        assert!(distinct(&aliased, &production).is_err());
        let port = SourceIdentity { port: 5433, ..system.clone() };
        assert!(distinct(&port, &production).is_ok());
        let (near, there) = (one(Some("8"), None, "localhost"), one(Some("7"), None, "localhost"));
        assert!(distinct(&near, &there).is_ok());
        // Two projects behind one pooler.
        let project = SourceIdentity { project: Some("def".into()), ..system };
        assert!(distinct(&project, &production).is_ok());
        assert!(distinct(&one(None, Some("def"), "10.0.0.2"), &production).is_ok());
    }
}
