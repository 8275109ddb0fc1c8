//! From the file to settings: defaults filled in, and everything checked that a schema cannot.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::exclude::{Excluded, excluded};
use super::model::{DrillFile, PlanSpec, Recipient, S3Spec};
use crate::backup::prune::Retention;
use crate::database::Thresholds;
use crate::notify::model::NotifySpec;
use crate::review::{self, ReviewSettings};
use crate::rotation::settings::TwilioSpec;
use crate::schedule;
use crate::scrub::settings::SentrySpec;
use crate::suite::Problems;
use crate::suite::fields::Millis;
use crate::suite::schema::DRILL;
use crate::suite::source::Document;
use crate::tasks::{self, Activity};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// For how many years reports of drills are kept, unless said otherwise; a long one each.
const KEEP_YEARS: u32 = 3;
const YEAR: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// The runbook: "backup storage location accessible (minimum 7-day retention)".
pub(crate) const LEAST_RETENTION: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The runbook's buckets.
const BUCKETS: [&str; 3] = ["uploads", "invoices", "maintenance"];

/// The settings of backups and drills. Paths are as the file has them: see each for where they
/// begin.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// How long it may take until the application works again.
    pub(crate) rto: Duration,
    /// How old the newest backup may be.
    pub(crate) rpo: Duration,
    /// Whether a plan that cannot meet that fails the drill.
    pub(crate) plan_blocks: bool,
    /// The environment whose database is backed up.
    pub(crate) source: String,
    /// Where backups are kept: a folder, relative to the project's root, or `s3://…`.
    pub(crate) location: String,
    /// The object store; `Settings::resolve_s3` looks its values up.
    pub(super) s3: S3Spec,
    /// The storage buckets.
    pub(crate) buckets: Vec<String>,
    /// Whether the objects' contents are copied too.
    pub(crate) contents: bool,
    /// Public keys, and paths of files with one a line, relative to [`Settings::folder`].
    pub(crate) recipients: Vec<String>,
    /// The least size of the uncompressed data, in bytes.
    pub(crate) minimum_size: u64,
    /// How long a backup may take.
    pub(crate) maximum_duration: Duration,
    /// How long a lock on a table is waited for; at least a millisecond.
    pub(crate) lock_timeout: Duration,
    /// The folder of `pg_dump` and its kin, relative to the project's root.
    pub(crate) tools: Option<PathBuf>,
    /// How long backups are kept.
    pub(crate) retention: Retention,
    /// What the source may feel of it.
    pub(crate) impact: Thresholds,
    /// What is left out on purpose.
    pub(crate) exclude: Vec<Excluded>,
    /// Whether the Supabase CLI is used.
    pub(crate) supabase_cli: bool,
    /// The audit log, relative to the project's root.
    pub(crate) audit: PathBuf,
    /// The Twilio account, if there is one.
    pub(crate) twilio: Option<TwilioSpec>,
    /// The Sentry project, if there is one.
    pub(crate) sentry: Option<SentrySpec>,
    /// Who takes part, who answers for what, and what people look at.
    pub(crate) review: ReviewSettings,
    /// The time zone whose days count.
    pub(crate) time_zone: TimeZone,
    /// How long the reports of drills are kept.
    pub(crate) keep_reports: Duration,
    /// The day on which the objectives were last reviewed.
    pub(crate) reviewed: Option<Date>,
    /// What is to be done after each drill.
    pub(crate) activities: Vec<Activity>,
    /// Who is told of drills; `Settings::hooks` looks their addresses up.
    pub(super) notify: Vec<NotifySpec>,
    /// The folder of suites, in which relative paths of look-ups and recipients begin.
    pub(crate) folder: PathBuf,
    /// The file, if there is one.
    pub(crate) document: Option<Arc<Document>>,
}

impl Settings {
    /// Reads `drill.toml` or `drill.json` of a folder of suites.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn load(folder: &Path) -> Result<Self, Problems> {
        let names = ["drill.toml", "drill.json"];
        let found = names.iter().map(|name| folder.join(name)).find(|path| path.exists());
        let (document, file) = match found {
            None => (None, DrillFile::default()),
            Some(path) => {
                let (document, file) = crate::suite::load::read::<DrillFile>(&path, &DRILL)?;
                (Some(Arc::new(document)), file)
            }
        };
        resolve(file, document, folder)
    }

    /// Path and SHA-256 of the file, if there is one, for the record of a run.
    pub(crate) fn input(&self) -> Option<(String, String)> {
        let document = self.document.as_ref()?;
        Some((document.source.path.display().to_string(), document.hash.clone()))
    }
}

/// Collects what is wrong; without a file nothing can be.
struct Judge<'a> {
    document: Option<&'a Document>,
    problems: Problems,
}

impl Judge<'_> {
    fn refuse(&mut self, pointer: &str, message: &str, help: &str) {
        if let Some(document) = self.document {
            self.problems.push(document.problem(pointer, message).help(help));
        }
    }

    /// A duration that is at least so long.
    fn duration(
        &mut self,
        pointer: &str,
        said: Option<Millis>,
        default: Duration,
        least: Duration,
    ) -> Duration {
        let value = said.map_or(default, |millis| millis.0);
        if value < least {
            let least = humantime::format_duration(least);
            let help = format!("write \"{least}\" or more");
            self.refuse(pointer, &format!("shorter than {least}"), &help);
        }
        value
    }
}

fn resolve(
    file: DrillFile,
    document: Option<Arc<Document>>,
    folder: &Path,
) -> Result<Settings, Problems> {
    let mut judge = Judge { document: document.as_deref(), problems: Problems::default() };
    let backup = file.backup;
    // PostgreSQL counts in milliseconds, and takes nought for "wait for ever".
    let (ms, second) = (Duration::from_millis(1), Duration::from_secs(1));
    let mut long = |pointer, said, default, least| judge.duration(pointer, said, default, least);
    let rto = long("/objectives/rto", file.objectives.rto, 4 * HOUR, second);
    let rpo = long("/objectives/rpo", file.objectives.rpo, HOUR, second);
    let maximum_duration =
        long("/backup/maximum_duration", backup.maximum_duration, 15 * MINUTE, second);
    let lock_timeout = long("/backup/lock_timeout", backup.lock_timeout, 30 * second, ms);
    let impact = backup.impact;
    let at = "/backup/impact";
    let impact = Thresholds {
        interval: long(&format!("{at}/interval"), impact.interval, 500 * ms, 10 * ms),
        latency: long(&format!("{at}/latency"), impact.latency, second, ms),
        oldest_snapshot: long(
            &format!("{at}/oldest_snapshot"),
            impact.oldest_snapshot,
            30 * MINUTE,
            second,
        ),
        probe: impact.probe.unwrap_or_else(|| "select 1".to_owned()),
        waiting_locks: impact.waiting_locks.unwrap_or(10),
        patience: impact.patience.unwrap_or(3),
    };
    let keep = backup.retention.keep.map_or(LEAST_RETENTION, |keep| keep.0);
    if keep < LEAST_RETENTION {
        let message = "shorter than the runbook's minimum: backups are kept for 7 days at least";
        judge.refuse("/backup/retention/keep", message, "write \"7d\" or more");
    }
    if lock_timeout >= maximum_duration {
        let message = "a lock would be waited for as long as the whole backup may take";
        let help = "make it shorter than `maximum_duration`: who waits for a lock makes the \
                    application wait too";
        judge.refuse("/backup/lock_timeout", message, help);
    }
    let buckets = backup.buckets.unwrap_or_else(|| BUCKETS.map(str::to_owned).to_vec());
    for (index, bucket) in buckets.iter().enumerate() {
        if buckets.iter().position(|other| other == bucket) != Some(index) {
            let message = format!("the bucket `{bucket}` is listed twice");
            judge.refuse(&format!("/backup/buckets/{index}"), &message, "");
        }
    }
    let mut exclude: Vec<Excluded> = Vec::new();
    for (index, spec) in backup.exclude.iter().enumerate() {
        let pointer = format!("/backup/exclude/{index}");
        match excluded(spec) {
            Err((key, message, help)) => judge.refuse(&format!("{pointer}{key}"), &message, help),
            Ok(this) if exclude.iter().any(|other| other.is_the_same(&this)) => {
                judge.refuse(&pointer, &format!("`{this}` is excluded twice"), "");
            }
            Ok(this) => exclude.push(this),
        }
    }
    let (review, wrong) =
        review::resolve(file.document, file.person, file.raci, file.contact, file.manual);
    for (pointer, message, help) in wrong {
        judge.refuse(&pointer, &message, help);
    }
    let keep_reports = YEAR * file.reports.keep_years.unwrap_or(KEEP_YEARS);
    let time_zone = match file.schedule.time_zone.as_deref().map(schedule::time_zone) {
        Some(Ok(zone)) => zone,
        Some(Err(message)) => {
            let help = "write its name as in the time zone database, such as \"Europe/Berlin\"; \
                        where the system has none, install tzdata";
            judge.refuse("/schedule/time_zone", &message, help);
            TimeZone::UTC
        }
        None => TimeZone::UTC,
    };
    let reviewed = file.schedule.reviewed.as_deref().map(str::parse::<Date>).transpose();
    if reviewed.is_err() {
        let message = "this is no day";
        judge.refuse("/schedule/reviewed", message, "write it as \"2026-09-30\"");
    }
    let problems = judge.problems;
    let recipients = backup.recipients.into_iter().map(|recipient| match recipient {
        Recipient::Key(key) => key,
        Recipient::File(file) => file.file,
    });
    problems.or(Settings {
        rto,
        rpo,
        plan_blocks: file.objectives.plan == Some(PlanSpec::Blocking),
        source: backup.source.unwrap_or_else(|| "production".to_owned()),
        location: backup.location.unwrap_or_else(|| "backups".to_owned()),
        s3: backup.s3,
        buckets,
        contents: backup.contents.unwrap_or(false),
        recipients: recipients.collect(),
        minimum_size: backup.minimum_size.map_or(100_000_000, |size| size.0),
        maximum_duration,
        lock_timeout,
        tools: backup.tools.map(PathBuf::from),
        retention: Retention { keep, at_least: backup.retention.at_least.unwrap_or(2) },
        impact,
        exclude,
        supabase_cli: file.supabase.cli.unwrap_or(false),
        audit: file.audit.file.unwrap_or_else(|| "reports/audit.jsonl".to_owned()).into(),
        twilio: file.twilio,
        sentry: file.sentry,
        review,
        time_zone,
        keep_reports,
        reviewed: reviewed.unwrap_or_default(),
        activities: tasks::activities(file.task),
        notify: file.notify,
        folder: folder.to_owned(),
        document,
    })
}
