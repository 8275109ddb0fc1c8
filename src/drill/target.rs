//! What is restored into, and what it must not be.

use super::state::{Backup, State};
use crate::backup::manifest::SourceIdentity;
use crate::backup::place;
use crate::backup::storage::{Api, Network};
use crate::database::{self, ConnectionUrl, PgTools, Session, SourceKind};
use crate::environment::model::DatabaseKind;
use crate::environment::source::{resolve_database, resolve_source};
use crate::fault::Fault;
use crate::harness::Context;

/// What is restored into.
pub(super) struct Target {
    pub(super) url: ConnectionUrl,
    /// Whether it is a hosted project, and its storage's API.
    pub(super) hosted: bool,
    pub(super) storage: Option<Api>,
    /// Whether this run has made it, just for this.
    pub(super) own: bool,
}

/// Where it is restored to.
pub(super) fn target(state: &State, context: &Context) -> Result<Target, Fault> {
    let redactor = context.redactor();
    let name = context.environment();
    if let Some(own) = &context.staging {
        let url = ConnectionUrl::parse(own)?;
        redactor.learn(own);
        url.password().map(|password| redactor.learn(password));
        return Ok(Target { url, hosted: false, storage: None, own: true });
    }
    if name == state.settings.source {
        let message = format!("`{name}` is what backups are made of: it is only ever read");
        return Err(Fault::usage(message)
            .stage("guard")
            .help("name the environment to restore into: `--env staging`"));
    }
    let found = resolve_source(&state.environments, name, redactor);
    let (found, storage) = found.map_err(|problems| place::told(&problems))?;
    let url = ConnectionUrl::parse(&found.url)?;
    url.password().map(|password| redactor.learn(password));
    let hosted = is_hosted(&url, found.kind)?;
    // In a database of one's own, the rows of buckets are enough.
    let storage = storage.there().filter(|_| hosted);
    let storage = storage.map(|(url, key)| Api::new(&url, &key, &Network::default()));
    Ok(Target { url, hosted, storage: storage.transpose()?, own: false })
}

/// Whether it is a hosted project: one that has one database, which nobody may rename.
fn is_hosted(url: &ConnectionUrl, kind: Option<DatabaseKind>) -> Result<bool, Fault> {
    match (url.kind(), kind) {
        (SourceKind::Plain, kind) => Ok(kind == Some(DatabaseKind::Supabase)),
        (_, None | Some(DatabaseKind::Supabase)) => Ok(true),
        (_, Some(DatabaseKind::Postgres)) => {
            let message = "this is a hosted Supabase project, which is restored in place";
            let help = "leave out `kind = \"postgres\"` in suites/environments.toml";
            Err(Fault::usage(message).stage("guard").object(url.shown()).help(help))
        }
    }
}

/// Programs that read the archive, and fit the target.
pub(super) fn tools(
    state: &State,
    context: &Context,
    target: &Target,
    backup: &Backup,
) -> Result<PgTools, Fault> {
    let session = context.runtime().block_on(Session::open(&target.url, "smokedrill restore"))?;
    let server = session.server_version();
    context.runtime().block_on(session.close());
    // An archive is read by programs that are not older than those that wrote it.
    let written = backup.manifest.tools.iter().find(|tool| tool.name == "pg_dump");
    let written = written.and_then(|tool| database::major(&tool.version));
    let wanted = server.max(written.unwrap_or_default().saturating_mul(10_000));
    let own = context.source.as_ref().and_then(|source| source.tools.clone());
    let folder = own.or_else(|| state.settings.tools.as_ref().map(|tools| state.root.join(tools)));
    PgTools::find(folder.as_deref(), wanted)
}

/// Productions that are known beside the backup's own source, as they are now.
pub(super) fn productions(state: &State, context: &Context) -> Vec<SourceIdentity> {
    let name = &state.settings.source;
    let url = match &context.source {
        Some(own) => Some(own.database.clone()),
        None => resolve_database(&state.environments, name, context.redactor())
            .ok()
            .map(|found| found.url),
    };
    let Some(url) = url.and_then(|url| ConnectionUrl::parse(&url).ok()) else { return Vec::new() };
    match context.runtime().block_on(database::identify(name, &url)) {
        Ok(identity) => vec![identity],
        Err(fault) => {
            // In the worst week it may be gone; the backup says which one it was.
            context.note(&format!("production was not asked who it is: {}", fault.line()));
            Vec::new()
        }
    }
}

/// What production has set for its database, and staging has not: by name, since a value may be a
/// secret. An archive does not hold it.
pub(super) fn settings_beside(
    state: &State,
    context: &Context,
    staging: &ConnectionUrl,
) -> Vec<String> {
    let source = match &context.source {
        Some(own) => Ok(own.database.clone()),
        None => resolve_database(&state.environments, &state.settings.source, context.redactor())
            .map(|found| found.url),
    };
    let Some(source) = source.ok().and_then(|url| ConnectionUrl::parse(&url).ok()) else {
        return Vec::new();
    };
    let both = async { Ok::<_, Fault>((set(&source).await?, set(staging).await?)) };
    // Where production does not answer any more, there is nothing to tell.
    let Ok((there, here)) = context.runtime().block_on(both) else { return Vec::new() };
    let lacking: Vec<String> = there.into_iter().filter(|name| !here.contains(name)).collect();
    match lacking.is_empty() {
        true => Vec::new(),
        false => vec![format!(
            "production's database has settings that staging's has not (`alter database … set`), and \
             a backup does not hold them: {}",
            lacking.join(", ")
        )],
    }
}

/// The names of what is set for a database, and in it for single roles.
async fn set(url: &ConnectionUrl) -> Result<Vec<String>, Fault> {
    let session = Session::open(url, "smokedrill restore").await?;
    let asked = "select distinct split_part(pair, '=', 1) || case setrole when 0 then ''
            else ' (for the role ' || pg_catalog.pg_get_userbyid(setrole) || ')' end
        from pg_catalog.pg_db_role_setting s
            join pg_catalog.pg_database d on d.oid = s.setdatabase, unnest(s.setconfig) pair
        where d.datname = pg_catalog.current_database() order by 1";
    let rows = session.client().query(asked, &[]).await.map_err(|error| session.said(&error))?;
    session.close().await;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::testing::{database, writer};

    #[tokio::test]
    async fn settings_are_told_by_name_and_never_by_value() {
        let text = database("has_settings").await;
        let client = writer(&text).await;
        let setup = "alter database has_settings set app.key = 'hunter2';
            alter database has_settings set work_mem = '7MB';
            alter role anon in database has_settings set statement_timeout = '3s'";
        client.batch_execute(setup).await.unwrap();
        let named = set(&ConnectionUrl::parse(&text).unwrap()).await.unwrap();
        assert_eq!(named, ["app.key", "statement_timeout (for the role anon)", "work_mem"]);
    }

    #[test]
    fn a_hosted_project_is_known_by_its_host_or_by_what_is_said_of_it() {
        let is = |url: &str, kind| is_hosted(&ConnectionUrl::parse(url).unwrap(), kind);
        let (plain, supabase) = (Some(DatabaseKind::Postgres), Some(DatabaseKind::Supabase));
        for url in [
            "postgres://postgres:x@db.abcdefghij.supabase.co:5432/postgres",
            "postgres://postgres.abcdefghij:x@aws-0-eu-central-1.pooler.supabase.com:5432/postgres",
        ] {
            assert!(is(url, None).unwrap() && is(url, supabase).unwrap(), "{url}");
            let told = is(url, plain).unwrap_err().to_string();
            assert!(told.contains("restored in place"), "{told}");
        }
        let own = "postgres://a:b@db.test/app";
        assert!(!is(own, None).unwrap() && !is(own, plain).unwrap() && is(own, supabase).unwrap());
    }
}
