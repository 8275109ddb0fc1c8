//! One check: from its request to a judged answer.
//!
//! ```text
//! request -> client, exchange -> Observation -> judge -> Broken, Broken, …
//!                attempt (samples, retries, budget)          capture, refusal, excerpt, curl
//! ```
//!
//! Only `exchange` touches the network. `judge`, `capture`, `refusal` and `excerpt` are pure:
//! bytes go in, findings come out, and no answer of any server makes them panic.

pub(crate) mod attempt;
pub(crate) mod capture;
pub(crate) mod client;
pub(crate) mod curl;
pub(crate) mod excerpt;
pub(crate) mod exchange;
pub(crate) mod judge;
pub(crate) mod lane;
pub(crate) mod observation;
pub(crate) mod refusal;
pub(crate) mod request;
pub(crate) mod shape;
pub(crate) mod statistic;
pub(crate) mod table;
pub(crate) mod trouble;
