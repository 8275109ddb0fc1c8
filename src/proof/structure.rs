//! What SQL tells of a restored database: keys, sequences, indexes, objects, jobs.

use std::collections::BTreeSet;

use super::alone::judged;
use super::{Proved, Subject, keys, sequences, some, texts};
use crate::backup::manifest::Object;
use crate::database::{Excluded, Session, catalogue, major};
use crate::fault::Fault;
use crate::journal::Measure;
use crate::masking::plan::Rows;
use crate::masking::rules::shown_table;
use crate::restore::outward::{CALLS, NAMED};

/// Looks at everything.
pub(super) fn prove(subject: &Subject<'_>) -> Result<Vec<Proved>, Fault> {
    subject.runtime.block_on(subject.stop.unless(all(subject)))?
}

async fn all(subject: &Subject<'_>) -> Result<Vec<Proved>, Fault> {
    let session = subject.session().await?;
    let unlimited = session.client().batch_execute("set statement_timeout = 0").await;
    unlimited.map_err(|error| session.said(&error))?;
    let (of, on) = (subject, &session);
    let hooks = hooks(on);
    let cleared = cleared(subject);
    let signed_in = SIGNED_IN.iter().copied().chain(cleared.iter().map(String::as_str));
    let signed_in: Vec<&str> = BTreeSet::from_iter(signed_in).into_iter().collect();
    let seats = tables(on, "masking::sessions-empty", "sessions and tokens", &signed_in, "");
    let jobs = "masking::jobs-disabled";
    let ticks = tables(on, jobs, "jobs that are active", &["cron.job"], " where active");
    let proved = vec![
        judged(of, on, "integrity::foreign-keys", keys::foreign_keys(on)).await,
        judged(of, on, "integrity::checks", keys::checks(on)).await,
        judged(of, on, "integrity::sequences", sequences::sequences(of, on)).await,
        judged(of, on, "integrity::indexes", indexes(on)).await,
        judged(of, on, "integrity::objects", objects(of, on)).await,
        judged(of, on, "integrity::buckets", buckets(of, on)).await,
        judged(of, on, "masking::definitions", texts::definitions(of, on)).await,
        judged(of, on, "masking::webhooks-disabled", hooks).await,
        judged(of, on, "masking::sessions-empty", seats).await,
        judged(of, on, jobs, ticks).await,
    ];
    session.close().await;
    Ok(proved)
}

/// Triggers, event triggers and rules that call out of the database, and are not disabled: by a
/// function of the platform's, or by one whose body has such a call, or calls one that has.
const WEBHOOKS: &str = r#"
    with recursive body as materialized (
        select p.oid, lower(p.proname) as name, regexp_replace(
            lower(coalesce(substring(pg_get_functiondef(p.oid) from '\mAS\M.*'), pg_get_functiondef(p.oid))), $2, ' ', 'g') as text
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where p.prokind in ('f', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    ), outward as (
        select oid, name from body where text ~ $1
        union
        select b.oid, b.name from outward o join body b
            on b.text ~ ('(^|[^a-z0-9_])"?' || regexp_replace(o.name, '([^a-z0-9_])', '\\\1', 'g') || '"?\s*\(')
    ), firing as (
        select tgname || ' on ' || tgrelid::regclass::text as told, tgfoid as called
        from pg_trigger where not tgisinternal and tgenabled <> 'D'
        union all select 'the event trigger ' || evtname, evtfoid from pg_event_trigger where evtenabled <> 'D'
    ), rule as (
        select 'the rule ' || rulename || ' on ' || ev_class::regclass::text as told, lower(pg_get_ruledef(oid)) as text
        from pg_rewrite where ev_enabled <> 'D' and rulename <> '_RETURN' and oid >= 16384
    )
    select told from firing f join pg_proc p on p.oid = f.called join pg_namespace n on n.oid = p.pronamespace
    where p.oid in (select oid from outward)
        or (n.nspname, p.proname) in (('supabase_functions', 'http_request'), ('net', 'http_post'), ('net', 'http_get'))
    union all
    select told from rule r where text ~ $1 or exists (select from outward o
        where r.text ~ ('(^|[^a-z0-9_])"?' || regexp_replace(o.name, '([^a-z0-9_])', '\\\1', 'g') || '"?\s*\('))"#;

async fn hooks(session: &Session) -> Result<Proved, Fault> {
    let rows = session.client().query(WEBHOOKS, &[&CALLS, &NAMED]).await;
    let rows = rows.map_err(|error| session.said(&error))?;
    let list: Vec<(String, u64)> = rows.iter().map(|row| (row.get(0), 1)).collect();
    let what = "webhooks that are enabled";
    Ok(Proved::none("masking::webhooks-disabled", what, &list, Vec::new()))
}

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

/// Tables that the project's rules leave empty, such as sessions of its own.
fn cleared(subject: &Subject<'_>) -> Vec<String> {
    let tables = subject.plan.tables.iter().filter(|(_, plan)| plan.rows == Rows::Clear);
    tables.map(|((schema, name), _)| shown_table(schema, name)).collect()
}

async fn indexes(session: &Session) -> Result<Proved, Fault> {
    let sql = "select x.indexrelid::regclass::text, x.indisvalid and x.indisready, x.indisunique
        from pg_index x join pg_class c on c.oid = x.indexrelid join pg_namespace n on n.oid = c.relnamespace
        where n.nspname !~ '^pg_'";
    let rows = session.client().query(sql, &[]).await;
    let rows = rows.map_err(|error| session.said(&error))?;
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
    let (source_version, server) =
        (&subject.manifest.source.server_version, session.server_version());
    let is_same_version = major(source_version).is_none_or(|major| major == server / 10_000);
    let (mut missing, mut differ, mut left, mut unread) = (Vec::new(), Vec::new(), 0, 0);
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
        } else if !comparable(&object.kind, is_same_version) {
            unread += 1;
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
    let measures = match is_same_version {
        true => measures,
        false => {
            let what = "of another PostgreSQL, so that they were looked for by name alone";
            measures.into_iter().chain([Measure::count(what, unread)]).collect()
        }
    };
    let mut proved = Proved::none("integrity::objects", "missing", &missing, measures);
    if !differ.is_empty() {
        let differing = format!("defined, owned or granted in another way: {}", some(&differ));
        let message = match missing.is_empty() {
            true => differing,
            false => format!("missing: {}; {differing}", some(&missing)),
        };
        proved.result = Err(Fault::failed(message));
        proved.places.extend(differ);
    }
    Ok(proved)
}

/// Whether the definition of a kind reads the same on both servers. Those of two major versions have
/// other columns in their catalogues, other privileges, and other words for one view; a policy's does
/// not change.
fn comparable(kind: &str, is_same_version: bool) -> bool {
    is_same_version || kind == "policy"
}

/// The buckets of the storage manifest.
async fn buckets(subject: &Subject<'_>, session: &Session) -> Result<Proved, Fault> {
    let said = |error: tokio_postgres::Error| session.said(&error);
    let there = "select pg_catalog.to_regclass('storage.buckets') is not null";
    let there: bool = session.client().query_one(there, &[]).await.map_err(said)?.get(0);
    let storage = subject.manifest.storage.as_ref();
    let listing = storage.and_then(|storage| storage.database.as_ref().or(storage.api.as_ref()));
    let mut wrong = Vec::new();
    let wanted = listing.map_or(&[][..], |listing| &listing.buckets);
    let is_table = |object: &&Object| {
        object.kind == "table"
            && object.schema.as_deref() == Some("storage")
            && object.name == "buckets"
    };
    if !there && subject.manifest.catalogue.objects.iter().any(|object| is_table(&object)) {
        wrong.push(("the table storage.buckets".to_owned(), 1));
    }
    let untold = if there { 0 } else { wanted.len() as u64 };
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
    let measures = vec![
        Measure::count("buckets", wanted.len() as u64),
        Measure::count("objects", objects),
        Measure::count("buckets without a table to look at", untold),
    ];
    Ok(Proved::none("integrity::buckets", "buckets that differ", &wrong, measures))
}

/// Rows of these tables, where they are there, must be none.
async fn tables(
    session: &Session,
    id: &'static str,
    what: &str,
    names: &[&str],
    condition: &str,
) -> Result<Proved, Fault> {
    let (mut list, mut there) = (Vec::new(), 0);
    for name in names {
        let said = |error: tokio_postgres::Error| session.said(&error).object(name);
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

#[cfg(test)]
mod tests {
    use crate::backup::manifest::Manifest;

    use super::super::testing::{known, manifest, red, subject_of};
    use super::*;
    use crate::database::testing::{database, writer};

    #[tokio::test(flavor = "multi_thread")]
    async fn of_another_major_version_names_and_policies_are_compared_and_that_is_told() {
        let text = database("versions").await;
        let client = writer(&text).await;
        let setup = "create table public.t (id int); create table public.gone ();
            create policy p on public.t using (id = 1)";
        client.batch_execute(setup).await.unwrap();
        let mut backup = manifest(&text).await;
        let change =
            "alter table public.t alter id set statistics 7; alter table public.t add more int";
        client.batch_execute(change).await.unwrap();
        let objects = async |backup: &Manifest| {
            let all = subject_of(&text, backup, known, |subject| prove(subject).unwrap()).await;
            all.into_iter().find(|proved| proved.id == "integrity::objects").unwrap()
        };
        let told = |proved: &Proved| proved.result.as_ref().unwrap_err().line();
        assert!(told(&objects(&backup).await).contains("another way: table public.t"));
        backup.source.server_version = "13.4".to_owned();
        let proved = objects(&backup).await;
        assert_eq!(proved.result.as_ref().map_err(Fault::line), Ok(&()));
        let measures: Vec<String> = proved.measures.iter().map(ToString::to_string).collect();
        assert!(measures.iter().any(|told| told.contains("by name alone")), "{measures:?}");
        client.batch_execute("alter policy p on public.t using (true)").await.unwrap();
        assert!(told(&objects(&backup).await).contains("policy public.t p"));
        client.batch_execute("drop table public.gone").await.unwrap();
        assert!(told(&objects(&backup).await).contains("table public.gone"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_table_of_buckets_that_is_missing_is_an_error_of_its_own() {
        let text = database("bucketless").await;
        let client = writer(&text).await;
        let setup = "create schema storage; create table storage.buckets (id text)";
        client.batch_execute(setup).await.unwrap();
        let backup = manifest(&text).await;
        client.batch_execute("drop table storage.buckets").await.unwrap();
        let all = subject_of(&text, &backup, known, |subject| prove(subject).unwrap()).await;
        let red = red(&all);
        assert!(red.iter().any(|(id, told)| {
            id == "integrity::buckets" && told.contains("the table storage.buckets")
        }));
    }
}
