//! Migrations that are in the project's tree and not yet in the restored database.
//!
//! ```text
//! supabase/migrations/20240105081500_customers.sql
//! supabase_migrations.schema_migrations: version, statements, name
//! ```
//!
//! | where | what it is | what is done |
//! |---|---|---|
//! | both | applied | nothing |
//! | tree, newer than all applied | pending | applied, one transaction each |
//! | tree, older than one applied | out of order | a failure, and nothing is applied; Supabase's tool would not either |
//! | database alone | unknown to the tree | told: it was applied from elsewhere |

mod script;

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio_postgres::Client;

use self::script::statements;
use crate::database::{ConnectionUrl, Permit, Writer};
use crate::fault::Fault;

/// The longest wait for a lock, as Supabase's tool has it.
const LOCK: &str = "set lock_timeout = '4s'";

/// The stage of a restore in which they are applied.
pub(crate) const STAGE: &str = "migration check";

/// What a migration stands between, where it is a transaction of its own.
const OWN: (&str, &str) = ("begin", "commit");

/// How a tree's migrations stand to a database's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Migrations {
    pub(crate) applied: u64,
    /// Pending before, and applied now.
    pub(crate) pending: Vec<String>,
    pub(crate) out_of_order: Vec<String>,
    pub(crate) unknown: Vec<String>,
    /// Why none was looked for, if that is so.
    pub(crate) absent: Option<String>,
    /// Why one that was pending is not applied, and none after it.
    pub(crate) broken: Option<Fault>,
}

impl Migrations {
    /// There is no such folder.
    fn nowhere(folder: &Path) -> Self {
        let why = format!("there is no folder {}", folder.display());
        Self { absent: Some(why), ..Self::default() }
    }

    /// Why the database must not take its place, if that is so.
    pub(crate) fn refused(&self) -> Option<Fault> {
        let early = || {
            let list = self.out_of_order.join(", ");
            Fault::failed(format!("older than the last that was applied, and not applied: {list}"))
                .help(
                    "give it a newer version, or apply it to production and back that up; staging \
                     serves on as it was",
                )
        };
        self.broken.clone().or_else(|| (!self.out_of_order.is_empty()).then(early))
    }
}

/// A file of the tree.
struct Migration {
    version: String,
    name: String,
    path: PathBuf,
}

/// Applies what is pending, up to one that is refused: of that nothing is left. Says so where there
/// are no migrations, in the tree or the database.
///
/// # Errors
/// The folder cannot be read; the connection is lost.
pub(crate) async fn apply(
    folder: &Path,
    url: &ConnectionUrl,
    application: &str,
    permit: &Permit,
) -> Result<Migrations, Fault> {
    if !folder.is_dir() {
        return Ok(Migrations::nowhere(folder));
    }
    run(folder, &Writer::open(url, application, permit).await?, OWN).await
}

/// The same, in the transaction that is open: where one is refused, none is left.
///
/// # Errors
/// The folder cannot be read; the connection is lost.
pub(crate) async fn apply_within(folder: &Path, writer: &Writer) -> Result<Migrations, Fault> {
    match folder.is_dir() {
        true => run(folder, writer, ("", "")).await,
        false => Ok(Migrations::nowhere(folder)),
    }
}

/// The versions of those that a database has seen, in their order; nothing where it keeps no list.
///
/// # Errors
/// The connection is lost.
pub(crate) async fn known(client: &Client) -> Result<Option<Vec<String>>, tokio_postgres::Error> {
    let there =
        "select pg_catalog.to_regclass('supabase_migrations.schema_migrations') is not null";
    if !client.query_one(there, &[]).await?.get::<_, bool>(0) {
        return Ok(None);
    }
    let asked = "select version from supabase_migrations.schema_migrations order by version";
    let rows = client.query(asked, &[]).await?;
    Ok(Some(rows.iter().map(|row| row.get(0)).collect()))
}

async fn run(folder: &Path, writer: &Writer, around: (&str, &str)) -> Result<Migrations, Fault> {
    let known = known(writer.client()).await.map_err(|error| writer.said(&error))?;
    let Some(known) = known else {
        let why = format!(
            "the database has no list of migrations (supabase_migrations.schema_migrations), so \
             that those in {} are not applied",
            folder.display()
        );
        return Ok(Migrations { absent: Some(why), ..Migrations::default() });
    };
    let tree = tree(folder)?;
    let is_known = |migration: &Migration| known.contains(&migration.version);
    let last = known.last().cloned().unwrap_or_default();
    let applied = tree.iter().filter(|migration| is_known(migration)).count() as u64;
    let mut found = Migrations { applied, ..Migrations::default() };
    let unknown = known.iter().filter(|version| !tree.iter().any(|m| m.version == **version));
    found.unknown = unknown.cloned().collect();
    let file = |migration: &Migration| {
        migration.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    };
    let missing: Vec<&Migration> = tree.iter().filter(|migration| !is_known(migration)).collect();
    let early = missing.iter().filter(|migration| migration.version <= last);
    found.out_of_order = early.map(|migration| file(migration)).collect();
    if !found.out_of_order.is_empty() {
        return Ok(found);
    }
    for migration in missing {
        let file = file(migration);
        match one(writer, (migration, &file), around).await {
            Ok(()) => found.pending.push(file),
            Err(fault) if writer.is_lost() => return Err(fault.within(&file)),
            Err(fault) => {
                found.broken = Some(
                    fault
                        .stage(STAGE)
                        .object(&file)
                        .help("mend the migration: nothing of it is left, and staging serves on"),
                );
                if around != OWN {
                    // They were undone with it.
                    found.pending.clear();
                }
                break;
            }
        }
    }
    Ok(found)
}

/// The migrations of a folder, in the order of their versions.
fn tree(folder: &Path) -> Result<Vec<Migration>, Fault> {
    let unread = |error: std::io::Error| {
        Fault::errored(format!("the migrations cannot be read: {error}")).object(folder.display())
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some((version, rest)) = name.strip_suffix(".sql").and_then(|n| n.split_once('_'))
        else {
            continue;
        };
        if !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit()) {
            found.push(Migration { version: version.to_owned(), name: rest.to_owned(), path });
        }
    }
    found.sort_by(|one, other| one.version.cmp(&other.version));
    Ok(found)
}

/// Applies one, and writes it down as Supabase's tool does; all of it or nothing.
async fn one(
    writer: &Writer,
    (migration, file): (&Migration, &str),
    (begin, end): (&str, &str),
) -> Result<(), Fault> {
    let unread = |error| Fault::errored(format!("it cannot be read: {error}"));
    let sql = fs::read_to_string(&migration.path).map_err(unread)?;
    let statements = statements(&sql)?;
    // As a session of that tool begins: with nobody's settings.
    writer.run(&format!("reset all; {LOCK}; {begin}")).await?;
    let done = async {
        let before = transaction(writer).await?;
        for (index, statement) in statements.iter().enumerate() {
            if statement.brackets {
                continue;
            }
            let place = format!("{file}:{}, statement {}", statement.line, index + 1);
            writer.run(statement.text).await.map_err(|fault| fault.within(&place))?;
            // The server has the last word on where a statement ends.
            if transaction(writer).await? != before {
                let message = "the statement ended the transaction of its migration";
                let help = "write its quotes as standard_conforming_strings has them; the \
                            restored database is not put in place";
                return Err(Fault::usage(message).object(place).help(help));
            }
        }
        let texts: Vec<&str> = statements.iter().map(|statement| statement.text).collect();
        let note = "insert into supabase_migrations.schema_migrations (version, name, statements)
            values ($1, $2, $3)";
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [&migration.version, &migration.name, &texts];
        let noted = writer.client().execute(note, &values).await;
        noted.map_err(|error| writer.said(&error))?;
        writer.run(end).await
    };
    match done.await {
        Ok(()) => Ok(()),
        Err(fault) => {
            // The first word counts: that it could not be undone either follows from it.
            let _ = writer.run("rollback").await;
            Err(fault)
        }
    }
}

/// The number of the transaction that is open.
async fn transaction(writer: &Writer) -> Result<i64, Fault> {
    let asked = writer.client().query_one("select pg_catalog.txid_current()", &[]).await;
    asked.map(|row| row.get(0)).map_err(|error| writer.said(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::testing::{database, permit, writer};

    const TABLE: &str = "create schema supabase_migrations;
        create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
        insert into supabase_migrations.schema_migrations values ('20240101', null, 'a'), ('20240301', null, 'c')";

    async fn applied(folder: &Path, url: &ConnectionUrl) -> Result<Migrations, Fault> {
        apply(folder, url, "smokedrill test", &permit(url).await).await
    }

    #[tokio::test]
    async fn what_is_pending_is_applied_and_all_else_is_told() {
        let text = database("migrations_pending").await;
        let url = ConnectionUrl::parse(&text).unwrap();
        let client = writer(&text).await;
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, sql: &str| fs::write(folder.path().join(name), sql).unwrap();
        let apply = async || applied(folder.path(), &url).await;
        let place = folder.path().display().to_string();
        let why = apply().await.unwrap().absent.unwrap();
        assert!(why.contains("has no list") && why.contains(&place), "{why}");
        let why = applied(&folder.path().join("none"), &url).await.unwrap().absent.unwrap();
        assert_eq!(why, format!("there is no folder {place}/none"));
        client.batch_execute(TABLE).await.unwrap();
        write("20240101_a.sql", "select 1 / 0");
        write("20240201_b.sql", "select 1 / 0");
        write("20240401_d.sql", "create table public.d (); create table public.e ()");
        write("20240402_f.sql", "comment on table public.d is 'x'");
        write("notes.md", "");
        let found = apply().await.unwrap();
        let mut expected = Migrations {
            applied: 1,
            pending: Vec::new(),
            out_of_order: vec!["20240201_b.sql".into()],
            unknown: vec!["20240301".into()],
            ..Migrations::default()
        };
        assert_eq!(found, expected, "nothing is applied where one is out of order");
        assert!(found.refused().unwrap().to_string().contains("20240201_b.sql"));
        fs::remove_file(folder.path().join("20240201_b.sql")).unwrap();
        let found = apply().await.unwrap();
        expected.out_of_order.clear();
        expected.pending = vec!["20240401_d.sql".into(), "20240402_f.sql".into()];
        assert_eq!(found, expected);
        assert!(found.refused().is_none());
        assert_eq!(apply().await.unwrap().pending, Vec::<String>::new());
        write("20240501_g.sql", "begin;\ncreate table public.g ();\ncommit;\nselect 1 / 0");
        // Why it is refused, as text.
        let broken = async || apply().await.unwrap().refused().unwrap().to_string();
        let told = broken().await;
        assert!(told.contains("20240501_g.sql:4, statement 4: division by"), "{told}");
        let left = "select to_regclass('public.g') is null and not exists
            (select from supabase_migrations.schema_migrations where version = '20240501')";
        assert!(client.query_one(left, &[]).await.unwrap().get::<_, bool>(0));
        for (script, told) in [
            ("create table public.g ();\nrollback", "20240501_g.sql: line 2: ROLLBACK"),
            (
                "select 1;\n\ncreate index concurrently on public.d (oid)",
                "20240501_g.sql:3, statement 2: ",
            ),
            // The table is told beside the statement, and never the row.
            (
                "create table public.u (mail text primary key);\n\n\
                 insert into public.u values ('jane@brook.test');\n\
                 insert into public.u values ('jane@brook.test')",
                "20240501_g.sql:4, statement 3: public.u: duplicate key",
            ),
            // Where the quotes end for the server, and where for the standard.
            (
                "set standard_conforming_strings = off; create table public.h ();\n\
                 select 'x\\''; commit; select 'y' || 'z\\''",
                "20240501_g.sql:2, statement 3: the statement ended",
            ),
        ] {
            write("20240501_g.sql", script);
            let said = broken().await;
            assert!(said.contains(told) && said.starts_with(STAGE), "{said}");
        }
        assert!(client.query_one(left, &[]).await.unwrap().get::<_, bool>(0));
    }

    #[tokio::test]
    async fn each_statement_is_written_down_and_run_once() {
        let text = database("migrations_each").await;
        let url = ConnectionUrl::parse(&text).unwrap();
        let client = writer(&text).await;
        client.batch_execute(TABLE).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let script = "-- what\nbegin;\ncreate table public.t as select ';' as x;\n\
                      savepoint s; insert into public.t values ('lost'); rollback to s;\n\
                      create function public.f() returns int begin atomic select 1; end;\ncommit;\n";
        fs::write(folder.path().join("20250101_t.sql"), script).unwrap();
        applied(folder.path(), &url).await.unwrap();
        let asked = "select (select array_agg(x) from public.t), name, statements
            from supabase_migrations.schema_migrations where version = '20250101'";
        let row = client.query_one(asked, &[]).await.unwrap();
        assert_eq!(row.get::<_, Vec<String>>(0), [";"]);
        assert_eq!(row.get::<_, &str>(1), "t");
        let expected = [
            "begin",
            "create table public.t as select ';' as x",
            "savepoint s",
            "insert into public.t values ('lost')",
            "rollback to s",
            "create function public.f() returns int begin atomic select 1; end",
            "commit",
        ];
        assert_eq!(row.get::<_, Vec<String>>(2), expected);
    }
}
