//! The first version of the listing: one level of folders at a time, by offset.

use axum::Extension;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde_json::Value;

use super::StorageFault;
use super::answer::{Answer, Problem};
use super::gateway::{Role, Shared};

/// The most that a page holds, whatever was asked for.
const MOST: i64 = 1500;

/// The fields of an object that both versions show.
pub(super) const OBJECT: &str = r#"
    'id', id, 'metadata', metadata,
    'updated_at', to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'created_at', to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'last_accessed_at', to_char(last_accessed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"#;

pub(crate) async fn list(
    State(app): Shared,
    Extension(role): Extension<Role>,
    Path(bucket): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let body = request(&headers, &body)?;
    let missing = || Problem::invalid("body must have required property 'prefix'");
    let prefix = body["prefix"].as_str().ok_or_else(missing)?;
    // The level that is named, with or without the closing slash. That is what makes a walk through
    // a key with `//` endless: the folder without a name leads back to where it was found.
    let prefix = prefix.trim_end_matches('/');
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    let search = body["search"].as_str().unwrap_or_default().to_lowercase();
    let limit = number(&body, "limit", 100)?.min(MOST);
    let mut offset = number(&body, "offset", 0)?;
    if app.has(StorageFault::RepeatingPage) {
        offset = 0;
    }
    let (column, order) = sort(&body)?;
    let sql = format!(
        "with level as (
             select substr(name, length($2) + 1) as rest, * from storage.objects
             where bucket_id = $1 and starts_with(name, $2) and archived_at is null
         ), found as (
             select distinct split_part(rest, '/', 1) as entry, true as folder, null::uuid as id, null::jsonb as metadata,
                    null::timestamptz as updated_at, null::timestamptz as created_at, null::timestamptz as last_accessed_at
             from level where strpos(rest, '/') > 0
             union all
             select rest, false, id, metadata, updated_at, created_at, last_accessed_at
             from level where strpos(rest, '/') = 0 and rest <> ''
         ), page as (
             select * from found where starts_with(lower(entry), $3)
             order by folder desc, {column} {order}, entry {order} limit $4 offset $5
         )
         select coalesce(json_agg(json_build_object('name', entry, {OBJECT}) order by folder desc, {column} {order}, entry {order}), '[]')::text
         from page"
    );
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&bucket, &prefix, &search, &limit, &offset];
    Ok(Json(app.database(&role).json(&sql, &parameters).await?))
}

/// The body of a listing. It has to say that it is JSON, or the server does not read it.
pub(super) fn request(headers: &HeaderMap, body: &Bytes) -> Result<Value, Problem> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let body: Option<Value> = serde_json::from_slice(body).ok();
    body.filter(|body| body.is_object() && kind.starts_with("application/json"))
        .ok_or_else(|| Problem::invalid("body must be object"))
}

pub(super) fn number(body: &Value, name: &str, default: i64) -> Result<i64, Problem> {
    match &body[name] {
        Value::Null => Ok(default),
        value => value
            .as_i64()
            .filter(|number| *number >= 0)
            .ok_or_else(|| Problem::invalid(format!("body/{name} must be integer"))),
    }
}

fn sort(body: &Value) -> Result<(&'static str, &'static str), Problem> {
    let column = match body["sortBy"]["column"].as_str().unwrap_or("name") {
        "name" => "entry",
        "updated_at" => "updated_at",
        "created_at" => "created_at",
        "last_accessed_at" => "last_accessed_at",
        _ => {
            return Err(Problem::invalid(
                "body/sortBy/column must be equal to one of the allowed values",
            ));
        }
    };
    Ok((column, order(body)?))
}

pub(super) fn order(body: &Value) -> Result<&'static str, Problem> {
    match body["sortBy"]["order"].as_str().unwrap_or("asc") {
        "asc" => Ok("asc"),
        "desc" => Ok("desc"),
        _ => Err(Problem::invalid("body/sortBy/order must be equal to one of the allowed values")),
    }
}
