//! The commands that talk to services of other companies, as whole processes, against stand-ins
//! that answer as those do: on real sockets, well, badly, late, or not at all.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why")]

mod scrub;
mod sentry;
mod support;
mod twilio;
mod twilio_faults;
mod twilio_kills;
mod twilio_server;
