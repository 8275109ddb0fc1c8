//! How long the reports of drills are kept: years, since an audit asks for those of the last one. They
//! go by a command alone, which is on record; their lines of the history stay.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::folder::{self, DRILLS};
use crate::audit::{Audit, Operation, Record, Standing};
use crate::backup::backups::settings;
use crate::fault::Fault;
use crate::project::root;
use crate::report::units;

const STAGE: &str = "reports";

/// How far clocks may differ without harm.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(10);

/// A drill's folder of reports.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    name: String,
    environment: String,
    started: Timestamp,
}

/// Removes the reports of drills that are older than `keep_years` below `[reports]` in drill.toml, and
/// never an environment's newest; with `dry_run` it only says what it would remove.
///
/// # Errors
/// *Errored*: the clock is behind a drill, a report cannot be read or removed, or the audit log cannot
/// be written.
pub fn prune_reports(suites: &Path, reports: &Path, dry_run: bool) -> Result<String, Fault> {
    let settings = settings(suites)?;
    let (all, mut text) = found(reports)?;
    let old = old(&all, settings.keep_reports, Timestamp::now())?;
    let audit = match dry_run || old.is_empty() {
        true => None,
        false => Some(Audit::open(&root(suites).join(&settings.audit))?),
    };
    for kept in &all {
        if !old.contains(&kept) {
            text += &format!("keeps    {}  {}\n", kept.name, kept.environment);
        }
    }
    for kept in &old {
        let Some(audit) = &audit else {
            text += &format!("would remove {}  {}\n", kept.name, kept.environment);
            continue;
        };
        let record = |result, detail: &str| Record {
            operation: Operation::ReportPrune,
            source: kept.environment.clone(),
            object: Some(kept.name.clone()),
            result,
            detail: detail.to_owned(),
            manifest: None,
        };
        audit.append(&record(Standing::Started, "older than reports are kept"))?;
        let place = reports.join(DRILLS).join(&kept.name);
        if let Err(error) = fs::remove_dir_all(&place) {
            let fault = Fault::errored(format!("it cannot be removed: {error}"));
            audit.append(&record(Standing::Errored, &fault.line()))?;
            return Err(fault.stage(STAGE).object(place.display()));
        }
        audit.append(&record(Standing::Passed, "removed"))?;
        text += &format!("removed  {}  {}\n", kept.name, kept.environment);
    }
    if old.is_empty() {
        text += "nothing is old enough to be removed\n";
    }
    Ok(text)
}

/// The reports that are there, oldest first, and a line for each folder that has none.
fn found(reports: &Path) -> Result<(Vec<Kept>, String), Fault> {
    let place = reports.join(DRILLS);
    let told = |error: std::io::Error| {
        Fault::errored(format!("it cannot be read: {error}")).stage(STAGE).object(place.display())
    };
    let (mut all, mut text) = (Vec::new(), String::new());
    let entries = match fs::read_dir(&place) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((all, text)),
        Err(error) => return Err(told(error)),
    };
    for entry in entries {
        let entry = entry.map_err(told)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || !entry.file_type().map_err(told)?.is_dir() {
            continue;
        }
        match folder::read(&entry.path()) {
            Ok(report) => {
                let (environment, started) = (report.run.environment, report.run.started);
                all.push(Kept { name, environment, started });
            }
            // What nobody knows is nobody's to remove.
            Err(why) => text += &format!("keeps    {name}  {why}\n"),
        }
    }
    all.sort_by(|a, b| (a.started, &a.name).cmp(&(b.started, &b.name)));
    Ok((all, text))
}

/// Those that are older than they are kept, but for the newest of each environment.
fn old(all: &[Kept], keep: Duration, now: Timestamp) -> Result<Vec<&Kept>, Fault> {
    if let Some(ahead) = all.iter().find(|kept| kept.started.duration_since(now) > TOLERANCE) {
        let message = format!(
            "it is of {}, but this machine's clock says {}",
            units::time(ahead.started),
            units::time(now)
        );
        let help = "set the clock right; nothing was removed";
        return Err(Fault::errored(message).stage(STAGE).object(&ahead.name).help(help));
    }
    let newest: BTreeMap<&str, &str> =
        all.iter().map(|kept| (kept.environment.as_str(), kept.name.as_str())).collect();
    // More than can be counted is for ever.
    let keep = SignedDuration::try_from(keep).unwrap_or(SignedDuration::MAX);
    let is_old = |kept: &&Kept| {
        now.duration_since(kept.started) > keep
            && newest.get(kept.environment.as_str()) != Some(&kept.name.as_str())
    };
    Ok(all.iter().filter(is_old).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(name: &str, environment: &str, days: i64) -> Kept {
        let started = now() - SignedDuration::from_hours(24 * days);
        Kept { name: name.to_owned(), environment: environment.to_owned(), started }
    }

    fn now() -> Timestamp {
        "2026-11-27T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn what_is_old_goes_and_an_environment_s_newest_stays() {
        let all = [
            kept("a", "staging", 2000),
            kept("b", "local", 1500),
            kept("c", "staging", 1200),
            kept("d", "staging", 400),
        ];
        let year = Duration::from_secs(365 * 86_400);
        let names = |keep| {
            old(&all, keep, now()).unwrap().iter().map(|k| k.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(3 * year), ["a", "c"]);
        assert_eq!(names(year), ["a", "c"]);
        assert_eq!(names(Duration::MAX), Vec::<String>::new());
        // However old it is: there is no other.
        assert_eq!(old(&all[..1], year, now()).unwrap(), Vec::<&Kept>::new());
    }

    #[test]
    fn a_clock_that_went_backwards_removes_nothing() {
        let all = [kept("a", "staging", 2000), kept("b", "staging", -1)];
        let told = old(&all, Duration::from_secs(1), now()).unwrap_err().to_string();
        assert!(told.contains("clock") && told.contains('b'), "{told}");
    }

    #[test]
    fn what_is_no_report_is_left_and_told() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(found(place.path()).unwrap(), (Vec::new(), String::new()));
        fs::create_dir_all(place.path().join("drill/mine")).unwrap();
        let (all, text) = found(place.path()).unwrap();
        assert!(all.is_empty() && text.starts_with("keeps    mine  "), "{text}");
    }
}
