//! What becomes of each column; a backup with one that nobody has thought of is not restored.

use super::archive::tables;
use super::unfit::unfit;
use crate::backup::archive::Toc;
use crate::backup::manifest::Manifest;
use crate::backup::place::told;
use crate::fault::Fault;
use crate::masking::plan::MaskPlan;
use crate::masking::rules::{Resolved, Rules, Unclassified, asked};

/// What is done with each column, as [`resolved`] has it.
pub(super) fn plan(rules: &Rules, manifest: &Manifest, toc: &Toc) -> Result<MaskPlan, Fault> {
    resolved(rules, manifest, toc).map(|resolved| resolved.plan)
}

/// What is done with each column, if every one that needs a rule has one.
///
/// # Errors
/// A rule does not fit, or no restore could end by it; a column has none.
pub(crate) fn resolved(rules: &Rules, manifest: &Manifest, toc: &Toc) -> Result<Resolved, Fault> {
    let resolved = rules.resolve(&tables(toc)?, &manifest.catalogue.columns);
    let resolved = resolved.map_err(|problems| told(&problems))?;
    if !resolved.unclassified.is_empty() {
        return Err(unclassified(&resolved.unclassified));
    }
    unfit(&resolved.plan, manifest, toc)?;
    Ok(resolved)
}

/// The columns without a rule, with the lines to paste.
fn unclassified(list: &[Unclassified]) -> Fault {
    let many = if list.len() == 1 { "column" } else { "columns" };
    let message = format!(
        "{} {many} could hold personal data, and no rule says what becomes of it; nothing was loaded",
        list.len()
    );
    asked(&message, list)
}
