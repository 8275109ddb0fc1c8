//! The first reading: who there is in the backup, before any row of it is loaded.

use super::archive::{Archive, Piece};
use crate::backup::progress::Progress;
use crate::backup::stop::Stop;
use crate::fault::Fault;
use crate::masking::harvest::Harvester;
use crate::masking::people::{Harvest, People};
use crate::masking::plan::MaskPlan;
use crate::masking::text::Allowed;

/// Bytes of a piece.
const SIZE: usize = 256 * 1024;

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
    let mut harvest = Harvest::new();
    let mut current: Option<(i64, Option<Harvester<'_>>)> = None;
    let mut take = |piece: Piece<'_>| {
        let entry = piece.entry;
        if current.as_ref().is_none_or(|(id, _)| *id != entry.dump_id) {
            let key = (entry.namespace.clone().unwrap_or_default(), entry.tag.clone());
            let harvester = plan.tables.get(&key).and_then(|plan| Harvester::new(plan, allowed));
            current = Some((entry.dump_id, harvester));
        }
        if let Some((_, Some(harvester))) = &mut current {
            harvester.part(piece.rows, &mut harvest);
        }
        Ok(())
    };
    let whole = |entry: &crate::backup::archive::Entry| {
        let key = (entry.namespace.clone().unwrap_or_default(), entry.tag.clone());
        plan.tables.get(&key).is_some_and(|plan| !plan.is_kept())
    };
    archive.rows(SIZE, (progress, stop), &whole, &mut take)?;
    harvest.finish()
}
