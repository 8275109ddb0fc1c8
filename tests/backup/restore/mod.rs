//! Restores end to end: masked, proved, and put in the old one's place; or not, and why.

mod definitions;
mod drill;
mod faults;
mod green;
mod hosted;
mod lacking;
mod leaks;
mod migrated;
mod public;
mod refused;
mod resumed;
mod watched;
