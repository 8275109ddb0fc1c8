//! Masking without a server: what a restore would make of a backup, and how fast.

use std::time::{Duration, Instant};

use super::archive::{Archive, Piece};
use super::gather;
use crate::backup::progress::Progress;
use crate::backup::stop::Stop;
use crate::fault::Fault;
use crate::masking::plan::{MaskPlan, Rows};
use crate::masking::table::TableMasker;
use crate::masking::text::{Allowed, Known};

/// Bytes of a piece, as in a restore.
const SIZE: usize = 512 * 1024;

/// What a rehearsal showed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rehearsed {
    pub(crate) people: u64,
    pub(crate) rows: u64,
    /// Bytes of COPY text, and how long masking them took one thread.
    pub(crate) bytes: u64,
    pub(crate) masking: Duration,
}

/// Masks every row, and keeps none.
///
/// # Errors
/// A value cannot be masked, with its table, row and column; the backup is damaged.
pub(crate) fn rehearse(archive: &Archive<'_>, plan: &MaskPlan) -> Result<Rehearsed, Fault> {
    let (progress, stop) = (Progress::default(), Stop::default());
    let allowed = Allowed::new(&plan.allowed);
    let people = gather::people(archive, plan, &allowed, (&progress, &stop))?;
    let known = Known { people: &people, allowed: &allowed, stop: &stop };
    let mut done = Rehearsed { people: people.persons(), ..Rehearsed::default() };
    let mut current: Option<(i64, TableMasker<'_>)> = None;
    let (mut out, mut first) = (Vec::new(), 1);
    let mut take = |piece: Piece<'_>| {
        let key = piece.entry.key();
        let Some(table) = plan.tables.get(&key).filter(|table| table.rows == Rows::Load) else {
            return Ok(());
        };
        let id = piece.entry.dump_id;
        if current.as_ref().is_none_or(|(known, _)| *known != id) {
            let name = format!("{}.{}", key.0, key.1);
            current = Some((id, TableMasker::new(&name, table, known)));
            first = 1;
        }
        let Some((_, masker)) = &mut current else { return Ok(()) };
        out.clear();
        let begun = Instant::now();
        masker.part(piece.rows, first, &mut out)?;
        done.masking += begun.elapsed();
        let rows = memchr::memchr_iter(b'\n', piece.rows).count() as u64;
        first += rows;
        done.rows += rows;
        done.bytes += piece.rows.len() as u64;
        Ok(())
    };
    let whole = |entry: &crate::backup::archive::Entry| {
        plan.tables.get(&entry.key()).is_some_and(|plan| !plan.is_kept())
    };
    archive.rows(SIZE, (&progress, &stop), &whole, &mut take)?;
    Ok(done)
}
