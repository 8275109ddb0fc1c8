//! Services of other companies, over HTTP: one request at a time, and what may have come of it.
//!
//! A request that reads may be repeated as often as one likes. One that changes something may not:
//! where its answer was lost, the service may have done it. So who asks for a change is told which
//! of three it is: it was answered, it was never sent, or nobody knows; and asks for the state
//! before it asks for the change again.
//!
//! `client` sends, waits and repeats what may be repeated, and `place` reads the addresses of
//! services: https, unless they are on this machine.

mod client;
mod place;
#[cfg(test)]
mod tests;

pub(crate) use client::{Answer, Asked, Patience, Service, Silence};
pub(crate) use place::{below, place};
