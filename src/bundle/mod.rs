//! The evidence of one drill in one file: for the auditor who reads it a year later.
//!
//! `evidence-RUN.tar.zst` holds everything that the drill left, what people said of it, the audit
//! log as it is now, and what a restore that failed has left; `SHA256SUMS` in it names each file's hash, and
//! the file beside it, `….minisig`, signs the whole (minisign). Nobody needs this program to check
//! it:
//!
//! ```sh
//! minisign -V -P RWQ… -m evidence-RUN.tar.zst
//! tar --zstd -xf evidence-RUN.tar.zst && cd evidence-RUN && sha256sum --check SHA256SUMS
//! ```
//!
//! `pack` makes it, `check` reads it again.

mod check;
mod pack;
#[cfg(test)]
mod tests;

pub use check::check_evidence;
pub use pack::pack_evidence;

/// The stage of every fault in here.
const STAGE: &str = "evidence";

/// The names of the file of hashes, and of what is signed beside the bundle.
const SUMS: &str = "SHA256SUMS";
const SIGNATURE: &str = "minisig";
