//! Buckets: list, show, create, change, delete.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::answer::{Answer, Problem};
use super::gateway::{Role, Shared};
use crate::database::Failure;

/// A bucket as the API shows it. A time is written as JavaScript writes it.
const BUCKET: &str = r#"
    json_build_object('id', id, 'name', name, 'owner', coalesce(owner::text, ''), 'public', public,
        'file_size_limit', file_size_limit, 'allowed_mime_types', allowed_mime_types,
        'created_at', to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'updated_at', to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))"#;

pub(crate) async fn list(
    State(app): Shared,
    Extension(role): Extension<Role>,
    Query(query): Query<HashMap<String, String>>,
) -> Answer {
    let number = |name: &str, default: i64| match query.get(name) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .ok()
            .filter(|number| *number >= 0)
            .ok_or_else(|| Problem::invalid(format!("querystring/{name} must be integer"))),
    };
    let (limit, offset) = (number("limit", i64::from(i32::MAX))?, number("offset", 0)?);
    let one_of = |name: &str, all: &[&'static str]| {
        let wanted = query.get(name).map_or(all[0], String::as_str);
        all.iter().copied().find(|known| *known == wanted).ok_or_else(|| {
            Problem::invalid(format!(
                "querystring/{name} must be equal to one of the allowed values"
            ))
        })
    };
    let column = one_of("sortColumn", &["id", "name", "created_at", "updated_at"])?;
    let order = one_of("sortOrder", &["asc", "desc"])?;
    let search = query.get("search").cloned().unwrap_or_default().to_lowercase();
    let sql = format!(
        "select coalesce(json_agg(bucket), '[]')::text from (
             select {BUCKET}::jsonb || jsonb_build_object('type', type) as bucket from storage.buckets
             where strpos(lower(name), $1) > 0 order by {column} {order} limit $2 offset $3) page"
    );
    Ok(Json(app.database(&role).json(&sql, &[&search, &limit, &offset]).await?))
}

pub(crate) async fn show(
    State(app): Shared,
    Extension(role): Extension<Role>,
    Path(id): Path<String>,
) -> Answer {
    let sql = format!("select {BUCKET}::text from storage.buckets where id = $1");
    match app.database(&role).text(&sql, &[&id]).await? {
        Some(text) => Ok(Json(text.parse().unwrap_or_default())),
        None => Err(Problem::no_bucket()),
    }
}

pub(crate) async fn create(
    State(app): Shared,
    Extension(role): Extension<Role>,
    body: Bytes,
) -> Answer {
    let body = object(&body)?;
    let missing = || Problem::invalid("body must have required property 'name'");
    let name = body["name"].as_str().ok_or_else(missing)?;
    if !is_name(name) {
        return Err(Problem::bucket_name());
    }
    let id = body["id"].as_str().unwrap_or(name);
    let (public, limit, types) = (body["public"] == true, limit(&body)?, types(&body));
    let database = app.database(&role);
    let sql = "insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
               values ($1, $2, $3, $4, $5)";
    match database.rows(sql, &[&id, &name, &public, &limit, &types]).await {
        Err(Failure(why)) if why.contains("duplicate key") => return Err(Problem::bucket_exists()),
        inserted => inserted?,
    };
    Ok(Json(json!({ "name": name })))
}

pub(crate) async fn update(
    State(app): Shared,
    Extension(role): Extension<Role>,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer {
    let body = object(&body)?;
    let (public, limit, types) = (body["public"].as_bool(), limit(&body)?, types(&body));
    // A setting that is not mentioned stays; one that is null goes.
    let (has_limit, has_types) =
        (body.get("file_size_limit").is_some(), body.get("allowed_mime_types").is_some());
    let sql = "update storage.buckets set public = coalesce($2, public), updated_at = now(),
                   file_size_limit = case when $3 then $4 else file_size_limit end,
                   allowed_mime_types = case when $5 then $6 else allowed_mime_types end
               where id = $1 returning id";
    let database = app.database(&role);
    let changed =
        database.text(sql, &[&id, &public, &has_limit, &limit, &has_types, &types]).await?;
    changed.ok_or_else(Problem::no_bucket)?;
    Ok(Json(json!({ "message": "Successfully updated" })))
}

pub(crate) async fn delete(
    State(app): Shared,
    Extension(role): Extension<Role>,
    Path(id): Path<String>,
) -> Answer {
    let database = app.database(&role);
    let sql = "select case when exists (select from storage.objects where bucket_id = b.id) then 'full' else 'empty' end
               from storage.buckets b where id = $1";
    match database.text(sql, &[&id]).await?.as_deref() {
        None => Err(Problem::no_bucket()),
        Some("full") => Err(Problem::not_empty()),
        Some(_) => {
            database.rows("delete from storage.buckets where id = $1", &[&id]).await?;
            Ok(Json(json!({ "message": "Successfully deleted" })))
        }
    }
}

fn object(body: &Bytes) -> Result<Value, Problem> {
    let body: Option<Value> = serde_json::from_slice(body).ok();
    body.filter(Value::is_object).ok_or_else(|| Problem::invalid("body must be object"))
}

/// The characters that the server lets into a bucket's name.
fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_!-.*'() &$@=;:+,?".contains(c);
    !name.is_empty() && name.len() <= 100 && name.trim() == name && name.chars().all(allowed)
}

/// A number of bytes, or a text like `20MB`. The units are decimal.
fn limit(body: &Value) -> Result<Option<i64>, Problem> {
    let wrong =
        || Problem::invalid("body/file_size_limit must be a number of bytes, or like \"20MB\"");
    let text = match &body["file_size_limit"] {
        Value::Null => return Ok(None),
        Value::Number(number) => return number.as_i64().map(Some).ok_or_else(wrong),
        Value::String(text) => text.trim().to_ascii_uppercase(),
        _ => return Err(wrong()),
    };
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let factor = match unit.trim() {
        "" | "B" => 1,
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return Err(wrong()),
    };
    let number: i64 = digits.parse().map_err(|_| wrong())?;
    Ok(Some(number * factor))
}

fn types(body: &Value) -> Option<Vec<String>> {
    let list = body["allowed_mime_types"].as_array()?;
    Some(list.iter().filter_map(|kind| kind.as_str().map(str::to_owned)).collect())
}
