//! `ListObjectsV2`.

use std::collections::BTreeSet;

use axum::response::Response;

use super::BUCKET;
use super::answer::{Problem, escaped, xml};
use super::gateway::Query;
use super::keep::Keep;
use super::time;

/// The most keys and common prefixes of one page.
const PAGE: usize = 1000;

pub(crate) fn list(keep: &Keep, query: &Query) -> Result<Response, Problem> {
    if query.get("list-type") != Some("2") {
        return Err(Problem::NOT_IMPLEMENTED);
    }
    let prefix = query.get("prefix").unwrap_or_default();
    let delimiter = query.get("delimiter").filter(|delimiter| !delimiter.is_empty());
    let most = match query.get("max-keys") {
        Some(most) => most.parse::<usize>().map_err(|_| Problem::ARGUMENT)?.min(PAGE),
        None => PAGE,
    };
    // The token is the last key or common prefix of the page before, but nobody should rely on it.
    let token = match query.get("continuation-token") {
        Some(token) => Some(token.strip_prefix("after:").ok_or(Problem::ARGUMENT)?),
        None => None,
    };
    let after = token.or_else(|| query.get("start-after")).unwrap_or_default();
    let (mut contents, mut shared) = (String::new(), BTreeSet::new());
    let (mut count, mut last, mut truncated) = (0, "", false);
    for (key, object) in keep.objects.range(prefix.to_owned()..) {
        let Some(below) = key.strip_prefix(prefix) else { break };
        let folder = delimiter.and_then(|delimiter| {
            let end = below.find(delimiter)? + delimiter.len();
            Some(&key[..prefix.len() + end])
        });
        let name = folder.unwrap_or(key);
        if name <= after || folder.is_some_and(|folder| shared.contains(folder)) {
            continue;
        }
        if count == most {
            truncated = true;
            break;
        }
        (count, last) = (count + 1, name);
        if let Some(folder) = folder {
            shared.insert(folder);
            continue;
        }
        contents.push_str(&format!(
            "<Contents><Key>{}</Key><LastModified>{}</LastModified><ETag>{}</ETag>\
             <Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
            escaped(key),
            time::iso(object.modified),
            escaped(&object.etag),
            object.bytes.len()
        ));
    }
    let folders: String = shared
        .iter()
        .map(|folder| {
            format!("<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>", escaped(folder))
        })
        .collect();
    let next = match truncated {
        true => format!(
            "<NextContinuationToken>{}</NextContinuationToken>",
            escaped(&format!("after:{last}"))
        ),
        false => String::new(),
    };
    Ok(xml(&format!(
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{BUCKET}</Name>\
         <Prefix>{}</Prefix><KeyCount>{count}</KeyCount><MaxKeys>{most}</MaxKeys>\
         <IsTruncated>{truncated}</IsTruncated>{next}{contents}{folders}</ListBucketResult>",
        escaped(prefix)
    )))
}
