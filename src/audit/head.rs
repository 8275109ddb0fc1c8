//! The file beside the log that says where it ends: `audit.jsonl.head`.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

const FORMAT: &str = "smokedrill.audit-head/1";

/// How many lines the log has, and how the last one hashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    format: String,
    pub(super) lines: u64,
    pub(super) hash: Option<String>,
}

/// What stands beside the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Beside {
    /// The head.
    Head(Head),
    /// Nothing.
    Missing,
    /// Something else.
    Damaged,
}

impl Head {
    pub(super) fn new(lines: u64, hash: Option<String>) -> Self {
        Self { format: FORMAT.to_owned(), lines, hash }
    }

    /// Reads what stands beside a log.
    pub(super) fn read(log: &Path) -> io::Result<Beside> {
        let text = match std::fs::read(head_of(log)) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Beside::Missing),
            Err(error) => return Err(error),
        };
        let head = serde_json::from_slice::<Self>(&text).ok();
        let head = head.filter(|head| head.format == FORMAT);
        Ok(head.map_or(Beside::Damaged, Beside::Head))
    }

    /// Puts it beside a log, whole or not at all. Only who holds the log's lock may.
    pub(super) fn write(&self, log: &Path) -> io::Result<()> {
        let path = head_of(log);
        let mut new = path.clone().into_os_string();
        new.push(".new");
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        let mut text = serde_json::to_vec(self)?;
        text.push(b'\n');
        file.write_all(&text)?;
        // Without it, a power cut may leave the new name with nothing behind it.
        file.sync_all()?;
        std::fs::rename(&new, &path)
    }
}

/// Where the head of a log stands.
pub(crate) fn head_of(log: &Path) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(".head");
    name.into()
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}
