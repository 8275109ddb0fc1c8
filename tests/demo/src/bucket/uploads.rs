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

#[cfg(test)]
mod tests {
    use axum::body::Bytes;

    use super::{LEAST, Problem, begin, complete, part};
    use crate::bucket::gateway::Query;
    use crate::bucket::keep::Keep;

    /// The code of what comes of an upload whose parts have these sizes, named in that order.
    fn upload(sizes: &[usize], order: &[usize], etag: Option<&str>) -> Result<Keep, &'static str> {
        let mut keep = Keep::default();
        begin(&mut keep, "a").map_err(Problem::code)?;
        let id = keep.uploads.keys().next().cloned().unwrap_or_default();
        let query = |number: usize| Query::parse(&format!("uploadId={id}&partNumber={number}"));
        for (index, size) in sizes.iter().enumerate() {
            let bytes = Bytes::from(vec![b'x'; *size]);
            part(&mut keep, "a", &query(index + 1), bytes).map_err(Problem::code)?;
        }
        let named = order.iter().map(|number| {
            let known = keep.uploads[&id].parts.get(&u32::try_from(*number).unwrap_or(0));
            let tag = etag.or(known.map(|(tag, _)| tag.as_str())).unwrap_or("none");
            format!("<Part><ETag>{tag}</ETag><PartNumber>{number}</PartNumber></Part>")
        });
        let body = Bytes::from(named.collect::<String>());
        complete(&mut keep, "a", &query(0), &body).map_err(Problem::code)?;
        Ok(keep)
    }

    #[test]
    fn an_upload_completes_as_with_s3_and_not_otherwise() {
        let keep = upload(&[LEAST, LEAST, 1], &[1, 2, 3], None);
        assert_eq!(keep.map(|keep| keep.objects["a"].bytes.len()).ok(), Some(2 * LEAST + 1));
        let code = |sizes: &[usize], order: &[usize], etag| upload(sizes, order, etag).err();
        assert_eq!(code(&[LEAST - 1, 1], &[1, 2], None), Some("EntityTooSmall"));
        assert_eq!(code(&[LEAST, LEAST], &[2, 1], None), Some("InvalidPartOrder"));
        assert_eq!(code(&[LEAST, 1], &[1, 3], None), Some("InvalidPart"));
        assert_eq!(code(&[1], &[1], Some("false")), Some("InvalidPart"));
        assert_eq!(code(&[1], &[], None), Some("MalformedXML"));
    }
}
