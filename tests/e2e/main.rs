//! The whole program against real servers: what it says, leaves behind and exits with.

mod access;
mod configuration;
mod demo;
mod interrupt;
mod library;
mod outcomes;
mod readiness;
mod reports;
mod schema;
mod secrets;
mod selection;
mod support;
mod tls;
