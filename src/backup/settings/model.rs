//! What `suites/drill.toml` says, as plain data. Every key may be left out.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::environment::model::Source;
use crate::notify::model::NotifySpec;
use crate::review::model::{ContactSpec, DocumentSpec, ManualSpec, PersonSpec, RaciSpec};
use crate::rotation::settings::TwilioSpec;
use crate::scrub::settings::SentrySpec;
use crate::suite::fields::{ByteLimit, Millis};
use crate::tasks::model::TaskSpec;

/// The settings of backups and drills.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "smokedrill drill")]
pub(crate) struct DrillFile {
    /// The path of the JSON Schema for editors, where the file is JSON.
    #[serde(rename = "$schema", default)]
    #[expect(dead_code, reason = "for editors")]
    pub(crate) schema: Option<String>,
    /// What the runbook promises.
    #[serde(default)]
    pub(crate) objectives: ObjectivesSpec,
    /// What is backed up, to where, and what a backup must be like.
    #[serde(default)]
    pub(crate) backup: BackupSpec,
    /// The Supabase project.
    #[serde(default)]
    pub(crate) supabase: SupabaseSpec,
    /// The audit log.
    #[serde(default)]
    pub(crate) audit: AuditSpec,
    /// The Twilio account whose auth token is rotated.
    #[serde(default)]
    pub(crate) twilio: Option<TwilioSpec>,
    /// The Sentry project whose scrubbing is tested.
    #[serde(default)]
    pub(crate) sentry: Option<SentrySpec>,
    /// When drills are due.
    #[serde(default)]
    pub(crate) schedule: ScheduleSpec,
    /// How long the reports of drills are kept.
    #[serde(default)]
    pub(crate) reports: ReportsSpec,
    /// The runbook as a document.
    #[serde(default)]
    pub(crate) document: DocumentSpec,
    /// Who takes part in drills. Those who have left stay, so that what they signed is proved.
    #[serde(default)]
    pub(crate) person: Vec<PersonSpec>,
    /// Who does what; the runbook's own table unless said otherwise.
    #[serde(default)]
    pub(crate) raci: Vec<RaciSpec>,
    /// Whom to call.
    #[serde(default)]
    pub(crate) contact: Vec<ContactSpec>,
    /// The manual checklist; the runbook's own unless said otherwise.
    #[serde(default)]
    pub(crate) manual: Vec<ManualSpec>,
    /// What is to be done after each drill; the runbook's own list unless said otherwise.
    #[serde(default)]
    pub(crate) task: Vec<TaskSpec>,
    /// Who is told of drills, by webhooks.
    #[serde(default)]
    pub(crate) notify: Vec<NotifySpec>,
}

/// What the runbook promises.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ObjectivesSpec {
    /// How long it may take from the start of a restore until the application works again; the
    /// runbook's `"4h"` unless said otherwise.
    #[serde(default)]
    pub(crate) rto: Option<Millis>,
    /// How much work may be lost, so how old the newest backup may be; the runbook's `"1h"`
    /// unless said otherwise.
    #[serde(default)]
    pub(crate) rpo: Option<Millis>,
    /// What becomes of a plan that cannot meet the RPO, such as one backup a night:
    /// `"advisory"`, which is told, or `"blocking"`, which fails the drill; `"advisory"` unless
    /// said otherwise, since there may be other means, such as point-in-time recovery.
    #[serde(default)]
    pub(crate) plan: Option<PlanSpec>,
}

/// What becomes of a plan that cannot meet the RPO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PlanSpec {
    /// It is told.
    Advisory,
    /// It fails the drill.
    Blocking,
}

/// What is backed up, to where, and what a backup must be like.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackupSpec {
    /// The environment of `environments.toml` whose database is backed up; `"production"` unless
    /// said otherwise. A run in `local` backs up the database that the harness started.
    #[serde(default)]
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) source: Option<String>,
    /// Where backups are kept: a folder, relative to the project's root, or
    /// `s3://BUCKET/PREFIX`; `"backups"` unless said otherwise.
    #[serde(default)]
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) location: Option<String>,
    /// The storage buckets; the runbook's `uploads`, `invoices` and `maintenance` unless said
    /// otherwise. `"*"` in the list: all of them. An empty list: none.
    #[serde(default)]
    #[schemars(extend("items" = { "type": "string", "minLength": 1, "format": "one-line" }))]
    pub(crate) buckets: Option<Vec<String>>,
    /// Whether the objects' contents are copied too; by the runbook they stay where they are, so
    /// false unless said otherwise.
    #[serde(default)]
    pub(crate) contents: Option<bool>,
    /// The public keys (age) that files are encrypted to, or files with one a line; unless said
    /// otherwise there are none, and files are not encrypted.
    #[serde(default)]
    pub(crate) recipients: Vec<Recipient>,
    /// The least size of a backup's uncompressed data; less is no whole backup. The runbook's
    /// `"100MB"` unless said otherwise.
    #[serde(default)]
    pub(crate) minimum_size: Option<ByteLimit>,
    /// How long a backup may take; the runbook's `"15m"` unless said otherwise.
    #[serde(default)]
    pub(crate) maximum_duration: Option<Millis>,
    /// How long a lock on a table of the source is waited for; `"30s"` unless said otherwise.
    /// Whoever waits for a lock makes others wait behind.
    #[serde(default)]
    pub(crate) lock_timeout: Option<Millis>,
    /// The folder of `pg_dump` and its kin, relative to the project's root; those that fit the
    /// server best are looked for unless said otherwise.
    #[serde(default)]
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) tools: Option<String>,
    /// How long backups are kept.
    #[serde(default)]
    pub(crate) retention: RetentionSpec,
    /// What the source may feel of it: over any of these, the backup is stopped.
    #[serde(default)]
    pub(crate) impact: ImpactSpec,
    /// What is left out on purpose.
    #[serde(default)]
    pub(crate) exclude: Vec<ExcludeSpec>,
    /// The object store, where the location is one.
    #[serde(default)]
    pub(crate) s3: S3Spec,
}

/// A public key, or a file of them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(extend("x-expected" = "a public key such as \"age1…\", or { file = \"path\" }"))]
pub(crate) enum Recipient {
    /// A public key of age: `age1…`.
    Key(#[schemars(length(min = 1))] String),
    /// A file of them.
    File(RecipientFile),
}

/// A file of public keys.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecipientFile {
    /// The path of a file with one public key a line, relative to this file.
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) file: String,
}

/// How long backups are kept.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetentionSpec {
    /// The age up to which every backup stays; the runbook's minimum `"7d"` unless said
    /// otherwise, and never less.
    #[serde(default)]
    pub(crate) keep: Option<Millis>,
    /// How many good backups stay, however old they are; 2 unless said otherwise.
    #[serde(default)]
    #[schemars(
        range(min = 1, max = 100_000),
        extend("x-help" = "write 1 or more: the last good backup of a source is never removed")
    )]
    pub(crate) at_least: Option<usize>,
}

/// What the source may feel of a backup.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImpactSpec {
    /// How often the source is looked at; `"500ms"` unless said otherwise.
    #[serde(default)]
    pub(crate) interval: Option<Millis>,
    /// The query whose latency is measured; `"select 1"` unless said otherwise.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) probe: Option<String>,
    /// The greatest latency of the probe; `"1s"` unless said otherwise.
    #[serde(default)]
    pub(crate) latency: Option<Millis>,
    /// How many locks may be waited for at once; 10 unless said otherwise.
    #[serde(default)]
    pub(crate) waiting_locks: Option<u64>,
    /// The greatest age of the oldest snapshot on the server; `"30m"` unless said otherwise. Old
    /// ones keep the server from cleaning up behind updates.
    #[serde(default)]
    pub(crate) oldest_snapshot: Option<Millis>,
    /// How many looks in a row must be over a limit; 3 unless said otherwise.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) patience: Option<u32>,
}

/// A table or a schema that is left out.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExcludeSpec {
    /// The table with its schema, such as `vault.secrets`, quoted as in SQL: `app."Old Jobs"`.
    #[serde(default)]
    pub(crate) table: Option<String>,
    /// The schema, instead of a table.
    #[serde(default)]
    pub(crate) schema: Option<String>,
    /// Whether only the rows are left out, and the definition is kept; false unless said
    /// otherwise.
    #[serde(default)]
    pub(crate) data_only: Option<bool>,
    /// Why it is no loss. It stands in each backup's manifest.
    #[schemars(extend("pattern" = "\\S", "x-expected" = "a reason"))]
    pub(crate) reason: String,
}

/// The object store that backups are kept in. What is not said comes from the variables that
/// AWS's own tools read, such as `AWS_REGION`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct S3Spec {
    /// Its URL, if it is not that of AWS.
    #[serde(default)]
    pub(crate) endpoint: Option<Source>,
    /// The region.
    #[serde(default)]
    pub(crate) region: Option<Source>,
    /// The key's id.
    #[serde(default)]
    pub(crate) access_key_id: Option<Source>,
    /// The key.
    #[serde(default)]
    pub(crate) secret_access_key: Option<Source>,
    /// What comes with keys that are good for a while.
    #[serde(default)]
    pub(crate) session_token: Option<Source>,
    /// Whether the endpoint may be `http://`; false unless said otherwise.
    #[serde(default)]
    pub(crate) allow_http: Option<bool>,
}

/// The Supabase project.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SupabaseSpec {
    /// Whether the Supabase CLI is used; then that it is configured is a prerequisite, as the
    /// runbook says. False unless said otherwise.
    #[serde(default)]
    pub(crate) cli: Option<bool>,
}

/// When drills are due: each calendar quarter has one.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleSpec {
    /// The time zone whose days count, such as `"Europe/Berlin"`; `"UTC"` unless said otherwise.
    #[serde(default)]
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) time_zone: Option<String>,
    /// The day on which RTO and RPO were last held against what the business needs:
    /// `"2026-09-30"`. A year later it is due again.
    #[serde(default)]
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) reviewed: Option<String>,
}

/// How long the reports of drills are kept.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportsSpec {
    /// For how many years they stay; 3 unless said otherwise, and never less than one: the
    /// objectives are reviewed once a year. The newest of an environment stays, however old it is.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100))]
    pub(crate) keep_years: Option<u32>,
}

/// The audit log.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditSpec {
    /// The file, relative to the project's root; `"reports/audit.jsonl"` unless said otherwise.
    #[serde(default)]
    #[schemars(length(min = 1), extend("format" = "one-line"))]
    pub(crate) file: Option<String>,
}
