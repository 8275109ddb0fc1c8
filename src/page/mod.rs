//! Pages in a real browser: Chromium or Chrome, without a window, over its DevTools protocol.
//!
//! `browser` finds and starts one for a run, `visit` opens a page in a context of its own (no
//! cookie of another is there), does the steps and writes down what the browser tells of, and
//! `judge` says what of that is wrong. Where no browser is installed, pages are skipped, and say
//! which package brings one.

mod browser;
mod judge;
mod visit;

pub(crate) use browser::{Browser, Missing};
pub(crate) use judge::judge;
pub(crate) use visit::{Seen, Trouble, Visit};
