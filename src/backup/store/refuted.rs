//! Proofs of a backup that failed, kept beside its files: an empty file for each, such as
//! `refuted-size`. It is taken away when the same proof holds later, by another threshold or by a
//! newer program. Whoever chooses a backup passes over one that has any.

use super::Sizes;

const PREFIX: &str = "refuted-";

/// The name of a proof's file.
pub(super) fn name(proof: &str) -> String {
    format!("{PREFIX}{proof}")
}

/// The proofs that failed, by what is stored.
pub(super) fn of(stored: &Sizes) -> Vec<String> {
    let names = stored.iter().filter_map(|(name, _)| name.strip_prefix(PREFIX));
    let mut proofs: Vec<String> = names.map(str::to_owned).collect();
    proofs.sort_unstable();
    proofs
}
