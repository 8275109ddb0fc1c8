//! Names of backups and of runs: when it began, in UTC, and eight random digits.
//!
//! ```text
//! 20261124T034125Z-9f31c2aa
//! ```
//!
//! They sort by time, and are safe as the name of a folder or of an object: nothing but digits,
//! `T`, `Z`, `-` and the letters `a` to `f`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// How the moment is written.
const TIME: &str = "%Y%m%dT%H%M%SZ";

/// How long the written moment is, in bytes.
const TIME_BYTES: usize = 16;

/// How many random digits there are.
const DIGITS: usize = 8;

/// A new name for what begins at that moment.
pub(crate) fn new_id(now: Timestamp) -> String {
    format!("{}-{:08x}", now.strftime(TIME), fastrand::u32(..))
}

/// Whether a text is such a name.
pub(crate) fn is_id(text: &str) -> bool {
    time_of(text).is_some()
}

/// When that which bears the name began, to the second; nothing where it is no such name.
pub(crate) fn time_of(id: &str) -> Option<Timestamp> {
    let (time, digits) = id.split_once('-')?;
    let small_hex = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    if time.len() != TIME_BYTES || digits.len() != DIGITS || !digits.bytes().all(small_hex) {
        return None;
    }
    let moment = DateTime::strptime(TIME, time).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
    // What the reader takes more freely than the writer writes is no name of ours.
    (moment.strftime(TIME).to_string() == time).then_some(moment)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::{is_id, new_id, time_of};

    #[test]
    fn only_what_new_id_writes_is_an_id() {
        assert!(is_id("20261124T034125Z-9f31c2aa"));
        for odd in [
            "",
            "-",
            "latest",
            "20261124T034125Z",
            "20261124T034125Z-",
            "20261124T034125Z-9f31c2a",
            "20261124T034125Z-9f31c2aaa",
            "20261124T034125Z-9F31C2AA",
            "20261124T034125Z-../../..",
            "20261124T034125Z-9f31c2aa/",
            "20261324T034125Z-9f31c2aa",
            "20261124T244125Z-9f31c2aa",
            "20261124T034160Z-9f31c2aa",
            "2026 124T034125Z-9f31c2aa",
            "+0261124T034125Z-9f31c2aa",
            " 20261124T034125Z-9f31c2aa",
            "20261124t034125z-9f31c2aa",
        ] {
            assert!(!is_id(odd), "{odd:?}");
        }
    }

    proptest! {
        #[test]
        fn a_name_tells_its_second(second in 0_i64..253_402_207_200) {
            let now = Timestamp::from_second(second).expect("in range");
            let id = new_id(now);
            prop_assert_eq!(time_of(&id), Some(now), "{}", id);
        }

        #[test]
        fn names_sort_by_time(a in 0_i64..4_000_000_000, b in 0_i64..4_000_000_000) {
            prop_assume!(a < b);
            let id = |second| new_id(Timestamp::from_second(second).expect("in range"));
            prop_assert!(id(a) < id(b));
        }

        #[test]
        fn no_text_is_too_odd_to_be_asked(text in "\\PC{0,40}") {
            let _ = is_id(&text);
        }
    }
}
