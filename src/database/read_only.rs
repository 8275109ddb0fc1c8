//! Whether what is given to PostgreSQL's own programs can only read.
//!
//! They are told by the start-up options of their connection, which a pooler between may drop:
//! PgBouncer does where `ignore_startup_parameters` names `options`, and Supavisor passes on what
//! it knows alone. A default of the role's own (`ALTER ROLE … SET`) holds on every way.
//!
//! Before version 16 a server lets large objects be written in a read-only transaction all the same
//! (`lo_from_bytea`, which every role may call): only the right to those functions keeps from it.

use super::session::Session;
use crate::fault::Fault;

/// What keeps programs from writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// A setting, which whoever means to can undo: the role itself may write.
    Setting,
    /// The role may not write at all.
    Rights,
}

/// What keeps a program from writing that connects as this session did.
///
/// # Errors
/// Nothing does; or the connection is lost.
pub(crate) async fn keeper(session: &Session) -> Result<Keeper, Fault> {
    if !may_write(session).await? {
        return Ok(Keeper::Rights);
    }
    if session.read_only_from_start() {
        return Ok(Keeper::Setting);
    }
    let role = "select pg_catalog.quote_ident(current_user)";
    let role = session.client().query_one(role, &[]).await;
    let role: String = role.map_err(|error| session.said(&error))?.get(0);
    let message = "PostgreSQL's own programs could write here: a pooler between drops what they \
                   ask for at their start, and the role may write";
    let help = format!(
        "connect directly, take a role that may only read, or have its owner run\n    \
         ALTER ROLE {role} SET default_transaction_read_only = on;\n  \
         which through a pooler holds once its connections to the server are renewed: restart it, \
         or wait until it has replaced them"
    );
    Err(Fault::errored(message).stage("read-only").help(help))
}

/// Whether the role may write anything, were it not for the setting: by itself, or as one that it
/// may become by `SET ROLE`.
async fn may_write(session: &Session) -> Result<bool, Fault> {
    let asked = "select coalesce(bool_or(m.rolsuper
        or pg_catalog.has_database_privilege(m.oid, pg_catalog.current_database(), 'CREATE')
        or exists (select from pg_catalog.pg_namespace n
            where nspname !~ '^pg_' and nspname <> 'information_schema'
              and pg_catalog.has_schema_privilege(m.oid, n.oid, 'CREATE'))
        or exists (select from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
              and case when c.relkind in ('r', 'p', 'v', 'f') then
                pg_catalog.has_table_privilege(m.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
                or pg_catalog.has_any_column_privilege(m.oid, c.oid, 'INSERT, UPDATE')
              when c.relkind = 'S'
                then pg_catalog.has_sequence_privilege(m.oid, c.oid, 'USAGE, UPDATE')
              else false end)), false)
        from pg_catalog.pg_roles m where pg_catalog.pg_has_role(m.oid, 'MEMBER')";
    let row = session.client().query_one(asked, &[]).await;
    Ok(row.map_err(|error| session.said(&error))?.get(0))
}

#[cfg(test)]
mod tests {
    use smokedrill_demo::Pooler;

    use super::*;
    use crate::database::ConnectionUrl;
    use crate::database::testing::{database, production, session, writer};

    async fn kept(url: &str) -> Result<Keeper, Fault> {
        keeper(&session(&ConnectionUrl::parse(url).unwrap()).await).await
    }

    #[tokio::test]
    async fn a_pooler_that_drops_options_leaves_the_role_s_rights_and_defaults() {
        let text = database("kept_from_writing").await;
        let admin = writer(&text).await;
        let as_role = |role: &str| {
            let (_, place) = text.rsplit_once('@').unwrap();
            format!("postgres://{role}:of-a-test@{place}")
        };
        let roles = "create role kept_reader login password 'of-a-test';
                     create role kept_column login password 'of-a-test';
                     create role kept_counter login password 'of-a-test';
                     create role kept_owner login password 'of-a-test';
                     create role kept_other login noinherit password 'of-a-test' in role kept_owner;
                     create table t (i int, j int); create sequence s;
                     revoke create on schema public from public;
                     grant update (j) on t to kept_column; grant usage on sequence s to kept_counter;
                     alter table t owner to kept_owner";
        admin.batch_execute(roles).await.unwrap();
        let pooler = Pooler::start(&text).unwrap();
        assert_eq!(kept(&text).await.unwrap(), Keeper::Setting);
        assert_eq!(kept(&as_role("kept_reader")).await.unwrap(), Keeper::Rights);
        assert_eq!(kept(&pooler.url(&as_role("kept_reader"))).await.unwrap(), Keeper::Rights);
        for role in ["kept_column", "kept_counter", "kept_owner", "kept_other"] {
            let url = as_role(role);
            assert_eq!(kept(&url).await.unwrap(), Keeper::Setting, "{role}");
            let told = kept(&pooler.url(&url)).await.unwrap_err().to_string();
            let line = format!("ALTER ROLE {role} SET default_transaction_read_only = on;");
            assert!(told.contains("pooler") && told.contains(&line), "{told}");
            assert!(told.contains("once its connections to the server are renewed"), "{told}");
        }
        let by_role = "alter role kept_owner set default_transaction_read_only = on";
        admin.batch_execute(by_role).await.unwrap();
        assert_eq!(kept(&pooler.url(&as_role("kept_owner"))).await.unwrap(), Keeper::Setting);
        assert!(kept(&pooler.url(&production().superuser_url())).await.is_err());
    }
}
