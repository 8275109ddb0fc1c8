//! Commands of the program that have many words of their own.

pub(crate) mod evidence;
pub(crate) mod review;
pub(crate) mod tasks;
