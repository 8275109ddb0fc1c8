//! Backups in a line of text.

use super::manifest::Manifest;
use super::origin::Reached;
use super::store::Listed;
use super::verify::Reading;
use crate::fault::{Fault, FaultKind};
use crate::report::units;

/// A backup in a line.
pub(super) fn line(listed: &Listed) -> String {
    match &listed.manifest {
        Err(fault) => {
            let what = match fault.kind() {
                FaultKind::Failed => "damaged",
                _ => "cannot be read",
            };
            format!("{}  {what}: {}\n", listed.id, fault.line())
        }
        Ok(manifest) => {
            let stored = manifest.files.iter().map(|file| file.bytes).sum();
            let encrypted = if manifest.recipients.is_empty() { "" } else { "  encrypted" };
            let refuted = match listed.refuted.as_slice() {
                [] => String::new(),
                proofs => format!("  its proof failed: {}", proofs.join(", ")),
            };
            let holds = match manifest.database {
                Some(_) => {
                    let data = units::size(manifest.data_bytes());
                    format!("{} rows  {data} of data", manifest.rows())
                }
                None => format!("storage alone  {} objects listed", manifest.objects().0),
            };
            format!(
                "{}  {}  {holds} in {}{encrypted}{refuted}\n",
                listed.id,
                Reached::from(&manifest.source).shown(),
                units::size(stored),
            )
        }
    }
}

/// What reading a backup showed, in a line.
pub(super) fn judged(manifest: &Manifest, reading: &Reading) -> Result<String, Fault> {
    if let Some((_, fault)) = reading.damaged.first() {
        return Err(fault.clone());
    }
    let hashes = format!(
        "{} of {}: {} files, {} read, every hash as it was",
        manifest.id,
        Reached::from(&manifest.source).shown(),
        reading.files,
        units::size(reading.bytes)
    );
    match &reading.archive {
        None if manifest.database.is_none() => {
            let objects = manifest.objects().0;
            Ok(format!("{hashes}; storage alone, {objects} objects listed\n"))
        }
        None => Ok(format!(
            "{hashes}; what is in the archive needs the private key (--identity FILE)\n"
        )),
        Some(Err(fault)) => Err(fault.clone()),
        Some(Ok(held)) => {
            let rows: u64 = held.tables.iter().map(|table| table.rows).sum();
            let tables = held.tables.len();
            Ok(format!("{hashes}; the archive read to its end, {tables} tables, {rows} rows\n"))
        }
    }
}
