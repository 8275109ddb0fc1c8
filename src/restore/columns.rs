//! What becomes of each column; a backup with one that nobody has thought of is not restored.

use super::archive::tables;
use crate::backup::archive::Toc;
use crate::backup::manifest::Manifest;
use crate::fault::Fault;
use crate::masking::plan::MaskPlan;
use crate::masking::rules::{Rules, Unclassified};

/// What is done with each column, if every one that needs a rule has one.
pub(super) fn plan(rules: &Rules, manifest: &Manifest, toc: &Toc) -> Result<MaskPlan, Fault> {
    let resolved = rules.resolve(&tables(toc)?, &manifest.catalogue.columns);
    let resolved = resolved.map_err(|problems| {
        let text = problems.to_string();
        Fault::usage(text.strip_prefix("error: ").unwrap_or(&text))
    })?;
    match resolved.unclassified.is_empty() {
        true => Ok(resolved.plan),
        false => Err(unclassified(&resolved.unclassified)),
    }
}

/// The columns without a rule, with the lines to paste.
pub(crate) fn unclassified(list: &[Unclassified]) -> Fault {
    let mut lines = String::new();
    let mut table = "";
    for one in list {
        if one.table != table {
            table = &one.table;
            lines.push_str(&format!("\n[[table]]\nname = {table:?}\n[table.columns]\n"));
        }
        lines.push_str(&format!("{one}\n"));
    }
    let many = if list.len() == 1 { "column" } else { "columns" };
    let message = format!(
        "{} {many} could hold personal data, and no rule says what becomes of it; nothing was loaded",
        list.len()
    );
    Fault::usage(message).help(format!(
        "add to suites/masking.toml, after thinking of each (a table that is there already takes \
         the lines below its own):\n{lines}"
    ))
}
