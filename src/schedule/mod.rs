//! When drills are due: each calendar quarter has one.
//!
//! `quarter` knows the calendar: the quarter of a day, and the first day of the next one.

mod quarter;

pub(crate) use quarter::next_drill;
