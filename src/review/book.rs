//! All that was said of one drill: `review.jsonl` beside its journal.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::anchors::Anchors;
use super::settings::ReviewSettings;
use super::statement::{FORMAT, Statement, hash};
use crate::fault::Fault;
use crate::journal::Journal;
use crate::suite::source::hex;

const STAGE: &str = "review";

/// The names of the files in a drill's folder.
pub(crate) const JOURNAL: &str = "journal.json";
pub(crate) const BOOK: &str = "review.jsonl";

/// All that was said of one drill, and the drill.
pub(crate) struct Book {
    pub(crate) folder: PathBuf,
    pub(crate) journal: Journal,
    /// The SHA-256 of the journal's file.
    pub(crate) sha256: String,
    pub(crate) statements: Vec<Statement>,
    /// The hash of each line.
    hashes: Vec<String>,
    /// The audit log, and what it has of the drill.
    log: PathBuf,
    anchors: Anchors,
}

impl Book {
    /// Reads what was said of the drill in a folder, and proves it, also by the audit log.
    ///
    /// # Errors
    /// There is no drill; or something was altered since it was said.
    pub(crate) fn open(
        folder: &Path,
        settings: &ReviewSettings,
        log: &Path,
    ) -> Result<Self, Fault> {
        let path = folder.join(JOURNAL);
        let bytes = fs::read(&path).map_err(|error| read_fault(&path, &error))?;
        let journal: Journal = serde_json::from_slice(&bytes).map_err(|error| {
            let help = "it is the record of a drill, written by this program: look for a copy";
            Fault::failed(format!("not a journal: {error}"))
                .stage(STAGE)
                .object(path.display())
                .help(help)
        })?;
        let sha256 = hex(&Sha256::digest(&bytes));
        let anchors = Anchors::of(log, &journal.run.id)?;
        anchors.prove_journal(&sha256).map_err(|message| altered(message, path.display()))?;
        let mut book = Self {
            folder: folder.to_owned(),
            journal,
            sha256,
            statements: Vec::new(),
            hashes: Vec::new(),
            log: log.to_owned(),
            anchors,
        };
        let path = folder.join(BOOK);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(read_fault(&path, &error)),
        };
        let lines = whole(&text).0.split(|byte| *byte == b'\n');
        for (index, line) in lines.filter(|line| !line.is_empty()).enumerate() {
            let refused = |message: String| {
                altered(message, format!("{} line {}", path.display(), index + 1))
            };
            let statement: Statement = serde_json::from_slice(line)
                .map_err(|error| refused(format!("not a statement: {error}")))?;
            book.prove(&statement, settings).map_err(refused)?;
            book.hashes.push(hash(line));
            book.statements.push(statement);
        }
        let whole = book.anchors.prove_statements(&book.hashes);
        whole.map_err(|message| altered(message, path.display()))?;
        Ok(book)
    }

    /// What nobody can prove of it, in a line.
    pub(crate) fn note(&self) -> Option<&'static str> {
        self.anchors.note()
    }

    /// Whether a statement may stand where it stands.
    fn prove(&self, statement: &Statement, settings: &ReviewSettings) -> Result<(), String> {
        if statement.format != FORMAT {
            return Err(format!(
                "it is of the form `{}`, and this program reads `{FORMAT}`",
                statement.format
            ));
        }
        if statement.drill != self.journal.run.id || statement.journal != self.sha256 {
            return Err("it was said of another journal: that was written anew since".to_owned());
        }
        if statement.previous.as_ref() != self.hashes.last() {
            return Err("it does not follow the line before".to_owned());
        }
        match (&statement.signature, &statement.key) {
            (None, None) => Ok(()),
            _ if !statement.is_signed() => Err("its signature is not right".to_owned()),
            // What somebody signed who is not listed any more is shown, and counts for nothing.
            _ => match settings.person(&statement.person).and_then(|person| person.key.as_ref()) {
                Some(key) if Some(key.text()) != statement.key.as_deref() => Err(format!(
                    "it is signed by another key than that of {} in suites/drill.toml",
                    statement.person
                )),
                _ => Ok(()),
            },
        }
    }

    /// The hash that the next statement carries.
    pub(crate) fn last(&self) -> Option<String> {
        self.hashes.last().cloned()
    }

    /// Adds a statement.
    ///
    /// # Errors
    /// It cannot be written; or somebody else said something meanwhile.
    pub(crate) fn add(
        &mut self,
        statement: Statement,
        settings: &ReviewSettings,
    ) -> Result<(), Fault> {
        let path = self.folder.join(BOOK);
        let fault = |error: &io::Error| {
            Fault::errored(format!("cannot be written: {error}"))
                .stage(STAGE)
                .object(path.display())
        };
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).mode(0o600).open(&path);
        let mut file: File = file.map_err(|error| fault(&error))?;
        file.lock().map_err(|error| fault(&error))?;
        if Self::open(&self.folder, settings, &self.log)?.hashes != self.hashes {
            let message = "somebody else said something of this drill meanwhile";
            return Err(Fault::errored(message).stage(STAGE).help("look at it, and try again"));
        }
        self.prove(&statement, settings).map_err(|message| Fault::errored(message).stage(STAGE))?;
        let mut line = statement.line()?;
        let hash = hash(&line);
        line.push(b'\n');
        // What a kill has cut off was never said.
        let text = fs::read(&path).map_err(|error| fault(&error))?;
        let (said, closed) = whole(&text);
        if !closed {
            line.insert(0, b'\n');
        }
        file.set_len(said.len() as u64).map_err(|error| fault(&error))?;
        file.write_all(&line).and_then(|()| file.sync_all()).map_err(|error| fault(&error))?;
        self.hashes.push(hash);
        self.statements.push(statement);
        Ok(())
    }
}

/// The whole lines of a text, and whether the last is closed: one that a kill cut off was never said,
/// and one that only lost its newline, such as to an editor, was.
fn whole(text: &[u8]) -> (&[u8], bool) {
    let end = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let (lines, rest) = text.split_at(end);
    match serde_json::from_slice::<Statement>(rest) {
        Ok(_) => (text, false),
        Err(_) => (lines, true),
    }
}

/// Something is not as it was left.
fn altered(message: String, object: impl std::fmt::Display) -> Fault {
    let help = "keep everything as it is, and find out who changed it: the audit log has a line of \
                each statement, and the hash of each drill's journal";
    Fault::failed(message).stage(STAGE).object(object).help(help)
}

fn read_fault(path: &Path, error: &io::Error) -> Fault {
    let help = match error.kind() {
        io::ErrorKind::NotFound => "name a drill whose folder is below the reports' `drill`",
        _ => "see why, and try again",
    };
    Fault::errored(format!("cannot be read: {error}"))
        .stage(STAGE)
        .object(path.display())
        .help(help)
}
