//! The rules: `suites/masking.toml`, and those for Supabase's own tables.
//!
//! ```toml
//! #:schema schemas/masking.schema.json
//!
//! [[allow]]
//! value = "help@brook.test"
//! reason = "the business's own address, printed on every invoice"
//!
//! [[table]]
//! name = "public.customers"
//! person = { id = "public.customers", account_id = "auth.users" }
//! [table.columns]
//! name = "name"
//! email = "email"
//! contacts = { json = { "$[*].name" = "name", "$[*].phone" = "phone" } }
//! tags = { keep = "labels of ours" }
//! ```
//!
//! `model` is the file's form; `resolve` holds it against a backup's tables, and `columns` against the
//! columns of each: they say what is done with each, or everything that does not fit; `classify` finds the
//! columns that could hold personal data and have no rule, by type and by `wording`; `action` makes
//! of a rule what is done, and `fits` says whether that can apply to a column; `stated` knows
//! where a column's rule is written; `keys` finds those of nobody; `path` reads paths into JSON.

mod action;
mod classify;
#[cfg(test)]
mod closed_tests;
mod columns;
mod fits;
mod keys;
mod load;
pub(crate) mod model;
mod path;
mod resolve;
mod stated;
#[cfg(test)]
mod tests;
mod wording;

pub(crate) use classify::{Unclassified, asked, is_harmless, unruled};
pub(crate) use load::Rules;
pub(crate) use path::shown as shown_path;
pub(crate) use resolve::{ArchiveTable, Resolved, shown as shown_table};
