//! One line of the log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::fault::FaultKind;
use crate::suite::source::hex;

/// The version of the form.
pub(super) const FORMAT: &str = "smokedrill.audit/1";

/// How many characters a line's detail may have.
const LONGEST_DETAIL: usize = 2_000;

/// What stands before the hash, at the end of a line.
const HASH: &[u8] = b",\"hash\":\"";

/// What a line's author says; the rest is added when it is written.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// What is done.
    pub(crate) operation: Operation,
    /// The environment whose data it is.
    pub(crate) source: String,
    /// The backup's id, where there is one.
    pub(crate) object: Option<String>,
    /// How far it is.
    pub(crate) result: Standing,
    /// More in words, without secrets and without anybody's data. Made one line.
    pub(crate) detail: String,
    /// The hash of the file that holds what was done: the manifest of a backup that was made, a
    /// drill's journal, the line of a statement.
    pub(crate) manifest: Option<String>,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Operation {
    /// Production is read.
    #[serde(rename = "access.production")]
    AccessProduction,
    /// A backup is made.
    #[serde(rename = "backup.create")]
    BackupCreate,
    /// A backup is verified.
    #[serde(rename = "backup.verify")]
    BackupVerify,
    /// Old backups are removed.
    #[serde(rename = "backup.prune")]
    BackupPrune,
    /// One backup is removed by its name.
    #[serde(rename = "backup.remove")]
    BackupRemove,
    /// What a killed backup left is removed.
    #[serde(rename = "backup.tidy")]
    BackupTidy,
    /// A drill runs, from its first test to its verdict.
    #[serde(rename = "drill.run")]
    DrillRun,
    /// The evidence of a drill is put together and signed.
    #[serde(rename = "evidence.pack")]
    EvidencePack,
    /// A backup is read, to see what masking makes of it.
    #[serde(rename = "masking.check")]
    MaskingCheck,
    /// Old reports of drills are removed.
    #[serde(rename = "report.prune")]
    ReportPrune,
    /// A backup is restored.
    #[serde(rename = "restore.run")]
    RestoreRun,
    /// Somebody answers items of a drill's manual checklist.
    #[serde(rename = "review.answer")]
    ReviewAnswer,
    /// Somebody who answers for the decision waives something.
    #[serde(rename = "review.waive")]
    ReviewWaive,
    /// Go or no-go is decided.
    #[serde(rename = "review.decide")]
    ReviewDecide,
    /// Rolling back is authorized, or refused.
    #[serde(rename = "rollback.authorize")]
    RollbackAuthorize,
    /// A database is marked as one that may be overwritten.
    #[serde(rename = "staging.mark")]
    StagingMark,
    /// The auth token of a Twilio account is replaced.
    #[serde(rename = "twilio.rotate")]
    TwilioRotate,
}

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Standing {
    /// It begins. A beginning without an end tells of a kill.
    Started,
    /// It ended well.
    Passed,
    /// What was judged is wrong.
    Failed,
    /// It could not be done, or not be judged.
    Errored,
    /// It was told to stop.
    Interrupted,
}

impl From<FaultKind> for Standing {
    fn from(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Failed => Self::Failed,
            FaultKind::Errored | FaultKind::Usage => Self::Errored,
            FaultKind::Interrupted => Self::Interrupted,
        }
    }
}

/// A line but for its hash, in the order in which it is written.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    pub(super) format: &'static str,
    pub(super) seq: u64,
    pub(super) time: Timestamp,
    pub(super) actor: &'a str,
    pub(super) host: &'a str,
    pub(super) operation: Operation,
    pub(super) source: &'a str,
    pub(super) object: Option<&'a str>,
    pub(super) result: Standing,
    pub(super) detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) manifest: Option<&'a str>,
    /// How many bytes after the last whole line were torn off by a kill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) torn: Option<u64>,
    /// What is wrong with the head that should have stood beside the lines before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) head: Option<&'static str>,
    pub(super) previous: Option<String>,
}

impl Body<'_> {
    /// The line, with its newline, and its hash.
    pub(super) fn sealed(&self) -> Result<(Vec<u8>, String), serde_json::Error> {
        let mut line = serde_json::to_vec(self)?;
        let hash = hex(&Sha256::digest(&line));
        line.pop();
        line.extend_from_slice(HASH);
        line.extend_from_slice(hash.as_bytes());
        line.extend_from_slice(b"\"}\n");
        Ok((line, hash))
    }
}

/// Text as it may stand in a line: one line itself, and no novel.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<_> = text.split(|c: char| c.is_control() || c == ' ').collect();
    let words = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(LONGEST_DETAIL) {
        Some((cut, _)) => format!("{}…", words.get(..cut).unwrap_or_default()),
        None => words,
    }
}

/// A line as it is read, by people too. Operation and result are text: a newer program may have
/// written others.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Line {
    pub(super) format: String,
    /// Its number, from 1.
    pub(crate) seq: u64,
    /// When it was written, in UTC.
    pub(crate) time: Timestamp,
    /// Who.
    pub(crate) actor: String,
    /// On which machine.
    pub(crate) host: String,
    /// What was done.
    pub(crate) operation: String,
    /// The environment whose data it is.
    pub(crate) source: String,
    /// The backup's id.
    pub(crate) object: Option<String>,
    /// How far it was.
    pub(crate) result: String,
    /// More in words.
    pub(crate) detail: String,
    /// The hash of a backup's manifest, of a drill's journal, or of a statement.
    #[serde(default)]
    pub(crate) manifest: Option<String>,
    #[serde(default)]
    pub(super) torn: Option<u64>,
    #[serde(default)]
    pub(super) head: Option<String>,
    /// The hash of the line before; none for the first.
    pub(crate) previous: Option<String>,
    /// The hash of this line without the hash itself.
    pub(crate) hash: String,
}

/// Some bytes that should be a line.
#[derive(Debug)]
pub(super) enum Read {
    /// It is one, and its hash is right.
    Whole(Box<Line>),
    /// It is one, but its hash is not right.
    Altered(Box<Line>),
    /// It is none.
    Foreign,
}

impl Read {
    /// Reads a line without its newline.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let Ok(line) = serde_json::from_slice::<Line>(bytes) else { return Self::Foreign };
        if line.format != FORMAT {
            return Self::Foreign;
        }
        let end = [HASH, line.hash.as_bytes(), b"\"}"].concat();
        let Some(body) = bytes.strip_suffix(end.as_slice()) else {
            return Self::Altered(Box::new(line));
        };
        let hash = Sha256::new().chain_update(body).chain_update(b"}").finalize();
        match hex(&hash) == line.hash {
            true => Self::Whole(Box::new(line)),
            false => Self::Altered(Box::new(line)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_DETAIL, one_line};

    #[test]
    fn a_detail_is_one_line() {
        assert_eq!(one_line(" a\n\tb  c\r\n"), "a b c");
        assert_eq!(one_line(&"ä".repeat(9_999)).chars().count(), LONGEST_DETAIL + 1);
    }
}
