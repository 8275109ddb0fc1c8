//! Who is at work, for those who must wait: kept in locks and drafts.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Who is at work, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    /// The user, as the system names them.
    pub(crate) actor: String,
    /// The machine.
    pub(crate) host: String,
    /// The process's number on that machine.
    pub(crate) process: u32,
    /// When the work began, by that machine's clock.
    pub(crate) since: Timestamp,
}

impl Holder {
    /// This process.
    pub(crate) fn new(actor: &str, host: &str, since: Timestamp) -> Self {
        Self { actor: actor.to_owned(), host: host.to_owned(), process: std::process::id(), since }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { actor, host, process, since } = self;
        // To the second: nobody waits by the nanosecond.
        let since = since.strftime("%Y-%m-%dT%H:%M:%SZ");
        write!(f, "{actor} on {host} (process {process}), since {since}")
    }
}

/// A source's name as part of a file's name: different sources get different names.
pub(super) fn encoded(source: &str) -> String {
    use std::fmt::Write as _;
    let mut name = String::with_capacity(source.len());
    for byte in source.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.' {
            name.push(char::from(byte));
        } else {
            let _ = write!(name, "_{byte:02x}");
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Holder, encoded};

    #[test]
    fn it_says_who_and_since_when() {
        let since = "2026-11-24T03:41:25.123Z".parse().unwrap();
        let holder = Holder { process: 7, ..Holder::new("jane", "ops-1", since) };
        assert_eq!(holder.to_string(), "jane on ops-1 (process 7), since 2026-11-24T03:41:25Z");
    }

    #[test]
    fn different_sources_have_different_names() {
        assert_eq!(encoded("production"), "production");
        assert_eq!(encoded("../a_b"), ".._2fa_5fb");
        assert_ne!(encoded("a_2f"), encoded("a/"));
    }

    proptest! {
        #[test]
        fn no_two_sources_share_a_name(a in "[a/_2f.é ]{0,6}", b in "[a/_2f.é ]{0,6}") {
            prop_assert_eq!(encoded(&a) == encoded(&b), a == b);
            prop_assert!(!encoded(&a).contains('/'));
        }
    }
}
