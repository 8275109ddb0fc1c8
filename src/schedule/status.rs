//! Whether a drill is overdue: `make drill-status`, for people and for monitoring.

use std::path::Path;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};

use super::next_drill;
use crate::backup::backups::settings;
use crate::fault::Fault;
use crate::report::drill::model::RunLine;
use crate::report::drill::running::{Seen, look};
use crate::report::drill::runs;
use crate::report::drill::trend::word;

const STAGE: &str = "schedule";

/// What is known of drills, as of a day.
struct Known<'a> {
    /// The last one that was made whole, with the day that it began.
    last: Option<(&'a RunLine, Date)>,
    /// The day on which somebody last looked at the objectives.
    reviewed: Option<Date>,
    today: Date,
    /// One that is under way, or did not end.
    begun: Seen,
}

/// When the last drill was, and when the next one is due; of one environment, if it is named, or else
/// of all whose databases were there before.
///
/// # Errors
/// *Failed*: a drill is overdue, or did not end; or the yearly review of the objectives is overdue. *Usage*: the settings
/// are wrong.
pub fn drill_status(
    suites: &Path,
    reports: &Path,
    environment: Option<&str>,
) -> Result<String, Fault> {
    let settings = settings(suites)?;
    let zone = &settings.time_zone;
    let runs = runs::read(reports);
    let whole = |line: &&RunLine| {
        // A demonstration in a database of its own keeps no drill from being due.
        environment.map_or(!line.own, |name| line.environment == name) && line.counts()
    };
    let day = |time: Timestamp| time.to_zoned(zone.clone()).date();
    let last = runs.lines.iter().rfind(whole).map(|line| (line, day(line.started)));
    let today = day(Timestamp::now());
    let begun = match look(reports) {
        Seen::Alive(begun) | Seen::Dead(begun)
            if environment.is_some_and(|name| begun.environment != name) =>
        {
            Seen::Nobody
        }
        seen => seen,
    };
    judge(&Known { last, reviewed: settings.reviewed, today, begun })
}

/// A time zone by its name, such as `Europe/Berlin`.
///
/// # Errors
/// The system does not know it.
pub(crate) fn time_zone(name: &str) -> Result<TimeZone, String> {
    // It needs no database.
    if name == "UTC" {
        return Ok(TimeZone::UTC);
    }
    TimeZone::get(name).map_err(|error| error.to_string())
}

fn judge(known: &Known<'_>) -> Result<String, Fault> {
    let (mut told, mut late) = (Vec::new(), matches!(known.begun, Seen::Dead(_)));
    told.extend(known.begun.told());
    match known.last {
        None => {
            late = true;
            told.push("no drill was made: one is due".to_owned());
        }
        Some((line, day)) => {
            let of = format!("{} of {} on {day}", word(line.status), line.environment);
            told.push(format!("last drill: {of}"));
            let due = next_drill(day);
            let days = due.map_or(0, |due| (known.today - due).get_days());
            late |= days > 0;
            told.extend(due.map(|due| match days {
                1.. => format!("next drill: was due on {due}, {days} days ago"),
                0 => format!("next drill: due today, {due}"),
                _ => format!("next drill: due on {due}, in {} days", -days),
            }));
        }
    }
    match known.reviewed {
        None => told.push(
            "objectives: when they were last reviewed is not known (`reviewed` in suites/drill.toml)"
                .to_owned(),
        ),
        Some(day) => {
            let due = day.saturating_add(1.year());
            let overdue = known.today > due;
            late |= overdue;
            let word = if overdue { "review was due on" } else { "reviewed, next review on" };
            told.push(format!("objectives: {word} {due}"));
        }
    }
    match late {
        false => Ok(told.join("\n") + "\n"),
        true => {
            let help = "`make drill ENV=staging` makes one; `reviewed` is the day on which RTO and \
                        RPO were last held against what the business needs";
            Err(Fault::failed(told.join("\n  ")).stage(STAGE).help(help))
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn line(status: &str) -> RunLine {
        // A line as it stands in the file.
        let started = "2026-11-24T23:30:00Z";
        let line = serde_json::json!({
            "format": "smokedrill.run/1", "id": "r", "environment": "staging", "started": started,
            "finished": null, "status": status, "verdict": "failed", "seconds": null, "stages": {},
            "backup": null, "data_bytes": null, "stored_bytes": null, "counts": {}, "inputs": {},
            "versions": {}, "rto": null, "rpo": null,
            "smoke_passed": 9, "smoke_total": 9, "red": [], "skipped": [],
        });
        serde_json::from_value(line).unwrap()
    }

    fn status(today: Date, reviewed: Option<Date>) -> Result<String, String> {
        let line = line("fail");
        let last = Some((&line, date(2026, 11, 25)));
        let known = Known { last, reviewed, today, begun: Seen::Nobody };
        judge(&known).map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_drill_is_overdue_the_day_after_it_was_due() {
        let reviewed = Some(date(2026, 12, 1));
        let told = status(date(2026, 12, 31), reviewed).unwrap();
        assert!(told.contains("last drill: FAIL of staging on 2026-11-25"), "{told}");
        assert!(told.contains("due on 2027-01-01, in 1 days"), "{told}");
        assert!(status(date(2027, 1, 1), reviewed).unwrap().contains("due today"));
        let told = status(date(2027, 1, 15), reviewed).unwrap_err();
        assert!(told.contains("was due on 2027-01-01, 14 days ago"), "{told}");
    }

    #[test]
    fn objectives_are_reviewed_each_year_also_after_a_leap_day() {
        let today = date(2026, 12, 31);
        assert!(status(today, None).unwrap().contains("not known"));
        let leap = Some(date(2024, 2, 29));
        let known = |today| {
            let known = Known { last: None, reviewed: leap, today, begun: Seen::Nobody };
            judge(&known).unwrap_err()
        };
        assert!(known(date(2025, 2, 28)).to_string().contains("next review on 2025-02-28"));
        assert!(known(date(2025, 3, 1)).to_string().contains("was due on 2025-02-28"));
        assert!(known(date(2025, 3, 1)).to_string().contains("no drill was made"));
    }

    #[test]
    fn the_day_is_that_of_the_place() {
        let time: Timestamp = "2026-12-31T23:30:00Z".parse().unwrap();
        let day = |zone: &str| time.to_zoned(time_zone(zone).unwrap()).date();
        assert_eq!(day("UTC"), date(2026, 12, 31));
        assert_eq!(day("Europe/Berlin"), date(2027, 1, 1));
        assert!(time_zone("Europe/Atlantis").is_err());
    }

    #[test]
    fn a_part_and_a_demonstration_keep_no_drill_from_being_due() {
        let project = tempfile::tempdir().unwrap();
        let [suites, reports] = ["suites", "reports"].map(|name| project.path().join(name));
        std::fs::create_dir(&suites).unwrap();
        std::fs::write(suites.join("drill.toml"), "").unwrap();
        std::fs::create_dir(&reports).unwrap();
        let whole = RunLine { whole: true, ..line("fail") };
        let after = |hours: i64| whole.started + jiff::SignedDuration::from_hours(hours);
        for line in [
            RunLine { id: "part".into(), started: after(24), whole: false, ..whole.clone() },
            RunLine {
                id: "own".into(),
                environment: "local".into(),
                started: after(48),
                own: true,
                ..whole.clone()
            },
            whole.clone(),
        ] {
            runs::append(&reports, &line).unwrap();
        }
        let told = |environment| match drill_status(&suites, &reports, environment) {
            Ok(told) => told,
            Err(fault) => fault.to_string(),
        };
        assert!(told(None).contains("last drill: FAIL of staging on 2026-11-24"), "{}", told(None));
        assert!(
            told(Some("local")).contains("FAIL of local on 2026-11-26"),
            "{}",
            told(Some("local"))
        );
    }
}
