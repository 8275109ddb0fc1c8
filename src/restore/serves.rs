//! What serves after a restore that failed. How that is told, each kind of target knows.

/// What serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serves {
    /// The staging of before.
    Before,
    /// The restored one.
    Restored,
    /// The server does not say.
    Unknown,
}
