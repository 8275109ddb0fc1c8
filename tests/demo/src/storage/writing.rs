//! Uploading an object, and removing one. The bytes are kept in memory, for as long as the server
//! lives; the row is the database's.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::StorageFault;
use super::answer::{Answer, Problem};
use super::gateway::{Role, Shared};
use crate::database::Failure;

/// A bucket's limits, as far as an upload meets them: whether the type may be, and the size.
const LIMITS: &str = "
    select json_build_object(
        'type', allowed_mime_types is null or exists (
            select from unnest(allowed_mime_types) allowed
            where allowed = $2 or allowed = split_part($2, '/', 1) || '/*'),
        'size', file_size_limit is null or $3 <= file_size_limit)::text
    from storage.buckets where id = $1";

const INSERT: &str = r#"
    insert into storage.objects (id, bucket_id, name, metadata, version)
    values (gen_random_uuid(), $1, $2, jsonb_build_object(
        'eTag', '"' || md5($3::bytea) || '"', 'size', length($3::bytea), 'mimetype', $4::text, 'cacheControl', $5::text,
        'lastModified', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'contentLength', length($3::bytea), 'httpStatusCode', 200), gen_random_uuid()::text)"#;

/// With the header `x-upsert: true` what is there gives way.
const UPSERT: &str = "
    on conflict (bucket_id, name) do update
    set metadata = excluded.metadata, version = excluded.version, updated_at = now()";

/// What was uploaded, by the object's id.
#[derive(Default)]
pub(crate) struct Contents(Mutex<HashMap<String, Bytes>>);

impl Contents {
    pub(crate) fn get(&self, id: &str) -> Option<Bytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn set(&self, id: String, content: Bytes) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, content);
    }

    fn remove(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

pub(crate) async fn upload(
    State(app): Shared,
    Extension(role): Extension<Role>,
    Path((bucket, key)): Path<(String, String)>,
    headers: HeaderMap,
    content: Bytes,
) -> Answer {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let kind = text(CONTENT_TYPE.as_str()).unwrap_or("application/octet-stream");
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let size = i64::try_from(content.len()).unwrap_or(i64::MAX);
    // The server looks at the bucket with its own eyes, and at the object with the role's.
    let limits = app.service_role.text(LIMITS, &[&bucket, &essence, &size]).await?;
    let limits: Value = limits.ok_or_else(Problem::no_bucket)?.parse().unwrap_or_default();
    if limits["type"] == false {
        return Err(Problem::mime_type(essence));
    }
    if limits["size"] == false {
        return Err(Problem::too_large());
    }
    let upsert = if text("x-upsert") == Some("true") { UPSERT } else { "" };
    let sql = format!("{INSERT} {upsert} returning id::text");
    let bytes = content.as_ref();
    let cache = text(CACHE_CONTROL.as_str()).unwrap_or("no-cache");
    let inserted = app.database(&role).text(&sql, &[&bucket, &key, &bytes, &essence, &cache]).await;
    let id = match inserted {
        Err(Failure(why)) if why.contains("duplicate key") => return Err(Problem::key_exists()),
        inserted => inserted?.ok_or_else(Problem::no_key)?,
    };
    app.contents.set(id.clone(), content);
    Ok(Json(json!({ "Key": format!("{bucket}/{key}"), "Id": id })))
}

pub(crate) async fn remove(
    State(app): Shared,
    Extension(role): Extension<Role>,
    Path((bucket, key)): Path<(String, String)>,
) -> Answer {
    if !app.has(StorageFault::KeepsObjects) {
        let sql =
            "delete from storage.objects where bucket_id = $1 and name = $2 returning id::text";
        let removed = app.database(&role).text(sql, &[&bucket, &key]).await?;
        app.contents.remove(&removed.ok_or_else(Problem::no_key)?);
    }
    Ok(Json(json!({ "message": "Successfully deleted" })))
}
