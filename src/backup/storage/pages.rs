//! Listings over HTTP: the buckets, and each one's objects page by page.
//!
//! The second version of the listing is flat and goes by cursor. The server sorts it by
//! `name COLLATE "C"`, that is by the bytes of the keys, so names that do not rise strictly mean
//! a page that comes again, however it comes: such a listing would never end.

use std::io::Write;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use url::Url;

use super::answer::Trouble;
use super::api::{Api, STAGE};
use super::folders;
use super::key::Role;
use super::line::{of_api, size, unwritable};
use super::listed::{Listed, Wanted, count, no_bucket};
use crate::backup::manifest::Bucket;
use crate::backup::stop::Stop;
use crate::fault::Fault;

/// The most that the server puts on a page.
const PAGE: usize = 1000;

/// Lists buckets and their objects over the API: a JSON line for each object into `out`.
///
/// # Errors
/// The API cannot be reached, refuses the key, or does not answer as it should. A wanted bucket
/// is not there, as far as the key's role is known to see everything.
pub(crate) async fn by_api(
    api: &Api,
    wanted: &Wanted,
    out: &mut (dyn Write + Send),
    stop: &Stop,
) -> Result<Listed, Fault> {
    let conclusive = api.role() == Role::Service;
    let all = api.buckets(STAGE, stop).await?;
    let (chosen, missing) = wanted.choose(all.clone());
    if !missing.is_empty() && conclusive {
        return Err(no_bucket(&missing, &all, STAGE));
    }
    let mut listed = Listed::of(&chosen, conclusive);
    if !missing.is_empty() {
        listed.notes.push(format!("the key does not show the bucket {}", missing.join(", ")));
    }
    for bucket in &mut listed.buckets {
        listed.conclusive &= list(api, bucket, out, stop, &mut listed.notes).await?;
    }
    Ok(listed)
}

/// How many buckets are wanted; each of them is there.
///
/// # Errors
/// As for [`by_api`], and a wanted bucket is not shown.
pub(crate) async fn wanted_there(api: &Api, wanted: &Wanted, stop: &Stop) -> Result<u64, Fault> {
    let all = api.buckets(STAGE, stop).await?;
    let (chosen, missing) = wanted.choose(all.clone());
    match missing.is_empty() {
        true => Ok(chosen.len() as u64),
        false => Err(no_bucket(&missing, &all, STAGE)),
    }
}

/// Lists a bucket's objects, and says whether all of them are known to be listed.
async fn list(
    api: &Api,
    bucket: &mut Bucket,
    out: &mut (dyn Write + Send),
    stop: &Stop,
    notes: &mut Vec<String>,
) -> Result<bool, Fault> {
    let id = bucket.id.clone();
    let place = |fault: Fault| fault.stage(STAGE).object(format!("bucket {id}"));
    if api.by_folders.load(Ordering::Relaxed) {
        return folders::list(api, bucket, out, stop, notes).await.map_err(place);
    }
    let url = api.url(&format!("object/list-v2/{id}")).map_err(place)?;
    let mut cursor = Value::Null;
    let mut last: Option<String> = None;
    for number in 1_u64.. {
        let place = |fault: Fault| fault.stage(STAGE).object(format!("bucket {id}, page {number}"));
        let page = match ask(api, &url, &cursor, stop).await? {
            Err(trouble) if number == 1 && trouble.is_not_enabled() => {
                api.by_folders.store(true, Ordering::Relaxed);
                let walked = folders::list(api, bucket, out, stop, notes).await;
                return walked.map_err(place);
            }
            page => page.map_err(|trouble| place(trouble.fault(api.patience.tries)))?,
        };
        let page = Page::of(page).ok_or_else(|| place(no_listing()))?;
        for object in &page.objects {
            let name = object["name"].as_str().ok_or_else(|| place(no_listing()))?;
            if last.as_deref().is_some_and(|last| last >= name) {
                return Err(place(repeats()));
            }
            out.write_all(&of_api(&id, name, object)).map_err(|error| place(unwritable(error)))?;
            count(bucket, size(object));
            last = Some(name.to_owned());
        }
        cursor = match page.next {
            None => return Ok(true),
            // An empty page that says there are more is no step forward either.
            Some(next) if next == cursor || page.objects.is_empty() => {
                return Err(place(repeats()));
            }
            Some(next) => next,
        };
    }
    Ok(true)
}

async fn ask(
    api: &Api,
    url: &Url,
    cursor: &Value,
    stop: &Stop,
) -> Result<Result<Value, Trouble>, Fault> {
    let mut body = json!({ "prefix": "", "limit": PAGE, "with_delimiter": false });
    if !cursor.is_null() {
        body["cursor"] = cursor.clone();
    }
    api.json(stop, url, Some(&body)).await
}

/// A page of the second version.
struct Page {
    objects: Vec<Value>,
    next: Option<Value>,
}

impl Page {
    /// Nothing, if the answer is none: one that says there are more, and not where, among them.
    fn of(mut answer: Value) -> Option<Self> {
        let Value::Array(objects) = answer.get_mut("objects")?.take() else { return None };
        let next = match answer["hasNext"].as_bool()? {
            true => Some(Some(answer["nextCursor"].clone()).filter(Value::is_string)?),
            false => None,
        };
        Some(Self { objects, next })
    }
}

pub(super) fn no_listing() -> Fault {
    Fault::errored("the answer is not a page of a listing")
        .help("see what answers there in the API's place: a proxy, another version")
}

pub(super) fn repeats() -> Fault {
    Fault::errored("the page repeats what was on those before: the listing would never end")
        .help("see the version and the log of the storage service; list by the database meanwhile")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Page;

    #[test]
    fn a_page_is_told_from_what_is_none() {
        let next = |answer| Page::of(answer).map(|page| (page.objects.len(), page.next));
        let last = json!({ "hasNext": false, "folders": [], "objects": [{}], "nextCursor": "c" });
        assert_eq!(next(last), Some((1, None)));
        let more = json!({ "hasNext": true, "objects": [{}, {}], "nextCursor": "c" });
        assert_eq!(next(more), Some((2, Some(json!("c")))));
        for none in [
            json!([]),
            json!("text"),
            json!({}),
            json!({ "objects": [] }),
            json!({ "hasNext": false }),
            json!({ "hasNext": true, "objects": [{}] }),
            json!({ "hasNext": true, "objects": [{}], "nextCursor": null }),
        ] {
            assert_eq!(next(none), None);
        }
    }
}
