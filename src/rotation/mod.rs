//! A new auth token for Twilio, without a moment in which nobody can get in.
//!
//! An account has a primary token and, for a while, a secondary one that is as good. Promotion
//! makes the secondary the primary, and ends the old one. So the order is
//!
//! 1. remove a secondary token that somebody left, and make one; it is shown once, in that answer;
//! 2. store it through the user's own vault command, and read it back;
//! 3. prove that what the vault has is accepted;
//! 4. promote it;
//! 5. prove that it is accepted still, and that the old one is refused.
//!
//! Until the fourth, the old token works and is removed from nowhere; from then on, the new one
//! is in the vault, and was proved. A kill between any two leaves a state file (0600) from which
//! `--resume` goes on: it is written before each step that changes something.
//!
//! ```json
//! {"format":"smokedrill.rotation/1","account":"9f31c2aa…","host":"https://accounts.twilio.com/",
//!  "phase":"stored","began":"2026-11-24T03:56:25Z","old":"5f1c…","new":"a01b…","sealed":"YWdl…"}
//! ```
//!
//! It holds no secret that it could do without. A new token that did not reach the vault is lost
//! with the process: it is removed and another one made. The old one is needed to prove at the end
//! that it is refused, and the vault may have forgotten it by then, so it stands there encrypted
//! with the new one: who can read it has the new one already. Only where the vault took a token
//! and gives back another is one written down as it is (`rescued`), since it would be lost
//! otherwise; the fault says so.
//!
//! `settings` is `[twilio]` of `drill.toml`, `vault` the user's commands, `api` Twilio's, `state`
//! and `seal` the file, `course` the steps, `told` what a dry run says, and `command` all of it.

mod api;
mod command;
mod course;
mod fingerprint;
mod promotion;
mod seal;
pub(crate) mod settings;
mod state;
mod told;
mod undo;
mod vault;

pub use command::{RotateOptions, rotate_twilio};
