//! A journal's entry on its way out: whatever else went wrong, its texts hold no secret.

use super::Redactor;
use crate::journal::Entry;

impl Redactor {
    /// Hides secrets in every text of an entry that can hold one.
    ///
    /// Most are clean when they get here. This is the one gate that all of them pass, so that
    /// a message which nobody thought of, such as a panic's, passes it too.
    pub(crate) fn entry(&self, entry: &mut Entry) {
        let clean = |text: &mut String| *text = self.secrets(text);
        let optional = [
            &mut entry.reason,
            &mut entry.request,
            &mut entry.excerpt,
            &mut entry.curl,
            &mut entry.description,
        ];
        optional.into_iter().flatten().for_each(clean);
        entry.measured.iter_mut().for_each(|measure| clean(&mut measure.name));
        entry.retries.iter_mut().for_each(clean);
        for broken in &mut entry.broken {
            clean(&mut broken.expected);
            clean(&mut broken.actual);
            broken.at.iter_mut().for_each(clean);
        }
    }
}
