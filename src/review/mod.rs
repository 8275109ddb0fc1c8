//! What people add to a drill: answers to the manual checklist, waivers, and decisions.
//!
//! The runbook names who is responsible and who is accountable, and has a checklist that no
//! machine answers. All of it ends in a decision, go or no-go, that somebody signs. Here each of
//! these is a *statement*: a line of `review.jsonl` beside the drill's journal, bound to that
//! journal by its SHA-256 and signed with the person's own key (minisign, Ed25519).
//!
//! ```text
//! drill.toml -> settings: persons and their public keys, RACI, checklist, contacts
//! a person   -> statement -> book (review.jsonl) -> standing: what is open, may it be a go?
//! ```
//!
//! `model` is the form of the settings, `settings` fills in the runbook's own tables, `signing`
//! is minisign, `statement` a line and `book` all of them, `anchors` what the audit log has of them, `standing` what they come to, `section`
//! and `report` the same as reports hold it, and `desk` the program's commands.

mod anchors;
mod book;
mod desk;
pub(crate) mod model;
mod report;
mod section;
mod settings;
mod signing;
mod standing;
mod statement;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use book::Book;
pub(crate) use desk::drill_folder;
pub use desk::{Answers, Desk, review_key};
pub(crate) use section::Section;
pub(crate) use settings::{ReviewSettings, resolve};
pub(crate) use signing::{PublicKey, Signer};
