//! Listings by SQL, in the caller's transaction: what the snapshot of the dump shows.
//!
//! The columns are looked up first, since a project has those of its storage service's version.
//! The lines are made by the server and come through a cursor, so nothing has to fit in memory
//! on either side, and a stop is heeded at once.

use std::io::Write;
use std::pin::pin;

use futures_util::TryStreamExt as _;
use serde_json::Value;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row};

use super::line::unwritable;
use super::listed::{Listed, Wanted, count, no_bucket};
use crate::backup::manifest::Bucket;
use crate::backup::stop::Stop;
use crate::database::said;
use crate::fault::{Fault, causes};

const STAGE: &str = "storage manifest (SQL)";

/// How many rows are fetched at a time.
const BATCH: u32 = 1000;

/// The columns of either table. One that is generated says nothing of its own.
const COLUMNS: &str = "
    select c.relname::text, a.attname::text, a.atttypid::regtype::text
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = c.oid
    where n.nspname = 'storage' and c.relname in ('buckets', 'objects') and c.relkind in ('r', 'p')
        and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    order by a.attnum";

/// An object's size by its metadata.
const SIZE: &str = "case when o.metadata ->> 'size' ~ '^[0-9]{1,18}$' \
                    then (o.metadata ->> 'size')::bigint end";

/// Lists buckets and their objects in the open transaction: a JSON line for each object into
/// `out`. Nothing, if the database has no storage schema. What fails is undone (a savepoint), so
/// that the transaction, and whatever else reads its snapshot, goes on.
///
/// Every row counts as an object, older versions of one and marks of deletions too, where the
/// project keeps any: [`super::compare()`] knows that the API shows neither.
///
/// For the rest of the transaction row security is off, as `pg_dump` has it: a role that does not
/// see every row gets an error instead of some of them.
///
/// # Errors
/// A wanted bucket is not there. The role may not read the tables, or row security hides rows
/// from it.
pub(crate) async fn by_database(
    client: &Client,
    wanted: &Wanted,
    out: &mut (dyn Write + Send),
    stop: &Stop,
) -> Result<Option<Listed>, Fault> {
    let begun = client.batch_execute("savepoint smokedrill_storage").await;
    begun.map_err(|error| query(&error).stage(STAGE))?;
    let listed = list(client, wanted, out, stop).await;
    // What is asked goes on until the session is ended: nothing more is said in it.
    stop.check()?;
    let end = match &listed {
        Ok(_) => "release savepoint smokedrill_storage",
        Err(_) => "rollback to savepoint smokedrill_storage",
    };
    let ended = client.batch_execute(end).await;
    let listed = listed.map_err(|fault| fault.stage(STAGE))?;
    ended.map_err(|error| query(&error).stage(STAGE))?;
    Ok(listed)
}

async fn list(
    client: &Client,
    wanted: &Wanted,
    out: &mut (dyn Write + Send),
    stop: &Stop,
) -> Result<Option<Listed>, Fault> {
    stop.check()?;
    client.batch_execute("set local row_security = off").await.map_err(|error| query(&error))?;
    let columns = client.query_typed(COLUMNS, &[]).await.map_err(|error| query(&error))?;
    let of = |table: &str| {
        let columns = columns.iter().filter(|row| text(row, 0) == table);
        columns.map(|row| (text(row, 1), text(row, 2))).collect::<Vec<_>>()
    };
    if of("buckets").is_empty() || of("objects").is_empty() {
        return Ok(None);
    }
    let sql = "select to_jsonb(b)::text from storage.buckets b order by b.id collate \"C\"";
    let rows = client.query_typed(sql, &[]).await.map_err(|error| query(&error))?;
    let all: Vec<Value> = rows.iter().filter_map(|row| text(row, 0).parse().ok()).collect();
    let (chosen, missing) = wanted.choose(all.clone());
    if !missing.is_empty() {
        return Err(no_bucket(&missing, &all, STAGE));
    }
    let mut listed = Listed::of(&chosen, true);
    let sql = objects(&of("objects"));
    for bucket in &mut listed.buckets {
        let place = format!("bucket {}", bucket.id);
        stream(client, &sql, bucket, out, stop).await.map_err(|fault| fault.object(place))?;
    }
    Ok(Some(listed))
}

/// Whether an object is not there, or no more; asked outside the snapshot.
///
/// # Errors
/// The connection is lost, or the role may not ask.
pub(crate) async fn is_gone(client: &Client, bucket: &str, name: &str) -> Result<bool, Fault> {
    let asked =
        "select not exists (select from storage.objects where bucket_id = $1 and name = $2)";
    let row = client.query_one(asked, &[&bucket, &name]).await;
    row.map(|row| row.get(0)).map_err(|error| query(&error).stage(STAGE))
}

/// How many objects were ever deleted, by the server's statistics, which may be ten seconds late;
/// nothing where it has none.
///
/// # Errors
/// The connection is lost.
pub(crate) async fn deletions(client: &Client) -> Result<Option<u64>, Fault> {
    let asked = "select n_tup_del from pg_catalog.pg_stat_all_tables
        where relid = pg_catalog.to_regclass('storage.objects')";
    let row = client.query_opt(asked, &[]).await.map_err(|error| query(&error).stage(STAGE))?;
    Ok(row.and_then(|row| u64::try_from(row.get::<_, i64>(0)).ok()))
}

/// How many bytes the wanted objects have together by their metadata, for the room that a copy of
/// them takes; nought where the database has no storage, or the role may not read its tables.
///
/// # Errors
/// The connection is lost.
pub(crate) async fn object_bytes(client: &Client, wanted: &Wanted) -> Result<u64, Fault> {
    if tables(client).await? != (true, true) {
        return Ok(0);
    }
    let named = match wanted {
        Wanted::All => None,
        Wanted::Named(names) => Some(names),
    };
    let sql = format!(
        "select coalesce(sum({SIZE}), 0)::float8 from storage.objects o
         where $1::text[] is null or o.bucket_id = any ($1)"
    );
    let row = client.query_one(&sql, &[&named]).await;
    let row = row.map_err(|error| query(&error).stage("sizes of objects"))?;
    // Of more than 8 PiB the last bytes do not matter.
    Ok(row.get::<_, f64>(0) as u64)
}

/// Whether storage's tables are there, and whether the role may read them: asked in a way that
/// fails for no want of rights, since a query that fails would end the snapshot.
///
/// # Errors
/// The connection is lost.
pub(crate) async fn tables(client: &Client) -> Result<(bool, bool), Fault> {
    let asked = "select count(*) = 2,
            coalesce(bool_and(pg_catalog.has_schema_privilege(n.oid, 'usage')
                and pg_catalog.has_table_privilege(c.oid, 'select')
                and not pg_catalog.row_security_active(c.oid)), false)
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'storage' and c.relname in ('buckets', 'objects')
            and c.relkind in ('r', 'p')";
    let row = client.query_one(asked, &[]).await;
    row.map(|row| (row.get(0), row.get(1))).map_err(|error| query(&error).stage(STAGE))
}

/// Streams a bucket's objects in the order of their keys' bytes.
async fn stream(
    client: &Client,
    sql: &str,
    bucket: &mut Bucket,
    out: &mut (dyn Write + Send),
    stop: &Stop,
) -> Result<(), Fault> {
    // Its first rows come after a sort of the whole bucket.
    let declared = stop.unless(client.query_typed(sql, &[(&bucket.id, Type::TEXT)])).await?;
    declared.map_err(|error| query(&error))?;
    let fetch = format!("fetch forward {BATCH} from smokedrill_storage_objects");
    loop {
        stop.check()?;
        let none: [(&str, Type); 0] = [];
        let rows = stop.unless(client.query_typed_raw(&fetch, none)).await?;
        let rows = rows.map_err(|error| query(&error))?;
        let mut rows = pin!(rows);
        let mut fetched = 0;
        while let Some(row) = stop.unless(rows.try_next()).await?.map_err(|error| query(&error))? {
            let line: &str = row.try_get(0).map_err(|error| query(&error))?;
            let size: Option<i64> = row.try_get(1).map_err(|error| query(&error))?;
            out.write_all(line.as_bytes()).map_err(unwritable)?;
            out.write_all(b"\n").map_err(unwritable)?;
            count(bucket, size.and_then(|size| u64::try_from(size).ok()));
            fetched += 1;
        }
        if fetched < BATCH {
            break;
        }
    }
    let close = client.batch_execute("close smokedrill_storage_objects").await;
    close.map_err(|error| query(&error))
}

/// The cursor over a bucket's objects. A row without a name is nobody's object: no request names
/// it. It is in the dump all the same.
fn objects(columns: &[(String, String)]) -> String {
    let has = |name: &str| columns.iter().any(|(column, _)| column == name);
    let mut fields = vec![
        "'bucket', o.bucket_id".to_owned(),
        "'name', o.name".to_owned(),
        "'id', o.id".to_owned(),
    ];
    let metadata =
        "'size', {SIZE}, 'mimetype', o.metadata ->> 'mimetype', 'etag', o.metadata ->> 'eTag'";
    let metadata = metadata.replace("{SIZE}", SIZE);
    let first = ["version", "created_at", "updated_at", "metadata", "user_metadata", "owner_id"];
    let rest = columns.iter().map(|(name, _)| name.as_str());
    let rest =
        rest.filter(|name| !["bucket_id", "name", "id"].contains(name) && !first.contains(name));
    for name in first.into_iter().filter(|name| has(name)).chain(rest) {
        let kind = columns.iter().find(|(column, _)| column == name);
        let kind = kind.map_or("", |(_, kind)| kind.as_str());
        let column = format!("o.\"{}\"", name.replace('"', "\"\""));
        // In UTC whatever the session's zone; and in one line, which the type json need not be.
        let value = match kind {
            "timestamp with time zone" => {
                format!("to_char({column} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
            }
            "json" => format!("{column}::jsonb"),
            _ => column,
        };
        if name == "created_at" {
            fields.push(metadata.clone());
        }
        fields.push(format!("'{}', {value}", name.replace('\'', "''")));
    }
    format!(
        "declare smokedrill_storage_objects no scroll cursor for
         select json_build_object({})::text, {SIZE}
         from storage.objects o where o.bucket_id = $1 and o.name is not null
         order by o.name collate \"C\", o.id",
        fields.join(", ")
    )
}

fn text(row: &Row, column: usize) -> String {
    row.try_get(column).unwrap_or_default()
}

/// What the database says, without its details: those may quote a row.
fn query(error: &tokio_postgres::Error) -> Fault {
    let Some(refused) = error.as_db_error() else {
        return Fault::errored(causes(error))
            .help("see whether the server is up, and whether it ended the session");
    };
    let fault = said(error);
    if refused.code().code() == "42501" || fault.line().contains("row-level security") {
        return fault.help(
            "connect as a role that may read storage.buckets and storage.objects and bypasses row \
             security, such as the project's owner",
        );
    }
    fault
}

#[cfg(test)]
mod tests {
    use super::objects;

    #[test]
    fn the_columns_that_there_are_are_asked_for() {
        let column = |name: &str, kind: &str| (name.to_owned(), kind.to_owned());
        let old = [
            column("id", "uuid"),
            column("bucket_id", "text"),
            column("name", "text"),
            column("metadata", "jsonb"),
            column("created_at", "timestamp with time zone"),
            column("odd'\"", "json"),
        ];
        let sql = objects(&old);
        assert!(!sql.contains("version") && !sql.contains("user_metadata"), "{sql}");
        assert!(sql.contains(r#"'odd''"', o."odd'"""::jsonb"#), "{sql}");
        assert!(
            sql.contains(r#"'created_at', to_char(o."created_at" at time zone 'UTC'"#),
            "{sql}"
        );
    }
}
