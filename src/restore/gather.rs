//! The first reading: who there is in the backup, before any row of it is loaded. And what its rows
//! come to, where they were loaded before.

use std::sync::mpsc::{Receiver, sync_channel};

use super::archive::{Archive, Piece};
use super::load::Sums;
use super::room::{Room, Taken};
use crate::backup::archive::Entry;
use crate::backup::progress::Progress;
use crate::backup::stop::Stop;
use crate::fault::Fault;
use crate::masking::harvest::Harvester;
use crate::masking::people::{Harvest, People};
use crate::masking::plan::{MaskPlan, Rows};
use crate::masking::sums::Summing;
use crate::masking::text::Allowed;

/// Bytes of a piece, and how many wait to be looked at.
const SIZE: usize = 256 * 1024;
const WAITING: usize = 8;

/// A piece on its way: the entry's number, its table, rows, and the room that they take.
type Looked = (i64, (String, String), Vec<u8>, Taken);

/// Reads the backup for its people. Proves the archive's hash and rows on the way.
///
/// # Errors
/// The archive is not as it was written; there are more people than numbers; it is to stop.
pub(crate) fn people(
    archive: &Archive<'_>,
    plan: &MaskPlan,
    allowed: &Allowed,
    (progress, stop): (&Progress, &Stop),
) -> Result<People, Fault> {
    let whole = |entry: &Entry| plan.tables.get(&entry.key()).is_some_and(|plan| !plan.is_kept());
    // One thread expands and proves, another looks: each has a core's work to do.
    let (sender, pieces) = sync_channel::<Looked>(WAITING);
    std::thread::scope(|scope| {
        let looking = scope.spawn(move || look(plan, (allowed, stop), &pieces));
        let room = Room::default();
        let mut skipped: Option<(i64, bool)> = None;
        let mut take = |piece: Piece<'_>| {
            let id = piece.entry.dump_id;
            let key = piece.entry.key();
            if skipped.is_none_or(|(known, _)| known != id) {
                let tells =
                    plan.tables.get(&key).and_then(|plan| Harvester::new(plan, allowed, stop));
                skipped = Some((id, tells.is_none()));
            }
            if skipped == Some((id, true)) {
                return Ok(());
            }
            let taken = room.take(piece.rows.len(), stop)?;
            let sent = sender.send((id, key, std::mem::take(piece.rows), taken));
            sent.map_err(|_| Fault::errored("the thread that looks for people died"))
        };
        let read = archive.rows(SIZE, (progress, stop), &whole, &mut take);
        drop(sender);
        let died = |_| Fault::errored("the thread that looks for people died");
        let harvest = looking.join().map_err(died)?;
        read?;
        harvest.finish()
    })
}

/// Reads the backup for what the rows that a plan loads come to. Proves the archive's hash and rows
/// on the way.
///
/// # Errors
/// The archive is not as it was written; it is to stop.
pub(crate) fn sums(
    archive: &Archive<'_>,
    plan: &MaskPlan,
    (progress, stop): (&Progress, &Stop),
) -> Result<Sums, Fault> {
    let mut sums = Sums::new();
    let mut current: Option<Summing> = None;
    let mut take = |piece: Piece<'_>| {
        let key = piece.entry.key();
        let Some(table) = plan.tables.get(&key).filter(|table| table.rows == Rows::Load) else {
            return Ok(());
        };
        let summing = current.get_or_insert_with(|| Summing::new(table.columns.len()));
        summing.feed(piece.rows);
        if piece.last {
            let whole = current.take().map(Summing::finish).unwrap_or_default();
            sums.entry(key).or_default().add(&whole);
        }
        Ok(())
    };
    archive.rows(SIZE, (progress, stop), &|_| false, &mut take)?;
    Ok(sums)
}

/// Looks through the pieces, in the order of the archive.
fn look(plan: &MaskPlan, (allowed, stop): (&Allowed, &Stop), pieces: &Receiver<Looked>) -> Harvest {
    let mut harvest = Harvest::new();
    let mut current: Option<(i64, Option<Harvester<'_>>)> = None;
    for (id, key, rows, _room) in pieces {
        if current.as_ref().is_none_or(|(known, _)| *known != id) {
            let harvester =
                plan.tables.get(&key).and_then(|plan| Harvester::new(plan, allowed, stop));
            current = Some((id, harvester));
        }
        if let Some((_, Some(harvester))) = &mut current {
            harvester.part(&rows, &mut harvest);
        }
    }
    harvest
}
