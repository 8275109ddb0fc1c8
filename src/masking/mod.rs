//! Masking: production's rows become rows in which nobody is to be found.
//!
//! ```text
//! suites/masking.toml + Supabase's own rules ── rules ──┐
//! columns of the backup ─────────────────────────────── plan ── table ── masked rows
//! rows of the backup ── people (who there is) ──────────┘
//! ```
//!
//! A [`plan::MaskPlan`] says what is done with each column. It is made before any row is read,
//! and where a column could hold personal data and no rule names it, there is none.

pub(crate) mod plan;
