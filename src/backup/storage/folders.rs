//! The first version of the listing, for servers without the second: folder by folder.
//!
//! It shows one level at a time, folders first, by offset. Three things are wrong with it. A key
//! with `//` in it has a folder without a name, which leads back to where it was found: it is not
//! entered, and told. By offset, what is written or deleted meanwhile moves the pages, so a
//! listing of a bucket in use may miss an object or show it twice: what comes twice is kept once.
//! And the order is not that of the bytes: lines are sorted afterwards.

use std::collections::HashSet;
use std::io::Write;

use serde_json::{Value, json};
use url::Url;

use super::api::{Api, STAGE};
use super::line::{of_api, size, unwritable};
use super::listed::count;
use super::pages::{no_listing, repeats};
use super::sorter::Sorter;
use crate::backup::manifest::Bucket;
use crate::backup::stop::Stop;
use crate::fault::Fault;

/// The most that the server puts on a page.
const PAGE: usize = 1500;

/// What a server puts on a page where nobody asks for more. Only with less than that is a level
/// at its end: how far below the wish a server stays is its own business.
const DEFAULT: usize = 100;

/// The longest key that object stores take, in bytes: no folder is deeper.
const LONGEST: usize = 1024;

/// Lists a bucket's objects, in the order of their keys' bytes.
///
/// Says whether all were, but for what `notes` tells.
///
/// # Errors
/// The API does not answer as it should; a page comes again.
pub(super) async fn list(
    api: &Api,
    bucket: &mut Bucket,
    out: &mut (dyn Write + Send),
    stop: &Stop,
    notes: &mut Vec<String>,
) -> Result<bool, Fault> {
    let id = bucket.id.clone();
    let mut walk = Walk {
        api,
        bucket: &id,
        url: api.url(&format!("object/list/{id}"))?,
        sorter: Sorter::new(),
        pages: 0,
        nameless: 0,
    };
    walk.run(stop).await?;
    let Walk { sorter, nameless, .. } = walk;
    sorter.finish(|_, line| {
        stop.check()?;
        let object: Value = serde_json::from_slice(line).unwrap_or_default();
        count(bucket, size(&object));
        out.write_all(line).map_err(unwritable)
    })?;
    if nameless > 0 {
        notes.push(format!(
            "bucket {id}: keys with `//` in them are not listed: the server has only the first \
             version of the listing, which leads in a circle there ({nameless} such folders)"
        ));
    }
    Ok(nameless == 0)
}

/// A walk through a bucket.
struct Walk<'a> {
    api: &'a Api,
    bucket: &'a str,
    url: Url,
    sorter: Sorter,
    pages: u64,
    nameless: u64,
}

/// A level that is being listed: no more is kept of it than the folders of one page.
struct Level {
    prefix: String,
    offset: usize,
    /// Those of the page that are still to be entered.
    folders: Vec<String>,
    /// Hashes of the first entries of its pages.
    seen: HashSet<String>,
    done: bool,
}

impl Level {
    fn new(prefix: String) -> Self {
        Self { prefix, offset: 0, folders: Vec::new(), seen: HashSet::new(), done: false }
    }
}

impl Walk<'_> {
    async fn run(&mut self, stop: &Stop) -> Result<(), Fault> {
        let mut levels = vec![Level::new(String::new())];
        while let Some(level) = levels.last_mut() {
            if let Some(folder) = level.folders.pop() {
                let inner = Level::new(format!("{}{folder}/", level.prefix));
                levels.push(inner);
            } else if level.done {
                levels.pop();
            } else {
                self.page(level, stop).await?;
            }
        }
        Ok(())
    }

    async fn page(&mut self, level: &mut Level, stop: &Stop) -> Result<(), Fault> {
        self.pages += 1;
        let object = format!("bucket {}, page {}", self.bucket, self.pages);
        let place = |fault: Fault| fault.stage(STAGE).object(&object);
        let body = json!({ "prefix": level.prefix, "limit": PAGE, "offset": level.offset,
            "sortBy": { "column": "name", "order": "asc" } });
        let answer = self.api.json(stop, &self.url, Some(&body)).await?;
        let answer = answer.map_err(|trouble| place(trouble.fault(self.api.patience.tries)))?;
        let Value::Array(entries) = answer else { return Err(place(no_listing())) };
        if let Some(first) = entries.first() {
            let first = format!("{} {}", first["id"].is_null(), first["name"]);
            if !level.seen.insert(first) {
                return Err(place(repeats()));
            }
        }
        for entry in &entries {
            let Some(name) = entry["name"].as_str() else { return Err(place(no_listing())) };
            let key = format!("{}{name}", level.prefix);
            if entry["id"].is_null() {
                if name.is_empty() {
                    self.nameless += 1;
                } else if key.len() > LONGEST {
                    return Err(place(repeats()));
                } else {
                    level.folders.push(name.to_owned());
                }
            } else {
                let line = of_api(self.bucket, &key, entry);
                self.sorter.push(key, line).map_err(place)?;
            }
        }
        level.offset += entries.len();
        level.done = entries.len() < DEFAULT;
        Ok(())
    }
}
