//! The harness as others use it: a few lines in `tests/smoke.rs`.

use std::collections::BTreeSet;
use std::error::Error;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use super::arguments::{CommandLine, Kind, Parsed};
use super::custom::{Context, Custom, Failure, Running, Starter, Turn};
use super::loaded::Exercise;
use super::{exit, run, shared};
use crate::journal::EntryKind;

/// How long a check written in Rust may take.
const RUST_CHECK_TIMEOUT: Duration = Duration::from_secs(60);

/// A test harness over a folder of suites.
///
/// `tests/smoke.rs`, with `harness = false` in `Cargo.toml`:
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     smokedrill::Harness::new().main()
/// }
/// ```
///
/// With an environment that the tests start themselves, and a check that data cannot express:
///
/// ```no_run
/// use smokedrill::{Failure, Harness, Running};
///
/// # struct Server;
/// # impl Server {
/// #     fn start() -> std::io::Result<Self> { Ok(Self) }
/// #     fn url(&self) -> String { String::new() }
/// # }
/// fn main() -> std::process::ExitCode {
///     Harness::new()
///         .environment("local", || {
///             let server = Server::start()?;
///             Ok(Running::new(server.url()).keep(server))
///         })
///         .check("invoices::numbers-have-no-gap", |context| {
///             let host = context.base_url().trim_start_matches("http://");
///             std::net::TcpStream::connect(host)?;
///             match host.is_empty() {
///                 false => Ok(()),
///                 true => Err(Failure::failed("no host")),
///             }
///         })
///         .main()
/// }
/// ```
#[must_use = "nothing runs before `main` is called"]
pub struct Harness {
    pub(crate) kind: Kind,
    pub(crate) root: PathBuf,
    pub(crate) suites: PathBuf,
    pub(crate) reports: Option<PathBuf>,
    pub(crate) starters: Vec<(String, Starter)>,
    pub(crate) customs: Vec<Custom>,
    /// What is planned in the place of suites.
    pub(crate) exercise: Option<Exercise>,
}

impl Default for Harness {
    fn default() -> Self {
        Self::new()
    }
}

impl Harness {
    /// A harness over `suites/` in the folder of the package whose test this is; without cargo, in
    /// the current folder. Reports go into `reports/` beside the suites, wherever these are.
    pub fn new() -> Self {
        let root = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
        Self {
            kind: Kind::Smoke,
            root,
            suites: "suites".into(),
            reports: None,
            starters: Vec::new(),
            customs: Vec::new(),
            exercise: None,
        }
    }

    /// Reads suites from another folder.
    pub fn suites(mut self, folder: impl Into<PathBuf>) -> Self {
        self.suites = folder.into();
        self
    }

    /// Writes reports into another folder.
    pub fn reports(mut self, folder: impl Into<PathBuf>) -> Self {
        self.reports = Some(folder.into());
        self
    }

    /// An environment that the harness starts when the first check needs it, and drops when
    /// the run is over. A `base_url` of that name in `environments.toml` wins over it.
    pub fn environment(
        mut self,
        name: impl Into<String>,
        start: impl Fn() -> Result<Running, Box<dyn Error + Send + Sync>> + Send + Sync + 'static,
    ) -> Self {
        self.starters.push((name.into(), Box::new(start)));
        self
    }

    /// A check written in Rust, named `suite::check`. It runs beside the others, in a thread
    /// of its own, for a minute at most. A panic counts as failed, any `?` as errored. It has no
    /// tags, so that `--tag` leaves it out.
    pub fn check(
        mut self,
        name: &str,
        body: impl Fn(&Context) -> Result<(), Failure> + Send + Sync + 'static,
    ) -> Self {
        let (suite, name) = name.split_once("::").unwrap_or(("rust", name));
        self.customs.push(Custom {
            suite: suite.to_owned(),
            name: name.to_owned(),
            description: None,
            kind: EntryKind::Custom,
            timeout: RUST_CHECK_TIMEOUT,
            tags: BTreeSet::new(),
            blocking: true,
            turn: Turn::Beside,
            fixture: None,
            body: Arc::new(body),
        });
        self
    }

    /// Runs what the command line asks for, and returns the exit code:
    /// 0 passed, 1 failed, 2 usage or configuration, 3 could not judge, 130 or 143 interrupted.
    pub fn main(self) -> ExitCode {
        self.run_with(std::env::args_os())
    }

    /// The same for a command line given here, its first word the program's name.
    pub fn run_with(self, words: impl IntoIterator<Item = OsString>) -> ExitCode {
        let arguments = match CommandLine::parse_from_words(self.kind, words) {
            Parsed::Run(arguments) => *arguments,
            Parsed::Done(code) => return ExitCode::from(code),
        };
        if let Ok(order) = std::env::var(shared::KEEPER) {
            let name = arguments.environment();
            let starter = self.starters.iter().find(|(known, _)| known == name);
            shared::keep(&order, starter.map(|(_, starter)| starter));
            return ExitCode::from(exit::PASSED);
        }
        ExitCode::from(run::run(self, &arguments))
    }
}
