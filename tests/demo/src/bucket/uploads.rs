//! Uploads in parts.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};

use super::BUCKET;
use super::answer::{Problem, elements, escaped, unescaped, xml};
use super::gateway::Query;
use super::keep::{Keep, Object, Upload, etag};
use crate::scratch;

/// The least that every part but the last must have.
const LEAST: usize = 5 * 1024 * 1024;

/// The greatest number of a part.
const MOST: u32 = 10_000;

pub(crate) fn begin(keep: &mut Keep, key: &str) -> Result<Response, Problem> {
    let id = scratch::random_hex().map_err(|_| Problem::INTERNAL)?;
    let begun = keep.now();
    keep.uploads.insert(id.clone(), Upload { key: key.to_owned(), begun, parts: BTreeMap::new() });
    Ok(xml(&format!(
        "<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{}</Key>\
         <UploadId>{id}</UploadId></InitiateMultipartUploadResult>",
        escaped(key)
    )))
}

pub(crate) fn part(
    keep: &mut Keep,
    key: &str,
    query: &Query,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let number = query.get("partNumber").and_then(|number| number.parse().ok());
    let number = number.filter(|number| (1..=MOST).contains(number)).ok_or(Problem::ARGUMENT)?;
    let upload = find(keep, key, query)?;
    let etag = etag(&bytes);
    upload.parts.insert(number, (etag.clone(), bytes));
    keep.parts_taken += 1;
    Ok([(ETAG, etag)].into_response())
}

pub(crate) fn complete(
    keep: &mut Keep,
    key: &str,
    query: &Query,
    body: &Bytes,
) -> Result<Response, Problem> {
    let text = std::str::from_utf8(body).map_err(|_| Problem::MALFORMED)?;
    let upload = find(keep, key, query)?;
    let (mut bytes, mut tags) = (Vec::new(), Vec::new());
    let mut before = 0;
    let wanted = elements(text, "Part");
    for (index, one) in wanted.iter().enumerate() {
        let field = |name| elements(one, name).first().copied().ok_or(Problem::MALFORMED);
        let number: u32 = field("PartNumber")?.parse().map_err(|_| Problem::MALFORMED)?;
        if number <= before {
            return Err(Problem::PART_ORDER);
        }
        before = number;
        let (etag, part) = upload.parts.get(&number).ok_or(Problem::PART)?;
        if unescaped(field("ETag")?).trim_matches('"') != etag.trim_matches('"') {
            return Err(Problem::PART);
        }
        if part.len() < LEAST && index + 1 < wanted.len() {
            return Err(Problem::SMALL_PART);
        }
        bytes.extend_from_slice(part);
        tags.extend_from_slice(etag.as_bytes());
    }
    if wanted.is_empty() {
        return Err(Problem::MALFORMED);
    }
    let tag = etag(&tags);
    let tag = format!("\"{}-{}\"", tag.trim_matches('"'), wanted.len());
    let object = Object { bytes: bytes.into(), etag: tag.clone(), modified: upload.begun };
    let id = query.get("uploadId").unwrap_or_default();
    keep.uploads.remove(id);
    keep.objects.insert(key.to_owned(), object);
    Ok(xml(&format!(
        "<CompleteMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{}</Key><ETag>{}</ETag>\
         </CompleteMultipartUploadResult>",
        escaped(key),
        escaped(&tag)
    )))
}

pub(crate) fn abort(keep: &mut Keep, key: &str, query: &Query) -> Result<Response, Problem> {
    find(keep, key, query)?;
    keep.uploads.remove(query.get("uploadId").unwrap_or_default());
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn find<'a>(keep: &'a mut Keep, key: &str, query: &Query) -> Result<&'a mut Upload, Problem> {
    let id = query.get("uploadId").unwrap_or_default();
    keep.uploads.get_mut(id).filter(|upload| upload.key == key).ok_or(Problem::NO_UPLOAD)
}
