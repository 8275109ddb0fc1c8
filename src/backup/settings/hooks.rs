//! Webhooks, looked up.

use super::resolve::Settings;
use crate::environment::lookup::Context;
use crate::notify::Hook;
use crate::redact::Redactor;
use crate::suite::Problems;

impl Settings {
    /// Fetches the addresses of `[[notify]]`, and teaches them the redactor.
    ///
    /// # Errors
    /// Everything that cannot be fetched, or is no address, with the place that asks for it.
    pub(crate) fn hooks(&self, redactor: &Redactor) -> Result<Vec<Hook>, Problems> {
        let context = Context::new(self.document.clone(), String::new(), self.folder.clone());
        let (mut hooks, mut problems) = (Vec::new(), Problems::default());
        for (index, spec) in self.notify.iter().enumerate() {
            match Hook::resolve(index, spec, &context, redactor) {
                Ok(hook) => hooks.push(hook),
                Err(found) => problems.push(found),
            }
        }
        problems.or(hooks)
    }
}
