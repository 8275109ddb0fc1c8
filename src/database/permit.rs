//! The right to write to a database.

/// Proof that a database may be written to: that it is staging, and not production. Made by
/// `restore::guard` alone, after it has looked at both.
#[derive(Debug)]
pub(crate) struct Permit(());

impl Permit {
    /// To be called by whoever has proved it.
    pub(crate) fn proved() -> Self {
        Self(())
    }
}
