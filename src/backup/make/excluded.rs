//! What the settings leave out, as the database's questions take it.

use crate::backup::settings::Excluded;
use crate::database;

/// Which of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// What is not in the backup at all.
    Whole,
    /// What is not read: also tables whose definitions alone are in the backup.
    Rows,
}

/// What is left out.
pub(crate) fn left_out(excluded: &[Excluded], which: Left) -> database::Excluded {
    let chosen = excluded.iter().filter(|one| which == Left::Rows || !one.data_only);
    let mut left = database::Excluded::default();
    for one in chosen {
        match &one.table {
            Some(table) => left.tables.push(format!("{}.{table}", one.schema)),
            None => left.schemas.push(one.schema.clone()),
        }
    }
    left
}
