//! When drills are due: each calendar quarter has one.
//!
//! `quarter` knows the calendar: the quarter of a day, and the first day of the next one; `status` says
//! whether a drill is overdue.

mod quarter;
mod status;

pub(crate) use quarter::next_drill;
pub use status::drill_status;
pub(crate) use status::time_zone;
