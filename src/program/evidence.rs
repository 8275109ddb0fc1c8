//! `smokedrill evidence`: what a drill left, in one signed file.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use smokedrill::Fault;

use super::review::Which;

#[derive(Subcommand)]
pub(crate) enum EvidenceCommand {
    /// Put report, journal, review, audit log and manifest of a drill into one file, and sign it.
    Pack {
        /// The private key (minisign) to sign with.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Where the bundle and its signature go [default: `evidence` in the folder of reports].
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
    },
    /// Check a bundle: who signed it, and that nothing of it was changed.
    Verify {
        /// The bundle, with its signature beside it.
        bundle: PathBuf,
        /// The public key (minisign: RW…) that it must be signed with; one of the persons in
        /// suites/drill.toml unless said otherwise.
        #[arg(long, value_name = "KEY")]
        public_key: Option<String>,
    },
}

pub(crate) fn run(
    command: &EvidenceCommand,
    which: &Which,
    suites: &Path,
) -> Result<String, Fault> {
    match command {
        EvidenceCommand::Pack { key, to } => {
            let reports = &which.place.folder(suites);
            let to = to.clone().unwrap_or_else(|| reports.join("evidence"));
            smokedrill::pack_evidence(suites, reports, which.drill.as_deref(), key, &to)
        }
        EvidenceCommand::Verify { bundle, public_key } => {
            smokedrill::check_evidence(suites, bundle, public_key.as_deref())
        }
    }
}
