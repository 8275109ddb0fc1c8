//! The contents of objects, where they are asked for.

use std::io::BufReader;
use std::time::Duration;

use super::files::Files;
use super::listings::{Manifests, pipe};
use super::order::Order;
use crate::backup::manifest::{Contents, FileRecord};
use crate::backup::storage::{self, Copied, Wanted};
use crate::database::Session;
use crate::fault::Fault;

/// The files, before a suffix for encryption.
const CONTENTS: &str = "storage-contents.tar.zst";
const HASHES: &str = "storage-contents.jsonl.zst";

/// How late a server's statistics may be.
const LATE: Duration = Duration::from_secs(12);

/// Copies the contents of what the API lists, where that is asked for.
///
/// It lists once more: what a manifest of the snapshot waited for would hold the snapshot open,
/// for as long as the downloads take. Without a database, nobody says that what cannot be read was
/// deleted meanwhile: it counts as missing.
///
/// # Errors
/// It was told to stop, or a draft's file cannot be written.
pub(super) fn copy(
    order: &Order<'_>,
    files: &Files<'_>,
    manifests: &mut Manifests,
    asking: Option<&Session>,
) -> Result<(), Fault> {
    if !order.settings.contents {
        return Ok(());
    }
    let Some(api) = order.api else {
        let help = "configure [environment.NAME.storage] of the source, or `contents = false`";
        let fault = Fault::errored("there is no storage API to copy them from").help(help);
        manifests.storage.troubles.push(fault.stage("storage contents"));
        return Ok(());
    };
    let wanted = Wanted::of(&order.settings.buckets);
    let listings = [&manifests.storage.database, &manifests.storage.api].into_iter().flatten();
    let sizes = listings.map(|listing| listing.buckets.iter().map(|bucket| bucket.bytes).sum());
    let size: u64 = sizes.max().unwrap_or_default();
    let (lines, writer) = pipe()?;
    let copied: Result<(Copied, [FileRecord; 2]), Fault> = std::thread::scope(|scope| {
        let listing = scope.spawn(|| {
            let mut writer = writer;
            let listing = storage::by_api(api, &wanted, &mut writer, order.stop);
            order.runtime.block_on(listing).map(drop)
        });
        let mut tar = files.large(CONTENTS, size)?;
        let mut hashes = files.create(HASHES)?;
        let copy = storage::copy(api, BufReader::new(lines), &mut tar, &mut hashes, order.stop);
        let contents = order.runtime.block_on(copy);
        let listed = listing.join();
        // A listing that nobody reads any more fails too, and says less.
        let contents = contents?;
        listed.unwrap_or_else(|_| Err(Fault::errored("listing storage panicked")))?;
        Ok((contents, [tar.finish()?, hashes.finish()?]))
    });
    order.stop.check()?;
    match copied {
        Ok((copied, [tar, hashes])) => {
            let mut contents = still_there(order, copied, asking)?;
            contents.expected = expected(order, manifests, &contents, asking)?;
            contents.file.clone_from(&tar.name);
            contents.hashes.clone_from(&hashes.name);
            manifests.storage.contents = Some(contents);
            manifests.records.extend([tar, hashes]);
        }
        Err(fault) => manifests.storage.troubles.push(fault.stage("storage contents")),
    }
    Ok(())
}

/// Tells those that were deleted before they could be read from those that are missing.
fn still_there(
    order: &Order<'_>,
    copied: Copied,
    asking: Option<&Session>,
) -> Result<Contents, Fault> {
    let Copied { mut contents, absent } = copied;
    let Some(asking) = asking else { return Ok(contents) };
    for (bucket, name) in absent {
        let gone = storage::is_gone(asking.client(), &bucket, &name);
        // Where the database does not say, it stays missing.
        if order.runtime.block_on(order.stop.unless(gone))?.unwrap_or(false) {
            contents.found_deleted(&bucket);
        }
    }
    Ok(contents)
}

/// How many objects must have been listed to be copied: as many as before, less those that were
/// deleted since by the server's statistics. Those are waited for, where some are amiss.
fn expected(
    order: &Order<'_>,
    manifests: &Manifests,
    contents: &Contents,
    asking: Option<&Session>,
) -> Result<u64, Fault> {
    let Some(api) = &manifests.storage.api else { return Ok(0) };
    let before = api.buckets.iter().map(|bucket| bucket.objects).sum();
    let listed = contents.objects + contents.missing + contents.deleted;
    let Some((deletions, asking)) = manifests.deletions.zip(asking) else { return Ok(before) };
    let mut expected = before;
    for wait in std::iter::once(Duration::ZERO).chain([LATE / 12; 12]) {
        if listed >= expected {
            break;
        }
        order.runtime.block_on(order.stop.unless(tokio::time::sleep(wait)))?;
        let now = storage::deletions(asking.client());
        let Ok(Some(now)) = order.runtime.block_on(order.stop.unless(now))? else { break };
        expected = before.saturating_sub(now.saturating_sub(deletions));
    }
    Ok(expected)
}
