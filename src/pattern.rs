//! Regular expressions that are part of the program.

use regex::Regex;

/// Compiles a pattern that is written in the source.
///
/// # Panics
/// The pattern is not valid: a fault that the first test to use it finds.
#[expect(clippy::expect_used, reason = "a constant pattern, which the tests compile")]
pub(crate) fn constant(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant regular expression")
}
