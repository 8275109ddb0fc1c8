//! Exit codes, as documented in `--help` and the README.

use crate::journal::Verdict;

/// Every blocking trial passed.
pub(crate) const PASSED: u8 = 0;
/// A blocking trial failed.
pub(crate) const FAILED: u8 = 1;
/// Usage or configuration: nothing was run.
pub(crate) const USAGE: u8 = 2;
/// Nothing failed, but something could not be judged.
pub(crate) const ERRORED: u8 = 3;
/// Interrupted from the keyboard.
pub(crate) const INTERRUPTED: u8 = 130;
/// Told to end by SIGTERM.
pub(crate) const TERMINATED: u8 = 143;

/// The exit code of a verdict that is not an interrupt.
pub(crate) fn code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Passed => PASSED,
        Verdict::Failed => FAILED,
        Verdict::Errored | Verdict::Unfinished => ERRORED,
        Verdict::Interrupted => INTERRUPTED,
    }
}
