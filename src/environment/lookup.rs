//! Values from outside: environment variables, `.env`, files, and commands such as a vault's.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use once_cell::sync::OnceCell;

use super::model::{Lookup, Source};
use crate::suite::problem::Problem;
use crate::suite::source::Document;

/// How long a command that prints a secret may take.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);

/// The most that a command may print.
const LONGEST: u64 = 1024 * 1024;

/// Where look-ups are written, for errors, and where relative paths begin.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    document: Option<Arc<Document>>,
    pointer: String,
    folder: PathBuf,
    dotenv: Arc<OnceCell<HashMap<String, String>>>,
}

/// A value that was found.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) text: String,
    /// Whether it is hidden in all output.
    pub(crate) secret: bool,
    /// Whether it was written in the file, and may hold placeholders.
    pub(crate) literal: bool,
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Context {
    pub(crate) fn new(document: Option<Arc<Document>>, pointer: String, folder: PathBuf) -> Self {
        Self { document, pointer, folder, dotenv: Arc::default() }
    }

    /// The same for a value further down.
    pub(crate) fn at(&self, tail: &str) -> Self {
        Self { pointer: format!("{}{tail}", self.pointer), ..self.clone() }
    }

    /// A problem with the value here.
    pub(crate) fn problem(&self, message: impl Into<String>) -> Problem {
        match &self.document {
            Some(document) => document.problem(&self.pointer, message),
            None => Problem::of_file(&self.folder, message),
        }
    }

    /// Where relative paths begin.
    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// The value of a source.
    ///
    /// # Errors
    /// A problem that names the variable, file or command, and the line that asked for it.
    pub(crate) fn find(&self, source: &Source) -> Result<Found, Problem> {
        match source {
            Source::Literal(text) => Ok(Found { text: text.clone(), secret: false, literal: true }),
            Source::Lookup(Lookup { optional: Some(_), .. }) => Err(self
                .problem("only a variable may be `optional`")
                .help("give it a name below `variables`, and write {{ name }} where it is used")),
            Source::Lookup(lookup) => self.look_up(lookup),
        }
    }

    /// The environment variable that a look-up may do without, and does.
    ///
    /// # Errors
    /// What it may do without is none, or `.env` cannot be read.
    pub(crate) fn left_unset<'a>(&self, lookup: &'a Lookup) -> Result<Option<&'a str>, Problem> {
        match (lookup.optional, &lookup.env, &lookup.default) {
            (None | Some(false), _, _) => Ok(None),
            (Some(true), Some(name), None) => {
                Ok(self.set(name)?.is_none().then_some(name.as_str()))
            }
            (Some(true), _, _) => Err(self
                .problem("only what comes from `env`, and has no `default`, can be `optional`")
                .help("write { env = \"NAME\", optional = true }")),
        }
    }

    /// The value of a look-up.
    ///
    /// # Errors
    /// As [`Context::find`].
    pub(crate) fn look_up(&self, lookup: &Lookup) -> Result<Found, Problem> {
        let text = match (&lookup.env, &lookup.file, &lookup.command) {
            (Some(name), None, None) => self.variable(name, lookup.default.as_deref())?,
            (None, Some(file), None) => {
                let path = self.folder.join(file);
                let text = std::fs::read_to_string(&path).map_err(|error| {
                    self.problem(format!("the file {} cannot be read: {error}", path.display()))
                })?;
                text.trim().to_owned()
            }
            (None, None, Some(command)) => self.command(command)?,
            _ => {
                return Err(self
                    .problem("expected exactly one of `env`, `file` and `command`")
                    .help("write { env = \"NAME\" }, { file = \"path\" } or { command = [...] }"));
            }
        };
        Ok(Found { text, secret: lookup.secret.unwrap_or(true), literal: false })
    }

    /// The variable that a source is to come from, where it is not set and nothing stands for it.
    ///
    /// # Errors
    /// `.env` cannot be read.
    pub(crate) fn unset<'a>(&self, source: &'a Source) -> Result<Option<&'a str>, Problem> {
        let Source::Lookup(Lookup { env: Some(name), default: None, .. }) = source else {
            return Ok(None);
        };
        Ok(self.set(name)?.is_none().then_some(name.as_str()))
    }

    fn set(&self, name: &str) -> Result<Option<String>, Problem> {
        match std::env::var(name).ok().filter(|value| !value.is_empty()) {
            Some(value) => Ok(Some(value)),
            None => Ok(self.dotenv()?.get(name).cloned()),
        }
    }

    fn variable(&self, name: &str, default: Option<&str>) -> Result<String, Problem> {
        self.set(name)?.or_else(|| default.map(str::to_owned)).ok_or_else(|| {
            self.problem(format!("the environment variable `{name}` is not set"))
                .help(format!("export {name}=…, or write it into a file `.env`"))
        })
    }

    /// `.env` of the folder in which the program runs; not having one is no error.
    fn dotenv(&self) -> Result<&HashMap<String, String>, Problem> {
        self.dotenv.get_or_try_init(|| {
            let Ok(lines) = dotenvy::from_path_iter(".env") else { return Ok(HashMap::new()) };
            lines.collect::<Result<_, _>>().map_err(|error| {
                // The error quotes the line, which may hold a secret: only its place is told.
                let place = match error {
                    dotenvy::Error::LineParse(_, at) => format!(" (near character {at} of a line)"),
                    _ => String::new(),
                };
                Problem::of_file(".env".as_ref(), format!("not of the form NAME=value{place}"))
                    .help("write one NAME=value a line; quote values that hold blanks or #")
            })
        })
    }

    fn command(&self, command: &[String]) -> Result<String, Problem> {
        let Some((program, arguments)) = command.split_first() else {
            return Err(self.problem("the command is empty"));
        };
        let failed = |why: String| {
            self.problem(format!("the command `{program}` {why}"))
                .help("run it by hand; what it prints on standard output is the value")
        };
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn();
        let mut child = child.map_err(|error| failed(format!("cannot be started: {error}")))?;
        // Read beside the wait, so that a long answer cannot block the child.
        let mut pipe = child.stdout.take();
        let (sender, answer) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut text = String::new();
            let read = pipe.as_mut().map(|pipe| pipe.take(LONGEST).read_to_string(&mut text));
            let _ = sender.send(read.transpose().map(|_| text));
        });
        let deadline = Instant::now() + COMMAND_TIMEOUT;
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Ok(None) => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(failed(format!("did not end within {COMMAND_TIMEOUT:?}")));
                }
                Err(error) => return Err(failed(format!("was lost: {error}"))),
            }
        };
        if !status.success() {
            return Err(failed(format!("failed: {status}")));
        }
        // A child of its own may keep the pipe open for longer than it lives itself.
        let text = match answer.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Ok(text)) => text.trim().to_owned(),
            Ok(Err(error)) => return Err(failed(format!("printed no text: {error}"))),
            Err(_) => return Err(failed(format!("kept its output open for {COMMAND_TIMEOUT:?}"))),
        };
        if text.is_empty() { Err(failed("printed nothing".to_owned())) } else { Ok(text) }
    }
}
