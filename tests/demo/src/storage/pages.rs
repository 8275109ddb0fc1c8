//! The second version of the listing: by cursor, and flat unless it is asked for folders.

use axum::Extension;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::StorageFault;
use super::answer::{Answer, Problem};
use super::gateway::{Role, Shared};
use super::levels::{OBJECT, number, order, request};

/// The most that a page holds, whatever was asked for.
const MOST: i64 = 1000;

/// How the text inside a cursor starts. A cursor is nobody's business but the server's.
const MARK: &str = "l:";

pub(crate) async fn list(
    State(app): Shared,
    Extension(role): Extension<Role>,
    Path(bucket): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    if app.has(StorageFault::ListV2Disabled) {
        return Err(Problem::not_enabled());
    }
    let body = request(&headers, &body)?;
    let prefix = body["prefix"].as_str().unwrap_or_default();
    let limit = number(&body, "limit", MOST)?.clamp(1, MOST);
    let order = order(&body)?;
    let column = match body["sortBy"]["column"].as_str().unwrap_or("name") {
        column @ ("name" | "created_at" | "updated_at") => column,
        _ => {
            return Err(Problem::invalid(
                "body/sortBy/column must be equal to one of the allowed values",
            ));
        }
    };
    let deep = body["with_delimiter"] != true;
    let repeat = app.has(StorageFault::RepeatingPage);
    let after = if repeat { None } else { read(&body)? };
    // Folders have no times, so with them the order is that of the names.
    let column = if deep && column != "name" { column } else { "key" };
    let beyond = if order == "asc" { ">" } else { "<" };
    let sql = format!(
        "with level as (
             select substr(name, length($2) + 1) as rest, name collate \"C\" as whole, * from storage.objects
             where bucket_id = $1 and starts_with(name, $2) and archived_at is null
         ), found as (
             select whole as key, false as folder, id, metadata, updated_at, created_at, last_accessed_at
             from level where $3 or strpos(rest, '/') = 0
             union all
             select distinct $2 || split_part(rest, '/', 1) || '/', true, null::uuid, null::jsonb, null::timestamptz,
                    null::timestamptz, null::timestamptz
             from level where not $3 and strpos(rest, '/') > 0
         ), page as (
             select *, to_char({time} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as moment from found
             where $4::text is null or ({column}, key) {beyond} ({mark}, $4::text)
             order by {column} {order}, key {order} limit $6::bigint + 1
         )
         select coalesce(json_agg(json_build_object('name', key, 'folder', folder, 'moment', moment, {OBJECT})
                                  order by {column} {order}, key {order}), '[]')::text
         from page",
        time = if column == "key" { "created_at" } else { column },
        mark = if column == "key" { "coalesce($5::text, $4::text)" } else { "$5::text::timestamp at time zone 'UTC'" },
    );
    let (name, moment) = match &after {
        // In the order of names the mark is the name itself.
        Some((name, _)) if column == "key" => (Some(name.as_str()), None),
        Some((name, moment)) => (Some(name.as_str()), moment.as_deref()),
        None => (None, None),
    };
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [&bucket, &prefix, &deep, &name, &moment, &limit];
    let found = app.database(&role).json(&sql, &parameters).await?;
    Ok(Json(page(found, limit, repeat)))
}

/// Name and time of the last entry of the page before.
fn read(body: &Value) -> Result<Option<(String, Option<String>)>, Problem> {
    let Some(cursor) = body["cursor"].as_str() else {
        return Ok(None);
    };
    let text = STANDARD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.as_deref().and_then(|text| text.strip_prefix(MARK)).map(str::to_owned);
    let text = text.ok_or_else(|| Problem::invalid("Invalid cursor"))?;
    Ok(Some(match text.split_once('\n') {
        Some((moment, name)) if !moment.is_empty() => (name.to_owned(), Some(moment.to_owned())),
        Some((_, name)) => (name.to_owned(), None),
        None => (text, None),
    }))
}

fn page(found: Value, limit: i64, repeat: bool) -> Value {
    let Value::Array(mut entries) = found else {
        return json!({ "hasNext": false, "folders": [], "objects": [] });
    };
    let limit = usize::try_from(limit).unwrap_or_default();
    let more = entries.len() > limit || repeat && !entries.is_empty();
    entries.truncate(limit);
    let last = entries.last().cloned().unwrap_or_default();
    let (mut folders, mut objects) = (Vec::new(), Vec::new());
    for mut entry in entries {
        let name = entry["name"].as_str().unwrap_or_default().to_owned();
        if entry["folder"] == true {
            folders.push(json!({ "key": name.trim_end_matches('/'), "name": name }));
        } else if let Some(fields) = entry.as_object_mut() {
            fields.remove("folder");
            fields.remove("moment");
            fields.insert("key".to_owned(), name.into());
            objects.push(entry);
        }
    }
    let mut answer = json!({ "hasNext": more, "folders": folders, "objects": objects });
    if more {
        let name = last["name"].as_str().unwrap_or_default();
        let moment = last["moment"].as_str().unwrap_or_default();
        answer["nextCursor"] = STANDARD.encode(format!("{MARK}{moment}\n{name}")).into();
        answer["nextCursorKey"] = name.into();
    }
    answer
}
