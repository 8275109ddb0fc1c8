//! What SQL tells of a restored database: keys, sequences, indexes, objects, jobs.

use super::{Proved, Subject, some, texts};
use crate::backup::manifest::Object;
use crate::database::{Excluded, Session, catalogue};
use crate::fault::Fault;
use crate::journal::Measure;

/// Every foreign key, as a query that counts its orphans: by the key's own operators, which may
/// be an extension's, in its own tables without those that inherit from them, and with the parts
/// of a key that are null as its MATCH says.
const FOREIGN_KEYS: &str = "
    select c.conname::text, c.conrelid::regclass::text, c.convalidated,
        format('select count(*) from %s c where (%s) and not exists (select from %s p where %s)',
            case own.relkind when 'p' then '' else 'only ' end || c.conrelid::regclass,
            (select string_agg(format('c.%I is not null', a.attname),
                case c.confmatchtype when 'f' then ' or ' else ' and ' end)
             from unnest(c.conkey) k join pg_attribute a on (a.attrelid, a.attnum) = (c.conrelid, k)),
            case other.relkind when 'p' then '' else 'only ' end || c.confrelid::regclass,
            (select string_agg(
                format('p.%I operator(%I.%s) c.%I', p.attname, n.nspname, o.oprname, a.attname), ' and ')
             from unnest(c.conkey, c.confkey, c.conpfeqop) k (own, other, equal)
                join pg_attribute a on (a.attrelid, a.attnum) = (c.conrelid, k.own)
                join pg_attribute p on (p.attrelid, p.attnum) = (c.confrelid, k.other)
                join pg_operator o on o.oid = k.equal
                join pg_namespace n on n.oid = o.oprnamespace))
    from pg_constraint c
        join pg_class own on own.oid = c.conrelid
        join pg_class other on other.oid = c.confrelid
    where c.contype = 'f' and c.conparentid = 0 order by 2, 1";

/// Every sequence that numbers a column, with queries for both.
const SEQUENCES: &str = "
    select s.oid::regclass::text, format('%s.%I', t.oid::regclass, a.attname),
        format('select last_value::numeric, is_called, (select %s(%I)::numeric from %s) from %s',
            case when q.seqincrement > 0 then 'max' else 'min' end, a.attname, t.oid::regclass, s.oid::regclass),
        q.seqincrement > 0
    from pg_class s
        join pg_sequence q on q.seqrelid = s.oid
        join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = s.oid and d.deptype in ('a', 'i')
            and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0
        join pg_class t on t.oid = d.refobjid
        join pg_attribute a on (a.attrelid, a.attnum) = (t.oid, d.refobjsubid)
    where s.relkind = 'S' order by 1";

/// Looks at everything.
pub(super) fn prove(subject: &Subject<'_>) -> Result<Vec<Proved>, Fault> {
    subject.runtime.block_on(subject.stop.unless(all(subject)))?
}

async fn all(subject: &Subject<'_>) -> Result<Vec<Proved>, Fault> {
    let session = subject.session().await?;
    let unlimited = session.client().batch_execute("set statement_timeout = 0").await;
    unlimited.map_err(|error| session.said(&error))?;
    let proved = vec![
        foreign_keys(&session).await?,
        sequences(&session).await?,
        indexes(&session).await?,
        objects(subject, &session).await?,
        buckets(subject, &session).await?,
        texts::definitions(subject, &session).await?,
        counted(&session, "masking::webhooks-disabled", "webhooks that are enabled", WEBHOOKS)
            .await?,
        tables(&session, "masking::sessions-empty", "sessions and tokens", &SIGNED_IN, "").await?,
        tables(
            &session,
            "masking::jobs-disabled",
            "jobs that are active",
            &["cron.job"],
            " where active",
        )
        .await?,
    ];
    session.close().await;
    Ok(proved)
}

/// Triggers that call out of the database, and are not disabled.
const WEBHOOKS: &str = "
    select t.tgname || ' on ' || t.tgrelid::regclass::text, 1::int8
    from pg_trigger t join pg_proc p on p.oid = t.tgfoid join pg_namespace n on n.oid = p.pronamespace
    where not t.tgisinternal and t.tgenabled <> 'D'
        and (n.nspname, p.proname) in (('supabase_functions', 'http_request'), ('net', 'http_post'), ('net', 'http_get'))";

/// Where it would be seen that somebody is signed in, or about to be.
const SIGNED_IN: [&str; 10] = [
    "auth.sessions",
    "auth.refresh_tokens",
    "auth.one_time_tokens",
    "auth.flow_state",
    "auth.oauth_authorizations",
    "auth.mfa_amr_claims",
    "auth.mfa_challenges",
    "auth.saml_relay_states",
    "auth.oauth_client_states",
    "auth.webauthn_challenges",
];

async fn foreign_keys(session: &Session) -> Result<Proved, Fault> {
    let said = |error: tokio_postgres::Error| session.said(&error).stage("foreign keys");
    let keys = session.client().query(FOREIGN_KEYS, &[]).await.map_err(said)?;
    let (mut orphans, mut allowed) = (Vec::new(), 0);
    for key in &keys {
        let (name, table, valid): (String, String, bool) = (key.get(0), key.get(1), key.get(2));
        let counted = session.client().query_one(key.get::<_, &str>(3), &[]).await.map_err(said)?;
        let count = u64::try_from(counted.get::<_, i64>(0)).unwrap_or_default();
        match valid {
            _ if count == 0 => {}
            true => orphans.push((format!("{table} {name}"), count)),
            // Production has never proved them itself.
            false => allowed += count,
        }
    }
    let measures = vec![
        Measure::count("foreign keys", keys.len() as u64),
        Measure::count("orphans of keys that production never validated", allowed),
    ];
    Ok(Proved::none("integrity::foreign-keys", "orphans", &orphans, measures))
}

async fn sequences(session: &Session) -> Result<Proved, Fault> {
    let said = |error: tokio_postgres::Error| session.said(&error).stage("sequences");
    let all = session.client().query(SEQUENCES, &[]).await.map_err(said)?;
    let mut behind = Vec::new();
    for row in &all {
        let sql = format!(
            "select coalesce(not ({}), false) from ({}) s (last, called, most)",
            match row.get::<_, bool>(3) {
                true => "last > most or last = most and called",
                false => "last < most or last = most and called",
            },
            row.get::<_, &str>(2)
        );
        let is_behind = session.client().query_one(&sql, &[]).await.map_err(said)?;
        if is_behind.get(0) {
            behind.push((format!("{} of {}", row.get::<_, &str>(0), row.get::<_, &str>(1)), 1));
        }
    }
    let measures = vec![Measure::count("sequences of columns", all.len() as u64)];
    Ok(Proved::none("integrity::sequences", "behind their column", &behind, measures))
}

async fn indexes(session: &Session) -> Result<Proved, Fault> {
    let sql = "select x.indexrelid::regclass::text, x.indisvalid and x.indisready, x.indisunique
        from pg_index x join pg_class c on c.oid = x.indexrelid join pg_namespace n on n.oid = c.relnamespace
        where n.nspname !~ '^pg_'";
    let rows = session.client().query(sql, &[]).await;
    let rows = rows.map_err(|error| session.said(&error).stage("indexes"))?;
    let invalid: Vec<(String, u64)> =
        rows.iter().filter(|row| !row.get::<_, bool>(1)).map(|row| (row.get(0), 1)).collect();
    let unique = rows.iter().filter(|row| row.get(2)).count() as u64;
    let measures =
        vec![Measure::count("indexes", rows.len() as u64), Measure::count("unique", unique)];
    Ok(Proved::none("integrity::indexes", "invalid", &invalid, measures))
}

/// What was left out of the backup is not in the manifest's catalogue either.
async fn objects(subject: &Subject<'_>, session: &Session) -> Result<Proved, Fault> {
    let now = catalogue(session, &Excluded::default()).await?;
    let source = &subject.manifest.catalogue;
    let same = |one: &Object, other: &Object| {
        (&one.kind, &one.schema, &one.name) == (&other.kind, &other.schema, &other.name)
    };
    let (mut missing, mut differ, mut left) = (Vec::new(), Vec::new(), 0);
    for object in &source.objects {
        let told = match &object.schema {
            Some(schema) => format!("{} {schema}.{}", object.kind, object.name),
            None => format!("{} {}", object.kind, object.name),
        };
        let key = (object.kind.clone(), object.schema.clone(), object.name.clone());
        // Default privileges of several roles have one name.
        let mut alike = now.objects.iter().filter(|other| same(object, other)).peekable();
        let is_missing = alike.peek().is_none();
        let is_equal = alike.any(|other| other.definition == object.definition);
        if object.kind == "subscription" {
            continue;
        }
        if subject.left.covers(object) {
            left += 1;
            continue;
        }
        if is_missing {
            missing.push((told, 1));
        } else if !is_equal && !subject.rewritten.contains(&key) {
            differ.push((told, 1));
        }
    }
    for extension in &source.extensions {
        let is_there = now.extensions.iter().any(|other| other.name == extension.name);
        if !is_there && !subject.left.lacks(&extension.name) {
            missing.push((format!("extension {}", extension.name), 1));
        }
    }
    let measures = vec![
        Measure::count("objects", source.objects.len() as u64 - left),
        Measure::count("left to the platform", left),
        Measure::count("rewritten on purpose", subject.rewritten.len() as u64),
        Measure::count("defined in another way", differ.len() as u64).at_most(0.0),
    ];
    let mut proved = Proved::none("integrity::objects", "missing", &missing, measures);
    if proved.result.is_ok() && !differ.is_empty() {
        let message = format!("defined, owned or granted in another way: {}", some(&differ));
        proved.result = Err(Fault::failed(message));
    }
    Ok(proved)
}

/// The buckets of the storage manifest.
async fn buckets(subject: &Subject<'_>, session: &Session) -> Result<Proved, Fault> {
    let said = |error: tokio_postgres::Error| session.said(&error).stage("buckets");
    let there = "select pg_catalog.to_regclass('storage.buckets') is not null";
    let there: bool = session.client().query_one(there, &[]).await.map_err(said)?.get(0);
    let storage = subject.manifest.storage.as_ref();
    let listing = storage.and_then(|storage| storage.database.as_ref().or(storage.api.as_ref()));
    let mut wrong = Vec::new();
    let wanted = listing.map_or(&[][..], |listing| &listing.buckets);
    for bucket in wanted.iter().filter(|_| there) {
        let asked = "select public, file_size_limit, allowed_mime_types,
                (select count(*) from storage.objects where bucket_id = b.id)
            from storage.buckets b where id = $1";
        let row = session.client().query_opt(asked, &[&bucket.id]).await.map_err(said)?;
        let Some(row) = row else {
            wrong.push((bucket.id.clone(), 1));
            continue;
        };
        let objects = u64::try_from(row.get::<_, i64>(3)).unwrap_or_default();
        let now = (row.get::<_, Option<bool>>(0).unwrap_or_default(), row.get(1), row.get(2));
        let then = (bucket.public, bucket.file_size_limit, bucket.allowed_mime_types.clone());
        if now != then || objects != bucket.objects {
            wrong.push((bucket.id.clone(), 1));
        }
    }
    let objects = wanted.iter().map(|bucket| bucket.objects).sum();
    let measures =
        vec![Measure::count("buckets", wanted.len() as u64), Measure::count("objects", objects)];
    Ok(Proved::none("integrity::buckets", "buckets that differ", &wrong, measures))
}

/// What a query lists must be nothing.
async fn counted(
    session: &Session,
    id: &'static str,
    what: &str,
    sql: &str,
) -> Result<Proved, Fault> {
    let rows = session.client().query(sql, &[]).await.map_err(|error| session.said(&error))?;
    let list: Vec<(String, u64)> = rows.iter().map(|row| (row.get(0), 1)).collect();
    Ok(Proved::none(id, what, &list, Vec::new()))
}

/// Rows of these tables, where they are there, must be none.
async fn tables(
    session: &Session,
    id: &'static str,
    what: &str,
    names: &[&str],
    condition: &str,
) -> Result<Proved, Fault> {
    let said = |error: tokio_postgres::Error| session.said(&error);
    let (mut list, mut there) = (Vec::new(), 0);
    for name in names {
        let exists = "select pg_catalog.to_regclass($1) is not null";
        let exists = session.client().query_one(exists, &[name]).await.map_err(said)?;
        if !exists.get::<_, bool>(0) {
            continue;
        }
        there += 1;
        let sql = format!("select count(*) from {name}{condition}");
        let row = session.client().query_one(&sql, &[]).await.map_err(said)?;
        let count = u64::try_from(row.get::<_, i64>(0)).unwrap_or_default();
        if count > 0 {
            list.push(((*name).to_owned(), count));
        }
    }
    Ok(Proved::none(id, what, &list, vec![Measure::count("tables", there)]))
}
