//! The project's folder: the one that holds the suites' folder. Relative paths of the settings,
//! migrations and reports begin there, whoever reads them.

use std::path::{Path, PathBuf};

/// The folder in which a folder of suites stands.
pub(crate) fn root(suites: &Path) -> PathBuf {
    let whole = suites.canonicalize().unwrap_or_else(|_| suites.to_owned());
    whole.parent().map(Path::to_owned).unwrap_or_default()
}

/// The folder of reports: the one that is named, or else the project's `reports`.
pub fn reports_folder(suites: &Path, named: Option<&Path>) -> PathBuf {
    named.map_or_else(|| shorten(&root(suites).join("reports")), Path::to_owned)
}

/// A path below the current folder, written from there, as people would write it.
pub(crate) fn shorten(path: &Path) -> PathBuf {
    let current = std::env::current_dir().unwrap_or_default();
    match path.strip_prefix(&current) {
        Ok(rest) if !rest.as_os_str().is_empty() => rest.to_owned(),
        _ => path.to_owned(),
    }
}
