//! Whole drills that go wrong: the contract of what each fault leaves behind.

mod faults;
mod listener;
mod stage;
