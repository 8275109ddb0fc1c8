//! One object: what is known of it, and its content.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED, RANGE,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::Value;

use super::StorageFault;
use super::answer::{Answer, Problem};
use super::gateway::{App, Role, Shared};

const INFO: &str = r#"
    select json_build_object('id', id, 'name', name, 'version', version, 'bucket_id', bucket_id,
        'size', (metadata ->> 'size')::bigint, 'content_type', metadata ->> 'mimetype',
        'cache_control', metadata ->> 'cacheControl', 'etag', metadata ->> 'eTag', 'metadata', user_metadata,
        'last_modified', metadata ->> 'lastModified',
        'modified', to_char(updated_at at time zone 'UTC', 'Dy, DD Mon YYYY HH24:MI:SS "GMT"'),
        'created_at', to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text
    from storage.objects where bucket_id = $1 and name = $2 and archived_at is null"#;

async fn find(app: &App, role: &Role, bucket: &str, key: &str) -> Result<Value, Problem> {
    let found = app.database(role).text(INFO, &[&bucket, &key]).await?;
    Ok(found.ok_or_else(Problem::no_key)?.parse().unwrap_or_default())
}

pub(crate) async fn info(
    State(app): Shared,
    Extension(role): Extension<Role>,
    Path((bucket, key)): Path<(String, String)>,
) -> Answer {
    let mut info = find(&app, &role, &bucket, &key).await?;
    if let Some(fields) = info.as_object_mut() {
        fields.remove("modified");
    }
    Ok(Json(info))
}

pub(crate) async fn content(
    State(app): Shared,
    Extension(role): Extension<Role>,
    Path((bucket, key)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let info = find(&app, &role, &bucket, &key).await?;
    let field = |name: &str| info[name].as_str().unwrap_or_default();
    if info["version"].is_null() || is_lost(&app, &role, &bucket, &key).await? {
        return Err(Problem::internal("ENOENT: no such file or directory"));
    }
    let uploaded = app.contents.get(field("id"));
    let size = info["size"].as_u64().unwrap_or_default();
    let described = [
        (CONTENT_TYPE, field("content_type")),
        (ETAG, field("etag")),
        (CACHE_CONTROL, field("cache_control")),
        (LAST_MODIFIED, field("modified")),
        (ACCEPT_RANGES, "bytes"),
    ];
    let wanted = headers.get(RANGE).and_then(|range| range.to_str().ok());
    let Some((first, last)) = wanted.and_then(|range| bounds(range, size)) else {
        let content = match uploaded {
            Some(content) if app.has(StorageFault::ChangedBytes) => changed(&content),
            Some(content) => content.to_vec(),
            None => bytes(field("id"), 0, size),
        };
        return Ok((described, Body::from(content)).into_response());
    };
    let range = [(CONTENT_RANGE, format!("bytes {first}-{last}/{size}"))];
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    let part = match uploaded {
        Some(content) => content.slice(place(first)..place(last + 1)).to_vec(),
        None => bytes(field("id"), first, last + 1),
    };
    let part = Body::from(part);
    Ok((StatusCode::PARTIAL_CONTENT, described, range, part).into_response())
}

/// The same with one byte in its middle that is another.
fn changed(content: &[u8]) -> Vec<u8> {
    let mut content = content.to_vec();
    let middle = content.len() / 2;
    if let Some(byte) = content.get_mut(middle) {
        *byte ^= 1;
    }
    content
}

/// Whether it is the one whose bytes are lost.
async fn is_lost(app: &App, role: &Role, bucket: &str, key: &str) -> Result<bool, Problem> {
    if !app.has(StorageFault::LostBytes) {
        return Ok(false);
    }
    let first = "select min(name collate \"C\") from storage.objects where bucket_id = $1";
    let first = app.database(role).text(first, &[&"maintenance"]).await?;
    Ok(bucket == "maintenance" && first.as_deref() == Some(key))
}

/// The first and the last byte of `bytes=FIRST-LAST`, `FIRST-` or `-COUNT`, if there are such bytes.
fn bounds(range: &str, size: u64) -> Option<(u64, u64)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let end = size.checked_sub(1)?;
    let (first, last) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) => (first, last.min(end)),
        (Ok(first), Err(_)) if last.is_empty() => (first, end),
        (Err(_), Ok(count)) if first.is_empty() && count > 0 => (size.saturating_sub(count), end),
        _ => return None,
    };
    (first <= last).then_some((first, last))
}

/// From byte `from` up to, not including, byte `to` of an object's content.
fn bytes(id: &str, from: u64, to: u64) -> Vec<u8> {
    let line = format!("object {id}\n");
    let skip = usize::try_from(from).unwrap_or_default();
    let count = usize::try_from(to.saturating_sub(from)).unwrap_or_default();
    line.bytes().cycle().skip(skip % line.len()).take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::{bounds, bytes};

    #[test]
    fn a_range_is_cut_to_what_there_is() {
        assert_eq!(bounds("bytes=0-3", 10), Some((0, 3)));
        assert_eq!(bounds("bytes=4-99", 10), Some((4, 9)));
        assert_eq!(bounds("bytes=4-", 10), Some((4, 9)));
        assert_eq!(bounds("bytes=-3", 10), Some((7, 9)));
        assert_eq!(bounds("bytes=10-", 10), None);
        assert_eq!(bounds("bytes=0-", 0), None);
        assert_eq!(bounds("lines=0-1", 10), None);
    }

    #[test]
    fn a_part_is_a_part_of_the_whole() {
        let whole = bytes("x", 0, 100);
        assert_eq!(whole.len(), 100);
        assert_eq!(bytes("x", 37, 71), whole[37..71]);
    }
}
