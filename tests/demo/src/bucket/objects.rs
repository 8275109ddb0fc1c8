//! One object, and many to delete.

use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH,
    LAST_MODIFIED, RANGE,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::answer::{Problem, elements, escaped, unescaped, xml};
use super::keep::Keep;
use super::time;

pub(crate) fn get(
    keep: &Keep,
    key: &str,
    headers: &HeaderMap,
    with_body: bool,
) -> Result<Response, Problem> {
    let object = keep.objects.get(key).ok_or(Problem::NO_KEY)?;
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(IF_MATCH).is_some_and(|etag| etag != "*" && etag != object.etag) {
        return Err(Problem::CONDITION);
    }
    let size = object.bytes.len();
    let range = text(RANGE).map(|range| part(range, size)).transpose()?;
    let (status, bytes) = match &range {
        Some((from, to)) => (StatusCode::PARTIAL_CONTENT, object.bytes.slice(*from..=*to)),
        None => (StatusCode::OK, object.bytes.clone()),
    };
    let mut response = Response::builder()
        .status(status)
        .header(ETAG, &object.etag)
        .header(LAST_MODIFIED, time::http(object.modified))
        .header(ACCEPT_RANGES, "bytes")
        .header(CONTENT_TYPE, "binary/octet-stream")
        .header(CONTENT_LENGTH, bytes.len());
    if let Some((from, to)) = range {
        response = response.header(CONTENT_RANGE, format!("bytes {from}-{to}/{size}"));
    }
    let body = if with_body { Body::from(bytes) } else { Body::empty() };
    response.body(body).map_err(|_| Problem::INTERNAL)
}

/// First and last byte of a range.
fn part(range: &str, size: usize) -> Result<(usize, usize), Problem> {
    let number = |text: &str| text.parse::<usize>().map_err(|_| Problem::ARGUMENT);
    let (from, to) = range
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
        .ok_or(Problem::ARGUMENT)?;
    let (from, to) = match (from, to) {
        ("", last) => (size.saturating_sub(number(last)?), size.saturating_sub(1)),
        (from, "") => (number(from)?, size.saturating_sub(1)),
        (from, to) => (number(from)?, number(to)?.min(size.saturating_sub(1))),
    };
    if from >= size || from > to { Err(Problem::RANGE) } else { Ok((from, to)) }
}

pub(crate) fn put(
    keep: &mut Keep,
    key: &str,
    headers: &HeaderMap,
    conditions: bool,
    bytes: Bytes,
) -> Result<Response, Problem> {
    if headers.contains_key("x-amz-copy-source") {
        return Err(Problem::NOT_IMPLEMENTED);
    }
    if conditions {
        let found = keep.objects.get(key);
        if headers.get(IF_NONE_MATCH).is_some() && found.is_some() {
            return Err(Problem::CONDITION);
        }
        if let Some(etag) = headers.get(IF_MATCH) {
            let found = found.ok_or(Problem::NO_KEY)?;
            if etag.as_bytes() != found.etag.as_bytes() {
                return Err(Problem::CONDITION);
            }
        }
    }
    let etag = keep.put(key, bytes);
    Ok([(ETAG, etag)].into_response())
}

pub(crate) fn delete(keep: &mut Keep, key: &str) -> Response {
    keep.objects.remove(key);
    StatusCode::NO_CONTENT.into_response()
}

pub(crate) fn delete_many(keep: &mut Keep, body: &Bytes) -> Result<Response, Problem> {
    let text = std::str::from_utf8(body).map_err(|_| Problem::MALFORMED)?;
    let keys = elements(text, "Key");
    if keys.is_empty() || keys.len() > 1000 {
        return Err(Problem::MALFORMED);
    }
    let mut deleted = String::new();
    for key in keys {
        let key = unescaped(key);
        keep.objects.remove(&key);
        deleted.push_str(&format!("<Deleted><Key>{}</Key></Deleted>", escaped(&key)));
    }
    Ok(xml(&format!("<DeleteResult>{deleted}</DeleteResult>")))
}
