//! Masking: production's rows become rows in which nobody is to be found.
//!
//! ```text
//! suites/masking.toml + Supabase's own rules ── rules ──┐
//! columns of the backup ─────────────────────────────── plan ── table ── masked rows
//! rows of the backup ── harvest ── people ──────────────┘
//! ```
//!
//! A [`plan::MaskPlan`] says what is done with each column. It is made before any row is read,
//! and where a column could hold personal data and no rule names it, there is none. The backup is
//! read twice: once for who there is (`harvest`) and what there is in columns without a rule
//! (`sample`), and once to load it, masked on the way (`table`).

pub(crate) mod apply;
pub(crate) mod array;
pub(crate) mod copy;
pub(crate) mod harvest;
pub(crate) mod json;
pub(crate) mod people;
pub(crate) mod plan;
pub(crate) mod rules;
mod sample;
pub(crate) mod sums;
pub(crate) mod table;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod text;
mod unfound;
pub(crate) mod values;
