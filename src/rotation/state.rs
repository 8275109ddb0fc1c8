//! How far a rotation is, in a file that only its owner can read.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::backup::store::private;
use crate::fault::Fault;

/// The version of the form.
const FORMAT: &str = "smokedrill.rotation/1";

/// What is done already. Each is written down before what comes after it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Phase {
    /// Nothing is: a secondary token may exist that nobody knows.
    Begun,
    /// There is a secondary token; it may be in the vault or not.
    Created,
    /// The vault has it.
    Stored,
    /// It was proved, and may be the primary one already.
    Promoting,
    /// It is the primary one.
    Promoted,
}

/// How far a rotation is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    format: String,
    /// The account's fingerprint.
    pub(super) account: String,
    /// Where its tokens are managed.
    pub(super) host: String,
    pub(super) phase: Phase,
    pub(super) began: Timestamp,
    /// The fingerprint of the token that was there.
    pub(super) old: String,
    /// The fingerprint of the one that takes its place.
    pub(super) new: Option<String>,
    /// The old one, encrypted with the new one.
    pub(super) sealed: Option<String>,
    /// A token that would be lost otherwise: it belongs in the vault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rescued: Option<String>,
}

impl State {
    pub(super) fn new(account: String, host: String, old: String) -> Self {
        let (format, began) = (FORMAT.to_owned(), Timestamp::now());
        let (new, sealed, rescued) = (None, None, None);
        Self { format, account, host, phase: Phase::Begun, began, old, new, sealed, rescued }
    }
}

/// Where it is written.
pub(super) struct StateFile {
    pub(super) path: PathBuf,
}

impl StateFile {
    /// Keeps all others from rotating for as long as the result is held.
    ///
    /// # Errors
    /// Somebody does so now, or the lock cannot be made.
    pub(super) fn lock(&self) -> Result<File, Fault> {
        let path = beside(&self.path, ".lock");
        let fault = |error: io::Error| Fault::errored(error).object(path.display());
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).map_err(fault)?;
        }
        let file = private::lockable(&path).map_err(fault)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::Error(error)) => Err(fault(error)),
            Err(TryLockError::WouldBlock) => {
                let help = "wait for it to end: two at once would end each other's tokens";
                Err(Fault::errored("another rotation of this account is running").help(help))
            }
        }
    }

    /// What is written there.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub(super) fn load(&self) -> Result<Option<State>, Fault> {
        let fault = |what: String| {
            let help = "keep the file as it is: it is what an unfinished rotation goes on from; see \
                        in Twilio's console which token is the primary one";
            Fault::errored(what).object(self.path.display()).help(help)
        };
        let text = match std::fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fault(error.to_string())),
        };
        // What serde says may quote a value.
        let state = serde_json::from_slice::<State>(&text).ok();
        match state.filter(|state| state.format == FORMAT) {
            Some(state) => Ok(Some(state)),
            None => Err(fault("it is not the state of a rotation".to_owned())),
        }
    }

    /// Writes it, whole or not at all; it is on the disk when this returns.
    ///
    /// # Errors
    /// It cannot be written: then what it is written for must not be done.
    pub(super) fn save(&self, state: &State) -> Result<(), Fault> {
        let write = || {
            let new = beside(&self.path, ".new");
            match std::fs::remove_file(&new) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut file = private::create(&new)?;
            serde_json::to_writer(&mut file, state)?;
            file.sync_all()?;
            std::fs::rename(&new, &self.path)?;
            self.sync()
        };
        write().map_err(|error| self.fault(&error))
    }

    /// Removes it: nothing is under way any more.
    ///
    /// # Errors
    /// It cannot be removed.
    pub(super) fn remove(&self) -> Result<(), Fault> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(self.fault(&error)),
            _ => self.sync().map_err(|error| self.fault(&error)),
        }
    }

    fn sync(&self) -> io::Result<()> {
        private::sync(self.path.parent().unwrap_or(Path::new(".")))
    }

    fn fault(&self, error: &io::Error) -> Fault {
        let help = "make room, or the folder writable; then go on with --resume";
        Fault::errored(error).object(self.path.display()).help(help)
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}
