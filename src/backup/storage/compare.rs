//! What two listings of the same buckets disagree on.
//!
//! Both are ordered by bucket and key, so they are read side by side, a line of each at a time.
//! The API's listing is made while the application works, the database's shows one moment before
//! it: what is newer than that moment is drift and no disagreement. So is what was deleted since:
//! of each object that only the database has, it is asked whether it is there at all any more.

use std::cmp::Ordering;
use std::io::{BufRead, Write};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::line::{Entry, Lines, unwritable};
use crate::backup::manifest::{Agreement, Bucket};
use crate::backup::stop::Stop;
use crate::fault::Fault;

const STAGE: &str = "storage comparison";

/// What was being written as the snapshot was taken: it has a time from before and was not seen
/// yet. Also, the API cuts times off at the millisecond.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(5);

/// Says whether an object, by bucket and key, is gone by now.
pub(crate) type Gone<'a> = &'a mut dyn FnMut(&str, &str) -> Result<bool, Fault>;

/// Compares the listing by the database, at a snapshot, with that by the API. A JSON line for
/// each difference goes into `out`:
///
/// ```json
/// {"bucket":"invoices","name":"2026/1.pdf","difference":"different",
///  "database":{"size":1,"etag":"…","updated_at":"…"},"api":{"size":2,…}}
/// ```
///
/// The agreement names no file and no settings: the caller knows them.
///
/// # Errors
/// A listing cannot be read, or is not in order; the differences cannot be written.
pub(crate) fn compare(
    database: impl BufRead,
    api: impl BufRead,
    snapshot: Timestamp,
    gone: Gone<'_>,
    out: &mut dyn Write,
    stop: &Stop,
) -> Result<Agreement, Fault> {
    let mut agreement = Agreement::default();
    let mut database = Ordered::new(database, "by the database");
    let mut api = Ordered::new(api, "by the API");
    let (mut one, mut other) = (database.next()?, api.next()?);
    let mut read = 0_u64;
    loop {
        if read.is_multiple_of(1024) {
            stop.check().map_err(|fault| fault.stage(STAGE))?;
        }
        read += 1;
        let order = match (&one, &other) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => key(one).cmp(&key(other)),
        };
        let left = if order.is_le() { one.take() } else { None };
        let right = if order.is_ge() { other.take() } else { None };
        let (counter, kind) = match (&left, &right) {
            (Some(left), Some(right)) if (left.size, &left.etag) == (right.size, &right.etag) => {
                (&mut agreement.same, None)
            }
            (_, Some(right)) if is_newer(right, snapshot) => (&mut agreement.newer, Some("newer")),
            (Some(_), Some(_)) => (&mut agreement.different, Some("different")),
            (None, _) => (&mut agreement.only_api, Some("only_api")),
            (Some(left), None) => match gone(&left.bucket, &left.name)? {
                true => (&mut agreement.deleted, Some("deleted")),
                false => (&mut agreement.only_database, Some("only_database")),
            },
        };
        *counter += 1;
        if let (Some(kind), Some(named)) = (kind, left.as_ref().or(right.as_ref())) {
            let line = json!({ "bucket": named.bucket, "name": named.name, "difference": kind,
                "database": left.as_ref().map(shown), "api": right.as_ref().map(shown) });
            writeln!(out, "{line}").map_err(|error| unwritable(error).stage(STAGE))?;
        }
        if left.is_some() {
            one = database.next()?;
        }
        if right.is_some() {
            other = api.next()?;
        }
    }
    Ok(agreement)
}

/// The lines of current objects, which must rise.
struct Ordered<R> {
    lines: Lines<R>,
    which: &'static str,
    last: Option<(String, String)>,
}

impl<R: BufRead> Ordered<R> {
    fn new(lines: R, which: &'static str) -> Self {
        Self { lines: Lines::new(lines), which, last: None }
    }

    fn next(&mut self) -> Result<Option<Entry>, Fault> {
        let place = |fault: Fault| fault.stage(STAGE);
        loop {
            let Some(entry) = self.lines.next().map_err(place)? else { return Ok(None) };
            if !entry.is_current() {
                continue;
            }
            let last = self.last.as_ref().map(|(bucket, name)| (bucket.as_str(), name.as_str()));
            if last.is_some_and(|last| last >= key(&entry)) {
                let message = format!("the listing {} is not in order", self.which);
                return Err(place(self.lines.fault(message)));
            }
            self.last = Some((entry.bucket.clone(), entry.name.clone()));
            return Ok(Some(entry));
        }
    }
}

fn key(entry: &Entry) -> (&str, &str) {
    (&entry.bucket, &entry.name)
}

fn shown(entry: &Entry) -> Value {
    json!({ "size": entry.size, "etag": entry.etag, "updated_at": entry.updated_at })
}

/// Whether an object was written after the snapshot, by the time that the database gave it.
fn is_newer(entry: &Entry, snapshot: Timestamp) -> bool {
    let times = [&entry.created_at, &entry.updated_at].into_iter().flatten();
    let latest = times.filter_map(|text| text.parse::<Timestamp>().ok()).max();
    latest.is_some_and(|latest| latest.duration_since(snapshot) > -UNDER_WAY)
}

/// The buckets' settings that differ, and buckets that only one side has.
pub(crate) fn settings(database: &[Bucket], api: &[Bucket]) -> Vec<String> {
    let find = |all: &[Bucket], id: &str| all.iter().find(|one| one.id == id).cloned();
    let mut found = Vec::new();
    for one in database {
        let Some(other) = find(api, &one.id) else {
            found.push(format!("{}: only in the database", one.id));
            continue;
        };
        for (setting, differs) in [
            ("public", one.public != other.public),
            ("file_size_limit", one.file_size_limit != other.file_size_limit),
            ("allowed_mime_types", one.allowed_mime_types != other.allowed_mime_types),
        ] {
            if differs {
                found.push(format!("{}: {setting}", one.id));
            }
        }
    }
    let more = api.iter().filter(|other| find(database, &other.id).is_none());
    found.extend(more.map(|other| format!("{}: only by the API", other.id)));
    found
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
