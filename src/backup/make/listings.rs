//! The storage manifests: by the database, by the API, and where the two disagree.
//!
//! Both ways write at once, each into its own file and into a pipe from which the comparison
//! reads: nothing is read back, since what is encrypted cannot be.
//!
//! What goes wrong here costs the manifest, and never the dump: it is recorded as the backup's
//! trouble, and a test fails by it.

use std::io::{self, BufReader, PipeReader, PipeWriter, Write};

use jiff::Timestamp;

use super::files::{File, Files};
use super::order::Order;
use crate::backup::manifest::{Agreement, FileRecord, Storage};
use crate::backup::stop::Stop;
use crate::backup::storage::{self, Gone, Listed, Wanted};
use crate::database::{Session, Snapshot};
use crate::fault::Fault;

/// The files, before a suffix for encryption.
const BY_DATABASE: &str = "storage-objects.jsonl.zst";
const BY_API: &str = "storage-api.jsonl.zst";
const BUCKETS: &str = "storage-buckets.json.zst";
const DIFFERENCES: &str = "storage-differences.jsonl.zst";

/// Of how many objects that only the database has it is asked whether they are gone: more is no
/// drift.
const MOST_ASKED: u32 = 1000;

/// What was listed, and where it stands.
pub(super) struct Manifests {
    pub(super) storage: Storage,
    pub(super) records: Vec<FileRecord>,
    /// How many objects had been deleted by then, where the server counts them and contents are
    /// to be copied.
    pub(super) deletions: Option<u64>,
}

/// What one way has listed, with its file.
type Way = Result<Option<(Listed, FileRecord)>, Fault>;

/// Lists the configured buckets in every way that there is; that by the API heeds a word of its own
/// besides.
///
/// # Errors
/// It was told to stop, or a draft's file cannot be written.
pub(super) fn all(
    (order, api_stop): (&Order<'_>, &Stop),
    files: &Files<'_>,
    snapshot: &Snapshot,
    asking: &Session,
) -> Result<Manifests, Fault> {
    let wanted = Wanted::of(&order.settings.buckets);
    let (storage, records) = (Storage::default(), Vec::new());
    let mut manifests = Manifests { storage, records, deletions: None };
    if order.settings.buckets.is_empty() {
        return Ok(manifests);
    }
    if order.settings.contents {
        manifests.deletions = order.runtime.block_on(storage::deletions(asking.client()))?;
    }
    let (there, readable) = order.runtime.block_on(storage::tables(snapshot.client()))?;
    let (database, api, compared) = match (there, readable, order.api.is_some()) {
        (true, true, true) => side_by_side((order, api_stop), files, &wanted, snapshot, asking)?,
        (true, false, true) => {
            let note = "the role may not read storage's tables: listed by the storage API alone";
            manifests.storage.notes.push(note.to_owned());
            (Ok(None), by_api((order, api_stop), files, &wanted, None), None)
        }
        _ => {
            let database = by_database(order, files, &wanted, snapshot, None);
            (database, by_api((order, api_stop), files, &wanted, None), None)
        }
    };
    order.stop.check()?;
    let storage = &mut manifests.storage;
    let mut settings = Vec::new();
    if let (Ok(Some((database, _))), Ok(Some((api, _)))) = (&database, &api) {
        settings = storage::settings(&database.buckets, &api.buckets);
    }
    let whole = database.is_ok() && api.is_ok();
    let mut buckets = None;
    for (way, listing) in [(database, &mut storage.database), (api, &mut storage.api)] {
        match way {
            Ok(Some((listed, record))) => {
                *listing = Some(listed.listing(&record.name));
                storage.notes.extend(listed.notes);
                buckets = buckets.or(Some(listed.settings));
                manifests.records.push(record);
            }
            Ok(None) => {}
            Err(fault) => storage.troubles.push(fault),
        }
    }
    match compared {
        Some(Ok((agreement, record))) => {
            let file = Some(record.name.clone());
            manifests.records.push(record);
            // Half a listing agrees with nothing.
            storage.agreement = whole.then_some(Agreement { file, settings, ..agreement });
        }
        Some(Err(fault)) if whole => storage.troubles.push(fault),
        Some(Err(_)) | None => {}
    }
    if let Some(buckets) = buckets {
        manifests.records.push(files.whole(BUCKETS, &settings_text(&buckets))?);
    }
    Ok(manifests)
}

/// Lists the configured buckets by the API, where there is no database.
///
/// # Errors
/// It cannot be listed to its end: there is nothing else in such a backup.
pub(super) fn alone(order: &Order<'_>, files: &Files<'_>) -> Result<Manifests, Fault> {
    let wanted = Wanted::of(&order.settings.buckets);
    let listed = by_api((order, order.stop), files, &wanted, None);
    order.stop.check()?;
    let Some((listed, record)) = listed? else {
        return Err(Fault::errored("there is no storage API to list the buckets by"));
    };
    let mut storage = Storage { api: Some(listed.listing(&record.name)), ..Storage::default() };
    let settings = files.whole(BUCKETS, &settings_text(&listed.settings))?;
    storage.notes = listed.notes;
    Ok(Manifests { storage, records: vec![record, settings], deletions: None })
}

fn settings_text(settings: &serde_json::Value) -> Vec<u8> {
    serde_json::to_vec_pretty(settings).unwrap_or_default()
}

type Compared = Result<(Agreement, FileRecord), Fault>;

/// Lists in both ways at once, and compares what they write.
fn side_by_side(
    (order, api_stop): (&Order<'_>, &Stop),
    files: &Files<'_>,
    wanted: &Wanted,
    snapshot: &Snapshot,
    asking: &Session,
) -> Result<(Way, Way, Option<Compared>), Fault> {
    let (database_lines, to_database) = pipe()?;
    let (api_lines, to_api) = pipe()?;
    Ok(std::thread::scope(|scope| {
        let database =
            scope.spawn(move || by_database(order, files, wanted, snapshot, Some(to_database)));
        let api = scope.spawn(move || by_api((order, api_stop), files, wanted, Some(to_api)));
        let mut left = MOST_ASKED;
        let mut gone = |bucket: &str, name: &str| {
            if left == 0 {
                return Ok(false);
            }
            left -= 1;
            order.runtime.block_on(storage::is_gone(asking.client(), bucket, name))
        };
        // A standby shows what it has replayed by then.
        let taken = snapshot.taken();
        let time = taken.replayed.map_or(taken.time, |replayed| replayed.min(taken.time));
        let compared = compare(order, files, time, [database_lines, api_lines], &mut gone);
        let lost = || Err(Fault::errored("listing storage panicked"));
        let database = database.join().unwrap_or_else(|_| lost());
        (database, api.join().unwrap_or_else(|_| lost()), Some(compared))
    }))
}

pub(super) fn pipe() -> Result<(PipeReader, PipeWriter), Fault> {
    io::pipe().map_err(|error| Fault::errored(format!("no pipe: {error}")).stage("storage"))
}

fn by_database(
    order: &Order<'_>,
    files: &Files<'_>,
    wanted: &Wanted,
    snapshot: &Snapshot,
    pipe: Option<PipeWriter>,
) -> Way {
    let mut tee = Tee { file: files.create(BY_DATABASE)?, pipe };
    let listing = storage::by_database(snapshot.client(), wanted, &mut tee, order.stop);
    match order.runtime.block_on(listing)? {
        Some(listed) => Ok(Some((listed, tee.file.finish()?))),
        None => Ok(None),
    }
}

fn by_api(
    (order, stop): (&Order<'_>, &Stop),
    files: &Files<'_>,
    wanted: &Wanted,
    pipe: Option<PipeWriter>,
) -> Way {
    let Some(api) = order.api else { return Ok(None) };
    let mut tee = Tee { file: files.create(BY_API)?, pipe };
    let listed = order.runtime.block_on(storage::by_api(api, wanted, &mut tee, stop))?;
    Ok(Some((listed, tee.file.finish()?)))
}

fn compare(
    order: &Order<'_>,
    files: &Files<'_>,
    snapshot: Timestamp,
    lines: [PipeReader; 2],
    gone: Gone<'_>,
) -> Compared {
    let mut differences = files.create(DIFFERENCES)?;
    let [database, api] = lines.map(BufReader::new);
    let agreement = storage::compare(database, api, snapshot, gone, &mut differences, order.stop)?;
    Ok((agreement, differences.finish()?))
}

/// Writes lines into a file and into a pipe; that nobody reads the pipe any more is no fault of
/// the file's.
struct Tee {
    file: File,
    pipe: Option<PipeWriter>,
}

impl Write for Tee {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        if let Some(pipe) = &mut self.pipe
            && pipe.write_all(bytes).is_err()
        {
            self.pipe = None;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
