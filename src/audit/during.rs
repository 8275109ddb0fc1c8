//! Work on record: that it begins before it does, and how it ended.

use super::line::{Record, Standing};
use super::log::Audit;
use crate::fault::Fault;
use crate::redact::Redactor;
use crate::report::console::tell;

impl Audit {
    /// Records that work begins, does it, and records how it ended: by what it says of itself, or
    /// by its fault. A kill leaves the beginning without an end.
    ///
    /// # Errors
    /// It is not on record, and so was not begun; the work's own.
    pub(crate) fn during<T>(
        &self,
        begins: Record,
        redactor: &Redactor,
        work: impl FnOnce() -> Result<(T, String), Fault>,
    ) -> Result<T, Fault> {
        self.append(&begins)?;
        let done = work();
        let (result, detail) = match &done {
            Ok((_, detail)) => (Standing::Passed, detail.clone()),
            Err(fault) => (Standing::from(fault.kind()), fault.line()),
        };
        let ended = self.append(&Record { result, detail: redactor.secrets(&detail), ..begins });
        match done {
            Ok((made, _)) => ended.map(|_| made),
            Err(fault) => {
                // The work's own fault is what matters now; that it is not on record is added.
                if let Err(lost) = ended {
                    tell(&format!("warning: {}\n", lost.line()));
                }
                Err(fault)
            }
        }
    }
}
