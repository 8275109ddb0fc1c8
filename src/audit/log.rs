//! Adding lines.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::finding::Finding;
use super::head::{Beside, Head, sync_folder};
use super::line::{Body, FORMAT, Line, Read, Record, one_line};
use super::tail::Tail;
use super::verify::verify;
use crate::actor::{actor, host};
use crate::backup::manifest::Anchor;
use crate::fault::Fault;
use crate::suite::source::hex;

/// How long another program's lock is waited for. It holds it for milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// The audit log.
#[derive(Debug)]
pub(crate) struct Audit {
    path: PathBuf,
    actor: String,
    host: String,
    damage: Vec<Finding>,
}

/// The last line that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Last {
    /// Its number.
    pub(crate) seq: u64,
    /// When it was written.
    pub(crate) time: Timestamp,
    /// Its hash: an anchor.
    pub(crate) hash: String,
}

impl From<Line> for Last {
    fn from(line: Line) -> Self {
        Self { seq: line.seq, time: line.time, hash: line.hash }
    }
}

impl Audit {
    /// Opens a log, and makes it (readable by its owner alone) if there is none. Reads all of
    /// it: what is wrong with it is no error, but must be told: see [`Audit::damage`].
    ///
    /// # Errors
    /// It cannot be made, written or locked.
    pub(crate) fn open(path: &Path) -> Result<Self, Fault> {
        let path = path.to_owned();
        let audit = Self { path, actor: actor(), host: host(), damage: Vec::new() };
        audit.found()?;
        let damage = verify(&audit.path, &[]).err().unwrap_or_default();
        Ok(Self { damage, ..audit })
    }

    /// What was wrong with the log when it was opened.
    pub(crate) fn damage(&self) -> &[Finding] {
        &self.damage
    }

    /// Adds a line, bound to the one before. It is on the disk when this returns; returns its
    /// hash. As many threads and programs as like may do so at once.
    ///
    /// # Errors
    /// It cannot be written. What was to be recorded must not go on then.
    pub(crate) fn append(&self, record: &Record) -> Result<String, Fault> {
        self.add(record).map_err(|error| self.fault(&error))
    }

    /// Adds a line, and returns what holds the log to have it.
    ///
    /// # Errors
    /// As for [`Audit::append`].
    pub(crate) fn anchored(&self, record: &Record) -> Result<Anchor, Fault> {
        let line = self.append(record)?;
        let first = Self::lines(&self.path)?.into_iter().next().map(|line| line.hash);
        let log = first.unwrap_or_else(|| line.clone());
        Ok(Anchor { log, line, file: Some(file_of(&self.path)) })
    }

    /// Whether a line is there, by its hash.
    pub(crate) fn has(&self, hash: &str) -> bool {
        Self::lines(&self.path).is_ok_and(|lines| lines.iter().any(|line| line.hash == hash))
    }

    /// Adds the line by which something ends that `begun` has told of, by its hash.
    ///
    /// # Errors
    /// As for [`Audit::append`]; or that line is gone, and so is the log that had it.
    pub(crate) fn conclude(&self, begun: &str, record: &Record) -> Result<(), Fault> {
        let is_there = self.has(begun);
        // How it ended is to be on record all the same.
        self.append(record)?;
        match is_there {
            true => Ok(()),
            false => {
                Err(Fault::errored("the line that said it had begun is gone from the audit log")
                    .object(self.path.display())
                    .help(
                        "find out who removed or replaced the log, and put it back from its copy",
                    ))
            }
        }
    }

    /// The last whole line, if there is any.
    ///
    /// # Errors
    /// The log cannot be read.
    pub(crate) fn last(&self) -> Result<Option<Last>, Fault> {
        let look = || {
            let file = File::open(&self.path)?;
            lock(&file, Kind::Shared)?;
            Ok(Tail::of(&file)?.last.map(Last::from))
        };
        look().map_err(|error| self.fault(&error))
    }

    /// All lines that can be read, for showing: whether they are true, [`verify`] says.
    ///
    /// # Errors
    /// The log cannot be read.
    pub(crate) fn lines(path: &Path) -> Result<Vec<Line>, Fault> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(fault(path, &error)),
        };
        let read = bytes.split(|byte| *byte == b'\n').map(Read::of);
        let line = |read| match read {
            Read::Whole(line) | Read::Altered(line) => Some(*line),
            Read::Foreign => None,
        };
        Ok(read.filter_map(line).collect())
    }

    /// Makes folder, log and head.
    fn found(&self) -> Result<(), Fault> {
        let make = || {
            if let Some(folder) = self.path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let file = self.locked()?;
            // A log with lines and without a head is one whose head was taken away.
            if file.metadata()?.len() == 0 && Head::read(&self.path)? == Beside::Missing {
                Head::new(0, None).write(&self.path)?;
                sync_folder(&self.path)?;
            }
            Ok(())
        };
        make().map_err(|error| self.fault(&error))
    }

    fn add(&self, record: &Record) -> io::Result<String> {
        let mut file = self.locked()?;
        let tail = Tail::of(&file)?;
        let beside = Head::read(&self.path)?;
        let (mut seq, mut previous) = match &tail.last {
            Some(last) => (last.seq, Some(last.hash.clone())),
            None => (0, None),
        };
        let head = match beside {
            // Lines that the head has seen are gone, or altered: bound to what was, the new line
            // shows the gap for ever.
            Beside::Head(head) if head.lines >= seq => {
                (seq, previous) = (head.lines, head.hash);
                None
            }
            Beside::Head(_) => None,
            Beside::Missing if file.metadata()?.len() == 0 => None,
            Beside::Missing => Some("missing"),
            Beside::Damaged => Some("damaged"),
        };
        let body = Body {
            format: FORMAT,
            seq: seq.saturating_add(1),
            time: in_milliseconds(Timestamp::now()),
            actor: &self.actor,
            host: &self.host,
            operation: record.operation,
            source: &record.source,
            object: record.object.as_deref(),
            result: record.result,
            detail: one_line(&record.detail),
            manifest: record.manifest.as_deref(),
            // Whole lines of something else are not what a kill leaves.
            torn: (tail.behind > 0 && !tail.closed).then_some(tail.behind),
            head,
            previous,
        };
        let (mut line, hash) = body.sealed()?;
        if !tail.closed {
            line.insert(0, b'\n');
        }
        file.write_all(&line)?;
        file.sync_data()?;
        Head::new(body.seq, Some(hash.clone())).write(&self.path)?;
        Ok(hash)
    }

    /// The log, with its lock. A handle of its own each time: threads that share one share its
    /// lock too.
    fn locked(&self) -> io::Result<File> {
        loop {
            let mut options = OpenOptions::new();
            let options = options.read(true).append(true).create(true).mode(0o600);
            let file = options.open(&self.path)?;
            lock(&file, Kind::Exclusive)?;
            // While waiting, the file may have been moved away, and another be here.
            let (ours, here) = (file.metadata()?, std::fs::metadata(&self.path));
            if here.is_ok_and(|here| (here.dev(), here.ino()) == (ours.dev(), ours.ino())) {
                return Ok(file);
            }
        }
    }

    fn fault(&self, error: &io::Error) -> Fault {
        fault(&self.path, error)
    }
}

/// Which file a log is, for manifests of backups: nothing of its path is to be read in it.
pub(crate) fn file_of(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    hex(&Sha256::digest(whole.as_os_str().as_bytes()))
}

fn fault(path: &Path, error: &io::Error) -> Fault {
    let help = "what is not on record is not done: make room, or the file writable, or name \
                another under [audit] in suites/drill.toml";
    Fault::errored(error).stage("audit log").object(path.display()).help(help)
}

/// Nobody needs more, and people read it.
fn in_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

/// How a log is locked.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// To add to it.
    Exclusive,
    /// To read it as it is at one moment.
    Shared,
}

/// Locks a file until it is closed; waits for others, but not for ever.
pub(super) fn lock(file: &File, kind: Kind) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let tried = match kind {
            Kind::Exclusive => file.try_lock(),
            Kind::Shared => file.try_lock_shared(),
        };
        match tried {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                // Not all at the same beat.
                std::thread::sleep(Duration::from_micros(fastrand::u64(500..5_000)));
            }
            Err(TryLockError::WouldBlock) => {
                let told = format!("another program has held its lock for {PATIENCE:?}");
                return Err(io::Error::new(io::ErrorKind::TimedOut, told));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}
